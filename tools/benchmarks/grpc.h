#pragma once
/* The gRPC C++ peer: its server and its client, two programs built apart from ours. */
#include <stdio.h>
#include <sys/types.h>

struct grpc_figures {
        double calls_per_s;
        double p50_us;
        double p99_us;
};

/* How the client makes its calls. */
struct grpc_load {
        const char *kind; /* "async", "blocking" or "steady" */
        int calls;        /* in flight, or threads, or a second */
        int channels;
        int threads; /* with a completion queue each; those of "blocking" are its calls */
};

struct grpc_peer {
        pid_t server;
        pid_t client;
        FILE *to_server;
        FILE *from_server;
        FILE *to_client;
        FILE *from_client;
        char address[64];
};

/* programs: the directory that holds server and client; dir: that of the rows. */
void grpc_start_server(
        struct grpc_peer *peer, const char *programs, const char *dir, const char *token);
void grpc_start_client(
        struct grpc_peer *peer, const char *programs, const char *dir, const char *token);
void grpc_stop(struct grpc_peer *peer);
void grpc_measure(struct grpc_peer *peer, const struct grpc_load *load, double seconds,
        struct grpc_figures *figures);
/* Tries channels and threads in turn, several times for a moment each, and keeps what once carried
 * most calls: what else the machine does can only take away from that. */
void grpc_choose(struct grpc_peer *peer, struct grpc_load *load, double seconds);
