#pragma once
/* The benches and what they are asked for. */
#include "tests/live/daemon.h"
#include "tools/benchmarks/table.h"

struct bench_options {
        const char *shopd;
        const char *grpc; /* where the gRPC peer's programs are; NULL: beside the bare loop */
        double seconds;   /* of one measurement */
        int rounds;
        int load; /* only this many in flight; 0: every number of the table */
};

/* Starts a shopd as a shop would run it, its log included. */
void bench_daemon_start(struct daemon *daemon, const char *shopd);

/* rpc.c: stored product reads, beside the bare loop or gRPC. */
void bench_rpc(const struct bench_options *options, struct table *table);
/* checkout.c: durable orders, beside the disk. */
void bench_checkout(const struct bench_options *options, struct table *table);
