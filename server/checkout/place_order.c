/*
 * Turns a cart into an order. Stock, cart and order change in the call's own transaction, so they
 * all change or none does; that is also why two hundred clients can compete for fifty units.
 */
#include "checkout.handlers.h"
#include "server/checkout/hold.h"
#include "server/checkout/method.h"
#include "server/checkout/quote.h"
#include "server/checkout/revision.h"

#include <string.h>
#include "server/loyalty/loyalty.h"
#include "server/notification/order_notices.h"
#include "server/order/order.h"
#include "server/reward/reward.h"
#include "server/supply/supply.h"

static bool is_importer(const struct call *call)
{
        return call_has_role(call, ROLE_IMPORTER) || call_has_role(call, ROLE_ADMINISTRATOR);
}

static enum status check_request(struct call *call, const PlaceOrderRequest *request)
{
        bool imports = request->external_id[0] != '\0' || request->country_label[0] != '\0';

        if (imports && !is_importer(call))
                return call_fail(call, PERMISSION_DENIED, "IMPORTER_ONLY",
                        "external_id and country_label are for importers");
        if (request->shipping_method_id[0] != '\0' && request->delivery_address == NULL)
                return call_fail_field(call, "delivery_address", "ADDRESS_MISSING",
                        "delivery_address: where the shipping method is to deliver");
        return OK;
}

/* The field of the request that would take a blocker away, or NULL. */
static const char *field_of(const struct quote_blocker *blocker)
{
        if (strncmp(blocker->reason, "SHIPPING_", 9) == 0)
                return "shipping_method_id";
        if (strncmp(blocker->reason, "COUPON_", 7) == 0)
                return "coupon_id";
        if (strncmp(blocker->reason, "POINTS_", 7) == 0)
                return "points";
        return strcmp(blocker->reason, "COUNTRY_MISSING") == 0 ? "delivery_address" : NULL;
}

/* How many could have been spent, where more were asked for. */
static void tell_points(
        struct call *call, const PlaceOrderRequest *request, const struct tender_offer *offer)
{
        if (offer->refused == NULL)
                return;
        call_fact(call, "points", "%lld", (long long)request->points);
        call_fact(call, "available", "%lld", (long long)offer->available);
        call_fact(call, "limit", "%lld", (long long)offer->limit);
}

/* The quote made anew must be orderable and the very one that the customer saw. */
static enum status check_quote(
        struct call *call, const PlaceOrderRequest *request, struct quote *quote)
{
        if (quote->blocker_count > 0) {
                const struct quote_blocker *blocker = &quote->blockers[0];
                const char *field = field_of(blocker);

                call_fact(call, "line", "%d", blocker->line);
                tell_points(call, request, &quote->points);
                if (field != NULL)
                        call_fail_field(
                                call, field, blocker->reason, "%s: %s", field, blocker->reason);
                return call_fail(call, FAILED_PRECONDITION, blocker->reason,
                        blocker->line == 0 ? "cart %s cannot be ordered: %s"
                                           : "cart %s cannot be ordered: %s, line %d",
                        quote->answer->cart_id, blocker->reason, blocker->line);
        }
        if (strcmp(request->fingerprint, quote->answer->fingerprint) != 0) {
                call_detail(call, quote->answer);
                return call_fail(call, ABORTED, "QUOTE_CHANGED",
                        "prices, taxes or shipping are not as quoted; the new quote is %lld %s",
                        (long long)quote->answer->payable_minor, quote->answer->currency_code);
        }
        return OK;
}

/* ---- a name of another system ---- */

static bool same_line(const CartLine *wanted, const OrderLine *line)
{
        return strcmp(wanted->variant_id, line->variant_id) == 0 &&
               strcmp(wanted->line_key, line->line_key) == 0 &&
               wanted->quantity == line->quantity &&
               (!wanted->staff_price || wanted->unit_price_minor == line->unit_price_minor);
}

/* Goods that were ordered, without what replaced them or edits added later. */
static size_t ordered_count(struct order_lines lines)
{
        size_t count = 0;

        for (size_t i = 0; i < lines.n; i++)
                count += lines.at[i]->kind == LINE_KIND_GOODS &&
                         lines.at[i]->return_case_id[0] == '\0' && lines.at[i]->revision < 2;
        return count;
}

