#pragma once
/*
 * A cart and all its lines in memory: opened once, changed as often as needed, priced and stored
 * once. Everything but opening and storing takes constant time a line.
 */
#include "server/call.h"
#include "cart.rows.h"
#include "server/catalog/catalog.h"

enum basket_fate { BASKET_STORED, BASKET_CHANGED, BASKET_NEW, BASKET_GONE };

struct basket_line {
        CartLine *row;
        enum basket_fate fate;
        bool was_stored;
};

struct basket {
        Cart *cart;
        struct price_lists lists; /* where its prices are looked for */
        struct basket_line *at;   /* by number; those that are gone stay until it is stored */
        size_t n;
        size_t room;
        size_t live;
        uint32_t *slots; /* hash of what tells lines apart -> 1 + place */
        size_t slot_count;
};

/* A number for each text that was asked for, 0 at first. */
struct tally {
        struct tally_entry **slots;
        size_t slot_count;
        size_t n;
};
int64_t *tally_of(struct call *call, struct tally *tally, const char *text);

struct basket_units {
        const char *variant_id;
        const char *line_key;
        int64_t quantity;
        const StaffPrice *staff_price; /* NULL: the list's */
};

/* An active cart for a change; NULL with CART_NOT_ACTIVE. */
Cart *basket_cart(struct call *call, const char *cart_id);
struct basket basket_open(struct call *call, Cart *cart);

/* The line to which these units would be added, or NULL. */
struct basket_line *basket_find(const struct basket *basket, const struct basket_units *units);
struct basket_line *basket_numbered(const struct basket *basket, int32_t number);

enum basket_added { BASKET_ADDED, BASKET_FULL, BASKET_TOO_MANY };
enum basket_added basket_add(
        struct call *call, struct basket *basket, const struct basket_units *units);
void basket_set(struct basket *basket, struct basket_line *line, int64_t quantity);
void basket_remove(struct basket *basket, struct basket_line *line);

/* Reads all prices anew and sums them up. False: more than an order may come to; goods_minor is
 * then the most there can be. */
bool basket_price(struct call *call, struct basket *basket);
/* Writes what changed, tells the event and answers the cart with its lines. */
void basket_store(struct call *call, struct basket *basket, Cart *response);
/* Both, or FAILED_PRECONDITION, CART_TOO_LARGE. */
enum status basket_close(struct call *call, struct basket *basket, Cart *response);
