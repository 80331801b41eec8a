/*
 * One document of sales and adjustments, from goods received to delivery, at its own shop time.
 * Every step looks at what the server has and does what is missing, so a document that was cut in
 * the middle is finished the next time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cart.client.h"
#include "checkout.client.h"
#include "fulfilment.client.h"
#include "governance.client.h"
#include "payment.client.h"
#include "supply.client.h"
#include "tools/shopctl/replay/replay.h"

static void free_message(void *message)
{
        if (message != NULL)
                protobuf_c_message_free_unpacked(message, NULL);
}

/* Moves the clock to a time, or, when it is there already, runs what is due now. */
bool clock_move(struct replay *replay, int64_t time_us)
{
        Shop__AdvanceClockRequest request = SHOP__ADVANCE_CLOCK_REQUEST__INIT;
        Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
        Shop__AdvanceClockResponse *response = NULL;

        if (time_us > replay->shop_time_us) {
                time.seconds = time_us / 1000000;
                time.nanos = (int32_t)(time_us % 1000000) * 1000;
                request.time = &time;
        }
        if (shop_governance_advance_clock(
                    replay->channel, &request, NULL, &response, &replay->error) != SHOP_OK)
                return replay_failed(replay, "moving the clock");
        replay->shop_time_us = timestamp_us(response->time);
        free_message(response);
        return true;
}

static bool receive(struct replay *replay, const char *external_id, const struct plan_units *units,
        size_t count)
{
        Shop__ReceiveGoodsRequest request = SHOP__RECEIVE_GOODS_REQUEST__INIT;
        Shop__ReceiveGoodsLine *lines = calloc(count, sizeof *lines);
        Shop__ReceiveGoodsLine **pointers = calloc(count, sizeof *pointers);
        enum shop_status status;

        for (size_t i = 0; i < count; i++) {
                lines[i] = (Shop__ReceiveGoodsLine)SHOP__RECEIVE_GOODS_LINE__INIT;
                lines[i].variant_id = replay->variant_ids[units[i].code];
                lines[i].quantity = units[i].quantity;
                pointers[i] = &lines[i];
        }
        request.location_id = replay->location_id;
        request.external_id = external_id;
        request.lines = pointers;
        request.n_lines = count;
        status = shop_supply_receive_goods(replay->channel, &request, NULL, NULL, &replay->error);
        free(pointers);
        free(lines);
        return status == SHOP_OK || replay_failed(replay, "receiving goods %s", external_id);
}

/* ---- from cart to order ---- */

static bool fill_cart(
        struct replay *replay, const struct plan_document *document, const char *cart_id)
{
        Shop__AddCartLinesRequest request = SHOP__ADD_CART_LINES_REQUEST__INIT;
        size_t count = document->sale_count;
        Shop__AddCartLine *lines = calloc(count, sizeof *lines);
        Shop__AddCartLine **pointers = calloc(count, sizeof *pointers);
        Shop__StaffPrice *prices = calloc(count, sizeof *prices);
        char(*keys)[16] = calloc(count, sizeof *keys);
        enum shop_status status;

        for (size_t i = 0; i < count; i++) {
                const struct plan_sale *sale = &document->sales[i];

                snprintf(keys[i], sizeof keys[i], "%u", sale->line);
                prices[i] = (Shop__StaffPrice)SHOP__STAFF_PRICE__INIT;
                prices[i].amount_minor = sale->price_minor;
                lines[i] = (Shop__AddCartLine)SHOP__ADD_CART_LINE__INIT;
                lines[i].variant_id = replay->variant_ids[sale->code];
                lines[i].quantity = sale->quantity;
                lines[i].line_key = keys[i];
                lines[i].staff_price = &prices[i];
                pointers[i] = &lines[i];
        }
        request.cart_id = cart_id;
        request.lines = pointers;
        request.n_lines = count;
        status = shop_cart_add_cart_lines(replay->channel, &request, NULL, NULL, &replay->error);
        free(keys);
        free(prices);
        free(pointers);
        free(lines);
        return status == SHOP_OK || replay_failed(replay, "filling the cart");
}

