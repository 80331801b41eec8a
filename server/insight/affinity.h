#pragma once
/*
 * What goes with what: pure arithmetic on who bought what, without rows or transactions, so that
 * tools/bench recommend measures what the server answers with.
 *
 * A product's neighbours are those that its buyers bought too. Each buyer counts the less the more
 * products they bought (-0.75th power); what comes together is divided by how much either is
 * bought (powers 0.3 of the product, 0.5 of the neighbour), believed by n / (n + 1) for n common
 * buyers, and raised by how much the neighbour is bought lately beside all times (0.3rd power).
 * The strongest 30 are kept, scaled by the root of their sum. For a customer the neighbours of
 * what they have are added up, older purchases for less, and what everybody buys lately is added
 * as a prior. The numbers are among the best of those tried on half of the Online Retail year.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/base/arena.h"

#define AFFINITY_NEIGHBOURS  30
#define AFFINITY_BUYERS_MAX  600 /* of a product, the latest */
#define AFFINITY_HISTORY_MAX 100 /* products of a customer, the latest */
#define AFFINITY_POPULAR     200 /* of what is bought lately */
#define AFFINITY_UNIT        1000000

/* ---- how much is bought lately ---- */

/*
 * Purchases that halve in 20 days, as the logarithm of their sum at a fixed time: the order of two
 * stays while nothing is bought, so it can be an index. 0: never bought.
 */
int64_t affinity_heat_add(int64_t heat, int64_t at_us);
double affinity_heat_at(int64_t heat, int64_t now_us);

/* ---- sums by product ---- */

struct affinity_entry {
        const char *id;
        double count;  /* how often it was added */
        double weight; /* the sum of what was added */
        double best;   /* the most that was added at once */
        const char *best_of;
        int best_kind;
};

struct affinity_sums {
        struct arena *arena;
        struct affinity_entry *at; /* with gaps: id is NULL */
        size_t room;
        size_t count;
};

void affinity_init(struct affinity_sums *sums, struct arena *arena);
/* id must live as long as the arena. of, kind: where it comes from. */
void affinity_add(
        struct affinity_sums *sums, const char *id, double weight, const char *of, int kind);
const struct affinity_entry *affinity_find(const struct affinity_sums *sums, const char *id);

/* ---- neighbours of a product ---- */

/* What one buyer adds to everything that they bought. */
double affinity_buyer_weight(size_t products);

struct affinity_product {
        double buyers; /* of all times */
        double heat;   /* as affinity_heat_at says */
        double weight; /* its buyers' together; 0: not known yet */
};
/* False: there is no such product. */
typedef bool affinity_lookup(void *context, const char *id, struct affinity_product *out);

struct affinity_neighbour {
        const char *id;
        int32_t strength; /* in units */
};

/* The strongest of sums over the products of all buyers of one, which is among them. Returns how
 * many. */
size_t affinity_neighbours(const struct affinity_sums *sums, const char *id,
        affinity_lookup *lookup, void *context, struct affinity_neighbour out[AFFINITY_NEIGHBOURS]);

/* ---- what a customer may like ---- */

double affinity_purchase_weight(int64_t age_us);
double affinity_view_weight(int64_t age_us);

/* Puts what everybody buys lately beside what speaks for this customer: heat of all there is of
 * heats added up. */
struct affinity_popular {
        const char *id;
        double heat;
};
/* All entries, the best first; scores are in weight, all of them together about 1.3. */
struct affinity_entry *affinity_rank(struct affinity_sums *sums,
        const struct affinity_popular *popular, size_t count, double total_heat, int kind);
