/*
 * Removes all lines. Numbers go on where they were, so a line's number never means another line.
 */
#include "server/cart/basket.h"
#include "cart.handlers.h"

enum status cart_clear_cart(struct call *call, const ClearCartRequest *request, Cart *response)
{
        Cart *cart = basket_cart(call, request->cart_id);

        if (cart == NULL)
                return call->error.code;
        struct basket basket = basket_open(call, cart);

        for (size_t i = 0; i < basket.n; i++)
                basket_remove(&basket, &basket.at[i]);
        return basket_close(call, &basket, response);
}
