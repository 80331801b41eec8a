/*
 * What the server has of this replay already: a few lists, read once at the start. Refused: a
 * file of our own beside the input, which could disagree with the server after a kill.
 */
#include <string.h>
#include "aftersales.client.h"
#include "checkout.client.h"
#include "supply.client.h"
#include "tools/shopctl/replay/replay.h"

#define PAGE_SIZE 1000

void known_put(struct replay *replay, struct known *known, const char *external_id, const char *id,
        int state, int payment)
{
        uint32_t number;

        if (known->names.arena == NULL)
                names_init(&known->names, replay->arena);
        number = names_number(&known->names, external_id);
        if (number >= known->capacity) {
                size_t size = sizeof *known->rows;
                size_t capacity = known->capacity * 2 + 64;

                known->rows = arena_grow(
                        replay->arena, known->rows, known->capacity * size, capacity * size);
                known->capacity = capacity;
        }
        known->rows[number] = (struct known_row){
                .id = arena_text(replay->arena, id), .state = state, .payment = payment};
}

const struct known_row *known_get(const struct known *known, const char *external_id)
{
        uint32_t number = names_find(&known->names, external_id);

        return number == UINT32_MAX ? NULL : &known->rows[number];
}

static void take_orders(void *context, const ProtobufCMessage *page)
{
        struct replay *replay = context;
        const Shop__ListAllOrdersResponse *response = (const Shop__ListAllOrdersResponse *)page;

        for (size_t i = 0; i < response->n_orders; i++) {
                const Shop__Order *order = response->orders[i];

                known_put(replay, &replay->orders, order->external_id, order->id,
                        (int)order->fulfilment_state, (int)order->payment_state);
        }
}

static void take_receipts(void *context, const ProtobufCMessage *page)
{
        struct replay *replay = context;
        const Shop__ListGoodsReceiptsResponse *response =
                (const Shop__ListGoodsReceiptsResponse *)page;

        for (size_t i = 0; i < response->n_goods_receipts; i++)
                known_put(replay, &replay->receipts, response->goods_receipts[i]->external_id,
                        response->goods_receipts[i]->id, 0, 0);
}

static void take_adjustments(void *context, const ProtobufCMessage *page)
{
        struct replay *replay = context;
        const Shop__ListStockAdjustmentsResponse *response =
                (const Shop__ListStockAdjustmentsResponse *)page;

        for (size_t i = 0; i < response->n_stock_adjustments; i++)
                known_put(replay, &replay->adjustments, response->stock_adjustments[i]->external_id,
                        response->stock_adjustments[i]->id, 0, 0);
}

static void take_cases(void *context, const ProtobufCMessage *page)
{
        struct replay *replay = context;
        const Shop__ListAllReturnsResponse *response = (const Shop__ListAllReturnsResponse *)page;

        for (size_t i = 0; i < response->n_return_cases; i++)
                known_put(replay, &replay->cases, response->return_cases[i]->external_id,
                        response->return_cases[i]->id, (int)response->return_cases[i]->state, 0);
}

static void take_goodwill(void *context, const ProtobufCMessage *page)
{
        struct replay *replay = context;
        const Shop__ListGoodwillCreditsResponse *response =
                (const Shop__ListGoodwillCreditsResponse *)page;

        for (size_t i = 0; i < response->n_goodwill_credits; i++)
                known_put(replay, &replay->goodwill, response->goodwill_credits[i]->external_id,
                        response->goodwill_credits[i]->id, 0, 0);
}

bool known_load(struct replay *replay)
{
        Shop__ListAllOrdersRequest orders = SHOP__LIST_ALL_ORDERS_REQUEST__INIT;
        Shop__ListGoodsReceiptsRequest receipts = SHOP__LIST_GOODS_RECEIPTS_REQUEST__INIT;
        Shop__ListStockAdjustmentsRequest adjustments = SHOP__LIST_STOCK_ADJUSTMENTS_REQUEST__INIT;
        Shop__ListAllReturnsRequest cases = SHOP__LIST_ALL_RETURNS_REQUEST__INIT;
        Shop__ListGoodwillCreditsRequest goodwill = SHOP__LIST_GOODWILL_CREDITS_REQUEST__INIT;

        orders.page_size = PAGE_SIZE;
        receipts.page_size = PAGE_SIZE;
        adjustments.page_size = PAGE_SIZE;
        cases.page_size = PAGE_SIZE;
        goodwill.page_size = PAGE_SIZE;
        return replay_pages(replay, &shop_checkout_list_all_orders_method, &orders.base,
                       take_orders, replay) &&
               replay_pages(replay, &shop_supply_list_goods_receipts_method, &receipts.base,
                       take_receipts, replay) &&
               replay_pages(replay, &shop_supply_list_stock_adjustments_method, &adjustments.base,
                       take_adjustments, replay) &&
               replay_pages(replay, &shop_aftersales_list_all_returns_method, &cases.base,
                       take_cases, replay) &&
               replay_pages(replay, &shop_aftersales_list_goodwill_credits_method, &goodwill.base,
                       take_goodwill, replay);
}

void known_release(struct replay *replay)
{
        struct known *all[] = {&replay->orders, &replay->receipts, &replay->adjustments,
                &replay->cases, &replay->goodwill};

        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
                if (all[i]->names.arena != NULL)
                        names_release(&all[i]->names);
}
