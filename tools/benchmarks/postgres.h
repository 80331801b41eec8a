#pragma once
/* PostgreSQL as a peer: a server of our own, and pgbench placing orders on it. */
#include <stdbool.h>
#include <stddef.h>

struct postgres {
        const char *program; /* peers/postgres/peer */
        char dir[96];
        double rate; /* the best so far */
};

struct postgres_figures {
        double orders_per_s;
        double p50_us;
        double p99_us;
        double p999_us;
        double most_us;
        double cpu_us; /* of the server, for an order */
};

/* In a directory of its own below, with so many orders and products. */
void postgres_start(struct postgres *postgres, const char *program, const char *below,
        size_t orders, size_t products);
void postgres_stop(struct postgres *postgres);
/* While it is paused nothing of it runs, and what it has put off waits. */
void postgres_pause(struct postgres *postgres, bool paused);
/* how: "statements", one round trip each, or "procedure", one for all. Makes carts before, as many
 * as can be ordered in that time. */
void postgres_run(struct postgres *postgres, const char *how, int clients, double seconds,
        struct postgres_figures *out);
