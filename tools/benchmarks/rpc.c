/*
 * Reads of stored products with a member's token, over TCP loopback, through the public client
 * library against a real shopd. In turn with it a peer answers the same bytes: the bare loop, or
 * gRPC C++ with a client and a server of its own, tuned, which checks a token too. Client and
 * server share the machine, as they do in both; what the server alone costs is in the rows of its
 * processor time.
 */
#include "tools/benchmarks/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "catalog.client.h"
#include "membership.client.h"
#include "tests/live/storefront.h"
#include "tools/benchmarks/bare.h"
#include "tools/benchmarks/grpc.h"
#include "tools/benchmarks/process.h"
#include "tools/benchmarks/reading.h"

#define PRODUCTS   32
#define ROUNDS_MAX 100
#define ROUNDS     5
#define CHOOSE_S   0.2 /* for each of the gRPC client's ways to make calls */

/* Calls in flight, or threads that make blocking calls. */
static const struct load {
        const char *kind;
        int calls;
} loads[] = {{"async", 1}, {"async", 16}, {"async", 64}, {"async", 256}, {"blocking", 16}};

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

/* ---- both in turn ---- */

/* Of one load and one side, round by round. */
struct side {
        double rate[ROUNDS_MAX];
        double p50_us[ROUNDS_MAX];
        double p99_us[ROUNDS_MAX];
        double cpu_seconds; /* of the server */
        double calls;
};

struct contest {
        const char *grpc; /* the peer's programs; NULL: the bare loop is the peer */
        struct daemon daemon;
        struct bare_server bare;
        struct bare_client *client;
        struct grpc_peer grpc_peer;
        struct grpc_load grpc_loads[LOADS];
        struct reading reading;
        struct latency latency;
        struct bare_row rows[PRODUCTS];
        char token[128];
        struct side ours[LOADS];
        struct side peers[LOADS];
        double our_idle_mib;
        double peer_idle_mib;
};

static bool is_blocking(size_t load)
{
        return strcmp(loads[load].kind, "blocking") == 0;
}

static void measure_ours(struct contest *contest, size_t load, int round, double seconds)
{
        struct side *side = &contest->ours[load];
        double before = process_cpu_seconds(contest->daemon.pid);

        latency_clear(&contest->latency);
        side->rate[round] =
                is_blocking(load)
                        ? reading_by_threads(&contest->reading, loads[load].calls, seconds)
                        : reading_in_flight(&contest->reading, loads[load].calls, seconds);
        side->p50_us[round] = latency_at(&contest->latency, 0.5);
        side->p99_us[round] = latency_at(&contest->latency, 0.99);
        side->cpu_seconds += process_cpu_seconds(contest->daemon.pid) - before;
        side->calls += side->rate[round] * seconds;
}

static void measure_peer(struct contest *contest, size_t load, int round, double seconds)
{
        struct grpc_figures figures = {.p50_us = NAN, .p99_us = NAN};
        struct side *side = &contest->peers[load];
        pid_t server = contest->grpc != NULL ? contest->grpc_peer.server : contest->bare.pid;
        double before = process_cpu_seconds(server);

        if (contest->grpc != NULL)
                grpc_measure(&contest->grpc_peer, &contest->grpc_loads[load], seconds, &figures);
        else
                figures.calls_per_s = bare_measure(contest->client, loads[load].calls, seconds);
        side->rate[round] = figures.calls_per_s;
        side->p50_us[round] = figures.p50_us;
        side->p99_us[round] = figures.p99_us;
        side->cpu_seconds += process_cpu_seconds(server) - before;
        side->calls += figures.calls_per_s * seconds;
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
        reading_init(&contest->reading, live_channel(contest->daemon.url, contest->token),
                contest->rows, PRODUCTS);
        contest->reading.latency = &contest->latency;
        for (size_t i = 0; i < PRODUCTS; i++)
                keep_answer(contest->reading.channel, &contest->rows[i]);
}

static void open_bare(struct contest *contest, const char *dir)
{
        bare_start(&contest->bare, dir, contest->rows, PRODUCTS);
        contest->peer_idle_mib = process_resident_mib(contest->bare.pid);
        contest->client =
                bare_client_open(contest->bare.url, contest->token, contest->rows, PRODUCTS);
}

