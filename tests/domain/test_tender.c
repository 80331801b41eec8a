/*
 * Points that pay for orders (rules 0 g, 7, 12 and 16): what a quote says of them, how they are
 * held, spent and released, and what comes back as points. Three mugs are 4.00 and a bowl 24.00, of
 * which points may pay half, 100 of them a pound, unless a test says otherwise.
 */
#include <string.h>
#include "insight_activity.rows.h"
#include "lib/base/money.h"
#include "server/loyalty/points.h"
#include "tests/domain/club.h"
#include "tests/domain/till.h"

#define QUOTE "{'cart_id':'%s','country_code':'GB'%s}"
#define PLACE "{'cart_id':'%s','fingerprint':'%s','delivery_address':{'country_code':'GB'}%s}"
#define EDIT  "{'id':'%s','edit':%s}"
#define BY_ID "{'id':'%s'}"
#define HALF  ",'tender_share':'0.5'"
#define MOST  ",'points_most':true"

static const struct basket mugs_and_bowl = {{3, 1, 0}};

/* A shop where alice has so many points. */
static struct stall open_with(int points, const char *programme)
{
        struct stall stall = stall_open();

        club_open(&stall, programme);
        club_give(&stall, "alice", points);
        return stall;
}

static const char *asking(struct stall *stall, int points)
{
        return arena_printf(shop_arena(stall->shop), ",'points':'%d'", points);
}

static const Quote *quote(struct stall *stall, const char *cart_id, const char *points)
{
        return stall_ok(stall, stall->alice, "checkout.GetQuote", QUOTE, cart_id, points);
}

static const char *place(struct stall *stall, struct basket basket, const char *points)
{
        const char *cart_id = stall_cart(stall, stall->alice, basket);
        const Order *order = stall_ok(stall, stall->alice, "checkout.PlaceOrder", PLACE, cart_id,
                quote(stall, cart_id, points)->fingerprint, points);

        return order->id;
}

static const char *sell(struct stall *stall, struct basket basket, const char *points)
{
        const char *order_id = place(stall, basket, points);

        stall_ok(stall, stall->alice, "payment.PayOrder", "{'order_id':'%s'}", order_id);
        shop_settle(stall->shop);
        return order_id;
}

static void cancel(struct stall *stall, const char *order_id, int line, int quantity)
{
        stall_ok(stall, stall->alice, "checkout.CancelOrder",
                "{'id':'%s','lines':[{'number':%d,'quantity':%d}]}", order_id, line, quantity);
}

/* Units of a line come back; the case as it was refunded. */
static const ReturnCase *send_back(
        struct stall *stall, const char *order_id, int line, int quantity)
{
        const ReturnCase *row = stall_ok(stall, stall->alice, "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'x','lines':[{'order_line_number':%d,'quantity':%d}]}",
                order_id, line, quantity);

        stall_ok(stall, shop_as(stall->shop, ROLE_SERVICE_AGENT), "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}", row->id);
        stall_bring_back(stall, row->id);
        return stall_refund(stall, row->id);
}

static void assert_account(struct stall *stall, int64_t available, int64_t held)
{
        assert_int_equal(club_account(stall, "alice").available, available);
        assert_int_equal(club_account(stall, "alice").held, held);
}

/* ---- what a quote says ---- */

struct asked {
        const char *points; /* as in the request */
        int64_t spent;
        const char *blocker; /* NULL: none */
};

/* proves: S100 refusal */
static const struct asked asks[] = {
        {"", 0, NULL},
        {",'points':'500'", 500, NULL},
        {",'points':'1400'", 1400, NULL},
        {",'points':'1401'", 0, "POINTS_LIMIT"},
        {",'points':'1501'", 0, "POINTS_NOT_AVAILABLE"},
        {MOST, 1400, NULL},
};

