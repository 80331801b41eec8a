#pragma once
/* A program that speaks the wire without our library: one REQ socket, one message at a time. */
#include <nng/nng.h>
#include "lib/rpc/frame.h"

struct raw_peer {
        nng_socket socket;
        nng_msg *reply; /* the last one */
        struct arena arena;
};

void raw_peer_open(struct raw_peer *peer, const char *url);
void raw_peer_close(struct raw_peer *peer);
/* Sends a body and splits the reply; an NNG error, or 0. */
int raw_peer_ask(
        struct raw_peer *peer, struct bytes body, struct rpc_answer **answers, size_t *count);
/* As raw_peer_ask for one call; the answer, or NULL. */
struct rpc_answer *raw_peer_call(
        struct raw_peer *peer, const char *method, const char *request, uint32_t timeout_ms);

/* Without any transport: a descriptor of a connection to a port of this machine, on which nothing
 * was said; or what a REQ socket says first. */
int raw_connect(const char *url);
int raw_connect_greeting(const char *url);
