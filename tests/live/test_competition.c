/*
 * Two hundred clients, each with a connection, a session and a cart of its own, want one of fifty
 * units. All have a quote that says they may; then all order at once. Exactly fifty get one, all
 * others are told why not, and the books agree.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cart.client.h"
#include "checkout.client.h"
#include "governance.client.h"
#include "supply.client.h"
#include "tests/live/daemon.h"
#include "tests/live/storefront.h"

#define CLIENTS 200
#define UNITS   50

struct client {
        pthread_t thread;
        pthread_barrier_t *start;
        const struct storefront *storefront;
        struct shop_channel *channel;
        struct guest guest;
        char fingerprint[80];
        char order_id[ID_SIZE]; /* "" when it got none */
};

static void enter(struct client *client, const char *url)
{
        Shop__GetQuoteRequest request = SHOP__GET_QUOTE_REQUEST__INIT;
        Shop__Quote *quote;

        client->channel = live_channel(url, NULL);
        guest_enter(&client->guest, client->channel, client->storefront);
        guest_add(&client->guest, client->channel, client->storefront->variant_ids[0], 1);
        request.cart_id = client->guest.cart_id;
        request.country_code = "GB";
        request.shipping_method_id = client->storefront->shipping_method_id;
        quote = live_call(
                client->channel, &shop_checkout_get_quote_method, &request, client->guest.token);
        if (quote->n_blockers > 0)
                live_fail("a quote is blocked before anybody ordered: %s", quote->blockers[0]);
        snprintf(client->fingerprint, sizeof(client->fingerprint), "%s", quote->fingerprint);
        live_free(quote);
}

static void *order(void *context)
{
        struct client *client = context;
        Shop__PlaceOrderRequest request = SHOP__PLACE_ORDER_REQUEST__INIT;
        Shop__PostalAddress address = SHOP__POSTAL_ADDRESS__INIT;
        const struct shop_call_options options = {.token = client->guest.token};
        struct shop_error error = {0};
        Shop__Order *placed;

        address.country_code = "GB";
        request.cart_id = client->guest.cart_id;
        request.fingerprint = client->fingerprint;
        request.delivery_address = &address;
        request.shipping_method_id = client->storefront->shipping_method_id;
        pthread_barrier_wait(client->start);
        if (shop_checkout_place_order(client->channel, &request, &options, &placed, &error) ==
                SHOP_OK) {
                id_copy(client->order_id, placed->id);
                live_free(placed);
        } else if (error.code != SHOP_FAILED_PRECONDITION ||
                   strcmp(error.reason, "OUT_OF_STOCK") != 0) {
                live_fail("instead of OUT_OF_STOCK: %s %s: %s", shop_status_name(error.code),
                        error.reason, error.message);
        }
        shop_error_release(&error);
        return NULL;
}

static size_t count_orders(const struct client *clients)
{
        size_t count = 0;

        for (size_t i = 0; i < CLIENTS; i++)
                count += clients[i].order_id[0] != '\0';
        return count;
}

/* Who got an order has it and an ordered cart; who got none has the cart as it was. */
static void check_clients(const struct client *clients)
{
        for (size_t i = 0; i < CLIENTS; i++) {
                const struct client *client = &clients[i];
                bool ordered = client->order_id[0] != '\0';
                Shop__GetCartRequest request = SHOP__GET_CART_REQUEST__INIT;
                Shop__Cart *cart;

                request.id = client->guest.cart_id;
                cart = live_call(
                        client->channel, &shop_cart_get_cart_method, &request, client->guest.token);
                if (cart->state != (ordered ? SHOP__CART_STATE__CART_STATE_ORDERED
                                            : SHOP__CART_STATE__CART_STATE_ACTIVE) ||
                        strcmp(cart->order_id, client->order_id) != 0)
                        live_fail("cart %s is in state %d with order \"%s\", not \"%s\"", cart->id,
                                cart->state, cart->order_id, client->order_id);
                live_free(cart);
        }
}

static void check_books(const struct storefront *storefront, struct shop_channel *channel)
{
        Shop__ListStockRequest list = SHOP__LIST_STOCK_REQUEST__INIT;
        Shop__ListAllOrdersRequest list_orders = SHOP__LIST_ALL_ORDERS_REQUEST__INIT;
        Shop__VerifyRequest prove = SHOP__VERIFY_REQUEST__INIT;
        Shop__ListStockResponse *stock;
        Shop__ListAllOrdersResponse *orders;
        Shop__VerifyResponse *proof;

        list.location_id = storefront->location_id;
        stock = live_call(channel, &shop_supply_list_stock_method, &list, NULL);
        if (stock->n_stock != 1 || stock->stock[0]->on_hand != UNITS ||
                stock->stock[0]->reserved != UNITS || stock->stock[0]->allocated != 0)
                live_fail("stock does not add up");
        live_free(stock);
        list_orders.page_size = 1000;
        orders = live_call(channel, &shop_checkout_list_all_orders_method, &list_orders, NULL);
        if (orders->n_orders != UNITS)
                live_fail("the shop has %zu orders", orders->n_orders);
        live_free(orders);
        proof = live_call(channel, &shop_governance_verify_method, &prove, NULL);
        if (proof->fault_count != 0)
                live_fail("verify: %s", proof->faults[0]->description);
        live_free(proof);
}

int main(int argc, char **argv)
{
        struct client *clients = calloc(CLIENTS, sizeof(*clients));
        struct storefront storefront;
        struct daemon daemon;
        pthread_barrier_t start;

        if (argc != 2)
                live_fail("usage: test_competition SHOPD");
        daemon_init(&daemon, argv[1]);
        daemon_start(&daemon, NULL);
        daemon_wait(&daemon);
        struct shop_channel *channel = live_channel(daemon.url, daemon.token);

        storefront_open(&storefront, channel, 1, UNITS);
        pthread_barrier_init(&start, NULL, CLIENTS);
        for (size_t i = 0; i < CLIENTS; i++) {
                clients[i].start = &start;
                clients[i].storefront = &storefront;
                enter(&clients[i], daemon.url);
        }
        for (size_t i = 0; i < CLIENTS; i++)
                pthread_create(&clients[i].thread, NULL, order, &clients[i]);
        for (size_t i = 0; i < CLIENTS; i++)
                pthread_join(clients[i].thread, NULL);
        if (count_orders(clients) != UNITS)
                live_fail("%zu orders for %d units", count_orders(clients), UNITS);
        check_clients(clients);
        check_books(&storefront, channel);
        for (size_t i = 0; i < CLIENTS; i++)
                shop_channel_close(clients[i].channel);
        shop_channel_close(channel);
        if (daemon_stop(&daemon) != 0)
                live_fail("shopd did not stop well");
        daemon_release(&daemon);
        pthread_barrier_destroy(&start);
        free(clients);
        printf("%d clients, %d units, %d sold\n", CLIENTS, UNITS, UNITS);
        return 0;
}
