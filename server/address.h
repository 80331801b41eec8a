#pragma once
/* Where the administration port listens: "127.0.0.1:9100", "[::1]:0", "localhost:9100". */
#include <stdbool.h>
#include <sys/socket.h>

struct address {
        struct sockaddr_storage socket;
        socklen_t len;
};

/* False: not an address and a port. Names other than localhost are not looked up. */
bool address_parse(const char *text, struct address *out);
bool address_is_loopback(const struct address *address);
