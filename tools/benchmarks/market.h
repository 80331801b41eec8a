#pragma once
/*
 * A shopd with a history to order from, and buyers who are taken through its calls in steps: so
 * many at once, each starting where another was answered. All share one channel, as the threads of
 * a storefront would.
 */
#include <pthread.h>
#include <stdatomic.h>
#include "tests/live/storefront.h"
#include "tools/benchmarks/bare.h"
#include "tools/benchmarks/bench.h"
#include "tools/benchmarks/latency.h"

/* What can be ordered. */
struct ware {
        char product_id[ID_SIZE];
        char variant_id[ID_SIZE];
        char category_id[ID_SIZE]; /* "-": none */
};

struct market {
        bool kept; /* the directory is left as it is */
        struct daemon daemon;
        struct shop_channel *channel; /* the administrator's */
        struct storefront storefront;
        struct ware *wares;
        size_t ware_count;
        int64_t *order_times_us;
        size_t order_count;
        atomic_size_t made; /* products, by the step that makes them */
};

/* A shop with so many orders, placed within the last day, and so many products; or the one that is
 * kept, with what it has. */
void market_open(
        struct market *market, const struct bench_options *options, size_t orders, size_t products);
/* Verifies the database before it goes, unless it is very large. */
void market_close(struct market *market);

struct buyers;

struct buyer {
        struct buyers *buyers;
        struct guest guest;
        char fingerprint[65];
        char order_id[ID_SIZE];
        int64_t start_us;
};

/*
 * What checkpoints do to calls. A long call meets one more easily than a short one, whatever made
 * it long; so those that began while one ran, which no call's length decides, stand beside those
 * that began while none did.
 */
struct calls {
        struct latency all;
        struct latency met;            /* a checkpoint, at any time */
        struct latency inside;         /* began while one ran */
        struct latency outside;        /* began while none did */
        const struct watcher *watcher; /* NULL: nobody looks */
};

struct step {
        const char *name;
        void (*begin)(struct buyer *buyer);
};
extern const struct step step_enter, step_cart, step_fill, step_quote, step_place, step_pay,
        step_product, step_shelf, step_orders;

struct buyers {
        struct market *market;
        struct buyer *at;
        size_t count;
        struct calls *calls; /* where those of a step are noted; may be NULL */
        const struct step *step;
        int64_t until_us;
        bool again;           /* from the first after the last, while there is time */
        pthread_mutex_t lock; /* over the following */
        pthread_cond_t changed;
        size_t next;
        size_t running;
        size_t done;
};

void buyers_init(struct buyers *buyers, struct market *market, size_t count);
void buyers_release(struct buyers *buyers);
/* Takes all through a step, or as many as there is time for; returns calls a second. */
double buyers_take(struct buyers *buyers, const struct step *step, size_t at_once, double seconds);
/* All steps before the order. */
void buyers_prepare(struct buyers *buyers);

/* For steps: an answer has come. */
void buyer_answered(struct buyer *buyer);

/* Rows for a reading of products: all of them, in any order; to be freed. */
struct bare_row *market_rows(const struct market *market, size_t *count);