static void a_quote_tells_what_points_pay(void **state)
{
        struct stall stall = open_with(1500, HALF);
        const char *cart_id = stall_cart(&stall, stall.alice, mugs_and_bowl);

        for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
                const Quote *made = quote(&stall, cart_id, asks[i].points);

                assert_int_equal(made->payable_minor, 2800);
                assert_int_equal(made->tax_minor, 467);
                assert_int_equal(made->points, asks[i].spent);
                assert_int_equal(made->points_minor, asks[i].spent);
                assert_int_equal(made->due_minor, 2800 - asks[i].spent);
                assert_int_equal(made->n_blockers, asks[i].blocker != NULL);
                if (asks[i].blocker == NULL)
                        continue;
                assert_string_equal(made->blockers[0], asks[i].blocker);
                struct error *error = stall_refused(&stall, stall.alice,
                        stall_placing(FAILED_PRECONDITION, asks[i].blocker), PLACE, cart_id,
                        made->fingerprint, asks[i].points);

                assert_string_equal(error->violations->field, "points");
                assert_string_equal(stall_fact(error, "available"), "1500");
                assert_string_equal(stall_fact(error, "limit"), "1400");
        }
        /* Those that are quoted are those that are spent. */
        stall_refused(&stall, stall.alice, stall_placing(ABORTED, "QUOTE_CHANGED"), PLACE, cart_id,
                quote(&stall, cart_id, "")->fingerprint, MOST);
        stall_close(&stall);
}

static void assert_blocked(
        struct stall *stall, struct persona who, const char *points, const char *blocker)
{
        const char *cart_id = stall_cart(stall, who, mugs_and_bowl);
        const Quote *made = stall_ok(stall, who, "checkout.GetQuote", QUOTE, cart_id, points);

        assert_int_equal(made->n_blockers, 1);
        assert_string_equal(made->blockers[0], blocker);
        assert_int_equal(made->due_minor, 2800);
}

/* proves: S100 foreign */
static void who_has_none_spends_none(void **state)
{
        struct stall stall = stall_open();

        assert_blocked(&stall, stall.alice, MOST, "POINTS_NOT_OFFERED"); /* there is no programme */
        club_open(&stall, "");
        assert_blocked(&stall, stall.alice, MOST, "POINTS_NOT_OFFERED");
        club_open(&stall, HALF);
        club_give(&stall, "alice", 500);
        assert_blocked(
                &stall, shop_member(stall.shop, "bob"), ",'points':'1'", "POINTS_NOT_AVAILABLE");
        assert_blocked(&stall, shop_guest(stall.shop, "somebody"), MOST, "POINTS_GUEST");
        stall_refused(&stall, shop_member(stall.shop, "carol"),
                (struct refusal){"checkout.GetQuote", NOT_FOUND, "CART_NOT_FOUND"}, QUOTE,
                stall_cart(&stall, stall.alice, mugs_and_bowl), MOST);
        /* Points are worth something in the currencies that the programme names. */
        stall_ok(&stall, shop_as(stall.shop, ROLE_OPERATIONS), "loyalty.ActivateProgrammeVersion",
                BY_ID,
                ((const ProgrammeVersion *)stall_ok(&stall, shop_as(stall.shop, ROLE_OPERATIONS),
                         "loyalty.CreateProgrammeVersion",
                         "{'programme_version':{'title':'Elsewhere','expire_months':1,"
                         "'tier_months':1,'tender_share':'1','earn_rates':["
                         "{'currency_code':'EUR','points':'1'}]}}"))
                        ->id);
        assert_blocked(&stall, stall.alice, MOST, "POINTS_NOT_OFFERED");
        stall_close(&stall);
}

static void a_share_is_from_nothing_to_all(void **state)
{
        static const struct {
                const char *share, *reason;
        } wrong[] = {{"-0.1", "NEGATIVE"}, {"1.000001", "TOO_LARGE"}, {"half", "BAD_FORMAT"}};
        struct stall stall = stall_open();

        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
                struct error *error = stall_refused(&stall, shop_as(stall.shop, ROLE_OPERATIONS),
                        (struct refusal){"loyalty.CreateProgrammeVersion", INVALID_ARGUMENT,
                                wrong[i].reason},
                        "{'programme_version':{'title':'Club','expire_months':1,'tier_months':1,"
                        "'tender_share':'%s'}}",
                        wrong[i].share);

                assert_string_equal(error->violations->field, "programme_version.tender_share");
        }
        stall_close(&stall);
}

/* A shop where so many points are a pound, and alice has a thousand. */
static struct stall open_worth(int unit_points, const char *share)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_OPERATIONS);
        const ProgrammeVersion *draft = stall_ok(&stall, staff, "loyalty.CreateProgrammeVersion",
                "{'programme_version':{'title':'Club','expire_months':1,'tier_months':1,"
                "'tender_share':'%s','earn_rates':[{'currency_code':'GBP','unit_points':%d}]}}",
                share, unit_points);

        stall_ok(&stall, staff, "loyalty.ActivateProgrammeVersion", BY_ID, draft->id);
        club_give(&stall, "alice", 1000);
        return stall;
}

