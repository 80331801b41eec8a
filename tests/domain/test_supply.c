/*
 * Stock: what movements do to figures, how far it may be sold, and that verify adds it up.
 */
#include <string.h>
#include "catalog.rows.h"
#include "server/supply/supply.h"
#include "supply.rows.h"
#include "tests/domain/stall.h"

static struct persona warehouse(struct stall *stall)
{
        return shop_as(stall->shop, ROLE_WAREHOUSE);
}

/* A call of somebody else's method, for the functions that other domains use. */
static struct call call_in(struct stall *stall, struct txn *txn)
{
        struct call call = {
                .arena = shop_arena(stall->shop),
                .txn = txn,
                .now_us = shop_now_us(stall->shop),
        };

        error_init(&call.error, call.arena);
        return call;
}

static int64_t available(struct stall *stall, enum ware ware)
{
        const BatchGetAvailabilityResponse *response = stall_ok(stall, shop_nobody(),
                "supply.BatchGetAvailability", "{'variant_ids':['%s']}", stall->variant_ids[ware]);

        assert_int_equal(response->n_availabilities, 1);
        return response->availabilities[0]->available;
}

static void set_threshold(struct stall *stall, enum ware ware, const char *location_id, int to)
{
        stall_ok(stall, warehouse(stall), "supply.SetStockThreshold",
                "{'variant_id':'%s','location_id':'%s','threshold':'%d'}", stall->variant_ids[ware],
                location_id, to);
}

/* ---- receipts and adjustments ---- */

static void goods_are_received_once(void **state)
{
        struct stall stall = stall_open();
        const char *request =
                "{'location_id':'%s','external_id':'R-1','lines':["
                "{'variant_id':'%s','quantity':5},{'variant_id':'%s','quantity':%d}]}";
        const GoodsReceipt *first =
                stall_ok(&stall, warehouse(&stall), "supply.ReceiveGoods", request, stall.main_id,
                        stall.variant_ids[WARE_MUG], stall.variant_ids[WARE_BOWL], 7);
        const struct refusal reused = {"supply.ReceiveGoods", ALREADY_EXISTS, "EXTERNAL_ID_REUSED"};

        assert_int_equal(first->line_count, 2);
        assert_int_equal(first->unit_count, 12);
        shop_restart(stall.shop);
        const GoodsReceipt *again =
                stall_ok(&stall, warehouse(&stall), "supply.ReceiveGoods", request, stall.main_id,
                        stall.variant_ids[WARE_MUG], stall.variant_ids[WARE_BOWL], 7);

        assert_string_equal(again->id, first->id);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->on_hand, 15);
        stall_refused(&stall, warehouse(&stall), reused, request, stall.main_id,
                stall.variant_ids[WARE_MUG], stall.variant_ids[WARE_BOWL], 8);
        stall_refused(&stall, warehouse(&stall), reused, request, stall.far_id,
                stall.variant_ids[WARE_MUG], stall.variant_ids[WARE_BOWL], 7);
        stall_refused(&stall, stall.alice,
                (struct refusal){"supply.ReceiveGoods", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"},
                request, stall.main_id, stall.variant_ids[WARE_MUG], stall.variant_ids[WARE_BOWL],
                7);
        struct error *error = stall_refused(&stall, warehouse(&stall),
                (struct refusal){"supply.ReceiveGoods", INVALID_ARGUMENT, "TOO_SMALL"},
                "{'location_id':'%s','lines':[{'variant_id':'%s','quantity':-1}]}", stall.main_id,
                stall.variant_ids[WARE_MUG]);

        assert_string_equal(error->violations->field, "lines[0].quantity");
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->on_hand, 15);
        stall_close(&stall);
}

