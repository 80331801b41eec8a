#pragma once
/* A server with few places, and a peer of it that does not use our channel, over TCP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "tests/unit/rpc/echo_service.h"
#include "tests/unit/rpc/raw_peer.h"

struct server_fixture {
        struct echo echo;
        struct rpc_server *server;
        struct raw_peer peer;
        struct arena arena;
        struct error error;
        struct buffer body;
};

/* Without a server yet, and without a peer. */
struct server_fixture *server_fixture_new(size_t queue_max);
void server_fixture_open(struct server_fixture *f, const struct rpc_server_options *options);
void server_fixture_free(struct server_fixture *f);
int server_fixture_setup(void **state);
int server_fixture_teardown(void **state);

/* One more call in the body of the next message; all of them. */
void server_fixture_add(
        struct server_fixture *f, uint32_t id, const char *method, const char *request);
struct bytes server_fixture_body(const struct server_fixture *f);

/* Until it comes true; a busy machine is given time for it. */
void server_fixture_wait(bool (*true_of)(struct server_fixture *), struct server_fixture *f);
bool server_fixture_is_served(struct server_fixture *f);

#define WITH_RAW_PEER(name)                                                                        \
        cmocka_unit_test_setup_teardown(name, server_fixture_setup, server_fixture_teardown)
