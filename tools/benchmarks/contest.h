#pragma once
/*
 * A shopd with products and the peers that answer the same bytes, side by side: what the rows of
 * the rpc bench are measured on.
 */
#include "tests/live/daemon.h"
#include "tools/benchmarks/bare.h"
#include "tools/benchmarks/bench.h"
#include "tools/benchmarks/grpc.h"
#include "tools/benchmarks/latency.h"
#include "tools/benchmarks/reading.h"

#define PRODUCTS   32
#define ROUNDS_MAX 100
#define LOADS      5

/* Calls in flight, or threads that make blocking calls. */
struct load {
        const char *kind;
        int calls;
};
extern const struct load loads[LOADS];

/* Who answers. */
enum side_name { SIDE_OURS, SIDE_BARE, SIDE_GRPC, SIDES };

/* Of one load and one side, round by round. */
struct side {
        double rate[ROUNDS_MAX];
        double p50_us[ROUNDS_MAX];
        double p99_us[ROUNDS_MAX];
        double cpu_seconds;        /* of the server */
        double client_cpu_seconds; /* and of the client */
        double calls;
};

struct contest {
        const char *grpc; /* the peer's programs; NULL: the bare loop is the only peer */
        struct daemon daemon;
        struct bare_server bare;
        struct bare_client *client;
        struct grpc_peer grpc_peer;
        struct grpc_load grpc_loads[LOADS];
        struct reading reading;
        struct latency latency;
        struct bare_row rows[PRODUCTS];
        char token[128];
        struct side sides[SIDES][LOADS];
        double idle_mib[SIDES]; /* of memory at the start */
};

bool load_is_blocking(size_t load);
struct contest *contest_open(const struct bench_options *options);
void contest_close(struct contest *contest);
pid_t contest_server(const struct contest *contest, enum side_name side);
pid_t contest_client(const struct contest *contest, enum side_name side);