/* At 150 points a pound a penny is a point and a half: 99 points are 66 pence, one more is none. */
static void points_that_pay_no_penny_stay(void **state)
{
        struct stall stall = open_worth(150, "1");
        const char *order_id = sell(&stall, stall_mugs(3), asking(&stall, 100));

        assert_int_equal(stall_order(&stall, order_id)->points, 99);
        assert_int_equal(stall_order(&stall, order_id)->points_minor, 66);
        assert_account(&stall, 901, 0);
        for (int i = 0; i < 3; i++)
                cancel(&stall, order_id, 1, 1);
        assert_account(&stall, 1000, 0);
        stall_close(&stall);
}

/* At 3 points a pound two are 66 pence and three 1.00; of 4.00 points may pay 0.80, or all of it.
 */
static void points_never_pay_more_than_they_may(void **state)
{
        static const struct {
                const char *share;
                int64_t points, minor;
        } figures[] = {{"0.2", 2, 66}, {"0.25", 3, 100}, {"0.99999", 11, 366}, {"1", 12, 400}};

        for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
                struct stall stall = open_worth(3, figures[i].share);
                const Quote *made =
                        quote(&stall, stall_cart(&stall, stall.alice, stall_mugs(3)), MOST);

                assert_int_equal(made->points, figures[i].points);
                assert_int_equal(made->points_minor, figures[i].minor);
                stall_close(&stall);
        }
}

/* A million points a yen, and an order of as many yen as there may be: more than can be counted. */
static void what_cannot_be_counted_is_out_of_reach(void **state)
{
        const int64_t most = MONEY_MINOR_MAX;

        assert_true(points_within(most, 1000000, 0) >= INT64_MAX - 1);
        assert_true(points_to_pay(most, 1000000, 0) == INT64_MAX);
        assert_true(points_worth_minor(most, 1, 4) == INT64_MAX);
        assert_true(points_within(most, 1000, 0) == most * 1000 + 999);
}

/* ---- held, spent, released ---- */

static void two_orders_never_spend_them_twice(void **state)
{
        struct stall stall = open_with(1500, HALF);
        const char *order_id = place(&stall, mugs_and_bowl, MOST);
        const char *other = stall_cart(&stall, stall.alice, stall_mugs(3));

        assert_account(&stall, 100, 1400);
        assert_int_equal(stall_order(&stall, order_id)->due_minor, 1400);
        assert_string_equal(
                quote(&stall, other, asking(&stall, 101))->blockers[0], "POINTS_NOT_AVAILABLE");
        assert_int_equal(quote(&stall, other, MOST)->points, 100);
        shop_restart(stall.shop);
        shop_advance(stall.shop, HOUR_US); /* nobody paid */
        assert_int_equal(stall_order(&stall, order_id)->state, ORDER_STATE_EXPIRED);
        assert_account(&stall, 1500, 0);
        order_id = place(&stall, mugs_and_bowl, MOST);
        stall_ok(&stall, stall.alice, "checkout.CancelOrder", BY_ID, order_id);
        assert_account(&stall, 1500, 0);
        stall_close(&stall);
}

/* proves: S100 good, S100 restart */
static void payment_spends_them(void **state)
{
        struct stall stall = open_with(1500, HALF);
        const char *order_id = place(&stall, mugs_and_bowl, asking(&stall, 500));
        const PaymentAttempt *attempt =
                stall_ok(&stall, stall.alice, "payment.PayOrder", "{'order_id':'%s'}", order_id);

        assert_int_equal(attempt->amount_minor, 2300);
        shop_settle(stall.shop);
        shop_restart(stall.shop);
        assert_account(&stall, 1000, 0);
        till_assert(&stall, order_id,
                (struct till_figures){.state = PAYMENT_STATE_PAID, .captured = 2300});
        /* 23 on the money, none on the points. */
        assert_int_equal(club_account(&stall, "alice").pending, 23);
        /* What she buys for is all of it, and what comes back too. */
        cancel(&stall, order_id, 2, 1);
        shop_settle(stall.shop);
        const CustomerActivity *activity = customer_activity_get(shop_read(stall.shop), "alice");

        assert_int_equal(activity->paid_minor, 2800);
        assert_int_equal(activity->refunded_minor, 2400);
        stall_close(&stall);
}

