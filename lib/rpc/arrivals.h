#pragma once
/*
 * How much the transport has read from sockets, in all of the process: what tells that it is worth
 * looking who sent it.
 */
#include <stdbool.h>
#include <stdint.h>

/* Bytes since the start. */
uint64_t arrivals_count(void);
/* Waits until there are so many, or *stopping. False: it is stopping. */
bool arrivals_wait(uint64_t count, const bool *stopping);
/* Makes it so, and wakes who waits. */
void arrivals_stop(bool *stopping);
