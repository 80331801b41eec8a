#pragma once
/* A server of the test's own process, a channel to it over TCP, and ways to ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include "lib/rpc/channel.h"
#include "tests/unit/rpc/echo_service.h"

struct fixture {
        struct echo echo;
        struct rpc_server *server;
        struct channel *channel;
        char url[64];
        struct arena arena;
        struct error error;
};

void open_server_with(struct fixture *f, const struct rpc_server_options *options);
void open_server(struct fixture *f, const char *url);
void close_server(struct fixture *f);
void open_channel(struct fixture *f, const struct channel_options *options);
int fixture_setup(void **state);
int fixture_teardown(void **state);
struct channel_call call_of(const char *method, const char *request);
struct rpc_answer ask(struct fixture *f, const char *method, const char *request);
void assert_failed(const struct rpc_answer *answer, enum status code, const char *reason);
struct channel_stats stats_of(struct fixture *f);

/* Whether it comes true; a busy machine is given time for it. So many connections were made; so
 * many calls are parked. */
bool connected_soon(struct fixture *f, uint64_t connects);
bool parked_soon(struct echo *echo, size_t count);

/* A certificate for localhost and its key, in a directory of their own. The test is skipped where
 * openssl is not there. */
struct papers {
        char dir[32];
        char cert[64];
        char key[64];
};

void papers_make(struct papers *papers);
void papers_remove(const struct papers *papers);

/* A server beside the fixture's. */
struct second {
        struct echo echo;
        struct rpc_server *server;
        char urls[160]; /* of both, the fixture's first */
};

void second_open(struct second *second, struct fixture *f);
/* And the channel to both. */
void second_close(struct second *second, struct fixture *f);

/* Many calls and one who waits for all of them. */
struct crowd {
        pthread_mutex_t lock;
        pthread_cond_t changed;
        size_t answered;
        size_t ok;
        size_t by_code[STATUS_COUNT];
        char last_reason[40];
};

void crowd_init(struct crowd *crowd);
void crowd_answered(void *context, const struct rpc_answer *answer);
void crowd_wait(struct crowd *crowd, size_t count);
size_t crowd_count(struct crowd *crowd, enum status code);
void crowd_release(struct crowd *crowd);

#define WITH_SERVER(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
