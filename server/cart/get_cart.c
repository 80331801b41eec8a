/*
 * A cart as it would be ordered now, or was: today's prices, and beside every line what stands in
 * its way. Nothing is written; the stored prices stay those that the customer last agreed to by a
 * change, so that PRICE_CHANGED can say what moved since. Demand for one variant on several lines
 * adds up (rule 7).
 */
#include "lib/base/money.h"
#include "server/cart/basket.h"
#include "server/cart/cart.h"
#include "server/catalog/catalog.h"
#include "server/supply/supply.h"
#include "cart.handlers.h"
#include "catalog.rows.h"

#define WARNINGS_MAX 4

struct view {
        struct call *call;
        const Cart *cart;
        struct price_lists lists;
        struct tally wanted;    /* of each variant, over all lines */
        struct tally available; /* 1 + units, 0: not asked for yet */
};

static void warn(struct view *view, CartLine *line, const char *reason, const char *message)
{
        CartWarning *warning = call_new(view->call, CartWarning);

        if (line->warnings == NULL)
                line->warnings = call_array(view->call, CartWarning *, WARNINGS_MAX);
        *warning = (CartWarning)CART_WARNING_INIT;
        warning->reason = reason;
        warning->message = message;
        line->warnings[line->n_warnings++] = warning;
}

static int64_t available_of(struct view *view, const char *variant_id)
{
        int64_t *known = tally_of(view->call, &view->available, variant_id);

        if (*known == 0)
                *known = 1 + supply_available(view->call, variant_id);
        return *known - 1;
}

static void fill_stock(struct view *view, CartLine *line)
{
        int64_t available = available_of(view, line->variant_id);

        if (*tally_of(view->call, &view->wanted, line->variant_id) <= available)
                return;
        if (available == 0)
                warn(view, line, "OUT_OF_STOCK", "out of stock");
        else
                warn(view, line, "LESS_IN_STOCK",
                        call_printf(view->call, "only %lld can be ordered", (long long)available));
        line->warnings[line->n_warnings - 1]->available = available;
}

static void fill_price(struct view *view, CartLine *line)
{
        int64_t price = 0;

        if (!cart_line_price(view->call, &view->lists, line, &price))
                warn(view, line, "NO_PRICE", "has no price at the moment");
        else if (price != line->unit_price_minor)
                warn(view, line, "PRICE_CHANGED",
                        call_printf(view->call, "the price was %lld and is %lld minor units",
                                (long long)line->unit_price_minor, (long long)price));
        line->unit_price_minor = price;
}

static void fill_line(struct view *view, CartLine *line)
{
        const Variant *variant = variant_get(view->call->txn, line->variant_id);

        if (variant == NULL)
                return;
        line->sku = variant->sku;
        const Product *product = catalog_product(view->call, variant);
        line->title = catalog_line_title(view->call, product, variant);
        if (view->cart->state != CART_STATE_ACTIVE)
                return;
        if (!line->staff_price && !catalog_on_sale(product))
                warn(view, line, "NOT_ON_SALE", "is not on sale any more");
        fill_price(view, line);
        fill_stock(view, line);
}

/* A sum, but no more than most. */
static int64_t sum_of(const struct cart_lines *lines, int64_t most)
{
        int64_t sum = 0, amount;

        for (size_t i = 0; i < lines->n; i++) {
                if (!money_multiply(
                            lines->at[i]->unit_price_minor, lines->at[i]->quantity, &amount) ||
                        !money_add(sum, amount, &sum) || sum > most)
                        return most;
        }
        return sum;
}

enum status cart_get_cart(struct call *call, const GetCartRequest *request, Cart *response)
{
        Cart *cart = cart_get(call->txn, request->id);
        struct cart_lines lines = cart_lines(call, cart->id);
        struct view view = {.call = call, .cart = cart, .lists = cart_price_lists(call, cart)};

        *response = *cart;
        response->lines = lines.at;
        response->n_lines = lines.n;
        for (size_t i = 0; i < lines.n; i++)
                *tally_of(call, &view.wanted, lines.at[i]->variant_id) += lines.at[i]->quantity;
        for (size_t i = 0; i < lines.n; i++)
                fill_line(&view, lines.at[i]);
        if (cart->state == CART_STATE_ACTIVE)
                response->goods_minor = sum_of(&lines, call->terms->order_minor_max);
        return OK;
}
