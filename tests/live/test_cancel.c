/*
 * Calls that their caller gives up, against the real server, by the bytes that the wire asks for:
 * one that is parked and ninety that queue for a few threads, each of which takes long.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "governance.pb-c.h"
#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/random.h"
#include "membership.pb-c.h"
#include "tests/live/daemon.h"
#include "tests/unit/rpc/raw_peer.h"

#define SIGN_INS  90
#define BEGUN_MAX 80 /* of them when the cancellation comes, on a busy machine */
#define WAIT_MS   20000
#define CHANNEL   UINT64_C(0x1234567890abcdef)

struct asker {
        struct raw_peer peer;
        struct buffer body;
        pthread_t thread;
        size_t by_code[STATUS_COUNT];
        int64_t took_us;
        atomic_bool answered;
};

static void *ask(void *context)
{
        struct asker *asker = context;
        struct rpc_answer *answers;
        int64_t start_us = clock_monotonic_us();
        size_t count = 0;

        if (raw_peer_ask(&asker->peer, bytes_of(asker->body.data, asker->body.len), &answers,
                    &count) != 0)
                live_fail("no answer");
        asker->took_us = clock_monotonic_us() - start_us;
        for (size_t i = 0; i < count; i++)
                asker->by_code[answers[i].error == NULL ? OK : answers[i].error->code]++;
        atomic_store(&asker->answered, true);
        return NULL;
}

static void cancel(struct raw_peer *peer, const struct rpc_which *which)
{
        struct buffer request = {0}, body = {0};
        struct rpc_answer *answers;
        size_t count;

        frame_write_cancel(&request, which);
        frame_write_call(&body,
                &(struct rpc_call){.id = 1,
                        .method = bytes_of_text(RPC_CANCEL),
                        .request = bytes_of(request.data, request.len)},
                30000);
        if (raw_peer_ask(peer, bytes_of(body.data, body.len), &answers, &count) != 0 ||
                count != 1 || answers[0].error != NULL)
                live_fail("a cancellation was not taken");
        buffer_release(&request);
        buffer_release(&body);
}

/* Cancels with id, of message number, while the asker waits for its answers; again until they are
 * there, since a cancellation may overtake what it cancels. */
static void cancel_after(struct asker *asker, const char *url, uint64_t number, uint32_t id)
{
        const struct rpc_which which = {.channel = CHANNEL, .number = number, .id = id};
        struct raw_peer peer;

        raw_peer_open(&asker->peer, url);
        raw_peer_open(&peer, url);
        pthread_create(&asker->thread, NULL, ask, asker);
        while (!atomic_load(&asker->answered)) {
                clock_sleep_us(200000);
                cancel(&peer, &which);
        }
        pthread_join(asker->thread, NULL);
        raw_peer_close(&peer);
        raw_peer_close(&asker->peer);
        buffer_release(&asker->body);
}

static void add_call(struct asker *asker, uint32_t id, const char *method, const void *message)
{
        uint8_t request[256];
        char request_id[REQUEST_ID_LEN + 1];
        struct random random;

        random_seed(&random, id);
        request_id_make(clock_real_us(), &random, request_id);
        size_t len = protobuf_c_message_pack(message, request);

        frame_write_call(&asker->body,
                &(struct rpc_call){.id = id,
                        .method = bytes_of_text(method),
                        .request_id = bytes_of_text(request_id),
                        .request = bytes_of(request, len)},
                30000);
}

static void cancel_parked(const char *url)
{
        Shop__WatchHealthRequest watch = SHOP__WATCH_HEALTH_REQUEST__INIT;
        struct asker asker = {0};

        watch.state = SHOP__HEALTH_STATE__HEALTH_STATE_SERVING;
        watch.wait_ms = WAIT_MS;
        frame_write_name(&asker.body, CHANNEL, 1);
        add_call(&asker, 5, "governance.WatchHealth", &watch);
        cancel_after(&asker, url, 1, 5);
        if (asker.by_code[CANCELLED] != 1 || asker.took_us >= WAIT_MS * 1000)
                live_fail("a parked call was not cancelled");
}

static void cancel_queued(const char *url)
{
        Shop__SignInRequest enter = SHOP__SIGN_IN_REQUEST__INIT;
        struct asker asker = {0};

        enter.email = "nobody@example.org";
        enter.password = "what could it be?";
        frame_write_name(&asker.body, CHANNEL, 2);
        for (uint32_t id = 1; id <= SIGN_INS; id++)
                add_call(&asker, id, "membership.SignIn", &enter);
        cancel_after(&asker, url, 2, 0);
        printf("of %d sign-ins %zu were cancelled, %zu had begun\n", SIGN_INS,
                asker.by_code[CANCELLED], SIGN_INS - asker.by_code[CANCELLED]);
        if (asker.by_code[CANCELLED] < SIGN_INS - BEGUN_MAX || asker.by_code[CANCELLED] == SIGN_INS)
                live_fail("queued calls were not cancelled, or running ones were");
}

int main(int argc, char **argv)
{
        struct daemon daemon;

        if (argc != 2)
                live_fail("usage: test_cancel SHOPD");
        daemon_init(&daemon, argv[1]);
        daemon_configure(&daemon, "[limits]\nslow_wait_ms = 0\naddress_slow = 0\n");
        daemon_start(&daemon, NULL);
        daemon_wait(&daemon);
        cancel_parked(daemon.url);
        cancel_queued(daemon.url);
        if (daemon_stop(&daemon) != 0)
                live_fail("shopd did not stop well");
        daemon_release(&daemon);
        return 0;
}
