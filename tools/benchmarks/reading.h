#pragma once
/*
 * Our side of the reads: products fetched by the public client library, so many calls in flight, or
 * so many threads that each make one blocking call after another.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include "tools/benchmarks/bare.h"
#include "tools/benchmarks/latency.h"

#define IN_FLIGHT_MAX 256
#define THREADS_MAX   64

struct shop_channel;

struct reading {
        struct shop_channel *channel;
        const struct bare_row *rows;
        size_t row_count;
        struct latency *latency; /* where calls are noted */
        atomic_bool stopping;
        pthread_mutex_t lock; /* over the following */
        pthread_cond_t ended;
        int running;
};

void reading_init(struct reading *reading, struct shop_channel *channel,
        const struct bare_row *rows, size_t row_count);
void reading_release(struct reading *reading);
/* Both return calls a second. */
double reading_in_flight(struct reading *reading, int in_flight, double seconds);
double reading_by_threads(struct reading *reading, int threads, double seconds);
/* So many calls a second, each at its time whether or not others were answered; its latency counts
 * from that time. */
double reading_steadily(struct reading *reading, int calls_per_s, double seconds);
