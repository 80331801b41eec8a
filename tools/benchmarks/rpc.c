/*
 * Reads of stored products with a member's token, over TCP loopback, through the public client
 * library against a real shopd. In turn with it the bare loop answers the same bytes. Client and
 * server share the machine, as they do in both; what the server alone costs is in the rows of its
 * processor time.
 */
#include "tools/benchmarks/bench.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "catalog.client.h"
#include "lib/base/clock.h"
#include "membership.client.h"
#include "tests/live/storefront.h"
#include "tools/benchmarks/bare.h"
#include "tools/benchmarks/latency.h"
#include "tools/benchmarks/process.h"

#define PRODUCTS      32
#define IN_FLIGHT_MAX 256
#define ROUNDS_MAX    100
#define ROUNDS        5

static const int loads[] = {1, 16, 64, 256};

#define LOADS (sizeof(loads) / sizeof(loads[0]))

/* ---- a shop with products ---- */

static Shop__LocalText local(const char *language, const char *text)
{
        Shop__LocalText out = SHOP__LOCAL_TEXT__INIT;

        out.language = language;
        out.text = text;
        return out;
}

static void offer(
        struct shop_channel *channel, const struct storefront *storefront, struct bare_row *row)
{
        Shop__CreateProductRequest create = SHOP__CREATE_PRODUCT_REQUEST__INIT;
        Shop__CreateVariantRequest add = SHOP__CREATE_VARIANT_REQUEST__INIT;
        Shop__CreatePriceRequest price = SHOP__CREATE_PRICE_REQUEST__INIT;
        Shop__ListProductForSaleRequest list = SHOP__LIST_PRODUCT_FOR_SALE_REQUEST__INIT;
        Shop__Product product = SHOP__PRODUCT__INIT, *made;
        Shop__Variant variant = SHOP__VARIANT__INIT, *added;
        Shop__Price amount = SHOP__PRICE__INIT;
        Shop__LocalText titles[] = {
                local("en", "Tieguanyin, spring harvest, 150 g"), local("zh", "春茶铁观音 150 克")};
        Shop__LocalText about = local("en", "Lightly roasted oolong from Anxi, rolled by hand; "
                                            "orchid in the cup, seven infusions.");
        Shop__LocalText *title_list[] = {&titles[0], &titles[1]}, *about_list[] = {&about};

        product.titles = title_list;
        product.n_titles = 2;
        product.descriptions = about_list;
        product.n_descriptions = 1;
        product.brand = "Anxi Tea House";
        product.tax_class = "standard";
        create.product = &product;
        made = live_call(channel, &shop_catalog_create_product_method, &create, NULL);
        id_copy(row->id, made->id);
        live_free(made);
        variant.product_id = row->id;
        variant.sku = row->id;
        add.variant = &variant;
        added = live_call(channel, &shop_catalog_create_variant_method, &add, NULL);
        amount.variant_id = added->id;
        amount.price_list_id = storefront->price_list_id;
        amount.amount_minor = UNIT_PRICE;
        price.price = &amount;
        live_free(live_call(channel, &shop_catalog_create_price_method, &price, NULL));
        live_free(added);
        list.id = row->id;
        live_free(live_call(channel, &shop_catalog_list_product_for_sale_method, &list, NULL));
}

/* What a call for the product is answered. */
static void keep_answer(struct shop_channel *channel, struct bare_row *row)
{
        Shop__GetProductRequest request = SHOP__GET_PRODUCT_REQUEST__INIT;
        Shop__Product *product;
        uint8_t *packed;

        request.id = row->id;
        product = live_call(channel, &shop_catalog_get_product_method, &request, NULL);
        packed = malloc(shop__product__get_packed_size(product));
        row->answer = bytes_of(packed, shop__product__pack(product, packed));
        live_free(product);
}

