/*
 * A guest signs in and brings a cart along (rule 8). Lines are taken over one by one into the
 * member's active cart, at the member's prices, clipped at what can be ordered; each that could
 * not come, or not all of it, is a sentence. Nothing here can fail: signing in must work with any
 * cart. Afterwards the guest's cart is MERGED, which is why a second time finds nothing.
 *
 * Clipping never takes away what the member's own line had: signing in is no reason to lose a
 * choice that was made before.
 */
#include "server/cart/basket.h"
#include "server/cart/cart.h"
#include "server/catalog/catalog.h"
#include "server/supply/supply.h"
#include "catalog.rows.h"

#include <string.h>

struct merge {
        struct call *call;
        const Cart *from;
        const char *replaced_id; /* the cart whose lines have given way to the guest's */
        struct basket into;
        struct tally wanted; /* of each variant in the cart merged into */
        const char ***warnings;
        size_t *warning_count;
};

static void warn(struct merge *merge, const char *sentence)
{
        size_t n = *merge->warning_count;

        /* Room doubles at powers of two. */
        if ((n & (n - 1)) == 0)
                *merge->warnings = arena_grow(merge->call->arena, *merge->warnings,
                        n * sizeof(char *), (n == 0 ? 1 : n * 2) * sizeof(char *));
        (*merge->warnings)[(*merge->warning_count)++] = call_text(merge->call, sentence);
}

/* The member's cart for a cart of this price list: one of the same list, else the newest. */
static Cart *choose_cart(struct call *call, const char *member_id, const Cart *from)
{
        struct scan *scan = cart_by_member_id_state_latest(call->txn, member_id, CART_STATE_ACTIVE);
        Cart *newest = NULL, *cart;

        while ((cart = cart_next(scan)) != NULL) {
                if (strcmp(cart->price_list_id, from->price_list_id) == 0)
                        return cart;
                if (newest == NULL)
                        newest = cart;
        }
        return newest;
}

static Cart *new_cart(struct call *call, const char *member_id, const Cart *from)
{
        Cart *cart = call_new(call, Cart);

        *cart = (Cart)CART_INIT;
        cart->id = call_new_id(call);
        cart->member_id = member_id;
        cart->state = CART_STATE_ACTIVE;
        cart->price_list_id = from->price_list_id;
        cart->currency_code = from->currency_code;
        cart->next_number = 1;
        cart->create_time = call_now(call);
        cart->update_time = cart->create_time;
        cart_insert(call->txn, cart);
        return cart;
}

/* How many units the member's line may come to, with have in it already. */
static int64_t clip(struct merge *merge, const char *variant_id, int64_t have, int64_t wanted)
{
        int64_t others = *tally_of(merge->call, &merge->wanted, variant_id) - have;
        int64_t most = supply_available(merge->call, variant_id) - others;

        if (most > merge->call->terms->line_units_max)
                most = merge->call->terms->line_units_max;
        if (most < have)
                most = have;
        return wanted < most ? wanted : most;
}

/* Why a line cannot come at all, or NULL. */
static const char *obstacle(
        struct merge *merge, const Product *product, const struct basket_units *units, int64_t have)
{
        int64_t price;

        if (units->staff_price != NULL)
                return NULL;
        if (!catalog_on_sale(product))
                return "is not on sale any more";
        if (!catalog_listed_price(merge->call, units->variant_id, &merge->into.lists,
                    have + units->quantity, &price))
                return "has no price in your cart's currency";
        return NULL;
}

static void take_line(struct merge *merge, const CartLine *line)
{
        struct call *call = merge->call;
        const Variant *variant = variant_get(call->txn, line->variant_id);
        bool same_prices = strcmp(merge->from->price_list_id, merge->into.cart->price_list_id) == 0;
        StaffPrice staff_price = STAFF_PRICE_INIT;
        struct basket_units units = {
                .variant_id = line->variant_id,
                .line_key = line->line_key,
                .quantity = line->quantity,
                .staff_price = line->staff_price && same_prices ? &staff_price : NULL,
        };

        staff_price.amount_minor = line->unit_price_minor;
        if (variant == NULL)
                return;
        const Product *product = catalog_product(call, variant);
        const char *title = catalog_line_title(call, product, variant);
        const struct basket_line *present = basket_find(&merge->into, &units);
        int64_t have = present == NULL ? 0 : present->row->quantity;
        const char *why = obstacle(merge, product, &units, have);

        if (why != NULL) {
                warn(merge, call_printf(call, "%s %s", title, why));
                return;
        }
        units.quantity = clip(merge, line->variant_id, have, have + line->quantity) - have;
        if (units.quantity > 0 && basket_add(call, &merge->into, &units) != BASKET_ADDED)
                units.quantity = 0;
        *tally_of(call, &merge->wanted, line->variant_id) += units.quantity;
        if (units.quantity < line->quantity)
                warn(merge, call_printf(call, "%s: %lld of %lld could be taken over", title,
                                    (long long)units.quantity, (long long)line->quantity));
}

static void take_cart(struct merge *merge, Cart *from, const char *member_id, MergeMode mode)
{
        struct call *call = merge->call;
        struct cart_lines lines = cart_lines(call, from->id);
        Cart ignored;

        if (lines.n == 0)
                return;
        Cart *into = choose_cart(call, member_id, from);

        if (into == NULL)
                into = new_cart(call, member_id, from);
        merge->from = from;
        merge->into = basket_open(call, into);
        merge->wanted = (struct tally){0};
        bool replace = mode == MERGE_MODE_GUEST_WINS && strcmp(merge->replaced_id, into->id) != 0;

        for (size_t i = 0; i < merge->into.n; i++) {
                struct basket_line *line = &merge->into.at[i];

                if (replace)
                        basket_remove(&merge->into, line);
                else
                        *tally_of(call, &merge->wanted, line->row->variant_id) +=
                                line->row->quantity;
        }
        for (size_t i = 0; i < lines.n; i++)
                take_line(merge, lines.at[i]);
        /* Where nothing could come along nothing gives way. */
        if (!replace || merge->into.live > 0) {
                merge->replaced_id = into->id;
                basket_price(call, &merge->into);
                basket_store(call, &merge->into, &ignored);
        }
        from->state = CART_STATE_MERGED;
        from->update_time = call_now(call);
        cart_update(call->txn, from);
        call_event(call, "cart.merged", from->id, from->member_id, "lines", (int64_t)lines.n, NULL);
}

void cart_merge(struct call *call, const char *guest_id, const char *member_id, MergeMode mode,
        const char ***warnings, size_t *warning_count)
{
        struct merge merge = {
                .call = call,
                .warnings = warnings,
                .warning_count = warning_count,
                .replaced_id = "",
        };

        if (mode == MERGE_MODE_KEEP_MEMBER || strcmp(guest_id, member_id) == 0)
                return;
        struct scan *scan = cart_by_member_id_state(call->txn, guest_id, CART_STATE_ACTIVE);
        Cart *from;

        while ((from = cart_next(scan)) != NULL)
                take_cart(&merge, from, member_id, mode);
}
