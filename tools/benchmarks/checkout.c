/*
 * Orders that are durable when they are answered. Everybody who will order is a guest with a cart
 * of three lines, made before the clock starts; a client then takes one after another, asks for
 * the quote and places the order. All clients share one channel, as the threads of a storefront
 * would. Beside it stands what the disk itself can do: appends of 4 KiB with an fdatasync each,
 * measured right before.
 */
#include "tools/benchmarks/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cart.client.h"
#include "checkout.client.h"
#include "lib/base/clock.h"
#include "membership.client.h"
#include "tests/live/storefront.h"
#include "tools/benchmarks/latency.h"
#include "tools/benchmarks/process.h"

#define LINES      3
#define STOCK      1000000
#define PREPARING  64 /* guests that are made at once */
#define SYNC_BYTES 4096
#define SYNC_SHARE 0.3 /* of a measurement's time for the disk alone */
#define ROUNDS     3
#define ROUNDS_MAX 100
#define BUYERS_MAX 8192 /* of one measurement */

/* How many orders a second are more than any disk gives; a measurement that runs out of buyers
 * ends early, which changes no figure. */
static const struct load {
        int clients;
        int rate_max;
} loads[] = {{1, 1000}, {16, 4000}, {64, 8000}};

#define LOADS (sizeof(loads) / sizeof(loads[0]))

struct market {
        struct daemon daemon;
        struct shop_channel *channel;
        struct storefront storefront;
        struct latency latency[LOADS];
        double ours[LOADS][ROUNDS_MAX];
        double peer[LOADS][ROUNDS_MAX];
        double cpu[LOADS];
        double orders[LOADS];
};

struct crowd;

struct buyer {
        struct crowd *crowd;
        struct guest guest;
        int64_t start_us;
};

/* Buyers who are all taken through the same steps, so many at once. */
struct crowd {
        struct market *market;
        struct latency *latency;
        struct buyer *buyers;
        size_t count;
        void (*begin)(struct buyer *buyer);
        int64_t until_us;
        pthread_mutex_t lock; /* over the following */
        pthread_cond_t changed;
        size_t next;
        size_t running;
        size_t done;
};

static void must(const char *method, enum shop_status status, const struct shop_error *error)
{
        if (status != SHOP_OK)
                live_fail("%s: %s: %s", method, error->reason, error->message);
}

/* The next buyer begins, unless there is none or no time. */
static void crowd_next(struct crowd *crowd)
{
        struct buyer *buyer = NULL;

        pthread_mutex_lock(&crowd->lock);
        if (crowd->next < crowd->count && clock_monotonic_us() < crowd->until_us)
                buyer = &crowd->buyers[crowd->next++];
        else
                crowd->running--;
        pthread_cond_signal(&crowd->changed);
        pthread_mutex_unlock(&crowd->lock);
        if (buyer != NULL)
                crowd->begin(buyer);
}

static void buyer_done(struct buyer *buyer)
{
        pthread_mutex_lock(&buyer->crowd->lock);
        buyer->crowd->done++;
        pthread_mutex_unlock(&buyer->crowd->lock);
        crowd_next(buyer->crowd);
}

/* Takes as many as there is time for through begin; how long that took, in seconds. */
static double crowd_run(
        struct crowd *crowd, void (*begin)(struct buyer *), size_t at_once, double seconds)
{
        int64_t start_us = clock_monotonic_us();

        crowd->begin = begin;
        crowd->until_us = start_us + (int64_t)(seconds * 1e6);
        crowd->next = crowd->done = 0;
        crowd->running = at_once;
        for (size_t i = 0; i < at_once; i++)
                crowd_next(crowd);
        pthread_mutex_lock(&crowd->lock);
        while (crowd->running > 0)
                pthread_cond_wait(&crowd->changed, &crowd->lock);
        pthread_mutex_unlock(&crowd->lock);
        return (double)(clock_monotonic_us() - start_us) / 1e6;
}

/* ---- before the clock starts ---- */

static void filled(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        must("AddCartLines", status, error);
        buyer_done(context);
}

static void carted(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        struct buyer *buyer = context;
        const struct crowd *crowd = buyer->crowd;
        const struct storefront *storefront = &crowd->market->storefront;
        const struct shop_call_options options = {.token = buyer->guest.token};
        Shop__AddCartLinesRequest request = SHOP__ADD_CART_LINES_REQUEST__INIT;
        Shop__AddCartLine lines[LINES], *at[LINES];
        size_t first = (size_t)(buyer - crowd->buyers) * LINES;

        must("CreateCart", status, error);
        id_copy(buyer->guest.cart_id, ((const Shop__Cart *)response)->id);
        for (size_t i = 0; i < LINES; i++) {
                lines[i] = (Shop__AddCartLine)SHOP__ADD_CART_LINE__INIT;
                lines[i].variant_id =
                        storefront->variant_ids[(first + i) % storefront->variant_count];
                lines[i].quantity = 1;
                at[i] = &lines[i];
        }
        request.cart_id = buyer->guest.cart_id;
        request.lines = at;
        request.n_lines = LINES;
        shop_start(crowd->market->channel, &shop_cart_add_cart_lines_method, &request.base,
                &options, filled, buyer);
}

static void entered(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        struct buyer *buyer = context;
        struct market *market = buyer->crowd->market;
        Shop__CreateCartRequest request = SHOP__CREATE_CART_REQUEST__INIT;
        const struct shop_call_options options = {.token = buyer->guest.token};

        must("CreateGuest", status, error);
        snprintf(buyer->guest.token, sizeof(buyer->guest.token), "%s",
                ((const Shop__SessionGrant *)response)->token);
        request.price_list_id = market->storefront.price_list_id;
        shop_start(market->channel, &shop_cart_create_cart_method, &request.base, &options, carted,
                buyer);
}