static void sign_up(struct shop_channel *channel, char *token, size_t size)
{
        Shop__SignUpRequest request = SHOP__SIGN_UP_REQUEST__INIT;
        Shop__SessionGrant *grant;

        request.email = "reader@example.com";
        request.password = "correct horse battery";
        grant = live_call(channel, &shop_membership_sign_up_method, &request, "");
        snprintf(token, size, "%s", grant->token);
        live_free(grant);
}

/* ---- ours ---- */

/* So many calls in flight; each starts the next when it ends. */
struct reading {
        struct shop_channel *channel;
        const struct bare_row *rows;
        struct latency *latency;
        atomic_bool stopping;
        pthread_mutex_t lock; /* over the following */
        pthread_cond_t ended;
        int running;
};

struct slot {
        struct reading *reading;
        size_t next_row;
        int64_t start_us;
        uint64_t answered;
};

static void slot_start(struct slot *slot);

static void slot_end(struct slot *slot)
{
        struct reading *reading = slot->reading;

        pthread_mutex_lock(&reading->lock);
        reading->running--;
        pthread_cond_signal(&reading->ended);
        pthread_mutex_unlock(&reading->lock);
}

static void slot_answered(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        struct slot *slot = context;

        if (status != SHOP_OK)
                live_fail("GetProduct: %s: %s", error->reason, error->message);
        latency_note(slot->reading->latency, clock_monotonic_us() - slot->start_us);
        slot->answered++;
        if (atomic_load_explicit(&slot->reading->stopping, memory_order_relaxed))
                slot_end(slot);
        else
                slot_start(slot);
}

static void slot_start(struct slot *slot)
{
        Shop__GetProductRequest request = SHOP__GET_PRODUCT_REQUEST__INIT;

        request.id = slot->reading->rows[slot->next_row++ % PRODUCTS].id;
        slot->start_us = clock_monotonic_us();
        shop_start(slot->reading->channel, &shop_catalog_get_product_method, &request.base, NULL,
                slot_answered, slot);
}

/* Calls a second. */
static double read_for(struct reading *reading, int in_flight, double seconds)
{
        struct slot slots[IN_FLIGHT_MAX] = {0};
        int64_t start_us = clock_monotonic_us();
        uint64_t answered = 0;

        atomic_store(&reading->stopping, false);
        reading->running = in_flight;
        for (int i = 0; i < in_flight; i++) {
                slots[i].reading = reading;
                slots[i].next_row = (size_t)i;
                slot_start(&slots[i]);
        }
        clock_sleep_us((int64_t)(seconds * 1e6));
        atomic_store(&reading->stopping, true);
        pthread_mutex_lock(&reading->lock);
        while (reading->running > 0)
                pthread_cond_wait(&reading->ended, &reading->lock);
        pthread_mutex_unlock(&reading->lock);
        for (int i = 0; i < in_flight; i++)
                answered += slots[i].answered;
        return (double)answered / ((double)(clock_monotonic_us() - start_us) / 1e6);
}

/* ---- both in turn ---- */

/* What one load showed, round by round. */
struct figures {
        double ours[ROUNDS_MAX];
        double peer[ROUNDS_MAX];
        double our_cpu; /* seconds of the server */
        double peer_cpu;
        double our_calls;
        double peer_calls;
        struct latency latency;
};

struct contest {
        struct daemon daemon;
        struct bare_server bare;
        struct bare_client *client;
        struct reading reading;
        struct bare_row rows[PRODUCTS];
        char token[128];
        struct figures figures[LOADS];
        double our_idle_mib;
        double peer_idle_mib;
};

static void measure(struct contest *contest, size_t load, int round, double seconds)
{
        struct figures *figures = &contest->figures[load];
        double before = process_cpu_seconds(contest->daemon.pid);

        contest->reading.latency = &figures->latency;
        figures->ours[round] = read_for(&contest->reading, loads[load], seconds);
        figures->our_cpu += process_cpu_seconds(contest->daemon.pid) - before;
        figures->our_calls += figures->ours[round] * seconds;
        before = process_cpu_seconds(contest->bare.pid);
        figures->peer[round] = bare_measure(contest->client, loads[load], seconds);
        figures->peer_cpu += process_cpu_seconds(contest->bare.pid) - before;
        figures->peer_calls += figures->peer[round] * seconds;
}

