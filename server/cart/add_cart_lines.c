/*
 * Adds units to a cart. Holds no stock and asks for none: what is short is told by GetCart and
 * refused by PlaceOrder. What is not on sale or has no price is refused here, unless staff name the
 * price. All lines or none are added.
 */
#include "server/cart/basket.h"
#include "server/cart/cart.h"
#include "server/catalog/catalog.h"
#include "cart.handlers.h"
#include "catalog.rows.h"

/* FAILED_PRECONDITION or another status that names the field of a line. */
static enum status refuse(struct call *call, enum status status, const char *field,
        const char *reason, const char *sentence)
{
        call_fail_field(call, field, reason, "%s: %s", field, sentence);
        return call_fail(call, status, reason, "%s: %s", field, sentence);
}

static const char *name_field(struct call *call, size_t i, const char *field)
{
        return call_printf(call, "lines[%zu].%s", i, field);
}

static struct basket_units units_of(const AddCartLine *line)
{
        return (struct basket_units){
                .variant_id = line->variant_id,
                .line_key = line->line_key,
                .quantity = line->quantity,
                .staff_price = line->staff_price,
        };
}

/* Asked when all lines are added: a price may count from more units than one of them has. */
static enum status check_offer(
        struct call *call, const struct basket *basket, const AddCartLine *line, size_t i)
{
        const Variant *variant = variant_get_shared(call->txn, line->variant_id);
        const struct basket_units units = units_of(line);
        int64_t price;

        if (line->staff_price != NULL) {
                if (call_has_role(call, ROLE_IMPORTER) || call_has_role(call, ROLE_ADMINISTRATOR))
                        return OK;
                return refuse(call, PERMISSION_DENIED, name_field(call, i, "staff_price"),
                        "STAFF_PRICE_NOT_ALLOWED", "only importers name prices");
        }
        if (!catalog_on_sale(catalog_product(call, variant)))
                return refuse(call, FAILED_PRECONDITION, name_field(call, i, "variant_id"),
                        "NOT_ON_SALE", "is not on sale");
        if (!cart_line_price(call, &basket->lists, basket_find(basket, &units)->row, &price))
                return refuse(call, FAILED_PRECONDITION, name_field(call, i, "variant_id"),
                        "NO_PRICE", "has no price in the cart's price list");
        return OK;
}

static enum status add(struct call *call, struct basket *basket, const AddCartLine *line, size_t i)
{
        const struct basket_units units = units_of(line);
        long long lines_max = call->terms->order_lines_max, units_max = call->terms->line_units_max;

        switch (basket_add(call, basket, &units)) {
        case BASKET_FULL:
                call_fact(call, "limit", "%lld", lines_max);
                return refuse(call, FAILED_PRECONDITION, call_printf(call, "lines[%zu]", i),
                        "CART_TOO_LARGE",
                        call_printf(call, "a cart has at most %lld lines", lines_max));
        case BASKET_TOO_MANY:
                call_fact(call, "limit", "%lld", units_max);
                return refuse(call, FAILED_PRECONDITION, name_field(call, i, "quantity"),
                        "QUANTITY_TOO_LARGE",
                        call_printf(call, "a line has at most %lld units", units_max));
        case BASKET_ADDED:
                break;
        }
        return OK;
}

enum status cart_add_cart_lines(
        struct call *call, const AddCartLinesRequest *request, Cart *response)
{
        Cart *cart = basket_cart(call, request->cart_id);

        if (cart == NULL)
                return call->error.code;
        struct basket basket = basket_open(call, cart);

        for (size_t i = 0; i < request->n_lines; i++) {
                enum status status = add(call, &basket, request->lines[i], i);

                if (status != OK)
                        return status;
        }
        for (size_t i = 0; i < request->n_lines; i++) {
                enum status status = check_offer(call, &basket, request->lines[i], i);

                if (status != OK)
                        return status;
        }
        return basket_close(call, &basket, response);
}
