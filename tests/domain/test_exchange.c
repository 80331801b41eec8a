/*
 * Exchanges without a difference and with one in the customer's favour (rule 11). Three mugs paid
 * 1.34, 1.33 and 1.33 with 0.23, 0.22 and 0.22 of tax; a mug alone costs 1.33, a bowl 24.00 and a
 * gift nothing. That every chain adds up is proved by verify when the stall is closed.
 */
#include "tests/domain/stall.h"

#include "catalog.rows.h"
#include "internal.rows.h"

#define EXCHANGE                                                                                   \
        "{'order_id':'%s','reason':'other size','type':'RETURN_TYPE_EXCHANGE',"                    \
        "'lines':[{'order_line_number':%d,'quantity':%d,'replacement_variant_id':'%s'}]}"
#define APPLY   "{'order_id':'%s','reason':'no','lines':[{'order_line_number':%d,'quantity':%d}]}"
#define APPROVE "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}"
#define BY_ID   "{'id':'%s'}"
#define LINE    "{'order_id':'%s','lines':[{'order_line_number':%d,'quantity':1}]}"

static struct refusal failed(const char *method, const char *reason)
{
        return (struct refusal){method, FAILED_PRECONDITION, reason};
}

static const char *delivered(struct stall *stall, struct basket basket)
{
        const char *order_id = stall_sell(stall, stall->alice, basket);

        stall_deliver(stall, order_id);
        return order_id;
}

static const char *apply(struct stall *stall, const char *order_id, int line, int quantity)
{
        const ReturnCase *row = stall_ok(stall, stall->alice, "aftersales.ApplyReturn", EXCHANGE,
                order_id, line, quantity, "");

        return row->id;
}

static const ReturnCase *approve(struct stall *stall, const char *case_id)
{
        return stall_ok(stall, stall_staff(stall, ROLE_SERVICE_AGENT), "aftersales.ReviewReturn",
                APPROVE, case_id);
}

/* Exchanges units of a line for the same variant and delivers them; the new line's number. */
static int exchange(struct stall *stall, const char *order_id, int line, int quantity)
{
        const char *id = apply(stall, order_id, line, quantity);
        const ReturnCase *row = approve(stall, id);
        int number = row->lines[0]->replacement_line_number;

        stall_bring_back(stall, id);
        stall_refund(stall, id);
        stall_track(stall, stall_ship(stall, order_id), id, "TRACKING_KIND_DELIVERED", 0);
        return number;
}

static void give_back(struct stall *stall, const char *order_id, int line, int quantity)
{
        const ReturnCase *row = stall_ok(
                stall, stall->alice, "aftersales.ApplyReturn", APPLY, order_id, line, quantity);
        const char *id = row->id;

        approve(stall, id);
        stall_bring_back(stall, id);
        stall_refund(stall, id);
}

/* ---- the same variant ---- */

static void the_same_variant_stands_for_what_its_units_paid(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = delivered(&stall, (struct basket){{3, 0, 0}});
        const ReturnCase *row = stall_ok(
                &stall, stall.alice, "aftersales.ApplyReturn", EXCHANGE, order_id, 1, 2, "");

        assert_int_equal(row->refund_minor, 267);
        assert_int_equal(row->replacement_minor, 267);
        assert_int_equal(row->exchanged_minor, 0);
        assert_int_equal(stall_order(&stall, order_id)->n_lines, 1);
        row = approve(&stall, row->id);
        assert_int_equal(row->exchanged_minor, 267);
        assert_int_equal(row->due_minor, 0);
        const Order *order = stall_order(&stall, order_id);
        const OrderLine *line = order->lines[1];

        assert_int_equal(order->n_lines, 2);
        assert_string_equal(line->return_case_id, row->id);
        assert_string_equal(line->sku, "MUG");
        assert_true(line->awaits_return);
        assert_int_equal(line->quantity, 2);
        assert_int_equal(line->gross_minor, 267);
        assert_int_equal(line->taxes[0]->amount_minor, 45);
        assert_int_equal(line->net_minor, 222);
        assert_int_equal(order->lines[0]->exchanged_minor, 267);
        assert_int_equal(order->exchanged_minor, 267);
        assert_int_equal(order->gross_minor, 400);
        assert_int_equal(order->due_minor, 0);
        assert_int_equal(order->payment_state, PAYMENT_STATE_PAID);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->allocated, 2);
        stall_close(&stall);
}

