/*
 * Numbers only: who may reach a port should be seen in the configuration and not depend on what a
 * name means today.
 */
#include "server/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX 64

/* Splits at the last colon; brackets around an IPv6 address are taken off. */
static bool split(const char *text, char host[HOST_MAX], in_port_t *port)
{
        const char *colon = strrchr(text, ':');
        char *end;

        if (colon == NULL || colon == text || colon[1] < '0' || colon[1] > '9')
                return false;
        unsigned long number = strtoul(colon + 1, &end, 10);
        size_t len = (size_t)(colon - text);

        if (*end != '\0' || strlen(colon) > 6 || number > UINT16_MAX)
                return false;
        bool bracketed = text[0] == '[' && colon[-1] == ']';

        if (bracketed) {
                text++;
                len -= 2;
        }
        if (len == 0 || len >= HOST_MAX || (!bracketed && memchr(text, ':', len) != NULL))
                return false;
        memcpy(host, text, len);
        host[len] = '\0';
        *port = htons((in_port_t)number);
        return true;
}

bool address_parse(const char *text, struct address *out)
{
        struct address address = {.len = sizeof(struct sockaddr_in)};
        struct sockaddr_in *four = (struct sockaddr_in *)&address.socket;
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address.socket;
        char host[HOST_MAX];
        in_port_t port;

        if (!split(text, host, &port))
                return false;
        const char *number = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;

        if (inet_pton(AF_INET, number, &four->sin_addr) == 1) {
                four->sin_family = AF_INET;
                four->sin_port = port;
        } else if (inet_pton(AF_INET6, number, &six->sin6_addr) == 1) {
                six->sin6_family = AF_INET6;
                six->sin6_port = port;
                address.len = sizeof(*six);
        } else {
                return false;
        }
        *out = address;
        return true;
}

bool address_is_loopback(const struct address *address)
{
        const struct sockaddr_in *four = (const struct sockaddr_in *)&address->socket;
        const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address->socket;

        if (address->socket.ss_family == AF_INET)
                return ntohl(four->sin_addr.s_addr) >> 24 == 127;
        return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}
