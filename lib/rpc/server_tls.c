/*
 * The certificate that a listening end shows, and its change without a restart.
 *
 * The listener of version 1.5.2 of the transport takes another configuration while it listens, for
 * the connections it accepts from then on; one that is open keeps the configuration it was made
 * with. Two things are left to be done here. It reads the pointer without the lock under which it
 * is changed, so a configuration that was taken away is kept for a few changes more. And the next
 * connection is prepared before it comes: with the old certificate, so a connection of our own uses
 * that up. Refused: a second listener on the same port, whose connections the kernel would deal out
 * between the two, and lose with the first.
 */
#include "lib/rpc/exchange.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/rpc/certificate.h"

static bool is_tls(const struct rpc_server *server)
{
        return server->tls.files.cert_file != NULL;
}

static enum status set_config(
        struct rpc_server *server, nng_tls_config *config, struct error *error)
{
        struct server_tls *tls = &server->tls;
        int result = nng_listener_set_ptr(server->listener, NNG_OPT_TLS_CONFIG, config);

        if (result != 0) {
                nng_tls_config_free(config);
                return error_set(error, INTERNAL, "BAD_TLS", "%s", nng_strerror(result));
        }
        nng_tls_config **place = &tls->kept[tls->changes++ % TLS_KEPT];

        if (*place != NULL)
                nng_tls_config_free(*place);
        *place = config;
        return OK;
}

void server_tls_init(struct rpc_server *server)
{
        pthread_mutex_init(&server->tls.lock, NULL);
}

enum status server_tls_open(
        struct rpc_server *server, const struct rpc_server_options *options, struct error *error)
{
        nng_tls_config *config;

        if (strncmp(options->url, "tls+tcp://", strlen("tls+tcp://")) != 0)
                return OK;
        connections_by_tls(server->connections);
        server->tls.files = (struct tls_files){
                .cert_file = options->tls_cert_file,
                .key_file = options->tls_key_file,
                .ca_file = options->tls_client_ca_file,
        };
        config = tls_server(&server->tls.files, certificate_read, &server->tls.certificate, error);
        return config == NULL ? error->code : set_config(server, config, error);
}

void server_tls_release(struct rpc_server *server)
{
        for (size_t i = 0; i < TLS_KEPT; i++)
                if (server->tls.kept[i] != NULL)
                        nng_tls_config_free(server->tls.kept[i]);
        pthread_mutex_destroy(&server->tls.lock);
}

/* Comes and goes, in the place that was prepared with the old certificate. */
static void use_up_prepared(const struct rpc_server *server)
{
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        nng_sockaddr address;

        if (nng_listener_get_addr(server->listener, NNG_OPT_LOCADDR, &address) != 0)
                return;
        bool six = address.s_family == NNG_AF_INET6;

        if (six && !IN6_IS_ADDR_UNSPECIFIED((const struct in6_addr *)address.s_in6.sa_addr))
                memcpy(&in6.sin6_addr, address.s_in6.sa_addr, sizeof(in6.sin6_addr));
        if (!six && address.s_in.sa_addr != htonl(INADDR_ANY))
                in.sin_addr.s_addr = address.s_in.sa_addr;
        in6.sin6_port = address.s_in6.sa_port;
        in.sin_port = address.s_in.sa_port;
        int fd = socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return;
        /* Where it fails, one connection more sees the old certificate. */
        (void)!connect(fd, six ? (struct sockaddr *)&in6 : (struct sockaddr *)&in,
                six ? sizeof(in6) : sizeof(in));
        close(fd);
}

enum status rpc_server_reload(
        struct rpc_server *server, struct rpc_certificate *out, struct error *error)
{
        struct rpc_certificate certificate;
        nng_tls_config *config;

        if (!is_tls(server))
                return error_set(error, FAILED_PRECONDITION, "NOT_TLS", "%s needs no certificate",
                        server->url);
        config = tls_server(&server->tls.files, certificate_read, &certificate, error);
        if (config == NULL)
                return error->code = FAILED_PRECONDITION;
        pthread_mutex_lock(&server->tls.lock);
        enum status status = set_config(server, config, error);

        if (status == OK)
                server->tls.certificate = *out = certificate;
        pthread_mutex_unlock(&server->tls.lock);
        if (status == OK)
                use_up_prepared(server);
        return status;
}

bool rpc_server_certificate(struct rpc_server *server, struct rpc_certificate *out)
{
        if (!is_tls(server))
                return false;
        pthread_mutex_lock(&server->tls.lock);
        *out = server->tls.certificate;
        pthread_mutex_unlock(&server->tls.lock);
        return true;
}