static void a_replacement_waits_for_the_parcel(void **state)
{
        struct stall stall = stall_open();
        struct persona warehouse = stall_staff(&stall, ROLE_WAREHOUSE);
        const char *order_id = delivered(&stall, (struct basket){{3, 0, 0}});
        const char *id = apply(&stall, order_id, 1, 1);

        approve(&stall, id);
        const struct error *error = stall_refused(&stall, warehouse,
                failed("fulfilment.CreateShipment", "LINE_HELD"), LINE, order_id, 2);

        assert_string_equal(stall_fact(error, "line"), "2");
        stall_refused(&stall, warehouse, failed("fulfilment.CreateShipment", "NOTHING_TO_SHIP"),
                "{'order_id':'%s'}", order_id);
        stall_refused(&stall, stall.alice, failed("checkout.CancelOrder", "LINE_HELD"),
                "{'id':'%s','lines':[{'number':2,'quantity':1}]}", order_id);
        stall_refused(&stall, stall.alice, failed("checkout.CancelOrder", "UNITS_NOT_OPEN"), BY_ID,
                order_id);
        stall_bring_back(&stall, id);
        assert_int_equal(stall_refund(&stall, id)->state, RETURN_STATE_REFUNDED);
        const Order *order = stall_order(&stall, order_id);

        assert_int_equal(order->refunded_minor, 0);
        assert_int_equal(order->fulfilment_state, FULFILMENT_STATE_PARTLY_SHIPPED);
        stall_deliver(&stall, order_id);
        assert_int_equal(
                stall_order(&stall, order_id)->fulfilment_state, FULFILMENT_STATE_DELIVERED);
        /* Once for the order, once for what replaced a part of it. */
        assert_int_equal(shop_event_count(stall.shop, "order.line_added"), 1);
        stall_close(&stall);
}

/* Replacements are replaced and returned; in all as much goes back as was paid. */
static void a_chain_refunds_what_was_paid(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = delivered(&stall, (struct basket){{3, 0, 0}});

        assert_int_equal(exchange(&stall, order_id, 1, 2), 2);
        assert_int_equal(exchange(&stall, order_id, 2, 1), 3);
        assert_int_equal(exchange(&stall, order_id, 3, 1), 4);
        assert_int_equal(stall_order(&stall, order_id)->gross_minor, 400);
        stall_refused(&stall, stall.alice, failed("aftersales.ApplyReturn", "UNITS_NOT_DELIVERED"),
                APPLY, order_id, 3, 1);
        give_back(&stall, order_id, 4, 1);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 134);
        give_back(&stall, order_id, 2, 1);
        give_back(&stall, order_id, 1, 1);
        const Order *order = stall_order(&stall, order_id);

        assert_int_equal(order->refunded_minor, 400);
        assert_int_equal(order->payment_state, PAYMENT_STATE_REFUNDED);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->on_hand, 10);
        stall_close(&stall);
}

/* Looked at and not sent yet, it is cancelled like anything else. */
static void a_replacement_is_cancelled_for_what_it_stands_for(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = delivered(&stall, (struct basket){{3, 0, 0}});
        const char *id = apply(&stall, order_id, 1, 2);

        approve(&stall, id);
        stall_bring_back(&stall, id);
        const Order *order = stall_ok(&stall, stall.alice, "checkout.CancelOrder",
                "{'id':'%s','lines':[{'number':2,'quantity':2}]}", order_id);

        assert_int_equal(order->refunded_minor, 267);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->allocated, 0);
        stall_refund(&stall, id);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 267);
        stall_close(&stall);
}

/* ---- another variant, for less ---- */

#define LINES_MAX 3

/* What each line of the order is exchanged for, all of its units. */
static const struct favour {
        struct basket basket;
        enum ware wanted[LINES_MAX];
        int64_t costs;
        int64_t exchanged[LINES_MAX];
        int64_t refunded[LINES_MAX];
} favours[] = {
        {{{0, 1, 0}}, {WARE_MUG}, 133, {133}, {2267}},
        {{{3, 0, 0}}, {WARE_GIFT}, 0, {0}, {400}},
        {{{1, 1, 0}}, {WARE_BOWL, WARE_MUG}, 2533, {133, 2400}, {0, 0}},
        {{{3, 1, 0}}, {WARE_GIFT, WARE_MUG}, 133, {19, 114}, {381, 2286}},
        {{{0, 2, 2}}, {WARE_MUG, WARE_MUG}, 532, {532, 0}, {4268, 0}},
};

static const char *apply_all(struct stall *stall, const char *order_id, const struct favour *favour)
{
        const Order *order = stall_order(stall, order_id);
        const char *lines = "";

        for (size_t i = 0; i < order->n_lines; i++)
                lines = arena_printf(shop_arena(stall->shop),
                        "%s%s{'order_line_number':%zu,'quantity':%d,'replacement_variant_id':'%s'}",
                        lines, i == 0 ? "" : ",", i + 1, (int)order->lines[i]->quantity,
                        stall->variant_ids[favour->wanted[i]]);
        const ReturnCase *row = stall_ok(stall, stall->alice, "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'x','type':'RETURN_TYPE_EXCHANGE','lines':[%s]}",
                order_id, lines);

        return row->id;
}

