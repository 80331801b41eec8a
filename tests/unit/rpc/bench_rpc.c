/*
 * What the transport alone can carry: calls of 160 bytes that are echoed, client and server in
 * one process over TCP loopback, with 1 to 1,024 calls in flight. Not a test: it prints a table.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/rpc/channel.h"
#include "tests/unit/rpc/echo_service.h"

#define REQUEST_BYTES 110

struct run {
        struct channel *channel;
        atomic_long left;
        atomic_long answered;
        const char *method;
        enum lane lane;
        pthread_mutex_t lock;
        pthread_cond_t done;
        long total;
};

static void start_one(struct run *run);

static void answered(void *context, const struct rpc_answer *answer)
{
        struct run *run = context;

        if (answer->error != NULL) {
                fprintf(stderr, "%s: %s\n", answer->error->reason, answer->error->message);
                exit(1);
        }
        if (atomic_fetch_sub(&run->left, 1) > 0)
                start_one(run);
        if (atomic_fetch_add(&run->answered, 1) + 1 == run->total) {
                pthread_mutex_lock(&run->lock);
                pthread_cond_signal(&run->done);
                pthread_mutex_unlock(&run->lock);
        }
}

static void start_one(struct run *run)
{
        static const uint8_t request[REQUEST_BYTES] = {1};
        const struct channel_call call = {
                .method = run->method,
                .lane = run->lane,
                .request = bytes_of(request, sizeof(request)),
        };

        channel_start(run->channel, &call, answered, run);
}

static double measure(struct channel *channel, const char *method, enum lane lane, long in_flight)
{
        struct run run = {.channel = channel, .method = method, .lane = lane};
        long total = in_flight == 1 ? 10000 : in_flight < 64 ? 60000 : 400000;

        run.total = total;
        pthread_mutex_init(&run.lock, NULL);
        pthread_cond_init(&run.done, NULL);
        atomic_store(&run.left, total - in_flight);
        int64_t start_us = clock_monotonic_us();

        for (long i = 0; i < in_flight; i++)
                start_one(&run);
        pthread_mutex_lock(&run.lock);
        while (atomic_load(&run.answered) < total)
                pthread_cond_wait(&run.done, &run.lock);
        pthread_mutex_unlock(&run.lock);
        double seconds = (double)(clock_monotonic_us() - start_us) / 1e6;

        pthread_cond_destroy(&run.done);
        pthread_mutex_destroy(&run.lock);
        return (double)total / seconds;
}

int main(int argc, char **argv)
{
        static const long counts[] = {1, 16, 64, 256, 1024};
        static struct echo echo;
        struct rpc_server *server;
        struct channel *channel;
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        echo_start(&echo, 4096);
        if (rpc_server_open(&server,
                    &(struct rpc_server_options){.url = argc > 1 ? argv[1] : "tcp://127.0.0.1:0"},
                    &echo.service, &error) != OK ||
                channel_open(&channel, &(struct channel_options){.url = rpc_server_url(server)},
                        &error) != OK) {
                fprintf(stderr, "%s\n", error.message);
                return 1;
        }
        printf("%10s %12s %12s\n", "in flight", "calls/s", "calls/message");
        for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
                struct channel_stats before, after;

                channel_stats(channel, &before);
                double rate = measure(channel, "echo.Read", LANE_READ, counts[i]);

                channel_stats(channel, &after);
                printf("%10ld %12.0f %12.1f\n", counts[i], rate,
                        (double)(after.calls - before.calls) /
                                (double)(after.messages - before.messages));
        }
        channel_close(channel);
        rpc_server_close(server);
        echo_stop(&echo);
        echo_release(&echo);
        arena_release(&arena);
        return 0;
}