static void adjustments_correct_what_lies_there(void **state)
{
        struct stall stall = stall_open();
        const char *request = "{'variant_id':'%s','location_id':'%s','quantity':'%d',"
                              "'reason':'count','external_id':'%s'}";
        const char *mug = stall.variant_ids[WARE_MUG];
        const StockAdjustment *first = stall_ok(&stall, warehouse(&stall), "supply.AdjustStock",
                request, mug, stall.main_id, -4, "A-1");
        const StockAdjustment *again = stall_ok(&stall, warehouse(&stall), "supply.AdjustStock",
                request, mug, stall.main_id, -4, "A-1");

        assert_string_equal(again->id, first->id);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->on_hand, 6);
        stall_refused(&stall, warehouse(&stall),
                (struct refusal){"supply.AdjustStock", ALREADY_EXISTS, "EXTERNAL_ID_REUSED"},
                request, mug, stall.main_id, -3, "A-1");
        stall_refused(&stall, warehouse(&stall),
                (struct refusal){"supply.AdjustStock", ALREADY_EXISTS, "EXTERNAL_ID_REUSED"},
                "{'variant_id':'%s','location_id':'%s','quantity':'-4','reason':'breakage',"
                "'external_id':'A-1'}",
                mug, stall.main_id);
        struct error *error = stall_refused(&stall, warehouse(&stall),
                (struct refusal){"supply.AdjustStock", FAILED_PRECONDITION, "NOT_ON_HAND"}, request,
                mug, stall.main_id, -7, "A-2");

        assert_string_equal(stall_fact(error, "sku"), "MUG");
        assert_string_equal(stall_fact(error, "would_be"), "-1");
        error = stall_refused(&stall, warehouse(&stall),
                (struct refusal){"supply.AdjustStock", INVALID_ARGUMENT, "REQUIRED"}, request, mug,
                stall.main_id, 0, "A-2");
        assert_string_equal(error->violations->field, "quantity");
        /* A find where there was nothing makes the row. */
        stall_ok(&stall, warehouse(&stall), "supply.AdjustStock", request, mug, stall.far_id, 2,
                "A-3");
        assert_int_equal(available(&stall, WARE_MUG), 8);
        stall_close(&stall);
}

/* ---- thresholds ---- */

static void thresholds_limit_what_can_be_ordered(void **state)
{
        const struct {
                int threshold[2]; /* at main and far; 10 bowls lie at each */
                int64_t available;
        } cases[] = {
                {{0, 0}, 20},
                {{3, 0}, 17},
                {{3, 4}, 13},
                {{15, 0}, 10}, /* a safety stock that is not reached takes nothing from others */
                {{-5, 0}, 25},
                {{-5, -5}, 30},
                {{15, 15}, 0},
        };
        struct stall stall = stall_open();

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                set_threshold(&stall, WARE_BOWL, stall.main_id, cases[i].threshold[0]);
                set_threshold(&stall, WARE_BOWL, stall.far_id, cases[i].threshold[1]);
                assert_int_equal(available(&stall, WARE_BOWL), cases[i].available);
        }
        /* Back-orders of what never was there. */
        set_threshold(&stall, WARE_MUG, stall.far_id, -2);
        assert_int_equal(available(&stall, WARE_MUG), 12);
        stall_refused(&stall, stall.alice,
                (struct refusal){
                        "supply.SetStockThreshold", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"},
                "{'variant_id':'%s','location_id':'%s'}", stall.variant_ids[WARE_MUG],
                stall.main_id);
        stall_close(&stall);
}

/* Releases what is reserved without an order, which verify would find. */
static void let_go(struct stall *stall, struct call *call, const char *variant_id)
{
        const char *places[] = {stall->main_id, stall->far_id};

        for (size_t i = 0; i < 2; i++) {
                const Stock *stock = stock_get(call->txn, variant_id, places[i]);

                if (stock != NULL && stock->reserved > 0)
                        assert_int_equal(supply_move(call, MOVEMENT_TYPE_RELEASE, variant_id,
                                                 places[i], stock->reserved, "order"),
                                OK);
        }
}

static void reservations_plan_over_locations(void **state)
{
        const struct {
                int64_t quantity;
                int main_threshold;
                size_t count;
                int64_t at_main, at_far;
        } cases[] = {
                {1, 0, 1, 1, 0}, {10, 0, 1, 10, 0},    /* the first location by priority */
                {10, 1, 1, 0, 10},                     /* one that has all, not the first */
                {11, 0, 2, 10, 1}, {20, 0, 2, 10, 10}, /* a split only when nobody has all */
                {19, 1, 2, 9, 10}, {13, -3, 1, 13, 0}, /* back-orders count as units */
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct stall stall = stall_open();

                set_threshold(&stall, WARE_BOWL, stall.main_id, cases[i].main_threshold);
                struct txn *txn = shop_write_begin(stall.shop);
                struct call call = call_in(&stall, txn);
                struct supply_holding *holdings;
                size_t count;
                int64_t at_main = 0, at_far = 0;

                assert_int_equal(supply_reserve(&call, stall.variant_ids[WARE_BOWL],
                                         cases[i].quantity, "order", &holdings, &count),
                        OK);
                assert_int_equal(count, cases[i].count);
                for (size_t n = 0; n < count; n++)
                        *(strcmp(holdings[n].location_id, stall.main_id) == 0 ? &at_main
                                                                              : &at_far) =
                                holdings[n].quantity;
                assert_int_equal(at_main, cases[i].at_main);
                assert_int_equal(at_far, cases[i].at_far);
                let_go(&stall, &call, stall.variant_ids[WARE_BOWL]);
                shop_write_end(stall.shop, txn);
                stall_close(&stall);
        }
}

