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

struct handshakes *handshakes_new(void);
void handshakes_free(struct handshakes *handshakes);
/* Ends connections to the listener that have no pipe, and had none timeout_ms ago: looked for again
 * and again, with the pipes there are. How many it ended. */
size_t handshakes_end(struct handshakes *handshakes, nng_listener listener, const nng_pipe *pipes,
        size_t count, int64_t timeout_ms);
