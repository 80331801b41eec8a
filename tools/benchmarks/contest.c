/*
 * The shop is filled through its own methods; what a peer answers is what a call for it answered,
 * so every side sends the same bytes.
 */
#include "tools/benchmarks/contest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "catalog.client.h"
#include "membership.client.h"
#include "tests/live/storefront.h"
#include "tools/benchmarks/process.h"

#define CHOOSE_S 0.2 /* for each of the gRPC client's ways to make calls */

const struct load loads[LOADS] = {
        {"async", 1}, {"async", 16}, {"async", 64}, {"async", 256}, {"blocking", 16}};

bool load_is_blocking(size_t load)
{
        return strcmp(loads[load].kind, "blocking") == 0;
}

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

/* ---- who answers ---- */

static void open_shop(struct contest *contest, const struct bench_options *options)
{
        struct storefront storefront;

        bench_daemon_start(&contest->daemon, options);
        contest->idle_mib[SIDE_OURS] = process_resident_mib(contest->daemon.pid);
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
        contest->idle_mib[SIDE_BARE] = process_resident_mib(contest->bare.pid);
        contest->client =
                bare_client_open(contest->bare.url, contest->token, contest->rows, PRODUCTS);
}

static void open_grpc(struct contest *contest, const char *dir, int only)
{
        struct grpc_peer *peer = &contest->grpc_peer;

        grpc_start_server(peer, contest->grpc, dir, contest->token);
        contest->idle_mib[SIDE_GRPC] = process_resident_mib(peer->server);
        grpc_start_client(peer, contest->grpc, dir, contest->token);
        for (size_t i = 0; i < LOADS; i++) {
                contest->grpc_loads[i] =
                        (struct grpc_load){loads[i].kind, loads[i].calls, 1, loads[i].calls};
                if (only == 0 || only == loads[i].calls)
                        grpc_choose(peer, &contest->grpc_loads[i], CHOOSE_S);
        }
}

struct contest *contest_open(const struct bench_options *options)
{
        struct contest *contest = calloc(1, sizeof(*contest));
        char dir[128];

        if (contest == NULL)
                live_fail("no memory");
        contest->grpc = options->grpc;
        open_shop(contest, options);
        snprintf(dir, sizeof(dir), "%s/peer", contest->daemon.dir);
        open_bare(contest, dir);
        if (contest->grpc != NULL)
                open_grpc(contest, dir, options->load);
        return contest;
}

pid_t contest_server(const struct contest *contest, enum side_name side)
{
        return side == SIDE_OURS   ? contest->daemon.pid
               : side == SIDE_GRPC ? contest->grpc_peer.server
                                   : contest->bare.pid;
}

pid_t contest_client(const struct contest *contest, enum side_name side)
{
        return side == SIDE_GRPC ? contest->grpc_peer.client : getpid();
}

void contest_close(struct contest *contest)
{
        if (contest->grpc != NULL)
                grpc_stop(&contest->grpc_peer);
        bare_client_close(contest->client);
        bare_stop(&contest->bare);
        shop_channel_close(contest->reading.channel);
        if (daemon_stop(&contest->daemon) != 0)
                live_fail("shopd did not stop well");
        daemon_release(&contest->daemon);
        reading_release(&contest->reading);
        for (size_t i = 0; i < PRODUCTS; i++)
                free((void *)contest->rows[i].answer.data);
        free(contest);
}
