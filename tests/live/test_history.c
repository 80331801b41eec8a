/*
 * A hundred thousand calls over ten rows: four channels, 64 calls in flight on each, reads and
 * writes mixed. The history is checked as history.h says; then it is spoilt in four ways, each of
 * which the check must see.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cart.client.h"
#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "supply.client.h"
#include "tests/live/daemon.h"
#include "tests/live/history.h"
#include "tests/live/storefront.h"

#define CALLS         100000
#define CHANNELS      4
#define CHAINS        64 /* per channel, one call in flight on each */
#define INITIAL_UNITS 1000000

struct run {
        struct storefront storefront;
        struct guest guests[CARTS];
        struct op *ops;
        atomic_size_t taken;
        sem_t ended; /* once a chain */
};

struct chain {
        struct run *run;
        struct shop_channel *channel;
        struct random random;
        struct op *op; /* in flight */
};

static size_t stock_number(const struct run *run, const char *variant_id)
{
        for (size_t i = 0; i < STOCKS; i++)
                if (strcmp(run->storefront.variant_ids[i], variant_id) == 0)
                        return i;
        live_fail("stock of a variant %s that nobody made", variant_id);
}

static void see_stock(const struct run *run, struct op *op, const Shop__ListStockResponse *response)
{
        size_t wanted = op->kind == KIND_READ_ALL ? STOCKS : 1;

        if (response->n_stock != wanted)
                live_fail("%zu stock rows instead of %zu", response->n_stock, wanted);
        for (size_t i = 0; i < response->n_stock; i++) {
                size_t number = stock_number(run, response->stock[i]->variant_id);

                op->seen[wanted == 1 ? 0 : number] = response->stock[i]->on_hand;
        }
}

static void see_cart(struct op *op, const Shop__Cart *cart)
{
        if (cart->n_lines != 1)
                live_fail("a cart with %zu lines", cart->n_lines);
        op->seen[0] = cart->lines[0]->quantity;
}

static void next(struct chain *chain);

static void done(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        struct chain *chain = context;
        struct op *op = chain->op;

        op->end_us = clock_monotonic_us();
        if (status != SHOP_OK)
                live_fail("a call of kind %d: %s %s: %s", (int)op->kind, shop_status_name(status),
                        error->reason, error->message);
        if (op->kind == KIND_READ_STOCK || op->kind == KIND_READ_ALL)
                see_stock(chain->run, op, (const Shop__ListStockResponse *)response);
        if (op->kind == KIND_READ_CART || op->kind == KIND_SET_CART)
                see_cart(op, (const Shop__Cart *)response);
        next(chain);
}

static void start(struct chain *chain, const struct shop_method *method, const void *request,
        const char *token)
{
        const struct shop_call_options options = {.token = token, .sequence = &chain->op->sequence};

        chain->op->start_us = clock_monotonic_us();
        shop_start(chain->channel, method, request, &options, done, chain);
}

static void start_adjust(struct chain *chain)
{
        Shop__AdjustStockRequest request = SHOP__ADJUST_STOCK_REQUEST__INIT;

        request.variant_id = chain->run->storefront.variant_ids[chain->op->row];
        request.location_id = chain->run->storefront.location_id;
        request.quantity = chain->op->amount;
        request.reason = "counted";
        start(chain, &shop_supply_adjust_stock_method, &request, NULL);
}

static void start_receive(struct chain *chain)
{
        Shop__ReceiveGoodsRequest request = SHOP__RECEIVE_GOODS_REQUEST__INIT;
        Shop__ReceiveGoodsLine lines[RECEIPT_STOCKS], *at[RECEIPT_STOCKS];

        for (size_t i = 0; i < RECEIPT_STOCKS; i++) {
                size_t number = (chain->op->row + i) % STOCKS;

                lines[i] = (Shop__ReceiveGoodsLine)SHOP__RECEIVE_GOODS_LINE__INIT;
                lines[i].variant_id = chain->run->storefront.variant_ids[number];
                lines[i].quantity = chain->op->amount;
                at[i] = &lines[i];
        }
        request.location_id = chain->run->storefront.location_id;
        request.lines = at;
        request.n_lines = RECEIPT_STOCKS;
        start(chain, &shop_supply_receive_goods_method, &request, NULL);
}

static void start_set_cart(struct chain *chain)
{
        const struct guest *guest = &chain->run->guests[chain->op->row];
        Shop__SetCartLineRequest request = SHOP__SET_CART_LINE_REQUEST__INIT;

        request.cart_id = guest->cart_id;
        request.number = 1;
        request.quantity = chain->op->amount;
        start(chain, &shop_cart_set_cart_line_method, &request, guest->token);
}

static void start_read_stock(struct chain *chain)
{
        Shop__ListStockRequest request = SHOP__LIST_STOCK_REQUEST__INIT;

        request.location_id = chain->run->storefront.location_id;
        if (chain->op->kind == KIND_READ_STOCK)
                request.variant_id = chain->run->storefront.variant_ids[chain->op->row];
        start(chain, &shop_supply_list_stock_method, &request, NULL);
}

static void start_read_cart(struct chain *chain)
{
        const struct guest *guest = &chain->run->guests[chain->op->row];
        Shop__GetCartRequest request = SHOP__GET_CART_REQUEST__INIT;

        request.id = guest->cart_id;
        start(chain, &shop_cart_get_cart_method, &request, guest->token);
}

