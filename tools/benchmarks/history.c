/*
 * Years of trade in minutes: a shop that has one order gets any number of copies of it, each with a
 * customer, a cart, names and times of its own, and copies of a product to be ordered. The copies
 * are the rows that the shop's own methods wrote for the first, given to the store as they give
 * them, so verify finds nothing wrong. Refused: the methods themselves, which take ten times as
 * long and are what is to be measured afterwards.
 *
 * usage: history DATA ORDERS PRODUCTS NAMES
 * The shop must not be running. Fills up to so many of both; NAMES gets a line for each: "P product
 * variant category" or "O order member microseconds".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "cart.rows.h"
#include "catalog.rows.h"
#include "catalog_internal.rows.h"
#include "checkout.rows.h"
#include "governance.rows.h"
#include "internal.rows.h"
#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/random.h"
#include "lib/seal/seal.h"
#include "lib/store/store.h"
#include "membership.rows.h"
#include "shop.schema.h"
#include "supply.rows.h"

#define GROUP_ROWS     1000 /* orders or products made durable at once */
#define SHELF          20   /* products of a category */
#define TERMS_MAX      32
#define UNITS_RECEIVED 1000000
#define DAY_US         INT64_C(86400000000)
#define HELD_DAYS      7

/* What is copied. */
struct sample {
        Member *member;
        Cart *cart;
        Order *order;
        OrderRevision *revision;
        Event *event;
        ScheduledCall *timer;
        Replay *replay;
        Product *product;
        Variant *variant;
        Price *price;
        Stock *stock;
        Movement *movement;
        const char *terms[TERMS_MAX];
        size_t term_count;
};

struct ware {
        char product_id[ID_LEN + 1];
        char variant_id[ID_LEN + 1];
        char sku[24];
        int64_t reserved; /* by the copies */
};

struct history {
        struct keyring *keyring;
        struct store *store;
        struct sample sample;
        struct random random;
        int64_t now_us;
        struct ware *wares;
        size_t ware_count;
        size_t order_count; /* that were there */
        char category_id[ID_LEN + 1];
        FILE *names;
        struct arena kept;
        struct arena arena; /* of a group */
        struct group *group;
        size_t grouped;
};

static _Noreturn void give_up(const char *what, const char *why)
{
        fprintf(stderr, "history: %s: %s\n", what, why);
        exit(1);
}

/* ---- groups ---- */

static struct txn *begin(struct history *history)
{
        if (history->group == NULL)
                history->group = group_begin(history->store);
        return group_txn(history->group, &history->arena);
}

static void commit(struct history *history)
{
        struct error error;

        error_init(&error, &history->kept);
        if (history->group != NULL && group_commit(history->group, &error) != OK)
                give_up("a commit", error.message);
        history->group = NULL;
        history->grouped = 0;
        arena_reset(&history->arena);
}

static void keep(struct history *history, struct txn *txn)
{
        if (txn_status(txn) != OK)
                give_up("a copy", txn_error(txn)->message);
        txn_keep(txn);
        if (++history->grouped == GROUP_ROWS)
                commit(history);
}

/* ---- the sample ---- */

static Timestamp *time_at(struct arena *arena, int64_t us)
{
        Timestamp *time = arena_new(arena, Timestamp);

        google__protobuf__timestamp__init(time);
        time->seconds = us / 1000000;
        time->nanos = (int32_t)(us % 1000000 * 1000);
        return time;
}

static void find_order(struct sample *sample, struct txn *txn)
{
        Order *order = order_next(order_all_by_place_time(txn));

        if (order == NULL)
                give_up("the sample", "the shop has no order");
        sample->order = order_document(txn, order->id);
        sample->revision = order_revision_next(order_revision_of(txn, order->id));
        sample->member = member_get(txn, order->member_id);
        sample->cart = cart_document(txn, order->cart_id);
        sample->replay = replay_next(replay_all_latest(txn));
        for (struct scan *scan = event_all_latest(txn);
                (sample->event = event_next(scan)) != NULL &&
                strcmp(sample->event->type, "order.placed") != 0;)
                continue;
        for (struct scan *scan = scheduled_call_all(txn);
                (sample->timer = scheduled_call_next(scan)) != NULL &&
                strcmp(sample->timer->subject_id, order->id) != 0;)
                continue;
        if (sample->revision == NULL || sample->event == NULL || sample->timer == NULL ||
                sample->replay == NULL)
                give_up("the sample", "the order has no revision, event, timer or answer");
}

static void find_product(struct sample *sample, struct txn *txn)
{
        const SearchTerm *term;

        sample->variant = variant_get(txn, sample->order->lines[0]->variant_id);
        sample->product = product_get(txn, sample->variant->product_id);
        sample->price = price_next(price_by_variant_id(txn, sample->variant->id));
        sample->stock = stock_next(stock_of(txn, sample->variant->id));
        sample->movement = movement_next(movement_all(txn));
        for (struct scan *scan = search_term_all(txn);
                (term = search_term_next(scan)) != NULL && sample->term_count < TERMS_MAX;)
                if (strcmp(term->product_id, sample->product->id) == 0)
                        sample->terms[sample->term_count++] = term->term;
}

