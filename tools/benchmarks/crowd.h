#pragma once
/* Connections that are there and silent: what they cost a server, and those who do speak. */
#include <stddef.h>

/* What a peer says before it may be silent. */
enum crowd_kind { CROWD_OURS, CROWD_GRPC };

struct crowd {
        int *sockets;
        size_t count;
};

/* Lets this process and those that it starts have so many connections. */
void crowd_allow(size_t count);
/* address: of loopback, "...127.0.0.1:PORT". Returns when the server has greeted each. */
void crowd_open(struct crowd *crowd, enum crowd_kind kind, const char *address, size_t count);
void crowd_close(struct crowd *crowd);
