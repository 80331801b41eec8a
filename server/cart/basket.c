/*
 * Lines are told apart by variant, line_key and staff price, through a hash table, so that adding
 * 2,000 lines to 2,000 does not compare four million pairs. Only rows that changed are written,
 * and a line whose price changed meanwhile is one of them (rule 9).
 */
#include "server/cart/basket.h"

#include <string.h>
#include "lib/base/money.h"
#include "server/cart/cart.h"
#include "server/loyalty/loyalty.h"

struct tally_entry {
        const char *text;
        int64_t number;
};

static uint64_t hash_text(uint64_t hash, const char *text)
{
        for (; *text != '\0'; text++)
                hash = (hash ^ (uint8_t)*text) * UINT64_C(1099511628211);
        return (hash ^ 0xFF) * UINT64_C(1099511628211);
}

#define HASH_BASIS UINT64_C(14695981039346656037)

/* ---- tally ---- */

static size_t tally_slot(const struct tally *tally, const char *text)
{
        size_t i = hash_text(HASH_BASIS, text) & (tally->slot_count - 1);

        while (tally->slots[i] != NULL && strcmp(tally->slots[i]->text, text) != 0)
                i = (i + 1) & (tally->slot_count - 1);
        return i;
}

static void tally_grow(struct call *call, struct tally *tally)
{
        struct tally old = *tally;

        tally->slot_count = old.slot_count == 0 ? 64 : old.slot_count * 2;
        tally->slots = call_array(call, struct tally_entry *, tally->slot_count);
        for (size_t i = 0; i < old.slot_count; i++)
                if (old.slots[i] != NULL)
                        tally->slots[tally_slot(tally, old.slots[i]->text)] = old.slots[i];
}

int64_t *tally_of(struct call *call, struct tally *tally, const char *text)
{
        if (tally->n * 2 >= tally->slot_count)
                tally_grow(call, tally);
        size_t i = tally_slot(tally, text);

        if (tally->slots[i] == NULL) {
                tally->slots[i] = call_new(call, struct tally_entry);
                tally->slots[i]->text = text;
                tally->n++;
        }
        return &tally->slots[i]->number;
}

/* ---- opening ---- */

Cart *basket_cart(struct call *call, const char *cart_id)
{
        Cart *cart = cart_get(call->txn, cart_id);

        if (cart->state == CART_STATE_ACTIVE)
                return cart;
        call_fail(call, FAILED_PRECONDITION, "CART_NOT_ACTIVE",
                "cart %s has become an order or another cart and does not change any more",
                cart_id);
        return NULL;
}

struct cart_lines cart_lines(struct call *call, const char *cart_id)
{
        struct scan *scan = cart_line_of(call->txn, cart_id);
        struct cart_lines lines = {0};
        size_t room = 0;
        CartLine *line;

        while ((line = cart_line_next(scan)) != NULL) {
                if (lines.n == room) {
                        size_t more = room == 0 ? 16 : room * 2;

                        lines.at = arena_grow(call->arena, lines.at, room * sizeof(*lines.at),
                                more * sizeof(*lines.at));
                        room = more;
                }
                lines.at[lines.n++] = line;
        }
        return lines;
}

static bool alike(const CartLine *line, const struct basket_units *units)
{
        if (strcmp(line->variant_id, units->variant_id) != 0 ||
                strcmp(line->line_key, units->line_key) != 0)
                return false;
        if (units->staff_price == NULL)
                return !line->staff_price;
        return line->staff_price && line->unit_price_minor == units->staff_price->amount_minor;
}

/* The slot of the line that is alike, or the free one where it belongs. */
static size_t slot_of(const struct basket *basket, const struct basket_units *units)
{
        uint64_t hash = hash_text(hash_text(HASH_BASIS, units->variant_id), units->line_key);
        size_t i = hash & (basket->slot_count - 1);

        while (basket->slots[i] != 0) {
                const struct basket_line *line = &basket->at[basket->slots[i] - 1];

                if (line->fate != BASKET_GONE && alike(line->row, units))
                        break;
                i = (i + 1) & (basket->slot_count - 1);
        }
        return i;
}

static void enter(struct basket *basket, size_t at)
{
        const CartLine *row = basket->at[at].row;
        StaffPrice price = STAFF_PRICE_INIT;

        price.amount_minor = row->unit_price_minor;
        const struct basket_units units = {
                .variant_id = row->variant_id,
                .line_key = row->line_key,
                .staff_price = row->staff_price ? &price : NULL,
        };
        size_t slot = slot_of(basket, &units);

        if (basket->slots[slot] == 0)
                basket->slots[slot] = (uint32_t)at + 1;
}

static void append(struct call *call, struct basket *basket, CartLine *row, enum basket_fate fate)
{
        if (basket->n == basket->room) {
                size_t more = basket->room == 0 ? 32 : basket->room * 2;

                basket->at = arena_grow(call->arena, basket->at, basket->room * sizeof(*basket->at),
                        more * sizeof(*basket->at));
                basket->room = more;
                basket->slot_count = more * 2;
                basket->slots = call_array(call, uint32_t, basket->slot_count);
                for (size_t i = 0; i < basket->n; i++)
                        enter(basket, i);
        }
        basket->at[basket->n++] = (struct basket_line){
                .row = row,
                .fate = fate,
                .was_stored = fate == BASKET_STORED,
        };
        basket->live++;
        enter(basket, basket->n - 1);
}

struct basket basket_open(struct call *call, Cart *cart)
{
        struct cart_lines lines = cart_lines(call, cart->id);
        struct basket basket = {.cart = cart, .lists = cart_price_lists(call, cart)};