/* The first call of the chain, or the one after the last; or the chain ends. */
static void next(struct chain *chain)
{
        static const enum kind kinds[10] = {KIND_ADJUST, KIND_ADJUST, KIND_RECEIVE, KIND_SET_CART,
                KIND_READ_STOCK, KIND_READ_STOCK, KIND_READ_ALL, KIND_READ_ALL, KIND_READ_CART,
                KIND_READ_CART};
        static void (*const starts[])(struct chain *) = {
                [KIND_ADJUST] = start_adjust,
                [KIND_RECEIVE] = start_receive,
                [KIND_SET_CART] = start_set_cart,
                [KIND_READ_STOCK] = start_read_stock,
                [KIND_READ_ALL] = start_read_stock,
                [KIND_READ_CART] = start_read_cart,
        };
        size_t number = atomic_fetch_add(&chain->run->taken, 1);

        if (number >= CALLS) {
                sem_post(&chain->run->ended);
                return;
        }
        struct op *op = &chain->run->ops[number];

        chain->op = op;
        op->kind = kinds[random_below(&chain->random, 10)];
        if (op->kind == KIND_SET_CART || op->kind == KIND_READ_CART)
                op->row = (uint8_t)random_below(&chain->random, CARTS);
        else if (op->kind != KIND_READ_ALL)
                op->row = (uint8_t)random_below(&chain->random, STOCKS);
        op->amount = 1 + (int32_t)random_below(&chain->random, 50);
        if (op->kind == KIND_ADJUST && random_below(&chain->random, 2) == 0)
                op->amount = -op->amount;
        starts[op->kind](chain);
}

/* Returns how long it took. */
static int64_t make_history(struct run *run, const struct daemon *daemon)
{
        struct shop_channel *channels[CHANNELS];
        struct chain *chains = calloc(CHANNELS * CHAINS, sizeof(*chains));
        int64_t start_us = clock_monotonic_us();

        for (size_t i = 0; i < CHANNELS; i++)
                channels[i] = live_channel(daemon->url, daemon->token);
        for (size_t i = 0; i < CHANNELS * CHAINS; i++) {
                chains[i] = (struct chain){.run = run, .channel = channels[i % CHANNELS]};
                random_seed(&chains[i].random, i);
                next(&chains[i]);
        }
        for (size_t i = 0; i < CHANNELS * CHAINS; i++)
                sem_wait(&run->ended);
        int64_t took_us = clock_monotonic_us() - start_us;

        for (size_t i = 0; i < CHANNELS; i++)
                shop_channel_close(channels[i]);
        free(chains);
        return took_us;
}

static void open_rows(struct run *run, const struct daemon *daemon)
{
        struct shop_channel *channel = live_channel(daemon->url, daemon->token);

        storefront_open(&run->storefront, channel, STOCKS, INITIAL_UNITS);
        for (size_t i = 0; i < CARTS; i++) {
                guest_enter(&run->guests[i], channel, &run->storefront);
                guest_add(&run->guests[i], channel, run->storefront.variant_ids[0], 1);
        }
        shop_channel_close(channel);
}

static void initial_values(int64_t values[VALUES])
{
        for (size_t i = 0; i < VALUES; i++)
                values[i] = i < STOCKS ? INITIAL_UNITS : 1;
}

/* ---- what the check must see ---- */

static struct op *find(struct run *run, enum kind kind)
{
        for (size_t i = CALLS / 2; i < CALLS; i++)
                if (run->ops[i].kind == kind)
                        return &run->ops[i];
        live_fail("the history has no call of kind %d", (int)kind);
}

static void spoil_value(struct run *run)
{
        find(run, KIND_READ_ALL)->seen[STOCKS - 1]++;
}

static void spoil_lost_write(struct run *run)
{
        find(run, KIND_RECEIVE)->amount = 0;
}

static void spoil_same_sequence(struct run *run)
{
        find(run, KIND_ADJUST)->sequence = find(run, KIND_SET_CART)->sequence;
}

/* It explains all answers, but was not so. */
static void spoil_time(struct run *run)
{
        run->ops[CALLS - 1].end_us = find(run, KIND_ADJUST)->start_us - 1;
}

static void expect_seen(struct run *run, const struct op *history, void (*spoil)(struct run *))
{
        int64_t values[VALUES];

        memcpy(run->ops, history, CALLS * sizeof(*history));
        spoil(run);
        initial_values(values);
        if (history_check(run->ops, CALLS, values) == NULL)
                live_fail("a spoilt history was not seen");
}

static void expect_all_seen(struct run *run)
{
        struct op *history = calloc(CALLS, sizeof(*history));

        memcpy(history, run->ops, CALLS * sizeof(*history));
        expect_seen(run, history, spoil_value);
        expect_seen(run, history, spoil_lost_write);
        expect_seen(run, history, spoil_same_sequence);
        expect_seen(run, history, spoil_time);
        free(history);
}

int main(int argc, char **argv)
{
        struct run *run = calloc(1, sizeof(*run));
        struct daemon daemon;
        int64_t values[VALUES];

        if (argc != 2)
                live_fail("usage: test_history SHOPD");
        run->ops = calloc(CALLS, sizeof(*run->ops));
        sem_init(&run->ended, 0, 0);
        daemon_init(&daemon, argv[1]);
        daemon_start(&daemon, NULL);
        daemon_wait(&daemon);
        open_rows(run, &daemon);
        int64_t took_us = make_history(run, &daemon);

        initial_values(values);
        const char *wrong = history_check(run->ops, CALLS, values);

        if (wrong != NULL)
                live_fail("%s", wrong);
        expect_all_seen(run);
        if (daemon_stop(&daemon) != 0)
                live_fail("shopd did not stop well");
        daemon_release(&daemon);
        printf("%d calls over %d rows, %.0f a second, strictly serialisable\n", CALLS, VALUES,
                CALLS * 1e6 / (double)took_us);
        free(run->ops);
        free(run);
        return 0;
}
