/* The peer shares only the frames with our channel: neither hides the other's faults. */
#include "tests/unit/rpc/server_fixture.h"

#include <stdlib.h>
#include "lib/base/clock.h"

void server_fixture_open(struct server_fixture *f, const struct rpc_server_options *options)
{
        assert_int_equal(rpc_server_open(&f->server, options, &f->echo.service, &f->error), OK);
}

struct server_fixture *server_fixture_new(size_t queue_max)
{
        struct server_fixture *f = calloc(1, sizeof(*f));

        arena_init(&f->arena);
        error_init(&f->error, &f->arena);
        echo_start(&f->echo, queue_max);
        return f;
}

int server_fixture_setup(void **state)
{
        struct server_fixture *f = server_fixture_new(100);

        server_fixture_open(f, &(struct rpc_server_options){.url = "tcp://127.0.0.1:0",
                                       .connections_max = 4,
                                       .address_connections_max = 4,
                                       .send_timeout_ms = 300});
        raw_peer_open(&f->peer, rpc_server_url(f->server));
        *state = f;
        return 0;
}

void server_fixture_free(struct server_fixture *f)
{
        raw_peer_close(&f->peer);
        echo_stop(&f->echo);
        rpc_server_close(f->server);
        echo_release(&f->echo);
        arena_release(&f->arena);
        buffer_release(&f->body);
        free(f);
}

int server_fixture_teardown(void **state)
{
        server_fixture_free(*state);
        return 0;
}

void server_fixture_add(
        struct server_fixture *f, uint32_t id, const char *method, const char *request)
{
        const struct rpc_call call = {
                .id = id,
                .method = bytes_of_text(method),
                .request = bytes_of_text(request),
        };

        frame_write_call(&f->body, &call, 0);
}

struct bytes server_fixture_body(const struct server_fixture *f)
{
        return bytes_of(f->body.data, f->body.len);
}

void server_fixture_wait(bool (*true_of)(struct server_fixture *), struct server_fixture *f)
{
        for (int i = 0; i < 2000 && !true_of(f); i++)
                clock_sleep_us(10000);
        assert_true(true_of(f));
}

bool server_fixture_is_served(struct server_fixture *f)
{
        return raw_peer_call(&f->peer, "echo.Read", "later", 0) != NULL;
}