static void declined_money_keeps_them_held(void **state)
{
        struct stall stall = open_with(1500, HALF);
        const char *order_id = place(&stall, mugs_and_bowl, asking(&stall, 500));

        stall_ok(&stall, stall.alice, "payment.PayOrder",
                "{'order_id':'%s','sandbox_answer':'SANDBOX_ANSWER_DECLINE'}", order_id);
        shop_settle(stall.shop);
        assert_account(&stall, 1000, 500);
        stall_close(&stall);
}

static void points_alone_pay_without_the_gateway(void **state)
{
        struct stall stall = open_with(400, ",'tender_share':'1'");
        const char *order_id = place(&stall, stall_mugs(3), MOST);
        const Order *order = stall_order(&stall, order_id);

        assert_int_equal(order->state, ORDER_STATE_CONFIRMED);
        assert_int_equal(order->payment_state, PAYMENT_STATE_PAID);
        assert_non_null(order->pay_time);
        assert_account(&stall, 0, 0);
        assert_int_equal(club_account(&stall, "alice").pending, 0); /* no money, no points */
        assert_null(till_latest(&stall, order_id, ATTEMPT_KIND_SALE));
        cancel(&stall, order_id, 1, 1);
        assert_int_equal(
                stall_order(&stall, order_id)->payment_state, PAYMENT_STATE_PARTLY_REFUNDED);
        stall_deliver(&stall, order_id);
        assert_int_equal(send_back(&stall, order_id, 1, 2)->points_back, 266);
        order = stall_order(&stall, order_id);
        assert_int_equal(order->payment_state, PAYMENT_STATE_REFUNDED);
        assert_int_equal(order->refunded_minor, 0);
        assert_account(&stall, 400, 0);
        stall_close(&stall);
}

static void what_points_paid_is_refunded_with_them(void **state)
{
        struct stall stall = open_with(400, ",'tender_share':'1'");
        const char *order_id = place(&stall, stall_mugs(3), MOST);

        stall_ok(&stall, stall.alice, "checkout.CancelOrder", BY_ID, order_id);
        assert_int_equal(stall_order(&stall, order_id)->state, ORDER_STATE_CANCELLED);
        assert_int_equal(stall_order(&stall, order_id)->payment_state, PAYMENT_STATE_REFUNDED);
        assert_account(&stall, 400, 0);
        stall_close(&stall);
}

static void by_hand_they_are_spent_at_once(void **state)
{
        struct stall stall = open_with(1500, HALF);

        till_offer_all(&stall);
        const char *cart_id = stall_cart(&stall, stall.alice, stall_mugs(3));
        const Order *order = stall_ok(&stall, stall.alice, "checkout.PlaceOrder", PLACE, cart_id,
                quote(&stall, cart_id, MOST)->fingerprint,
                MOST ",'payment_method':'PAYMENT_METHOD_INVOICE'");
        const char *order_id = order->id;

        assert_account(&stall, 1300, 0);
        assert_int_equal(stall_order(&stall, order_id)->due_minor, 200);
        cancel(&stall, order_id, 1, 1);
        till_assert(&stall, order_id,
                (struct till_figures){.state = PAYMENT_STATE_UNPAID, .released = 67, .due = 133});
        assert_account(&stall, 1367, 0);
        till_receive(&stall, order_id, 133, "r1");
        till_assert(&stall, order_id,
                (struct till_figures){
                        .state = PAYMENT_STATE_PARTLY_REFUNDED, .captured = 133, .released = 67});
        stall_close(&stall);
}

/* ---- what comes back ---- */

/* 1.34, 1.33 and 1.33 are 0.67 of points and 0.67, 0.66 or 0.67 and the rest of money: of 2.00 that
 * points pay of 4.00 the first unit has 0.67, the second, of 1.33 that are left of 2.66, 0.67. */
static void units_give_back_their_rows(void **state)
{
        struct stall stall = open_with(1500, HALF);
        const char *order_id = sell(&stall, stall_mugs(3), MOST);

        assert_account(&stall, 1300, 0);
        cancel(&stall, order_id, 1, 1);
        assert_account(&stall, 1367, 0);
        till_assert(&stall, order_id,
                (struct till_figures){
                        .state = PAYMENT_STATE_PARTLY_REFUNDED, .captured = 200, .refunded = 67});
        stall_deliver(&stall, order_id);
        const ReturnCase *row = send_back(&stall, order_id, 1, 1);

        assert_int_equal(row->lines[0]->points_minor, 67);
        assert_int_equal(row->points_back, 67);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 133);
        send_back(&stall, order_id, 1, 1);
        till_assert(&stall, order_id,
                (struct till_figures){
                        .state = PAYMENT_STATE_REFUNDED, .captured = 200, .refunded = 200});
        assert_account(&stall, 1500, 0);
        stall_close(&stall);
}

