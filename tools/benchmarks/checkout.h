#pragma once
/* What checkout.c measures and checkout_rows.c tells. */
#include "tools/benchmarks/bench.h"
#include "tools/benchmarks/market.h"
#include "tools/benchmarks/postgres.h"
#include "tools/benchmarks/reading.h"
#include "tools/benchmarks/watcher.h"

#define ROUNDS_MAX 100

/* rate_first: a guess before there is a measurement. */
struct checkout_load {
        int clients;
        int rate_first;
};
#define LOADS 4
#define BUSY  2 /* of the loads: beside the reads, and before all */
extern const struct checkout_load checkout_loads[LOADS];

enum side { SIDE_DISK, SIDE_STATEMENTS, SIDE_PROCEDURE, SIDES };

struct result {
        struct calls calls;
        double rate_last;
        double ours[ROUNDS_MAX];
        double peer[SIDES][ROUNDS_MAX];
        double cpu_us[SIDES][ROUNDS_MAX];
        double most_us[SIDES][ROUNDS_MAX];
        double cpu_seconds;
        double orders;
};

struct results {
        struct result of[LOADS];
        struct latency reads_idle;
        struct latency reads_beside;
        double reads[2][ROUNDS_MAX]; /* a second: idle, and beside checkouts */
        double orders_beside[ROUNDS_MAX];
        double stolen; /* percent, summed over so many measurements */
        int measured;
};

struct checkout {
        const struct bench_options *options;
        struct market market;
        struct postgres postgres;
        struct watcher watcher;
        struct reading reading;
        struct results results;
        int again; /* measured again */
};

/* Is a load, or LOADS: the reads beside, among what was asked for? */
bool checkout_asked(const struct bench_options *options, size_t load);
void checkout_rows(struct checkout *checkout, size_t rounds, struct table *table);
