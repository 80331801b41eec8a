/*
 * Sets a line's quantity. Lowering is always possible, also for what is not sold any more; more of
 * a line that has a staff price would be a price that staff did not give.
 */
#include "server/cart/basket.h"
#include "cart.handlers.h"

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
        if (request->quantity == 0)
                basket_remove(&basket, line);
        else
                basket_set(&basket, line, request->quantity);
        return basket_close(call, &basket, response);
}