static void open_shop(struct contest *contest, const char *shopd)
{
        struct storefront storefront;

        bench_daemon_start(&contest->daemon, shopd);
        contest->our_idle_mib = process_resident_mib(contest->daemon.pid);
        struct shop_channel *channel = live_channel(contest->daemon.url, contest->daemon.token);

        storefront_open(&storefront, channel, 1, 1);
        for (size_t i = 0; i < PRODUCTS; i++)
                offer(channel, &storefront, &contest->rows[i]);
        sign_up(channel, contest->token, sizeof(contest->token));
        shop_channel_close(channel);
        contest->reading.channel = live_channel(contest->daemon.url, contest->token);
        contest->reading.rows = contest->rows;
        pthread_mutex_init(&contest->reading.lock, NULL);
        pthread_cond_init(&contest->reading.ended, NULL);
        for (size_t i = 0; i < PRODUCTS; i++)
                keep_answer(contest->reading.channel, &contest->rows[i]);
}

static void open_bare(struct contest *contest)
{
        char dir[128];

        snprintf(dir, sizeof(dir), "%s/bare", contest->daemon.dir);
        bare_start(&contest->bare, dir, contest->rows, PRODUCTS);
        contest->peer_idle_mib = process_resident_mib(contest->bare.pid);
        contest->client =
                bare_client_open(contest->bare.url, contest->token, contest->rows, PRODUCTS);
}

static void close_both(struct contest *contest)
{
        bare_client_close(contest->client);
        bare_stop(&contest->bare);
        shop_channel_close(contest->reading.channel);
        if (daemon_stop(&contest->daemon) != 0)
                live_fail("shopd did not stop well");
        daemon_release(&contest->daemon);
        pthread_mutex_destroy(&contest->reading.lock);
        pthread_cond_destroy(&contest->reading.ended);
        for (size_t i = 0; i < PRODUCTS; i++)
                free((void *)contest->rows[i].answer.data);
}

static void add_rows(struct contest *contest, size_t rounds, struct table *table)
{
        for (size_t i = 0; i < LOADS; i++) {
                struct figures *figures = &contest->figures[i];

                if (figures->our_calls == 0)
                        continue;
                table_add(
                        table, &(struct row){"GetProduct", "in_flight", loads[i],
                                       median(figures->ours, rounds), median(figures->peer, rounds),
                                       "calls/s", latency_at(&figures->latency, 0.5),
                                       latency_at(&figures->latency, 0.99)});
        }
        for (size_t i = 0; i < LOADS; i++) {
                struct figures *figures = &contest->figures[i];

                if (figures->our_calls == 0)
                        continue;
                table_add(table, &(struct row){"GetProduct server CPU", "in_flight", loads[i],
                                         figures->our_cpu / figures->our_calls * 1e6,
                                         figures->peer_cpu / figures->peer_calls * 1e6,
                                         "s/million calls", NAN, NAN});
        }
        table_add(table, &(struct row){"idle server memory", "in_flight", 0, contest->our_idle_mib,
                                 contest->peer_idle_mib, "MiB", NAN, NAN});
}

void bench_rpc(const struct bench_options *options, struct table *table)
{
        struct contest *contest = calloc(1, sizeof(*contest));
        int rounds = options->rounds > 0 ? options->rounds : ROUNDS;

        open_shop(contest, options->shopd);
        open_bare(contest);
        for (int round = 0; round < rounds; round++)
                for (size_t load = 0; load < LOADS; load++)
                        if (options->load == 0 || options->load == loads[load])
                                measure(contest, load, round, options->seconds);
        close_both(contest);
        add_rows(contest, (size_t)rounds, table);
        free(contest);
}