/* Whether the cart is the one that was ordered or holds the same for the same person. */
static bool same_content(struct call *call, const Cart *cart, const Order *known)
{
        struct cart_lines wanted = cart_lines(call, cart->id);
        struct order_lines lines = order_lines(call, known->id);

        if (strcmp(cart->id, known->cart_id) == 0)
                return true;
        if (strcmp(cart->member_id, known->member_id) != 0 ||
                strcmp(cart->currency_code, known->currency_code) != 0 ||
                wanted.n != ordered_count(lines))
                return false;
        for (size_t i = 0; i < wanted.n; i++)
                if (!same_line(wanted.at[i], lines.at[i]))
                        return false;
        return true;
}

static enum status answer_known(
        struct call *call, const Cart *cart, const Order *known, Order *response)
{
        if (!same_content(call, cart, known))
                return call_fail(call, ALREADY_EXISTS, "EXTERNAL_ID_REUSED",
                        "external_id %s is the name of another order, %s", known->external_id,
                        known->id);
        call_answer_document(call, response, known->id);
        return OK;
}

/* ---- the order ---- */

static OrderLine *snapshot_line(struct call *call, const Order *order, const QuoteLine *quoted)
{
        OrderLine *line = order_line_new(call, order->id, quoted->quantity);

        line->kind = quoted->kind;
        line->variant_id = quoted->variant_id;
        line->sku = quoted->sku;
        line->title = quoted->title;
        line->unit_price_minor = quoted->unit_price_minor;
        line->amount_minor = quoted->amount_minor;
        line->discount_minor = quoted->discount_minor;
        line->net_minor = quoted->net_minor;
        line->gross_minor = quoted->gross_minor;
        line->n_taxes = quoted->n_taxes;
        line->taxes = quoted->taxes;
        line->tax_country_code = quoted->tax_country_code;
        line->tax_class = quoted->tax_class;
        line->tax_status = quoted->tax_status;
        return line;
}

static enum status place_lines(struct call *call, const Order *order, const struct quote *quote)
{
        struct units_tender left = {order->points_minor, order->gross_minor};

        for (size_t i = 0; i < quote->answer->n_lines; i++) {
                OrderLine *line = snapshot_line(call, order, quote->answer->lines[i]);

                line->number = (int32_t)i + 1;
                units_tender_line(&left, line);
                if (line->kind == LINE_KIND_GOODS) {
                        enum status status;

                        line->line_key = quote->lines.at[i]->line_key;
                        status = order_reserve_line(call, line);
                        if (status != OK) {
                                /* The cart's number: nobody has seen the order's. */
                                call_fact(call, "line", "%d", quote->answer->lines[i]->number);
                                return status;
                        }
                }
                order_line_insert(call->txn, line);
        }
        return OK;
}

static Order *new_order(struct call *call, const PlaceOrderRequest *request, const Cart *cart,
        const struct quote *made)
{
        const Quote *quote = made->answer;
        Order *order = call_new(call, Order);

        *order = (Order)ORDER_INIT;
        order->id = call_new_id(call);
        order->external_id = request->external_id;
        order->payment_method = request->payment_method != PAYMENT_METHOD_UNSPECIFIED
                                        ? request->payment_method
                                        : PAYMENT_METHOD_GATEWAY;
        order->member_id = cart->member_id;
        order->state = ORDER_STATE_PLACED;
        order->fulfilment_state = FULFILMENT_STATE_OPEN;
        order->aftersales_state = AFTERSALES_STATE_NONE;
        order->currency_code = quote->currency_code;
        order->tax_included = quote->tax_included;
        order->goods_minor = quote->goods_minor;
        order->discount_minor = quote->discount_minor;
        /* One that gives nothing is neither locked nor used (rule 6). */
        order->coupon_id = quote->discount_minor > 0 ? request->coupon_id : "";
        order->shipping_minor = quote->shipping_minor;
        order->tax_minor = quote->tax_minor;
        order->gross_minor = quote->payable_minor;
        order->points = quote->points;
        order->points_minor = quote->points_minor;
        order->cheapest_shipping_minor = made->cheapest_shipping_minor;
        order->delivery_address = request->delivery_address;
        order->billing_address = request->billing_address;
        order->tax_status = quote->tax_status;
        order->tax_evidence = made->buyer == NULL ? "" : made->buyer->tax_evidence;
        order->country_label = request->country_label;
        order->place_time = call_now(call);
        if (!order_by_hand(order))
                order->expire_time =
                        call_time(call, call->now_us + call->terms->hold_minutes * TERMS_MINUTE_US);
        order->cart_id = cart->id;
        order->fingerprint = quote->fingerprint;
        order->revision_count = 1;
        order->create_time = order->place_time;
        order->update_time = order->place_time;
        order_reckon(order);
        for (size_t i = 0; i < quote->n_lines; i++) {
                if (quote->lines[i]->kind != LINE_KIND_GOODS)
                        continue;
                order->line_count++;
                order->unit_count += quote->lines[i]->quantity;
        }
        return order;
}

