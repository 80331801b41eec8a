/*
 * libmicrohttpd with one thread of its own, so that a scrape never takes a thread from a call.
 * Refused: the HTTP server of the transport's library, which reads past its buffers.
 *
 * A request is answered in the second call of the handler, as the library wants it of answers that
 * leave the connection open; what is refused is answered in the first, which closes it and never
 * reads a body.
 */
#include "server/admin_http.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "server/address.h"

#define CONNECTIONS_MAX 32
#define ADDRESS_MAX     16 /* of them, from one address: somebody else is still answered */
#define TIMEOUT_S       10
#define MEMORY_MAX      16384 /* of one connection: its headers and the head of its answer */
#define URL_SIZE        64

struct admin_http {
        const struct admin_page *pages;
        void *context;
        struct MHD_Daemon *daemon;
        char url[URL_SIZE];
};

/* The body is copied or constant; type NULL: plain text. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status,
        const char *content_type, struct bytes body)
{
        struct MHD_Response *response =
                MHD_create_response_from_buffer(body.len, (void *)body.data, MHD_RESPMEM_MUST_COPY);

        if (response == NULL)
                return MHD_NO;
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, content_type);
        MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
        if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
                MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_GET);
        enum MHD_Result result = MHD_queue_response(connection, status, response);

        MHD_destroy_response(response);
        return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *why)
{
        return answer(connection, status, "text/plain", bytes_of_text(why));
}

static bool has_body(struct MHD_Connection *connection)
{
        const char *length = MHD_lookup_connection_value(
                connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
        const char *coding = MHD_lookup_connection_value(
                connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_TRANSFER_ENCODING);

        return coding != NULL || (length != NULL && strcmp(length, "0") != 0);
}

static enum MHD_Result answer_page(
        struct admin_http *admin, struct MHD_Connection *connection, const struct admin_page *page)
{
        struct buffer body = {0};
        unsigned status = page->write(admin->context, &body);
        enum MHD_Result result =
                answer(connection, status, page->content_type, bytes_of(body.data, body.len));

        buffer_release(&body);
        return result;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
        const char *method, const char *version, const char *upload, size_t *upload_len,
        void **seen)
{
        struct admin_http *admin = context;
        const struct admin_page *page = admin->pages;

        if (*seen != NULL)
                return answer_page(admin, connection, *seen);
        if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
                return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
        if (has_body(connection))
                return refuse(connection, MHD_HTTP_BAD_REQUEST, "no body is read here\n");
        while (page->path != NULL && strcmp(page->path, url) != 0)
                page++;
        if (page->path == NULL)
                return refuse(connection, MHD_HTTP_NOT_FOUND, "there is no such page\n");
        *seen = (void *)page;
        return MHD_YES;
}

/* The address with the port that was chosen. */
static void write_url(struct admin_http *admin, const struct address *address)
{
        const union MHD_DaemonInfo *info =
                MHD_get_daemon_info(admin->daemon, MHD_DAEMON_INFO_BIND_PORT);
        const struct sockaddr_in *four = (const struct sockaddr_in *)&address->socket;
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address->socket;
        bool is_six = address->socket.ss_family == AF_INET6;
        char host[INET6_ADDRSTRLEN];

        inet_ntop(address->socket.ss_family,
                is_six ? (const void *)&six->sin6_addr : (const void *)&four->sin_addr, host,
                sizeof(host));
        snprintf(admin->url, URL_SIZE, is_six ? "http://[%s]:%u" : "http://%s:%u", host,
                (unsigned)info->port);
}

enum status admin_http_open(struct admin_http **out, const char *listen,
        const struct admin_page *pages, void *context, struct error *error)
{
        struct address address;

        if (!address_parse(listen, &address))
                return error_set(error, INVALID_ARGUMENT, "BAD_ADDRESS",
                        "\"%s\" is not HOST:PORT with a numeric host", listen);
        unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;
        struct admin_http *admin = calloc(1, sizeof(*admin));

        assert(admin != NULL);
        admin->pages = pages;
        admin->context = context;
        if (address.socket.ss_family == AF_INET6)
                flags |= MHD_USE_IPv6;
        admin->daemon =
                MHD_start_daemon(flags, 0, NULL, NULL, on_request, admin, MHD_OPTION_SOCK_ADDR,
                        (struct sockaddr *)&address.socket, MHD_OPTION_CONNECTION_LIMIT,
                        (unsigned)CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
                        (unsigned)ADDRESS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TIMEOUT_S,
                        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_MAX, MHD_OPTION_END);
        if (admin->daemon == NULL) {
                free(admin);
                return error_set(error, UNAVAILABLE, "CANNOT_LISTEN",
                        "the administration port %s: %s", listen, strerror(errno));
        }
        write_url(admin, &address);
        *out = admin;
        return OK;
}

const char *admin_http_url(const struct admin_http *admin)
{
        return admin->url;
}

void admin_http_close(struct admin_http *admin)
{
        if (admin == NULL)
                return;
        MHD_stop_daemon(admin->daemon);
        free(admin);
}