        for (size_t i = 0; i < lines.n; i++)
                append(call, &basket, lines.at[i], BASKET_STORED);
        return basket;
}

/* ---- changing ---- */

struct basket_line *basket_find(const struct basket *basket, const struct basket_units *units)
{
        if (basket->slot_count == 0)
                return NULL;
        size_t slot = slot_of(basket, units);

        return basket->slots[slot] == 0 ? NULL : &basket->at[basket->slots[slot] - 1];
}

struct basket_line *basket_numbered(const struct basket *basket, int32_t number)
{
        for (size_t i = 0; i < basket->n; i++)
                if (basket->at[i].row->number == number && basket->at[i].fate != BASKET_GONE)
                        return &basket->at[i];
        return NULL;
}

void basket_set(struct basket *basket, struct basket_line *line, int64_t quantity)
{
        line->row->quantity = quantity;
        if (line->fate == BASKET_STORED)
                line->fate = BASKET_CHANGED;
}

void basket_remove(struct basket *basket, struct basket_line *line)
{
        line->fate = BASKET_GONE;
        basket->live--;
}

enum basket_added basket_add(
        struct call *call, struct basket *basket, const struct basket_units *units)
{
        struct basket_line *line = basket_find(basket, units);

        if (line != NULL) {
                if (line->row->quantity + units->quantity > call->terms->line_units_max)
                        return BASKET_TOO_MANY;
                basket_set(basket, line, line->row->quantity + units->quantity);
                return BASKET_ADDED;
        }
        if ((int64_t)basket->live >= call->terms->order_lines_max)
                return BASKET_FULL;
        if (units->quantity > call->terms->line_units_max)
                return BASKET_TOO_MANY;
        CartLine *row = call_new(call, CartLine);

        *row = (CartLine)CART_LINE_INIT;
        row->cart_id = basket->cart->id;
        row->number = basket->cart->next_number++;
        row->line_key = units->line_key;
        row->variant_id = units->variant_id;
        row->quantity = units->quantity;
        row->staff_price = units->staff_price != NULL;
        if (units->staff_price != NULL)
                row->unit_price_minor = units->staff_price->amount_minor;
        append(call, basket, row, BASKET_NEW);
        return BASKET_ADDED;
}

/* ---- closing ---- */

struct price_lists cart_price_lists(struct call *call, const Cart *cart)
{
        return privilege_price_lists(call, cart->member_id, cart->price_list_id);
}

bool cart_line_price(struct call *call, const struct price_lists *lists, const CartLine *line,
        int64_t *unit_price_minor)
{
        if (line->staff_price) {
                *unit_price_minor = line->unit_price_minor;
                return true;
        }
        return catalog_listed_price(
                call, line->variant_id, lists, line->quantity, unit_price_minor);
}

/* Adds a line; false, *sum at most, when it is too much. */
static bool add_amount(int64_t *sum, int64_t most, const CartLine *line)
{
        int64_t amount;

        if (money_multiply(line->unit_price_minor, line->quantity, &amount) &&
                money_add(*sum, amount, &amount) && amount <= most) {
                *sum = amount;
                return true;
        }
        *sum = most;
        return false;
}

bool basket_price(struct call *call, struct basket *basket)
{
        bool fits = true;

        basket->cart->goods_minor = 0;
        for (size_t i = 0; i < basket->n; i++) {
                struct basket_line *line = &basket->at[i];
                int64_t price = 0;

                if (line->fate == BASKET_GONE)
                        continue;
                cart_line_price(call, &basket->lists, line->row, &price);
                if (price != line->row->unit_price_minor) {
                        line->row->unit_price_minor = price;
                        if (line->fate == BASKET_STORED)
                                line->fate = BASKET_CHANGED;
                }
                fits &= add_amount(
                        &basket->cart->goods_minor, call->terms->order_minor_max, line->row);
        }
        return fits;
}

static void store_line(struct call *call, const struct basket_line *line)
{
        switch (line->fate) {
        case BASKET_STORED:
                break;
        case BASKET_CHANGED:
                cart_line_update(call->txn, line->row);
                break;
        case BASKET_NEW:
                cart_line_insert(call->txn, line->row);
                break;
        case BASKET_GONE:
                if (line->was_stored)
                        cart_line_delete(call->txn, line->row->cart_id, line->row->number);
                break;
        }
}

void basket_store(struct call *call, struct basket *basket, Cart *response)
{
        Cart *cart = basket->cart;

        cart->update_time = call_now(call);
        cart_update(call->txn, cart);
        *response = *cart;
        response->lines = call_array(call, CartLine *, basket->live);
        response->n_lines = 0;
        for (size_t i = 0; i < basket->n; i++) {
                store_line(call, &basket->at[i]);
                if (basket->at[i].fate != BASKET_GONE)
                        response->lines[response->n_lines++] = basket->at[i].row;
        }
        call_event(call, "cart.changed", cart->id, cart->member_id, "lines", (int64_t)basket->live,
                "goods_minor", cart->goods_minor, NULL);
}

enum status basket_close(struct call *call, struct basket *basket, Cart *response)
{
        int64_t most = call->terms->order_minor_max;

        if (!basket_price(call, basket)) {
                call_fact(call, "limit", "%lld", (long long)most);
                return call_fail(call, FAILED_PRECONDITION, "CART_TOO_LARGE",
                        "the goods come to more than %lld minor units, the most of one order",
                        (long long)most);
        }
        basket_store(call, basket, response);
        return OK;
}
