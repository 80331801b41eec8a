/* Time-outs are short: a test that would wait for ever fails instead. */
#include "tests/unit/rpc/raw_peer.h"

#include <arpa/inet.h>
#include <assert.h>
#include <nng/protocol/reqrep0/req.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void raw_peer_open(struct raw_peer *peer, const char *url)
{
        *peer = (struct raw_peer){0};
        arena_init(&peer->arena);
        int result = nng_req0_open(&peer->socket);

        assert(result == 0);
        nng_socket_set_ms(peer->socket, NNG_OPT_REQ_RESENDTIME, 0);
        nng_socket_set_ms(peer->socket, NNG_OPT_RECVTIMEO, 5000);
        nng_socket_set_ms(peer->socket, NNG_OPT_SENDTIMEO, 1000);
        result = nng_dial(peer->socket, url, NULL, 0);
        assert(result == 0);
}

void raw_peer_close(struct raw_peer *peer)
{
        nng_close(peer->socket);
        if (peer->reply != NULL)
                nng_msg_free(peer->reply);
        arena_release(&peer->arena);
}

int raw_peer_ask(
        struct raw_peer *peer, struct bytes body, struct rpc_answer **answers, size_t *count)
{
        struct error error;
        nng_msg *message;

        if (peer->reply != NULL)
                nng_msg_free(peer->reply);
        peer->reply = NULL;
        arena_reset(&peer->arena);
        error_init(&error, &peer->arena);
        nng_msg_alloc(&message, 0);
        nng_msg_append(message, body.data, body.len);
        int result = nng_sendmsg(peer->socket, message, 0);

        if (result != 0) {
                nng_msg_free(message);
                return result;
        }
        result = nng_recvmsg(peer->socket, &peer->reply, 0);
        if (result != 0) {
                peer->reply = NULL;
                return result;
        }
        enum status status = frame_read_replies(&peer->arena,
                bytes_of(nng_msg_body(peer->reply), nng_msg_len(peer->reply)), answers, count,
                &error);

        assert(status == OK);
        return 0;
}

struct rpc_answer *raw_peer_call(
        struct raw_peer *peer, const char *method, const char *request, uint32_t timeout_ms)
{
        const struct rpc_call call = {
                .id = 7,
                .method = bytes_of_text(method),
                .request = bytes_of_text(request),
        };
        struct rpc_answer *answers;
        struct buffer body = {0};
        size_t count = 0;

        frame_write_call(&body, &call, timeout_ms);
        int result = raw_peer_ask(peer, bytes_of(body.data, body.len), &answers, &count);

        buffer_release(&body);
        return result == 0 && count == 1 && answers[0].id == 7 ? answers : NULL;
}

int raw_connect(const char *url)
{
        struct sockaddr_in address = {.sin_family = AF_INET};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert(fd >= 0);
        address.sin_port = htons((uint16_t)atoi(strrchr(url, ':') + 1));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int result = connect(fd, (struct sockaddr *)&address, sizeof(address));

        assert(result == 0);
        return fd;
}

int raw_connect_greeting(const char *url)
{
        /* Hello of the SP mapping for TCP: version 0, protocol REQ. */
        static const uint8_t hello[8] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
        int fd = raw_connect(url);
        ssize_t sent = write(fd, hello, sizeof(hello));

        assert(sent == sizeof(hello));
        return fd;
}