/* Nothing is to be paid, or not now. */
static enum status confirm_unpaid(struct call *call, Order *order)
{
        enum status status = order_confirm(call, order);

        if (status == OK)
                order_book(call, order, (struct order_money){0});
        return status;
}

/* The order waits for its payment, or stands where none is waited for. */
static enum status open_order(struct call *call, Order *order)
{
        call_event(call, "order.placed", order->id, order->member_id, "gross_minor",
                order->gross_minor, "tax_minor", order->tax_minor, "lines",
                (int64_t)order->line_count, "units", order->unit_count, "points_minor",
                order->points_minor, NULL);
        if (order_owed(order) == 0 || order_by_hand(order))
                return confirm_unpaid(call, order);
        call_schedule(call, time_us(order->expire_time), ORDER_EXPIRY_METHOD, order->id);
        return OK;
}

static enum status place(struct call *call, const PlaceOrderRequest *request, Cart *cart,
        const struct quote *quote, Order *response)
{
        Order *order = new_order(call, request, cart, quote);
        enum status status = hold_check(call, order);

        if (status == OK)
                status = method_check(call, order);
        if (status != OK)
                return status;
        /* First, since lines live under their order. */
        order_insert(call->txn, order);
        revision_place(call, order);
        coupon_lock(call, order);
        loyalty_tender_hold(call, order);
        status = place_lines(call, order, quote);
        if (status != OK)
                return status;
        cart->state = CART_STATE_ORDERED;
        cart->order_id = order->id;
        cart->update_time = call_now(call);
        cart_update(call->txn, cart);
        status = open_order(call, order);
        if (status != OK)
                return status;
        order_notices_placed(call, order, quote->buyer);
        call_answer_document(call, response, order->id);
        return OK;
}

enum status checkout_place_order(
        struct call *call, const PlaceOrderRequest *request, Order *response)
{
        Cart *cart = cart_get(call->txn, request->cart_id);
        const Order *known = NULL;
        struct quote_wish wish = {.cart = cart,
                .country_code = "",
                .billing_country_code = "",
                .shipping_method_id = request->shipping_method_id,
                .coupon_id = request->coupon_id,
                .points = request->points,
                .points_most = request->points_most};
        struct quote quote;
        enum status status = check_request(call, request);

        if (status != OK)
                return status;
        if (request->external_id[0] != '\0')
                known = order_get_by_external_id(call->txn, request->external_id);
        if (known != NULL)
                return answer_known(call, cart, known, response);
        if (cart->state != CART_STATE_ACTIVE)
                return call_fail(call, FAILED_PRECONDITION, "CART_NOT_ACTIVE",
                        "cart %s was ordered or merged", cart->id);
        if (request->delivery_address != NULL)
                wish.country_code = request->delivery_address->country_code;
        if (request->billing_address != NULL)
                wish.billing_country_code = request->billing_address->country_code;
        status = quote_make(call, &wish, &quote);
        if (status == OK)
                status = check_quote(call, request, &quote);
        if (status != OK)
                return status;
        return place(call, request, cart, &quote, response);
}
