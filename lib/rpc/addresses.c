/*
 * A fixed array of short lists, an entry per address that has a connection: there are never more
 * than connections, whose number is bounded.
 */
#include "lib/rpc/addresses.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LIST_COUNT 1024u
#define PREFIX_LEN 8 /* bytes of an IPv6 address that name a network */

struct address {
        struct address *next;
        size_t count;
        char peer[PEER_LEN_MAX + 1];
};

struct addresses {
        size_t max;
        struct address *lists[LIST_COUNT];
};

struct addresses *addresses_new(size_t max)
{
        struct addresses *addresses = calloc(1, sizeof(*addresses));

        assert(addresses != NULL);
        addresses->max = max;
        return addresses;
}

void addresses_free(struct addresses *addresses)
{
        for (size_t i = 0; i < LIST_COUNT; i++) {
                while (addresses->lists[i] != NULL) {
                        struct address *address = addresses->lists[i];

                        addresses->lists[i] = address->next;
                        free(address);
                }
        }
        free(addresses);
}

/* FNV-1a, 32 bits. Lists are as short as connections are few: nobody gains by aiming at one. */
static struct address **place_of(struct addresses *addresses, const char *peer)
{
        uint32_t hash = 2166136261u;

        for (const char *at = peer; *at != '\0'; at++)
                hash = (hash ^ (uint8_t)*at) * 16777619u;
        struct address **place = &addresses->lists[hash % LIST_COUNT];

        while (*place != NULL && strcmp((*place)->peer, peer) != 0)
                place = &(*place)->next;
        return place;
}

bool addresses_take(struct addresses *addresses, const char *peer)
{
        struct address **place = place_of(addresses, peer);

        if (*place == NULL) {
                *place = calloc(1, sizeof(**place));
                assert(*place != NULL);
                strncpy((*place)->peer, peer, PEER_LEN_MAX);
        }
        if ((*place)->count >= addresses->max)
                return false;
        (*place)->count++;
        return true;
}

void addresses_give(struct addresses *addresses, const char *peer)
{
        struct address **place = place_of(addresses, peer);
        struct address *address = *place;

        assert(address != NULL && address->count > 0);
        if (--address->count > 0)
                return;
        *place = address->next;
        free(address);
}

void address_of_ipv4(uint32_t ipv4, char peer[PEER_LEN_MAX + 1])
{
        inet_ntop(AF_INET, &ipv4, peer, PEER_LEN_MAX);
}

void address_of_ipv6(const uint8_t ipv6[16], char peer[PEER_LEN_MAX + 1])
{
        static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
        uint8_t network[16] = {0};

        if (memcmp(ipv6, mapped, sizeof(mapped)) == 0) {
                inet_ntop(AF_INET, ipv6 + sizeof(mapped), peer, PEER_LEN_MAX);
                return;
        }
        memcpy(network, ipv6, PREFIX_LEN);
        inet_ntop(AF_INET6, network, peer, PEER_LEN_MAX);
        strcat(peer, "/64");
}