static void note_ware(struct history *history, const Variant *variant)
{
        struct ware *ware = &history->wares[history->ware_count++];

        snprintf(ware->product_id, sizeof(ware->product_id), "%s", variant->product_id);
        snprintf(ware->variant_id, sizeof(ware->variant_id), "%s", variant->id);
        snprintf(ware->sku, sizeof(ware->sku), "%s", variant->sku);
        fprintf(history->names, "P %s %s %s\n", variant->product_id, variant->id,
                history->category_id[0] != '\0' ? history->category_id : "-");
}

static void read_shop(struct history *history, size_t products)
{
        struct txn *txn = txn_begin_read(history->store, &history->kept);
        struct scan *scan = variant_all(txn);
        const Variant *variant;

        find_order(&history->sample, txn);
        find_product(&history->sample, txn);
        while ((variant = variant_next(scan)) != NULL && history->ware_count < products)
                note_ware(history, variant);
        for (scan = order_all_by_place_time(txn); order_next(scan) != NULL;)
                history->order_count++;
        txn_end(txn);
}

/* ---- products ---- */

/* One after another, a millisecond each, before the orders: names that lie together are written
 * together. */
static int64_t product_time(const struct history *history)
{
        return history->now_us - 2 * DAY_US + (int64_t)history->ware_count * 1000;
}

static void copy_category(struct history *history, struct txn *txn)
{
        Category category = CATEGORY_INIT;

        id_make(product_time(history), &history->random, history->category_id);
        category.id = history->category_id;
        category.slug = history->category_id;
        category.titles = history->sample.product->titles;
        category.n_titles = 1;
        category.create_time = category.update_time = history->sample.product->create_time;
        category_insert(txn, &category);
}

static void copy_stock(struct history *history, struct txn *txn, const char *variant_id)
{
        Stock stock = *history->sample.stock;
        Movement movement = *history->sample.movement;

        stock.variant_id = variant_id;
        stock.on_hand = UNITS_RECEIVED;
        stock.reserved = stock.allocated = stock.quarantine = 0;
        stock_insert(txn, &stock);
        movement.variant_id = variant_id;
        movement.location_id = stock.location_id;
        movement.type = MOVEMENT_TYPE_RECEIVE;
        movement.quantity = UNITS_RECEIVED;
        movement_append(txn, &movement);
}

static void copy_product(struct history *history)
{
        const struct sample *sample = &history->sample;
        struct txn *txn = begin(history);
        Product product = *sample->product;
        Variant variant = *sample->variant;
        Price price = *sample->price;
        char ids[3][ID_LEN + 1], sku[24];

        if (history->ware_count % SHELF == 0 || history->category_id[0] == '\0')
                copy_category(history, txn);
        for (size_t i = 0; i < 3; i++)
                id_make(product_time(history), &history->random, ids[i]);
        product.id = variant.product_id = ids[0];
        product.category_id = history->category_id;
        product_insert(txn, &product);
        snprintf(sku, sizeof(sku), "COPY-%zu", history->ware_count);
        variant.id = price.variant_id = ids[1];
        variant.sku = sku;
        variant_insert(txn, &variant);
        price.id = ids[2];
        price_insert(txn, &price);
        for (size_t i = 0; i < sample->term_count; i++) {
                SearchTerm term = SEARCH_TERM_INIT;

                term.term = sample->terms[i];
                term.product_id = product.id;
                term.in_title = true;
                search_term_insert(txn, &term);
        }
        copy_stock(history, txn, variant.id);
        keep(history, txn);
        note_ware(history, &variant);
}

/* ---- orders ---- */

static void copy_lines(struct history *history, struct txn *txn, const char *cart_id,
        const char *order_id, Timestamp *time)
{
        const struct sample *sample = &history->sample;
        struct ware *wares[16];
        size_t goods = sample->cart->n_lines;

        if (goods > 16)
                give_up("the sample", "its cart is too long");
        for (size_t i = 0; i < goods; i++) {
                CartLine line = *sample->cart->lines[i];

                wares[i] = &history->wares[random_below(&history->random, history->ware_count)];
                line.cart_id = cart_id;
                line.variant_id = wares[i]->variant_id;
                line.sku = wares[i]->sku;
                cart_line_insert(txn, &line);
        }
        for (size_t i = 0; i < sample->order->n_lines; i++) {
                OrderLine line = *sample->order->lines[i];

                line.order_id = order_id;
                if (line.kind == LINE_KIND_GOODS) {
                        Movement movement = *history->sample.movement;

                        line.variant_id = wares[i]->variant_id;
                        line.sku = wares[i]->sku;
                        movement.time = time;
                        movement.variant_id = line.variant_id;
                        movement.location_id = sample->stock->location_id;
                        movement.type = MOVEMENT_TYPE_RESERVE;
                        movement.quantity = line.quantity;
                        movement.document_id = order_id;
                        movement_append(txn, &movement);
                        wares[i]->reserved += line.quantity;
                }
                order_line_insert(txn, &line);
        }
}