/* The expiry of alice's lot with most points. */
static int64_t expiry(struct stall *stall)
{
        struct scan *scan = point_lot_of(shop_read(stall->shop), "alice");
        int64_t most = 0, expire_us = 0;

        for (const PointLot *lot; (lot = point_lot_next(scan)) != NULL;)
                if (lot->available > most) {
                        most = lot->available;
                        expire_us = time_us(lot->expire_time);
                }
        return expire_us;
}

static void they_come_back_for_30_days_at_least(void **state)
{
        struct stall stall = open_with(200, HALF);
        int64_t before = expiry(&stall);
        const char *order_id = sell(&stall, stall_mugs(3), MOST);

        stall_deliver(&stall, order_id);
        send_back(&stall, order_id, 1, 1);
        assert_int_equal(expiry(&stall), before);
        shop_advance(stall.shop, 350 * DAY_US);
        stall_ok(&stall, shop_as(stall.shop, ROLE_SERVICE_AGENT), "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'x','lines':[{'order_line_number':1,'quantity':2}]}",
                order_id);
        const ReturnCase *row =
                return_case_next(return_case_by_order_id_latest(shop_read(stall.shop), order_id));
        const char *case_id = arena_text(shop_arena(stall.shop), row->id);

        stall_ok(&stall, shop_as(stall.shop, ROLE_SERVICE_AGENT), "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}", case_id);
        stall_bring_back(&stall, case_id);
        stall_refund(&stall, case_id);
        assert_true(expiry(&stall) >= shop_now_us(stall.shop) + 30 * DAY_US);
        stall_close(&stall);
}

/* Delivery at 5.40 is paid by points too, in its turn, and goes back so. */
static void delivery_goes_back_tender_by_tender(void **state)
{
        struct stall stall = open_with(1500, HALF);
        const char *method_id = stall_shipping(&stall, 0);
        const char *asked = arena_printf(
                shop_arena(stall.shop), ",'shipping_method_id':'%s','points':'200'", method_id);
        const char *order_id = sell(&stall, stall_mugs(3), asked);
        const Order *order = stall_order(&stall, order_id);

        assert_int_equal(order->gross_minor, 940);
        assert_int_equal(order->lines[0]->points_minor + order->lines[1]->points_minor, 200);
        assert_int_equal(order->lines[1]->points_minor, 115);
        stall_deliver(&stall, order_id);
        assert_int_equal(send_back(&stall, order_id, 1, 3)->points_back, 200);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 740);
        assert_account(&stall, 1500, 0);
        stall_close(&stall);
}

/* The bowl's 12.00 of money earned 12 points, which were spent when it comes back with 12.00 of
 * points: those are taken, and nothing is deducted. */
static void earned_points_are_taken_of_those_that_came_back(void **state)
{
        struct stall stall = open_with(1200, HALF);
        const char *order_id = sell(&stall, (struct basket){{0, 1, 0}}, MOST);

        stall_deliver(&stall, order_id);
        club_pass_window(&stall);
        assert_account(&stall, 12, 0);
        club_give(&stall, "alice", -12);
        const ReturnCase *row = stall_ok(&stall, shop_as(stall.shop, ROLE_SERVICE_AGENT),
                "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'x','lines':[{'order_line_number':1,'quantity':1}]}",
                order_id);

        stall_ok(&stall, shop_as(stall.shop, ROLE_SERVICE_AGENT), "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}", row->id);
        stall_bring_back(&stall, row->id);
        row = stall_refund(&stall, row->id);
        assert_int_equal(row->points_deducted_minor, 0);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 1200);
        assert_account(&stall, 1188, 0);
        stall_close(&stall);
}

/* ---- edits and exchanges ---- */

/* A bowl of two leaves with 12.00 of points; what is added is paid with money: 9 mugs at 11.99. */
static const OrderEditPreview *swap_a_bowl(struct stall *stall, const char *order_id)
{
        const char *edit = arena_printf(shop_arena(stall->shop),
                "{'removals':[{'number':1,'quantity':1}],'additions':[{'variant_id':'%s',"
                "'quantity':9}]}",
                stall->variant_ids[WARE_MUG]);
        const OrderEditPreview *preview =
                stall_ok(stall, stall->alice, "checkout.PreviewOrderEdit", EDIT, order_id, edit);

        stall_ok(stall, stall->alice, "checkout.EditOrder",
                "{'id':'%s','edit':%s,'fingerprint':'%s'}", order_id, edit, preview->fingerprint);
        return preview;
}

