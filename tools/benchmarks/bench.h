#pragma once
/* The benches and what they are asked for. */
#include "tests/live/daemon.h"
#include "tools/benchmarks/table.h"

#define SIZES_MAX        4
#define BENCH_ORDERS_MAX 100000000

struct bench_options {
        const char *shopd;
        const char *grpc;     /* where the gRPC peer's programs are; NULL: beside the bare loop */
        const char *postgres; /* the script of that peer; NULL: beside the disk */
        const char *history;  /* the program that fills a shop */
        const char *shop;     /* where an earlier run has left its shop; NULL: a new one */
        double seconds;       /* of one measurement */
        double load_seconds;  /* of load before the first */
        double stolen_max;    /* percent of the machine that others may have had in one */
        int rounds;
        int load; /* only this many in flight; 0: every number of the table */
        size_t orders;
        size_t sizes[SIZES_MAX]; /* of scale */
        size_t size_count;
};

/* Starts a shopd as a shop would run it, its log included. */
void bench_daemon_start(struct daemon *daemon, const struct bench_options *options);

/* rpc.c: stored product reads, beside the bare loop or gRPC. */
void bench_rpc(const struct bench_options *options, struct table *table);
/* checkout.c: durable orders, beside the disk or PostgreSQL, and reads beside them. */
void bench_checkout(const struct bench_options *options, struct table *table);
/* pages.c: what each method makes the checkpointer write. */
void bench_pages(const struct bench_options *options, struct table *table);
/* scale.c: the same calls in shops of several sizes. */
void bench_scale(const struct bench_options *options, struct table *table);
/* signin.c: sign-ins, reads in a storm of them, and whether their time tells of accounts. */
void bench_signin(const struct bench_options *options, struct table *table);
