#pragma once
/*
 * The clients of a round, each a thread that writes until nobody answers: people who shop, staff
 * who move stock, somebody who mistypes passwords, and the clock.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include "lib/base/random.h"
#include "tests/crash/journal.h"
#include "tests/live/storefront.h"

#define SHOPPERS 12
#define CLIENTS  (SHOPPERS + 3)

/* A cart as its owner believes it to be. */
struct basket {
        struct basket *next;
        char token[64];
        char cart_id[ID_SIZE];
        bool pays_with_points; /* as far as may be */
        int64_t quantity[VARIANTS_MAX];
        int64_t change[VARIANTS_MAX]; /* what the last write adds, once it is known to be there */
        const struct entry *last;     /* a change, or the order; NULL: none on its way */
        const struct entry *order;    /* NULL: not ordered */
};

/* One shop over all its crashes. */
struct books {
        struct storefront storefront;
        struct journal journal;
        pthread_mutex_t lock;
        struct basket *baskets;
        int64_t shop_time_s; /* the latest that was told */
        atomic_uint names;   /* for external ids */
};

struct round {
        struct books *books;
        struct shop_channel *channel;
        const char *admin; /* token */
        uint64_t seed;
        atomic_bool over;
        pthread_t threads[CLIENTS];
        struct client *clients;
};

void round_start(struct round *round);
/* After the server was killed: waits until every client has noticed. */
void round_end(struct round *round);

/* Takes over into quantity what is known of the last write. */
void basket_settle(struct basket *basket);
