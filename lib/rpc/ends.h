#pragma once
/*
 * Which descriptor a connection of the transport has: it does not say, so that the process's own
 * descriptors are looked through for sockets with a pipe's two addresses.
 */
#include <stdbool.h>
#include <stdint.h>
#include <nng/nng.h>

/* Both ends of a connection, ours first, without holes, for memcmp. */
struct ends {
        uint8_t address[2][16];
        uint16_t port[2];
        uint16_t family;
};

/* For qsort and bsearch. */
int ends_compare(const void *a, const void *b);

/* What carries a pipe; its ends where it is TCP. One that its peer has broken has none any more. */
enum carrier { CARRIER_TCP, CARRIER_PATH, CARRIER_MEMORY, CARRIER_BROKEN };
enum carrier ends_of_pipe(nng_pipe pipe, struct ends *ends);
/* The one end of a listener. False: it does not listen on TCP. */
bool ends_of_listener(nng_listener listener, struct ends *ends);
/* The ends of a socket; of one that listens only its own. False: it is no socket of TCP. */
bool ends_of_fd(int fd, struct ends *ends);

/* Shows every descriptor that is open. */
void ends_each_fd(void (*look)(void *context, int fd), void *context);