static void demand_adds_up_until_nothing_is_left(void **state)
{
        struct stall stall = stall_open();
        struct txn *txn = shop_write_begin(stall.shop);
        struct call call = call_in(&stall, txn);
        struct supply_holding *holdings = NULL;
        size_t count = 0;
        const char *bowl = stall.variant_ids[WARE_BOWL];

        assert_int_equal(supply_reserve(&call, bowl, 12, "order", &holdings, &count), OK);
        assert_int_equal(supply_available(&call, bowl), 8);
        holdings = NULL;
        assert_int_equal(
                supply_reserve(&call, bowl, 9, "order", &holdings, &count), FAILED_PRECONDITION);
        assert_null(holdings);
        assert_string_equal(call.error.reason, "OUT_OF_STOCK");
        assert_string_equal(stall_fact(&call.error, "sku"), "BOWL");
        assert_string_equal(stall_fact(&call.error, "wanted"), "9");
        assert_string_equal(stall_fact(&call.error, "available"), "8");
        assert_int_equal(supply_reserve(&call, bowl, 8, "order", &holdings, &count), OK);
        assert_int_equal(supply_available(&call, bowl), 0);
        assert_int_equal(supply_on_hand(&call, bowl), 20);
        let_go(&stall, &call, bowl);
        shop_write_end(stall.shop, txn);
        stall_close(&stall);
}

/* ---- movements ---- */

static void movements_keep_figures_at_or_above_zero(void **state)
{
        const struct {
                MovementType type;
                int64_t quantity;
                const char *reason;                               /* NULL: it succeeds */
                int64_t on_hand, allocated, reserved, quarantine; /* after it */
        } steps[] = {
                {MOVEMENT_TYPE_RECEIVE, 5, NULL, 15, 0, 0, 0},
                {MOVEMENT_TYPE_RESERVE, 9, NULL, 15, 0, 9, 0},
                {MOVEMENT_TYPE_RELEASE, 10, "STOCK_FIGURE_NEGATIVE", 15, 0, 9, 0},
                {MOVEMENT_TYPE_RELEASE, 2, NULL, 15, 0, 7, 0},
                {MOVEMENT_TYPE_ALLOCATE, 8, "STOCK_FIGURE_NEGATIVE", 15, 0, 7, 0},
                {MOVEMENT_TYPE_ALLOCATE, 7, NULL, 15, 7, 0, 0},
                {MOVEMENT_TYPE_SHIP, 8, "STOCK_FIGURE_NEGATIVE", 15, 7, 0, 0},
                {MOVEMENT_TYPE_ADJUST, -10, NULL, 5, 7, 0, 0}, /* promised more than there is */
                {MOVEMENT_TYPE_SHIP, 6, "NOT_ON_HAND", 5, 7, 0, 0},
                {MOVEMENT_TYPE_SHIP, 5, NULL, 0, 2, 0, 0},
                {MOVEMENT_TYPE_DEALLOCATE, 2, NULL, 0, 0, 0, 0},
                {MOVEMENT_TYPE_RETURN, 3, NULL, 0, 0, 0, 3},
                {MOVEMENT_TYPE_RESTOCK, 4, "STOCK_FIGURE_NEGATIVE", 0, 0, 0, 3},
                {MOVEMENT_TYPE_RESTOCK, 2, NULL, 2, 0, 0, 1},
                {MOVEMENT_TYPE_SCRAP, 2, "STOCK_FIGURE_NEGATIVE", 2, 0, 0, 1},
                {MOVEMENT_TYPE_SCRAP, 1, NULL, 2, 0, 0, 0},
        };
        struct stall stall = stall_open();
        const char *mug = stall.variant_ids[WARE_MUG];

        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
                struct txn *txn = shop_write_begin(stall.shop);
                struct call call = call_in(&stall, txn);
                enum status status = supply_move(
                        &call, steps[i].type, mug, stall.main_id, steps[i].quantity, "document");

                shop_write_end(stall.shop, txn);
                assert_int_equal(status, steps[i].reason == NULL ? OK : FAILED_PRECONDITION);
                if (steps[i].reason != NULL)
                        assert_string_equal(call.error.reason, steps[i].reason);
                const Stock *stock = stall_stock(&stall, WARE_MUG, stall.main_id);

                assert_int_equal(stock->on_hand, steps[i].on_hand);
                assert_int_equal(stock->allocated, steps[i].allocated);
                assert_int_equal(stock->reserved, steps[i].reserved);
                assert_int_equal(stock->quarantine, steps[i].quarantine);
        }
        stall_close(&stall);
}