static void enter(struct buyer *buyer)
{
        Shop__CreateGuestRequest request = SHOP__CREATE_GUEST_REQUEST__INIT;
        const struct shop_call_options options = {.token = ""};

        shop_start(buyer->crowd->market->channel, &shop_membership_create_guest_method,
                &request.base, &options, entered, buyer);
}

/* ---- quote and order ---- */

static void placed(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        struct buyer *buyer = context;

        must("PlaceOrder", status, error);
        latency_note(buyer->crowd->latency, clock_monotonic_us() - buyer->start_us);
        buyer_done(buyer);
}

static void quoted(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        struct buyer *buyer = context;
        struct market *market = buyer->crowd->market;
        const struct shop_call_options options = {.token = buyer->guest.token};
        Shop__PlaceOrderRequest request = SHOP__PLACE_ORDER_REQUEST__INIT;
        Shop__PostalAddress address = SHOP__POSTAL_ADDRESS__INIT;

        must("GetQuote", status, error);
        address.country_code = "GB";
        request.cart_id = buyer->guest.cart_id;
        request.fingerprint = ((const Shop__Quote *)response)->fingerprint;
        request.delivery_address = &address;
        request.shipping_method_id = market->storefront.shipping_method_id;
        buyer->start_us = clock_monotonic_us();
        shop_start(market->channel, &shop_checkout_place_order_method, &request.base, &options,
                placed, buyer);
}

static void order(struct buyer *buyer)
{
        struct market *market = buyer->crowd->market;
        const struct shop_call_options options = {.token = buyer->guest.token};
        Shop__GetQuoteRequest request = SHOP__GET_QUOTE_REQUEST__INIT;

        request.cart_id = buyer->guest.cart_id;
        request.country_code = "GB";
        request.shipping_method_id = market->storefront.shipping_method_id;
        shop_start(market->channel, &shop_checkout_get_quote_method, &request.base, &options,
                quoted, buyer);
}

/* ---- the disk alone ---- */

/* Appends made durable, a second. */
static double sync_rate(const struct daemon *daemon, double seconds)
{
        static const char block[SYNC_BYTES];
        char path[128];

        snprintf(path, sizeof(path), "%s/sync", daemon->dir);
        int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        int64_t start_us = clock_monotonic_us(), now_us = start_us;
        long count = 0;

        do {
                if (write(file, block, sizeof(block)) != sizeof(block) || fdatasync(file) != 0)
                        live_fail("%s: %s", path, strerror(errno));
                count++;
                now_us = clock_monotonic_us();
        } while ((double)(now_us - start_us) < seconds * 1e6);
        close(file);
        unlink(path);
        return (double)count / ((double)(now_us - start_us) / 1e6);
}

/* ---- the rounds ---- */

static void measure(struct market *market, size_t load, int round, double seconds)
{
        size_t wanted = (size_t)(loads[load].rate_max * seconds) + (size_t)loads[load].clients;
        struct crowd crowd = {.market = market, .latency = &market->latency[load]};

        crowd.count = wanted < BUYERS_MAX ? wanted : BUYERS_MAX;
        crowd.buyers = calloc(crowd.count, sizeof(*crowd.buyers));
        pthread_mutex_init(&crowd.lock, NULL);
        pthread_cond_init(&crowd.changed, NULL);
        for (size_t i = 0; i < crowd.count; i++)
                crowd.buyers[i].crowd = &crowd;
        crowd_run(&crowd, enter, PREPARING, 3600);
        market->peer[load][round] = sync_rate(&market->daemon, seconds * SYNC_SHARE);
        double before = process_cpu_seconds(market->daemon.pid);
        double took = crowd_run(&crowd, order, (size_t)loads[load].clients, seconds);

        market->cpu[load] += process_cpu_seconds(market->daemon.pid) - before;
        market->orders[load] += (double)crowd.done;
        market->ours[load][round] = (double)crowd.done / took;
        free(crowd.buyers);
        pthread_mutex_destroy(&crowd.lock);
        pthread_cond_destroy(&crowd.changed);
}

static void add_rows(struct market *market, size_t rounds, struct table *table)
{
        for (size_t i = 0; i < LOADS; i++) {
                if (market->orders[i] == 0)
                        continue;
                table_add(table,
                        &(struct row){"PlaceOrder", "clients", loads[i].clients,
                                median(market->ours[i], rounds), median(market->peer[i], rounds),
                                "durable orders/s", latency_at(&market->latency[i], 0.5),
                                latency_at(&market->latency[i], 0.99)});
        }
        for (size_t i = 0; i < LOADS; i++) {
                if (market->orders[i] == 0)
                        continue;
                table_add(table, &(struct row){"quote and PlaceOrder server CPU", "clients",
                                         loads[i].clients, market->cpu[i] / market->orders[i] * 1e6,
                                         NAN, "s/million orders", NAN, NAN});
        }
}

void bench_checkout(const struct bench_options *options, struct table *table)
{
        struct market *market = calloc(1, sizeof(*market));
        int rounds = options->rounds > 0 ? options->rounds : ROUNDS;

        bench_daemon_start(&market->daemon, options->shopd);
        market->channel = live_channel(market->daemon.url, market->daemon.token);
        storefront_open(&market->storefront, market->channel, VARIANTS_MAX, STOCK);
        for (int round = 0; round < rounds; round++)
                for (size_t load = 0; load < LOADS; load++)
                        if (options->load == 0 || options->load == loads[load].clients)
                                measure(market, load, round, options->seconds);
        shop_channel_close(market->channel);
        if (daemon_stop(&market->daemon) != 0)
                live_fail("shopd did not stop well");
        daemon_release(&market->daemon);
        add_rows(market, (size_t)rounds, table);
        free(market);
}