static void an_edit_gives_points_back(void **state)
{
        struct stall stall = open_with(2500, HALF);
        const char *order_id = sell(&stall, (struct basket){{0, 2, 0}}, MOST);
        const OrderEditPreview *preview = swap_a_bowl(&stall, order_id);

        assert_int_equal(preview->removed_minor, 2400);
        assert_int_equal(preview->points_minor, 1200);
        assert_int_equal(preview->difference_minor, -1);
        assert_account(&stall, 1300, 0);
        till_assert(&stall, order_id,
                (struct till_figures){.state = PAYMENT_STATE_PARTLY_REFUNDED,
                        .captured = 2400,
                        .released = 1199,
                        .refunded = 1});
        stall_close(&stall);
}

static void an_edit_of_an_unpaid_order_holds_fewer(void **state)
{
        struct stall stall = open_with(2500, HALF);
        const char *order_id = place(&stall, (struct basket){{0, 2, 0}}, MOST);

        swap_a_bowl(&stall, order_id);
        assert_account(&stall, 1300, 1200);
        assert_int_equal(stall_order(&stall, order_id)->due_minor, 2399);
        stall_ok(&stall, stall.alice, "payment.PayOrder", "{'order_id':'%s'}", order_id);
        shop_settle(stall.shop);
        assert_account(&stall, 1300, 0);
        stall_close(&stall);
}

/* The bowl paid 12.00 and 12.00; three mugs stand for 4.00 of it, 2.00 each, so that 10.00
 * and 10.00 come back now and the rest with the mugs. */
static void an_exchange_carries_points_along(void **state)
{
        struct stall stall = open_with(1200, HALF);
        const char *order_id = sell(&stall, (struct basket){{0, 1, 0}}, MOST);

        stall_deliver(&stall, order_id);
        const ReturnCase *row = stall_ok(&stall, stall.alice, "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'x','type':'RETURN_TYPE_EXCHANGE',"
                "'lines':[{'order_line_number':1,'quantity':1,'replacement_variant_id':'%s'}]}",
                order_id, stall.variant_ids[WARE_MUG]);

        row = stall_ok(&stall, shop_as(stall.shop, ROLE_SERVICE_AGENT), "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}", row->id);
        assert_int_equal(row->exchanged_minor, 133);
        assert_int_equal(row->lines[0]->exchanged_points_minor, 67);
        stall_bring_back(&stall, row->id);
        assert_int_equal(stall_refund(&stall, row->id)->points_back, 1133);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 1134);
        assert_int_equal(stall_order(&stall, order_id)->lines[1]->points_minor, 67);
        stall_track(&stall, stall_ship(&stall, order_id), "x", "TRACKING_KIND_DELIVERED", 0);
        send_back(&stall, order_id, 2, 1);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 1200);
        assert_account(&stall, 1200, 0);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_quote_tells_what_points_pay),
                cmocka_unit_test(who_has_none_spends_none),
                cmocka_unit_test(a_share_is_from_nothing_to_all),
                cmocka_unit_test(points_that_pay_no_penny_stay),
                cmocka_unit_test(points_never_pay_more_than_they_may),
                cmocka_unit_test(what_cannot_be_counted_is_out_of_reach),
                cmocka_unit_test(two_orders_never_spend_them_twice),
                cmocka_unit_test(payment_spends_them),
                cmocka_unit_test(declined_money_keeps_them_held),
                cmocka_unit_test(points_alone_pay_without_the_gateway),
                cmocka_unit_test(what_points_paid_is_refunded_with_them),
                cmocka_unit_test(by_hand_they_are_spent_at_once),
                cmocka_unit_test(units_give_back_their_rows),
                cmocka_unit_test(they_come_back_for_30_days_at_least),
                cmocka_unit_test(delivery_goes_back_tender_by_tender),
                cmocka_unit_test(earned_points_are_taken_of_those_that_came_back),
                cmocka_unit_test(an_edit_gives_points_back),
                cmocka_unit_test(an_edit_of_an_unpaid_order_holds_fewer),
                cmocka_unit_test(an_exchange_carries_points_along),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