/* ---- proof ---- */

static void plant(struct stall *stall, void (*change)(struct txn *, Stock *))
{
        struct txn *txn = shop_write_begin(stall->shop);
        Stock *stock = stock_get(txn, stall->variant_ids[WARE_MUG], stall->main_id);

        change(txn, stock);
        shop_write_end(stall->shop, txn);
}

static void one_more(struct txn *txn, Stock *stock)
{
        stock->on_hand++;
        stock_update(txn, stock);
}

static void one_less(struct txn *txn, Stock *stock)
{
        stock->on_hand--;
        stock_update(txn, stock);
}

static void oversell(struct txn *txn, Stock *stock)
{
        Movement movement = MOVEMENT_INIT;

        movement.variant_id = stock->variant_id;
        movement.location_id = stock->location_id;
        movement.type = MOVEMENT_TYPE_RESERVE;
        movement.quantity = 11;
        movement_append(txn, &movement);
        stock->reserved += 11;
        stock_update(txn, stock);
}

static void let_go_again(struct txn *txn, Stock *stock)
{
        Movement movement = MOVEMENT_INIT;

        movement.variant_id = stock->variant_id;
        movement.location_id = stock->location_id;
        movement.type = MOVEMENT_TYPE_RELEASE;
        movement.quantity = 11;
        movement_append(txn, &movement);
        stock->reserved -= 11;
        stock_update(txn, stock);
}

static void assert_fault(struct stall *stall, const char *kind)
{
        const char *found = "";

        assert_int_equal(shop_verify(stall->shop, &found) > 0, kind[0] != '\0');
        assert_string_equal(found, kind);
}

static void verify_adds_up_the_movements(void **state)
{
        struct stall stall = stall_open();

        assert_fault(&stall, "");
        plant(&stall, one_more);
        assert_fault(&stall, "STOCK_SUM");
        plant(&stall, one_less);
        assert_fault(&stall, "");
        plant(&stall, oversell);
        assert_fault(&stall, "STOCK_OVERSOLD");
        /* Under a threshold of back-orders it is as it should be. */
        set_threshold(&stall, WARE_MUG, stall.main_id, -1);
        set_threshold(&stall, WARE_MUG, stall.main_id, 5);
        /* But no order holds it. */
        assert_fault(&stall, "STOCK_HELD");
        plant(&stall, let_go_again);
        assert_fault(&stall, "");
        stall_close(&stall);
}

static void verify_misses_a_stock_row(void **state)
{
        struct stall stall = stall_open();
        struct txn *txn = shop_write_begin(stall.shop);
        Stock *stock = stock_get(txn, stall.variant_ids[WARE_MUG], stall.main_id);

        stock_delete(txn, stock->variant_id, stock->location_id);
        shop_write_end(stall.shop, txn);
        assert_fault(&stall, "STOCK_MISSING");
        txn = shop_write_begin(stall.shop);
        stock_insert(txn, stock);
        shop_write_end(stall.shop, txn);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(goods_are_received_once),
                cmocka_unit_test(adjustments_correct_what_lies_there),
                cmocka_unit_test(thresholds_limit_what_can_be_ordered),
                cmocka_unit_test(reservations_plan_over_locations),
                cmocka_unit_test(demand_adds_up_until_nothing_is_left),
                cmocka_unit_test(movements_keep_figures_at_or_above_zero),
                cmocka_unit_test(verify_adds_up_the_movements),
                cmocka_unit_test(verify_misses_a_stock_row),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
