#pragma once
/*
 * Peers that connect and do not shake hands. The transport has no pipe for them yet, so nobody
 * counts them, and those of TLS it would wait for for ever: a stranger could hold every descriptor
 * of the process.
 */
#include <stddef.h>
#include <stdint.h>
#include <nng/nng.h>

struct handshakes;

/* Each has timeout_ms, and so many are let be, once they were seen a second time. */
struct handshakes *handshakes_new(int64_t timeout_ms, size_t strangers_max);
void handshakes_free(struct handshakes *handshakes);
/* To be called every second or more often: ends connections to the listener that are none of the
 * pipes there are and whose time is over, and of too many those that came first. How many. */
size_t handshakes_end(
        struct handshakes *handshakes, nng_listener listener, const nng_pipe *pipes, size_t count);
