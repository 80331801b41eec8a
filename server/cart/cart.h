#pragma once
/* What other domains may do with carts. */
#include "server/call.h"
#include "server/catalog/catalog.h"
#include "cart.rows.h"
#include "membership.rows.h"

struct cart_lines {
        CartLine **at; /* by number; the call's */
        size_t n;
};

struct cart_lines cart_lines(struct call *call, const char *cart_id);

/* Where the prices of a cart are looked for: its list, and those for members like its owner. */
struct price_lists cart_price_lists(struct call *call, const Cart *cart);
/* Today's price of a line (its staff price where it has one). False when there is none. */
bool cart_line_price(struct call *call, const struct price_lists *lists, const CartLine *line,
        int64_t *unit_price_minor);

/*
 * Rule 8: the active carts of a guest become the member's. Never fails: what cannot be taken over
 * is a warning. Doing it twice changes nothing. Sentences go to warnings (the call's array).
 */
void cart_merge(struct call *call, const char *guest_id, const char *member_id, MergeMode mode,
        const char ***warnings, size_t *warning_count);
