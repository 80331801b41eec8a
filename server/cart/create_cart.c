/*
 * Opens a cart. Its currency is its price list's and never changes: what would is a new cart.
 */
#include "cart.handlers.h"
#include "catalog.rows.h"

/* Who the cart is for; NULL when nobody was named. Customers shop for themselves. */
static const char *owner_of(const struct call *call, const CreateCartRequest *request)
{
        if (!call_is_staff(call))
                return call->caller->id;
        return request->member_id[0] == '\0' ? NULL : request->member_id;
}

static bool is_for(const struct call *call, const PriceList *list)
{
        /* Prices for members of a tier count in carts of the list that they stand in for. */
        if (list->base_price_list_id[0] != '\0')
                return false;
        if (call_is_staff(call))
                return true;
        if (list->audience == AUDIENCE_MEMBERS)
                return call_has_role(call, ROLE_MEMBER);
        return list->audience == AUDIENCE_UNSPECIFIED;
}

static enum status refuse_list(struct call *call)
{
        const char *reason = "PRICE_LIST_NOT_ALLOWED";

        call_fail_field(call, "price_list_id", reason,
                "price_list_id: the prices of that list are for others");
        return call_fail(call, PERMISSION_DENIED, reason,
                "price_list_id: the prices of that list are for others");
}

enum status cart_create_cart(struct call *call, const CreateCartRequest *request, Cart *response)
{
        const char *owner = owner_of(call, request);
        const PriceList *list = price_list_get(call->txn, request->price_list_id);

        if (owner == NULL)
                return call_fail_field(
                        call, "member_id", "REQUIRED", "member_id: staff say whose cart it is");
        if (!is_for(call, list))
                return refuse_list(call);
        response->id = call_new_id(call);
        response->member_id = owner;
        response->state = CART_STATE_ACTIVE;
        response->price_list_id = list->id;
        response->currency_code = list->currency_code;
        response->next_number = 1;
        response->create_time = call_now(call);
        response->update_time = response->create_time;
        cart_insert(call->txn, response);
        call_event(call, "cart.created", response->id, owner, NULL);
        return OK;
}