static void what_is_left_is_refunded_after_the_inspection(void **state)
{
        for (size_t i = 0; i < sizeof(favours) / sizeof(favours[0]); i++) {
                const struct favour *favour = &favours[i];
                struct stall stall = stall_open();
                const char *order_id = delivered(&stall, favour->basket);
                const char *id = apply_all(&stall, order_id, favour);
                const ReturnCase *row = approve(&stall, id);
                int64_t exchanged = 0, refunded = 0;

                assert_int_equal(row->replacement_minor, favour->costs);
                assert_int_equal(row->due_minor, 0);
                assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 0);
                stall_bring_back(&stall, id);
                assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 0);
                row = stall_refund(&stall, id);
                const Order *order = stall_order(&stall, order_id);

                for (size_t k = 0; k < row->n_lines; k++) {
                        assert_int_equal(order->lines[k]->exchanged_minor, favour->exchanged[k]);
                        assert_int_equal(order->lines[k]->refunded_minor, favour->refunded[k]);
                        exchanged += favour->exchanged[k];
                        refunded += favour->refunded[k];
                }
                assert_int_equal(row->exchanged_minor, exchanged);
                assert_int_equal(order->refunded_minor, refunded);
                assert_int_equal(order->gross_minor, order->captured_minor);
                stall_close(&stall);
        }
}

/* Today's price is that of the approval. */
static void another_variant_is_priced_when_it_is_approved(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = stall_staff(&stall, ROLE_PRODUCT_SPECIALIST);
        const char *order_id = delivered(&stall, (struct basket){{0, 1, 0}});
        const ReturnCase *row = stall_ok(&stall, stall.alice, "aftersales.ApplyReturn", EXCHANGE,
                order_id, 1, 1, stall.variant_ids[WARE_MUG]);
        const char *id = row->id;

        assert_int_equal(row->replacement_minor, 133);
        shop_advance(stall.shop, MINUTE_US);
        stall_ok(&stall, staff, "catalog.CreatePrice",
                "{'price':{'variant_id':'%s','price_list_id':'%s','amount_minor':222,"
                "'quantity_min':1,'start_time':'2001-01-01T00:00:00Z'}}",
                stall.variant_ids[WARE_MUG], stall.price_list_id);
        row = approve(&stall, id);
        assert_int_equal(row->replacement_minor, 266);
        assert_int_equal(row->lines[0]->replacement_minor, 266);
        stall_close(&stall);
}

/* ---- what cannot be exchanged ---- */

static void what_cannot_be_sent_is_refused(void **state)
{
        struct stall stall = stall_open();
        struct persona agent = stall_staff(&stall, ROLE_SERVICE_AGENT);
        struct persona staff = stall_staff(&stall, ROLE_PRODUCT_SPECIALIST);
        const char *order_id = delivered(&stall, (struct basket){{6, 0, 0}});
        const Variant *unpriced = stall_ok(&stall, staff, "catalog.CreateVariant",
                "{'variant':{'product_id':'%s','sku':'NEW'}}", stall.product_id);
        const char *id = apply(&stall, order_id, 1, 5);

        stall_refused(&stall, stall.alice, failed("aftersales.ApplyReturn", "NO_PRICE"), EXCHANGE,
                order_id, 1, 1, unpriced->id);
        stall_refused(&stall, stall.alice,
                (struct refusal){"aftersales.ApplyReturn", NOT_FOUND, "VARIANT_NOT_FOUND"},
                EXCHANGE, order_id, 1, 1, "nothing");
        stall_refused(&stall, stall.alice,
                (struct refusal){"aftersales.ApplyReturn", INVALID_ARGUMENT, "NOT_ALLOWED"},
                "{'order_id':'%s','reason':'x','lines':[{'order_line_number':1,'quantity':1,"
                "'replacement_variant_id':'%s'}]}",
                order_id, stall.variant_ids[WARE_BOWL]);
        /* Four mugs are left. */
        stall_refused(
                &stall, agent, failed("aftersales.ReviewReturn", "OUT_OF_STOCK"), APPROVE, id);
        assert_int_equal(stall_order(&stall, order_id)->n_lines, 1);
        stall_ok(&stall, agent, "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_REJECT','reject_reason':'sold out'}", id);
        stall_ok(&stall, staff, "catalog.DelistProduct", BY_ID, stall.product_id);
        stall_refused(&stall, stall.alice, failed("aftersales.ApplyReturn", "NOT_ON_SALE"),
                EXCHANGE, order_id, 1, 1, stall.variant_ids[WARE_BOWL]);
        /* The same variant is owed, on sale or not. */
        approve(&stall, apply(&stall, order_id, 1, 4));
        stall_close(&stall);
}