static Shop__Cart *open_cart(struct replay *replay, const struct plan_document *document)
{
        Shop__CreateCartRequest request = SHOP__CREATE_CART_REQUEST__INIT;
        Shop__Cart *cart = NULL;

        request.price_list_id = replay->price_list_id;
        request.member_id = replay->member_ids[document->customer];
        if (shop_cart_create_cart(replay->channel, &request, NULL, &cart, &replay->error) !=
                SHOP_OK)
                replay_failed(replay, "opening a cart");
        return cart;
}

static Shop__Quote *ask_quote(struct replay *replay, const char *cart_id)
{
        Shop__GetQuoteRequest request = SHOP__GET_QUOTE_REQUEST__INIT;
        Shop__Quote *quote = NULL;

        request.cart_id = cart_id;
        request.country_code = "GB";
        if (shop_checkout_get_quote(replay->channel, &request, NULL, &quote, &replay->error) !=
                SHOP_OK)
                replay_failed(replay, "asking for a quote");
        return quote;
}

static bool place(struct replay *replay, const struct plan_document *document, const char *cart_id,
        const char *fingerprint)
{
        Shop__PlaceOrderRequest request = SHOP__PLACE_ORDER_REQUEST__INIT;
        Shop__PostalAddress address = SHOP__POSTAL_ADDRESS__INIT;
        Shop__Order *order = NULL;

        address.country_code = "GB";
        request.cart_id = cart_id;
        request.fingerprint = fingerprint;
        request.delivery_address = &address;
        request.external_id = document->invoice;
        request.country_label = document->country;
        if (shop_checkout_place_order(replay->channel, &request, NULL, &order, &replay->error) !=
                SHOP_OK)
                return replay_failed(replay, "placing the order");
        known_put(replay, &replay->orders, document->invoice, order->id,
                (int)order->fulfilment_state, (int)order->payment_state);
        free_message(order);
        return true;
}

static bool buy(struct replay *replay, const struct plan_document *document)
{
        Shop__Cart *cart = open_cart(replay, document);
        Shop__Quote *quote = NULL;
        bool done = cart != NULL && fill_cart(replay, document, cart->id) &&
                    (quote = ask_quote(replay, cart->id)) != NULL &&
                    place(replay, document, cart->id, quote->fingerprint);

        free_message(quote);
        free_message(cart);
        return done;
}

/* ---- from order to delivery ---- */

static bool pay(struct replay *replay, const struct known_row *order)
{
        Shop__PayOrderRequest request = SHOP__PAY_ORDER_REQUEST__INIT;

        if (order->payment == SHOP__PAYMENT_STATE__PAYMENT_STATE_UNPAID) {
                request.order_id = order->id;
                if (shop_payment_pay_order(replay->channel, &request, NULL, NULL, &replay->error) !=
                        SHOP_OK)
                        return replay_failed(replay, "paying");
        }
        if (order->payment == SHOP__PAYMENT_STATE__PAYMENT_STATE_UNPAID ||
                order->payment == SHOP__PAYMENT_STATE__PAYMENT_STATE_PENDING)
                return clock_move(replay, replay->shop_time_us);
        return true;
}

static Shop__Shipment *pack(
        struct replay *replay, const struct plan_document *document, const char *order_id)
{
        Shop__CreateShipmentRequest request = SHOP__CREATE_SHIPMENT_REQUEST__INIT;
        Shop__Shipment *shipment = NULL;

        request.order_id = order_id;
        request.external_id = document->invoice;
        if (shop_fulfilment_create_shipment(
                    replay->channel, &request, NULL, &shipment, &replay->error) != SHOP_OK)
                replay_failed(replay, "packing");
        return shipment;
}

