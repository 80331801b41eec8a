/*
 * The same four calls in shops of several sizes, each with as many products as orders: one product,
 * a page of a category, a page of orders from some moment on, all of them anywhere in the shop, and
 * an order. Microseconds are those that pass for each call while 64 are in flight, since in those
 * of a lone call the network would hide the database.
 *
 * Before, all products and orders are listed once: what a process has not looked at yet is not in
 * its address space even where it is in memory, and putting it there would count as the call's.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "catalog.client.h"
#include "checkout.client.h"
#include "tools/benchmarks/market.h"
#include "tools/benchmarks/reading.h"

#define ROUNDS      3
#define ROUNDS_MAX  100
#define IN_FLIGHT   64
#define VISITORS    1024
#define BUYERS_RATE 10000 /* a second, for the first round */
#define BUYERS_MAX  200000
#define PAGE_MAX    1000
#define TOKEN_SIZE  1024

enum what { PRODUCT, SHELF, ORDERS, CHECKOUT, WHATS };
static const char *const titles[WHATS] = {
        "GetProduct", "ListProducts, 20", "ListOrders, 20", "PlaceOrder"};

struct shop {
        struct market market;
        struct reading reading;
        struct latency ignored;
        double us[WHATS][ROUNDS_MAX];
};

static double time_lists(struct market *market, const struct step *step, double seconds)
{
        struct buyers visitors;

        buyers_init(&visitors, market, VISITORS);
        visitors.again = true;
        double rate = buyers_take(&visitors, step, IN_FLIGHT, seconds);

        buyers_release(&visitors);
        return 1e6 / rate;
}

static double time_checkouts(struct market *market, double seconds)
{
        double wanted = BUYERS_RATE * seconds + IN_FLIGHT;
        struct buyers buyers;

        buyers_init(&buyers, market, wanted < BUYERS_MAX ? (size_t)wanted : (size_t)BUYERS_MAX);
        buyers_prepare(&buyers);
        double rate = buyers_take(&buyers, &step_place, IN_FLIGHT, seconds);

        buyers_release(&buyers);
        return 1e6 / rate;
}

static void warm(const struct market *market)
{
        static char block[1 << 20];
        char path[128];

        snprintf(path, sizeof(path), "%s/data/data.mdb", market->daemon.dir);
        FILE *file = fopen(path, "r");

        while (file != NULL && fread(block, 1, sizeof(block), file) == sizeof(block))
                continue;
        if (file == NULL || fclose(file) != 0)
                live_fail("%s cannot be read", path);
}

/* token: the request's page_token. */
static void list_all(struct shop_channel *channel, const struct shop_method *method,
        const void *request, const char **token)
{
        char last[TOKEN_SIZE];

        do {
                ProtobufCMessage *page = live_call(channel, method, request, NULL);
                const ProtobufCFieldDescriptor *next =
                        protobuf_c_message_descriptor_get_field_by_name(
                                page->descriptor, "next_page_token");

                snprintf(last, sizeof(last), "%s", *(char **)((char *)page + next->offset));
                live_free(page);
                *token = last;
        } while (last[0] != '\0');
        *token = "";
}

static void look_at_all(struct shop_channel *channel)
{
        Shop__ListProductsRequest products = SHOP__LIST_PRODUCTS_REQUEST__INIT;
        Shop__ListOrdersRequest orders = SHOP__LIST_ORDERS_REQUEST__INIT;

        products.page_size = orders.page_size = PAGE_MAX;
        list_all(channel, &shop_catalog_list_products_method, &products, &products.page_token);
        list_all(channel, &shop_checkout_list_orders_method, &orders, &orders.page_token);
}

static void open_shop(struct shop *shop, const struct bench_options *options, size_t size)
{
        size_t count;

        market_open(&shop->market, options, size, size);
        warm(&shop->market);
        look_at_all(shop->market.channel);
        const struct bare_row *rows = market_rows(&shop->market, &count);

        reading_init(&shop->reading,
                live_channel(shop->market.daemon.url, shop->market.daemon.token), rows, count);
        shop->reading.latency = &shop->ignored;
}

static void close_shop(struct shop *shop)
{
        shop_channel_close(shop->reading.channel);
        free((void *)shop->reading.rows);
        reading_release(&shop->reading);
        market_close(&shop->market);
}

static void measure(struct shop *shop, double seconds, int round)
{
        shop->us[PRODUCT][round] = 1e6 / reading_in_flight(&shop->reading, IN_FLIGHT, seconds);
        shop->us[SHELF][round] = time_lists(&shop->market, &step_shelf, seconds);
        shop->us[ORDERS][round] = time_lists(&shop->market, &step_orders, seconds);
        shop->us[CHECKOUT][round] = time_checkouts(&shop->market, seconds);
}

void bench_scale(const struct bench_options *options, struct table *table)
{
        size_t rounds = options->rounds > 0 ? (size_t)options->rounds : ROUNDS;
        size_t count = options->size_count;
        struct shop *shops = calloc(count, sizeof(*shops));

        if (shops == NULL)
                live_fail("no memory");
        for (size_t i = 0; i < count; i++)
                open_shop(&shops[i], options, options->sizes[i]);
        /* In turn, since the machine has moods. */
        for (size_t round = 0; round < rounds; round++)
                for (size_t i = 0; i < count; i++)
                        measure(&shops[i], options->seconds, (int)round);
        for (size_t i = 0; i < count; i++)
                close_shop(&shops[i]);
        for (enum what what = 0; what < WHATS; what++)
                for (size_t i = 0; i < count; i++)
                        table_add(table,
                                &(struct row){titles[what], "size", (int)options->sizes[i],
                                        median(shops[i].us[what], rounds),
                                        median(shops[0].us[what], rounds), "us a call", NAN, NAN});
        free(shops);
}