static void copy_effects(struct history *history, struct txn *txn, const Order *order)
{
        const struct sample *sample = &history->sample;
        OrderRevision revision = *sample->revision;
        Event event = *sample->event;
        ScheduledCall timer = *sample->timer;
        Replay replay = *sample->replay;
        uint64_t hash[2][4];

        revision.order_id = order->id;
        revision.member_id = revision.author_id = order->member_id;
        revision.create_time = revision.update_time = revision.end_time = order->place_time;
        order_revision_insert(txn, &revision);
        event.time = order->place_time;
        event.subject = order->id;
        event.owner = event.actor = order->member_id;
        event_append(txn, &event);
        timer.subject_id = order->id;
        timer.due_time = order->expire_time;
        scheduled_call_insert(txn, &timer);
        for (size_t i = 0; i < 4; i++) {
                hash[0][i] = random_next(&history->random);
                hash[1][i] = random_next(&history->random);
        }
        replay.time_ms =
                (uint64_t)(order->place_time->seconds * 1000 + order->place_time->nanos / 1000000);
        replay.hash = (ProtobufCBinaryData){.len = sizeof(hash[0]), .data = (uint8_t *)hash[0]};
        replay.request_hash =
                (ProtobufCBinaryData){.len = sizeof(hash[1]), .data = (uint8_t *)hash[1]};
        replay.sequence = txn_sequence(txn);
        replay_insert(txn, &replay);
}

static void copy_order(struct history *history, int64_t time_us)
{
        const struct sample *sample = &history->sample;
        struct txn *txn = begin(history);
        struct arena *arena = txn_arena(txn);
        Member member = *sample->member;
        Cart cart = *sample->cart;
        Order order = *sample->order;
        char ids[3][ID_LEN + 1];

        for (size_t i = 0; i < 3; i++)
                id_make(time_us, &history->random, ids[i]);
        member.id = cart.member_id = order.member_id = ids[0];
        member.create_time = member.update_time = time_at(arena, time_us);
        member_insert(txn, &member);
        cart.id = order.cart_id = ids[1];
        cart.order_id = order.id = ids[2];
        cart.create_time = cart.update_time = member.create_time;
        cart_insert(txn, &cart);
        order.place_time = order.create_time = order.update_time = member.create_time;
        order.expire_time = time_at(arena, history->now_us + HELD_DAYS * DAY_US);
        order_insert(txn, &order);
        copy_lines(history, txn, cart.id, order.id, order.place_time);
        copy_effects(history, txn, &order);
        keep(history, txn);
        fprintf(history->names, "O %s %s %lld\n", order.id, order.member_id, (long long)time_us);
}

static void settle_stock(struct history *history)
{
        for (size_t i = 0; i < history->ware_count; i++) {
                struct txn *txn = begin(history);
                Stock *stock = stock_get(
                        txn, history->wares[i].variant_id, history->sample.stock->location_id);

                if (stock == NULL)
                        give_up("stock", history->wares[i].sku);
                stock->reserved += history->wares[i].reserved;
                stock_update(txn, stock);
                keep(history, txn);
        }
        commit(history);
}

static void open_shop(struct history *history, const char *dir)
{
        struct error error;

        arena_init(&history->kept);
        arena_init(&history->arena);
        error_init(&error, &history->kept);
        if (keyring_open(&history->keyring, dir, KEYRING_OPEN, &error) != OK)
                give_up(dir, error.message);
        const struct store_options options = {
                .dir = dir, .schema = &shop_schema, .keyring = history->keyring};

        if (store_open(&history->store, &options, &error) != OK)
                give_up(dir, error.message);
}

int main(int argc, char **argv)
{
        struct history history = {.now_us = clock_real_us()};

        if (argc != 5)
                give_up("usage", "history DATA ORDERS PRODUCTS NAMES");
        size_t orders = strtoul(argv[2], NULL, 10), products = strtoul(argv[3], NULL, 10);

        random_seed(&history.random, (uint64_t)history.now_us);
        history.names = fopen(argv[4], "w");
        if (history.names == NULL)
                give_up(argv[4], strerror(errno));
        history.wares = calloc(products + 1, sizeof(*history.wares));
        open_shop(&history, argv[1]);
        read_shop(&history, products);
        while (history.ware_count < products)
                copy_product(&history);
        for (size_t i = history.order_count; i < orders; i++)
                copy_order(&history,
                        history.now_us - DAY_US + (int64_t)((double)i / (double)orders * DAY_US));
        settle_stock(&history);
        store_close(history.store);
        keyring_close(history.keyring);
        free(history.wares);
        arena_release(&history.kept);
        arena_release(&history.arena);
        if (fclose(history.names) != 0)
                give_up(argv[4], strerror(errno));
        return 0;
}
