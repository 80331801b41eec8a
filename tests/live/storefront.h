#pragma once
/*
 * A small shop to buy from: one tax, points that pay for goods, one price list, one location, one
 * way of shipping, some variants with stock. And calls that must succeed.
 */
#include <stddef.h>
#include <stdint.h>
#include "client/shop.h"

#define ID_SIZE      33
#define VARIANTS_MAX 64
#define UNIT_PRICE   1250 /* with tax, in pence */

struct storefront {
        char price_list_id[ID_SIZE];
        char location_id[ID_SIZE];
        char shipping_method_id[ID_SIZE];
        size_t variant_count;
        char variant_ids[VARIANTS_MAX][ID_SIZE];
};

/* Calls and waits; ends the program with a sentence when it fails. The answer is to be given to
 * live_free. token NULL: the channel's; "": nobody. */
void *live_call(struct shop_channel *channel, const struct shop_method *method, const void *request,
        const char *token);
void live_free(void *answer);
/* The code of six digits in a message, or "". */
void live_find_code(const char *body, char code[8]);
struct shop_channel *live_channel(const char *url, const char *token);

/* As the administrator, in an empty shop; each variant has units in stock. */
void storefront_open(struct storefront *storefront, struct shop_channel *channel,
        size_t variant_count, int64_t units);

/* Somebody with a cart. */
struct guest {
        char token[64];
        char member_id[ID_SIZE];
        char cart_id[ID_SIZE];
};
void guest_enter(
        struct guest *guest, struct shop_channel *channel, const struct storefront *storefront);
/* Adds to the guest's cart. */
void guest_add(const struct guest *guest, struct shop_channel *channel, const char *variant_id,
        int64_t quantity);

/* Copies an id. */
void id_copy(char out[ID_SIZE], const char *id);
