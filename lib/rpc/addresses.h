#pragma once
/*
 * How many connections each address has. Not for several threads: the table of connections has a
 * lock.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PEER_LEN_MAX 63

struct addresses;

struct addresses *addresses_new(size_t max);
void addresses_free(struct addresses *addresses);
/* One more from there. False: it has as many as it may. */
bool addresses_take(struct addresses *addresses, const char *peer);
/* One that was taken is gone. */
void addresses_give(struct addresses *addresses, const char *peer);

/*
 * Addresses as text by which callers are limited: of IPv6 its /64, which is what one household
 * has and may change within; IPv4 within IPv6 as IPv4. Both are in network order.
 */
void address_of_ipv4(uint32_t ipv4, char peer[PEER_LEN_MAX + 1]);
void address_of_ipv6(const uint8_t ipv6[16], char peer[PEER_LEN_MAX + 1]);
