/*
 * Sets a line's quantity. Lowering is always possible, also for what is not sold any more; more of
 * a line that has a staff price would be a price that staff did not give.
 */
#include "server/cart/basket.h"
#include "cart.handlers.h"

/* Lowered is no refusal, even where the terms have become narrower than the line. */
static bool too_many(const struct call *call, const CartLine *row, int64_t quantity)
{
        return quantity > row->quantity && quantity > call->terms->line_units_max;
}

static enum status refuse_units(struct call *call)
{
        long long most = call->terms->line_units_max;

        call_fact(call, "limit", "%lld", most);
        call_fail_field(call, "quantity", "QUANTITY_TOO_LARGE",
                "quantity: a line has at most %lld units", most);
        return call_fail(call, FAILED_PRECONDITION, "QUANTITY_TOO_LARGE",
                "quantity: a line has at most %lld units", most);
}

enum status cart_set_cart_line(struct call *call, const SetCartLineRequest *request, Cart *response)
{
        Cart *cart = basket_cart(call, request->cart_id);

        if (cart == NULL)
                return call->error.code;
        struct basket basket = basket_open(call, cart);
        struct basket_line *line = basket_numbered(&basket, request->number);

        if (line == NULL)
                return call_fail(call, NOT_FOUND, "CART_LINE_NOT_FOUND",
                        "number: the cart has no line %d", request->number);
        if (line->row->staff_price && request->quantity > line->row->quantity &&
                !call_is_staff(call)) {
                call_fail_field(call, "quantity", "STAFF_PRICE_NOT_ALLOWED",
                        "quantity: more of a line with a price by staff");
                return call_fail(call, PERMISSION_DENIED, "STAFF_PRICE_NOT_ALLOWED",
                        "quantity: staff gave the price for %lld units",
                        (long long)line->row->quantity);
        }
        if (too_many(call, line->row, request->quantity))
                return refuse_units(call);
        if (request->quantity == 0)
                basket_remove(&basket, line);
        else
                basket_set(&basket, line, request->quantity);
        return basket_close(call, &basket, response);
}