static bool ship(struct replay *replay, const char *shipment_id)
{
        Shop__ShipShipmentRequest request = SHOP__SHIP_SHIPMENT_REQUEST__INIT;

        request.id = shipment_id;
        request.carrier = "replay";
        return shop_fulfilment_ship_shipment(
                       replay->channel, &request, NULL, NULL, &replay->error) == SHOP_OK ||
               replay_failed(replay, "shipping");
}

static bool deliver(struct replay *replay, const char *shipment_id)
{
        Shop__RecordTrackingRequest request = SHOP__RECORD_TRACKING_REQUEST__INIT;

        request.shipment_id = shipment_id;
        request.carrier_event_id = "delivered";
        request.kind = SHOP__TRACKING_KIND__TRACKING_KIND_DELIVERED;
        return shop_fulfilment_record_tracking(
                       replay->channel, &request, NULL, NULL, &replay->error) == SHOP_OK ||
               replay_failed(replay, "delivering");
}

static bool send(struct replay *replay, const struct plan_document *document, const char *order_id)
{
        Shop__Shipment *shipment = pack(replay, document, order_id);
        bool done = shipment != NULL;

        if (done && shipment->state == SHOP__SHIPMENT_STATE__SHIPMENT_STATE_PACKED)
                done = ship(replay, shipment->id);
        if (done && shipment->state <= SHOP__SHIPMENT_STATE__SHIPMENT_STATE_IN_TRANSIT)
                done = deliver(replay, shipment->id);
        free_message(shipment);
        return done;
}

static bool run_sales(struct replay *replay, const struct plan_document *document)
{
        const struct known_row *order = known_get(&replay->orders, document->invoice);
        char external_id[64];

        if (order != NULL && order->state == SHOP__FULFILMENT_STATE__FULFILMENT_STATE_DELIVERED)
                return true;
        if (!clock_move(replay, document->time_us))
                return false;
        snprintf(external_id, sizeof external_id, "receive:%s", document->invoice);
        if (order == NULL && document->receive_count > 0 &&
                !receive(replay, external_id, document->receive, document->receive_count))
                return false;
        if (order == NULL && !buy(replay, document))
                return false;
        order = known_get(&replay->orders, document->invoice);
        return pay(replay, order) && send(replay, document, order->id);
}

/* ---- adjustments ---- */

static bool adjust(
        struct replay *replay, const struct plan_adjustment *adjustment, const char *external_id)
{
        Shop__AdjustStockRequest request = SHOP__ADJUST_STOCK_REQUEST__INIT;

        request.variant_id = replay->variant_ids[adjustment->code];
        request.location_id = replay->location_id;
        request.quantity = adjustment->quantity;
        request.reason = "adjustment line of the file";
        request.external_id = external_id;
        return shop_supply_adjust_stock(replay->channel, &request, NULL, NULL, &replay->error) ==
                       SHOP_OK ||
               replay_failed(replay, "adjusting stock");
}

static bool run_adjustment(struct replay *replay, const struct plan_document *document,
        const struct plan_adjustment *adjustment)
{
        struct plan_units units = {.code = adjustment->code, .quantity = adjustment->receive};
        char external_id[64];

        snprintf(external_id, sizeof external_id, "line:%u", adjustment->line);
        if (known_get(&replay->adjustments, external_id) != NULL)
                return true;
        return (replay->shop_time_us >= document->time_us ||
                       clock_move(replay, document->time_us)) &&
               (adjustment->receive == 0 || receive(replay, external_id, &units, 1)) &&
               adjust(replay, adjustment, external_id);
}

bool order_run(struct replay *replay, const struct plan_document *document)
{
        if (document->sale_count > 0 && !run_sales(replay, document))
                return false;
        for (size_t i = 0; i < document->adjustment_count; i++)
                if (!run_adjustment(replay, document, &document->adjustments[i]))
                        return false;
        return true;
}
