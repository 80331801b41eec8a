/* Shows what PlaceOrder would make of the cart, and what is in the way. */
#include "checkout.handlers.h"
#include "server/checkout/quote.h"

enum status checkout_get_quote(struct call *call, const GetQuoteRequest *request, Quote *response)
{
        const Cart *cart = cart_get(call->txn, request->cart_id);
        const struct quote_wish wish = {.cart = cart,
                .country_code = request->country_code,
                .billing_country_code = request->billing_country_code,
                .shipping_method_id = request->shipping_method_id,
                .coupon_id = request->coupon_id,
                .points = request->points,
                .points_most = request->points_most};
        struct quote quote;
        enum status status;

        if (cart->state != CART_STATE_ACTIVE)
                return call_fail(call, FAILED_PRECONDITION, "CART_NOT_ACTIVE",
                        "cart %s was ordered or merged", cart->id);
        status = quote_make(call, &wish, &quote);
        if (status != OK)
                return status;
        quote_check_stock(call, &quote);
        quote_tell_blockers(call, &quote);
        *response = *quote.answer;
        return OK;
}