static void open_grpc(struct contest *contest, const char *dir, int only)
{
        struct grpc_peer *peer = &contest->grpc_peer;

        bare_write_rows(dir, contest->rows, PRODUCTS);
        grpc_start_server(peer, contest->grpc, dir, contest->token);
        contest->peer_idle_mib = process_resident_mib(peer->server);
        grpc_start_client(peer, contest->grpc, dir, contest->token);
        for (size_t i = 0; i < LOADS; i++) {
                contest->grpc_loads[i] =
                        (struct grpc_load){loads[i].kind, loads[i].calls, 1, loads[i].calls};
                if (only == 0 || only == loads[i].calls)
                        grpc_choose(peer, &contest->grpc_loads[i], CHOOSE_S);
        }
}

static void open_peer(struct contest *contest, int only)
{
        char dir[128];

        snprintf(dir, sizeof(dir), "%s/peer", contest->daemon.dir);
        if (contest->grpc != NULL)
                open_grpc(contest, dir, only);
        else
                open_bare(contest, dir);
}

static void close_both(struct contest *contest)
{
        if (contest->grpc != NULL) {
                grpc_stop(&contest->grpc_peer);
        } else {
                bare_client_close(contest->client);
                bare_stop(&contest->bare);
        }
        shop_channel_close(contest->reading.channel);
        if (daemon_stop(&contest->daemon) != 0)
                live_fail("shopd did not stop well");
        daemon_release(&contest->daemon);
        reading_release(&contest->reading);
        for (size_t i = 0; i < PRODUCTS; i++)
                free((void *)contest->rows[i].answer.data);
}

/* ---- rows ---- */

static void add_rates(struct contest *contest, size_t rounds, struct table *table)
{
        for (size_t i = 0; i < LOADS; i++) {
                struct side *ours = &contest->ours[i];
                const char *name = is_blocking(i) ? "GetProduct, blocking threads" : "GetProduct";

                if (ours->calls == 0)
                        continue;
                table_add(table,
                        &(struct row){name, "in_flight", loads[i].calls, median(ours->rate, rounds),
                                median(contest->peers[i].rate, rounds), "calls/s",
                                median(ours->p50_us, rounds), median(ours->p99_us, rounds)});
        }
}

static void add_latencies(struct contest *contest, size_t rounds, struct table *table)
{
        for (size_t i = 0; i < LOADS; i++) {
                struct side *ours = &contest->ours[i], *peer = &contest->peers[i];

                if (ours->calls == 0)
                        continue;
                table_add(table, &(struct row){is_blocking(i) ? "p50, blocking threads" : "p50",
                                         "in_flight", loads[i].calls, median(ours->p50_us, rounds),
                                         median(peer->p50_us, rounds), "us", NAN, NAN});
                table_add(table, &(struct row){is_blocking(i) ? "p99, blocking threads" : "p99",
                                         "in_flight", loads[i].calls, median(ours->p99_us, rounds),
                                         median(peer->p99_us, rounds), "us", NAN, NAN});
        }
}

static void add_costs(struct contest *contest, struct table *table)
{
        for (size_t i = 0; i < LOADS; i++) {
                struct side *ours = &contest->ours[i], *peer = &contest->peers[i];

                if (ours->calls == 0)
                        continue;
                table_add(table,
                        &(struct row){is_blocking(i) ? "server CPU, blocking threads"
                                                     : "GetProduct server CPU",
                                "in_flight", loads[i].calls, ours->cpu_seconds / ours->calls * 1e6,
                                peer->cpu_seconds / peer->calls * 1e6, "s/million calls", NAN,
                                NAN});
        }
        table_add(table, &(struct row){"idle server memory", "in_flight", 0, contest->our_idle_mib,
                                 contest->peer_idle_mib, "MiB", NAN, NAN});
}

void bench_rpc(const struct bench_options *options, struct table *table)
{
        struct contest *contest = calloc(1, sizeof(*contest));
        int rounds = options->rounds > 0 ? options->rounds : ROUNDS;

        contest->grpc = options->grpc;
        open_shop(contest, options->shopd);
        open_peer(contest, options->load);
        for (int round = 0; round < rounds; round++)
                for (size_t load = 0; load < LOADS; load++) {
                        if (options->load != 0 && options->load != loads[load].calls)
                                continue;
                        if (is_blocking(load) && contest->grpc == NULL)
                                continue; /* the bare loop has no threads */
                        measure_ours(contest, load, round, options->seconds);
                        measure_peer(contest, load, round, options->seconds);
                }
        close_both(contest);
        add_rates(contest, (size_t)rounds, table);
        if (contest->grpc != NULL)
                add_latencies(contest, (size_t)rounds, table);
        add_costs(contest, table);
        free(contest);
}
