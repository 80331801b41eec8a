/*
 * The calls themselves, one step each: what a buyer sends and what is kept of the answer. A step
 * that fails ends the program, since figures of failures are no figures.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cart.client.h"
#include "catalog.client.h"
#include "checkout.client.h"
#include "membership.client.h"
#include "payment.client.h"
#include "tools/benchmarks/market.h"

#define LINES     3
#define PAGE_SIZE 20

static const ProtobufCMessage *must(struct buyer *buyer, enum shop_status status,
        const ProtobufCMessage *response, const struct shop_error *error)
{
        if (status != SHOP_OK)
                live_fail("%s: %s: %s", buyer->buyers->step->name, error->reason, error->message);
        return response;
}

/* By whom it is: the buyer. */
static void start(
        struct buyer *buyer, const struct shop_method *method, const void *request, shop_done *done)
{
        const struct shop_call_options options = {.token = buyer->guest.token};

        shop_start(buyer->buyers->market->channel, method, request, &options, done, buyer);
}

/* By the administrator. */
static void start_own(
        struct buyer *buyer, const struct shop_method *method, const void *request, shop_done *done)
{
        shop_start(buyer->buyers->market->channel, method, request, NULL, done, buyer);
}

/* Nothing of the answer is kept. */
static void answered(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        struct buyer *buyer = context;

        must(buyer, status, response, error);
        buyer_answered(buyer);
}

/* ---- until the order ---- */

static void entered(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        struct buyer *buyer = context;
        const Shop__SessionGrant *grant = (const void *)must(buyer, status, response, error);

        snprintf(buyer->guest.token, sizeof(buyer->guest.token), "%s", grant->token);
        buyer_answered(buyer);
}

static void enter(struct buyer *buyer)
{
        Shop__CreateGuestRequest request = SHOP__CREATE_GUEST_REQUEST__INIT;

        buyer->guest.token[0] = '\0';
        start(buyer, &shop_membership_create_guest_method, &request, entered);
}

static void carted(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        struct buyer *buyer = context;
        const Shop__Cart *cart = (const void *)must(buyer, status, response, error);

        id_copy(buyer->guest.cart_id, cart->id);
        buyer_answered(buyer);
}

static void take_cart(struct buyer *buyer)
{
        Shop__CreateCartRequest request = SHOP__CREATE_CART_REQUEST__INIT;

        request.price_list_id = buyer->buyers->market->storefront.price_list_id;
        start(buyer, &shop_cart_create_cart_method, &request, carted);
}

/* Of different wares, at random. */
static void fill_cart(struct buyer *buyer)
{
        const struct market *market = buyer->buyers->market;
        Shop__AddCartLinesRequest request = SHOP__ADD_CART_LINES_REQUEST__INIT;
        Shop__AddCartLine lines[LINES], *at[LINES];
        size_t stride = market->ware_count / LINES;

        for (size_t i = 0; i < LINES; i++) {
                size_t chosen = i * stride + (size_t)(random() % (long)stride);

                lines[i] = (Shop__AddCartLine)SHOP__ADD_CART_LINE__INIT;
                lines[i].variant_id = market->wares[chosen].variant_id;
                lines[i].quantity = 1;
                at[i] = &lines[i];
        }
        request.cart_id = buyer->guest.cart_id;
        request.lines = at;
        request.n_lines = LINES;
        start(buyer, &shop_cart_add_cart_lines_method, &request, answered);
}

static void quoted(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        struct buyer *buyer = context;
        const Shop__Quote *quote = (const void *)must(buyer, status, response, error);

        snprintf(buyer->fingerprint, sizeof(buyer->fingerprint), "%s", quote->fingerprint);
        buyer_answered(buyer);
}

static void ask_quote(struct buyer *buyer)
{
        Shop__GetQuoteRequest request = SHOP__GET_QUOTE_REQUEST__INIT;

        request.cart_id = buyer->guest.cart_id;
        request.country_code = "GB";
        request.shipping_method_id = buyer->buyers->market->storefront.shipping_method_id;
        start(buyer, &shop_checkout_get_quote_method, &request, quoted);
}

/* ---- the order ---- */

static void placed(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        struct buyer *buyer = context;
        const Shop__Order *order = (const void *)must(buyer, status, response, error);

        id_copy(buyer->order_id, order->id);
        buyer_answered(buyer);
}

static void place(struct buyer *buyer)
{
        Shop__PlaceOrderRequest request = SHOP__PLACE_ORDER_REQUEST__INIT;
        Shop__PostalAddress address = SHOP__POSTAL_ADDRESS__INIT;

        address.country_code = "GB";
        request.cart_id = buyer->guest.cart_id;
        request.fingerprint = buyer->fingerprint;
        request.delivery_address = &address;
        request.shipping_method_id = buyer->buyers->market->storefront.shipping_method_id;
        start(buyer, &shop_checkout_place_order_method, &request, placed);
}

static void pay(struct buyer *buyer)
{
        Shop__PayOrderRequest request = SHOP__PAY_ORDER_REQUEST__INIT;

        request.order_id = buyer->order_id;
        start(buyer, &shop_payment_pay_order_method, &request, answered);
}

/* ---- the shop's own ---- */

static void make_product(struct buyer *buyer)
{
        Shop__CreateProductRequest request = SHOP__CREATE_PRODUCT_REQUEST__INIT;
        Shop__Product product = SHOP__PRODUCT__INIT;
        Shop__LocalText title = SHOP__LOCAL_TEXT__INIT, *titles[] = {&title};
        char text[40];

        snprintf(text, sizeof(text), "A mug, number %zu",
                atomic_fetch_add(&buyer->buyers->market->made, 1));
        title.language = "en";
        title.text = text;
        product.titles = titles;
        product.n_titles = 1;
        product.tax_class = "standard";
        request.product = &product;
        start_own(buyer, &shop_catalog_create_product_method, &request, answered);
}

static void list_shelf(struct buyer *buyer)
{
        const struct market *market = buyer->buyers->market;
        Shop__ListProductsRequest request = SHOP__LIST_PRODUCTS_REQUEST__INIT;
        const struct ware *ware = &market->wares[(size_t)random() % market->ware_count];

        request.state = SHOP__PRODUCT_STATE__PRODUCT_STATE_LISTED;
        if (ware->category_id[0] != '-')
                request.category_id = ware->category_id;
        request.page_size = PAGE_SIZE;
        start_own(buyer, &shop_catalog_list_products_method, &request, answered);
}

static void list_orders(struct buyer *buyer)
{
        const struct market *market = buyer->buyers->market;
        Shop__ListOrdersRequest request = SHOP__LIST_ORDERS_REQUEST__INIT;
        Google__Protobuf__Timestamp from = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
        int64_t us = market->order_times_us[(size_t)random() % market->order_count];

        from.seconds = us / 1000000;
        from.nanos = (int32_t)(us % 1000000 * 1000);
        request.place_time_from = &from;
        request.page_size = PAGE_SIZE;
        start_own(buyer, &shop_checkout_list_orders_method, &request, answered);
}

const struct step step_enter = {"CreateGuest", enter};
const struct step step_cart = {"CreateCart", take_cart};
const struct step step_fill = {"AddCartLines", fill_cart};
const struct step step_quote = {"GetQuote", ask_quote};
const struct step step_place = {"PlaceOrder", place};
const struct step step_pay = {"PayOrder", pay};
const struct step step_product = {"CreateProduct", make_product};
const struct step step_shelf = {"ListProducts", list_shelf};
const struct step step_orders = {"ListOrders", list_orders};