/* ---- what does not come back ---- */

static void assert_as_before(struct stall *stall, const char *order_id)
{
        const Order *order = stall_order(stall, order_id);

        assert_int_equal(order->gross_minor, 400);
        assert_int_equal(order->lines[0]->exchanged_minor, 0);
        assert_int_equal(order->refunded_minor, 0);
        assert_int_equal(order->fulfilment_state, FULFILMENT_STATE_DELIVERED);
        assert_int_equal(order->aftersales_state, AFTERSALES_STATE_CLOSED);
        assert_int_equal(stall_units(stall, order_id, 1, UNIT_STATE_DELIVERED), 3);
        assert_int_equal(stall_units(stall, order_id, 2, UNIT_STATE_CANCELLED), 2);
        assert_int_equal(stall_stock(stall, WARE_MUG, stall->main_id)->allocated, 0);
        assert_int_equal(shop_event_count(stall->shop, "order.delivered"), 1);
}

static void a_parcel_is_awaited_for_fourteen_days(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = delivered(&stall, (struct basket){{3, 0, 0}});
        const char *id = apply(&stall, order_id, 1, 2);
        const ReturnCase *row = approve(&stall, id);
        int64_t end_us = time_us(row->expire_time);

        assert_true(end_us > shop_now_us(stall.shop) + 14 * DAY_US);
        assert_true(end_us <= shop_now_us(stall.shop) + 15 * DAY_US);
        shop_advance(stall.shop, end_us - shop_now_us(stall.shop) - SECOND_US);
        assert_int_equal(return_case_get(shop_read(stall.shop), id)->state, RETURN_STATE_APPROVED);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->allocated, 2);
        shop_advance(stall.shop, SECOND_US);
        row = return_case_get(shop_read(stall.shop), id);
        assert_int_equal(row->state, RETURN_STATE_EXPIRED);
        assert_true(row->given_up);
        assert_as_before(&stall, order_id);
        stall_refused(&stall, stall_staff(&stall, ROLE_WAREHOUSE),
                failed("aftersales.ReceiveReturn", "RETURN_NOT_APPROVED"),
                "{'id':'%s','location_id':'%s'}", id, stall.main_id);
        assert_int_equal(exchange(&stall, order_id, 1, 3), 3);
        stall_close(&stall);
}

static void the_days_are_the_shops_terms(void **state)
{
        struct stall stall = stall_open();

        shop_terms(stall.shop)->exchange_days = 0;
        const char *order_id = delivered(&stall, (struct basket){{3, 0, 0}});
        const char *id = apply(&stall, order_id, 1, 2);

        approve(&stall, id);
        shop_advance(stall.shop, DAY_US);
        assert_int_equal(return_case_get(shop_read(stall.shop), id)->state, RETURN_STATE_EXPIRED);
        stall_close(&stall);
}

static void a_parcel_that_came_ends_the_wait(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = delivered(&stall, (struct basket){{3, 0, 0}});
        const char *id = apply(&stall, order_id, 1, 2);

        approve(&stall, id);
        assert_true(scheduled_call_has(shop_read(stall.shop), "aftersales.ExpireExchange", id));
        stall_bring_back(&stall, id);
        assert_false(scheduled_call_has(shop_read(stall.shop), "aftersales.ExpireExchange", id));
        shop_advance(stall.shop, 30 * DAY_US);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->allocated, 2);
        stall_refund(&stall, id);
        stall_close(&stall);
}

static void a_withdrawn_exchange_leaves_nothing(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = delivered(&stall, (struct basket){{3, 0, 0}});
        const char *id = apply(&stall, order_id, 1, 2);

        approve(&stall, id);
        stall_ok(&stall, stall.alice, "aftersales.WithdrawReturn", BY_ID, id);
        assert_as_before(&stall, order_id);
        shop_advance(stall.shop, 30 * DAY_US);
        assert_int_equal(return_case_get(shop_read(stall.shop), id)->state, RETURN_STATE_WITHDRAWN);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_same_variant_stands_for_what_its_units_paid),
                cmocka_unit_test(a_replacement_waits_for_the_parcel),
                cmocka_unit_test(a_chain_refunds_what_was_paid),
                cmocka_unit_test(a_replacement_is_cancelled_for_what_it_stands_for),
                cmocka_unit_test(what_is_left_is_refunded_after_the_inspection),
                cmocka_unit_test(another_variant_is_priced_when_it_is_approved),
                cmocka_unit_test(what_cannot_be_sent_is_refused),
                cmocka_unit_test(a_parcel_is_awaited_for_fourteen_days),
                cmocka_unit_test(the_days_are_the_shops_terms),
                cmocka_unit_test(a_parcel_that_came_ends_the_wait),
                cmocka_unit_test(a_withdrawn_exchange_leaves_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
