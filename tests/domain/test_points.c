/*
 * Points through the pipeline: earned by orders and activities, waiting, available and taken back
 * (rule 12).
 */
#include "server/loyalty/order_points.h"
#include "tests/domain/club.h"

static const struct basket one_bowl = {{0, 1, 0}}; /* 24.00 with tax */

static struct persona agent(struct stall *stall)
{
        return shop_as(stall->shop, ROLE_SERVICE_AGENT);
}

/* ---- figures ---- */

struct figure {
        const char *rate;
        int64_t points_max;
        int64_t paid_minor[3]; /* of three lines */
        int64_t points;
        int64_t lines[3];
};

static const struct figure figures[] = {
        {"1", 0, {199, 199, 199}, 5, {2, 2, 1}}, /* not 3 */
        {"1", 0, {99, 0, 0}, 0, {0, 0, 0}},
        {"1", 0, {100, 0, 0}, 1, {1, 0, 0}},
        {"0.5", 0, {300, 100, 0}, 2, {2, 0, 0}},
        {"1.5", 0, {133, 133, 134}, 6, {2, 2, 2}},
        {"10", 25, {100, 100, 100}, 25, {9, 8, 8}},
        {"0", 0, {5000, 0, 0}, 0, {0, 0, 0}},
        {"", 0, {5000, 0, 0}, 0, {0, 0, 0}},
        {"1", 0, {9007199254740991, 0, 0}, 90071992547409, {90071992547409, 0, 0}},
};

static enum status each_figure(struct call *call, void *context)
{
        for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
                const struct figure *figure = &figures[i];
                struct earning_line lines[3];
                EarnRate rate = EARN_RATE_INIT;
                struct earned earned;

                rate.currency_code = "GBP";
                rate.points = figure->rate;
                for (int k = 0; k < 3; k++)
                        lines[k] = (struct earning_line){
                                .line_number = k + 1, .paid_minor = figure->paid_minor[k]};
                assert_true(earning_of(call, &rate, figure->points_max, lines, 3, &earned));
                assert_int_equal(earned.points, figure->points);
                for (int k = 0; k < 3; k++)
                        assert_int_equal(earned.lines[k].points, figure->lines[k]);
        }
        return OK;
}

/* proves: S99 good */
static void points_are_rounded_once_an_order(void **state)
{
        struct shop *shop = shop_open();

        shop_inside(shop, each_figure, NULL);
        assert_int_equal(earning_share(5, 3, 0, 1), 2);
        assert_int_equal(earning_share(5, 3, 1, 1), 2);
        assert_int_equal(earning_share(5, 3, 2, 1), 1);
        assert_int_equal(earning_share(5, 3, 0, 3), 5);
        shop_close(shop);
}

/* ---- earning ---- */

static void points_wait_until_nothing_comes_back(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, ",'pending_days':2");
        const char *order_id = stall_sell(&stall, stall.alice, one_bowl);

        club_assert(&stall, "alice", 0, 24);
        stall_deliver(&stall, order_id);
        shop_advance(stall.shop, 32 * DAY_US);
        club_assert(&stall, "alice", 0, 24);
        shop_advance(stall.shop, DAY_US);
        club_assert(&stall, "alice", 24, 0);
        const OrderPoints *row = stall_ok(
                &stall, stall.alice, "loyalty.GetOrderPoints", "{'order_id':'%s'}", order_id);

        assert_int_equal(row->points, 24);
        assert_int_equal(row->paid_minor, 2400);
        assert_non_null(row->release_time);
        shop_restart(stall.shop);
        club_assert(&stall, "alice", 24, 0);
        stall_close(&stall);
}

static void an_open_case_keeps_points_waiting(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        const char *order_id = stall_sell(&stall, stall.alice, (struct basket){{3, 1, 0}});

        stall_deliver(&stall, order_id);
        const ReturnCase *row = stall_ok(&stall, stall.alice, "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'x','lines':[{'order_line_number':1,'quantity':1}]}",
                order_id);

        club_pass_window(&stall);
        club_assert(&stall, "alice", 0, 28);
        stall_ok(&stall, agent(&stall), "aftersales.WithdrawReturn", "{'id':'%s'}", row->id);
        shop_settle(stall.shop);
        club_assert(&stall, "alice", 28, 0);
        stall_close(&stall);
}

static void guests_earn_nothing(void **state)
{
        struct stall stall = stall_open();
        struct persona guest = shop_guest(stall.shop, "gina");

        club_open(&stall, "");
        const char *order_id = stall_sell(&stall, guest, one_bowl);

        assert_false(order_points_has(shop_read(stall.shop), order_id));
        stall_refused(&stall, shop_as(stall.shop, ROLE_FINANCE),
                (struct refusal){"loyalty.AdjustPoints", INVALID_ARGUMENT, "GUEST"},
                "{'member_id':'gina','points':'1','reason':'x','external_id':'a'}");
        stall_close(&stall);
}

/* proves: S99 refusal */
static void an_activity_earns_once_and_up_to_its_cap(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_OPERATIONS);
        static const int64_t expected[] = {20, 20, 10, 0};

        club_open(&stall, "");
        for (int i = 0; i < 4; i++) {
                const RecordActivityResponse *told =
                        stall_ok(&stall, staff, "loyalty.RecordActivity",
                                "{'member_id':'alice','activity':'review','external_id':'r%d'}", i);

                assert_int_equal(told->points, expected[i]);
                shop_advance(stall.shop, 3 * DAY_US);
        }
        shop_advance(stall.shop, 20 * DAY_US);
        /* What the cap refused is not asked again. */
        const RecordActivityResponse *again = stall_ok(&stall, staff, "loyalty.RecordActivity",
                "{'member_id':'alice','activity':'review','external_id':'r3'}");

        assert_true(again->repeated_activity);
        assert_int_equal(again->points, 0);
        const RecordActivityResponse *next = stall_ok(&stall, staff, "loyalty.RecordActivity",
                "{'member_id':'alice','activity':'review','external_id':'r4'}");

        assert_int_equal(next->points, 20);
        club_assert(&stall, "alice", 70, 0);
        assert_int_equal(club_account(&stall, "alice").growth, 20);
        struct error *error = stall_refused(&stall, staff,
                (struct refusal){"loyalty.RecordActivity", INVALID_ARGUMENT, "ACTIVITY_UNKNOWN"},
                "{'member_id':'alice','activity':'dance','external_id':'d'}");

        assert_string_equal(error->violations->field, "activity");
        stall_close(&stall);
}

/* ---- taking back ---- */

static void cancelled_units_take_their_points(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        /* 28 points: 4 of the mugs and 24 of the bowl; the mugs' units have 2, 1 and 1. */
        const char *order_id = stall_sell(&stall, stall.alice, (struct basket){{3, 1, 0}});

        stall_ok(&stall, stall.alice, "checkout.CancelOrder",
                "{'id':'%s','lines':[{'number':1,'quantity':1}]}", order_id);
        club_assert(&stall, "alice", 0, 26);
        assert_int_equal(club_account(&stall, "alice").growth, 26);
        stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order_id);
        club_assert(&stall, "alice", 0, 0);
        stall_close(&stall);
}

/* A bowl is delivered, its points available, and so many of them are spent; then it comes back. */
static const ReturnCase *return_after_spending(struct stall *stall, int spent)
{
        const char *order_id = stall_sell(stall, stall->alice, one_bowl);

        stall_deliver(stall, order_id);
        club_pass_window(stall);
        if (spent > 0)
                club_give(stall, "alice", -spent);
        const ReturnCase *row = stall_ok(stall, agent(stall), "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'x','lines':[{'order_line_number':1,'quantity':1}]}",
                order_id);

        stall_ok(stall, agent(stall), "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}", row->id);
        stall_bring_back(stall, row->id);
        return stall_refund(stall, row->id);
}

struct claw {
        const char *points; /* a pound */
        int spent;
        int64_t deducted, refunded, left;
};

static const struct claw claws[] = {
        {"1", 0, 0, 2400, 0},
        {"1", 10, 10, 2390, 0},      /* 14 are taken, 10 cost 0.10 */
        {"1", 24, 24, 2376, 0},      /* all were spent */
        {"1000", 24000, 2400, 0, 0}, /* 240.00 for 24.00: the rest is forgiven */
        {"1000", 20000, 2400, 0, 0}, /* 4000 are taken, 200.00 are missing */
        {"1000", 1000, 1000, 1400, 0},
};

/* proves: S100 refusal */
static void what_was_spent_is_deducted_up_to_the_refund(void **state)
{
        for (size_t i = 0; i < sizeof(claws) / sizeof(claws[0]); i++) {
                struct stall stall = stall_open();

                club_open_at(&stall, claws[i].points, "");
                const ReturnCase *row = return_after_spending(&stall, claws[i].spent);
                const Order *order = stall_order(&stall, row->order_id);

                assert_int_equal(row->points_deducted_minor, claws[i].deducted);
                assert_int_equal(order->refunded_minor, claws[i].refunded);
                assert_int_equal(order->deducted_minor, claws[i].deducted);
                club_assert(&stall, "alice", claws[i].left, 0);
                stall_close(&stall);
        }
}

/* What replaced goods takes their points along when it comes back. */
static void replacements_carry_the_points_of_what_they_replaced(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        const char *order_id = stall_sell(&stall, stall.alice, one_bowl);

        stall_deliver(&stall, order_id);
        const ReturnCase *row = stall_ok(&stall, stall.alice, "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'x','type':'RETURN_TYPE_EXCHANGE',"
                "'lines':[{'order_line_number':1,'quantity':1}]}",
                order_id);

        stall_ok(&stall, agent(&stall), "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}", row->id);
        stall_bring_back(&stall, row->id);
        stall_refund(&stall, row->id);
        stall_ok(&stall, stall.alice, "aftersales.CloseReturn", "{'id':'%s'}", row->id);
        club_assert(&stall, "alice", 0, 24);
        stall_deliver(&stall, order_id);
        row = stall_ok(&stall, stall.alice, "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'x','lines':[{'order_line_number':2,'quantity':1}]}",
                order_id);
        stall_ok(&stall, agent(&stall), "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}", row->id);
        stall_bring_back(&stall, row->id);
        stall_refund(&stall, row->id);
        club_assert(&stall, "alice", 0, 0);
        stall_close(&stall);
}

/* What is cancelled in one call is one movement, however many lines it is of: an order of a
 * thousand lines took seconds. */
static void a_cancellation_takes_points_back_at_once(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        const char *order_id = stall_sell(&stall, stall.alice, (struct basket){{2, 1, 0}});

        assert_int_equal(club_account(&stall, "alice").pending, 26);
        stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order_id);
        club_assert(&stall, "alice", 0, 0);
        assert_int_equal(club_account(&stall, "alice").entry_count, 2);
        assert_int_equal(club_account(&stall, "alice").growth_count, 2);
        assert_int_equal(club_account(&stall, "alice").growth, 0);
        assert_int_equal(shop_event_count(stall.shop, "points.taken_back"), 1);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(points_are_rounded_once_an_order),
                cmocka_unit_test(points_wait_until_nothing_comes_back),
                cmocka_unit_test(an_open_case_keeps_points_waiting),
                cmocka_unit_test(guests_earn_nothing),
                cmocka_unit_test(an_activity_earns_once_and_up_to_its_cap),
                cmocka_unit_test(cancelled_units_take_their_points),
                cmocka_unit_test(what_was_spent_is_deducted_up_to_the_refund),
                cmocka_unit_test(replacements_carry_the_points_of_what_they_replaced),
                cmocka_unit_test(a_cancellation_takes_points_back_at_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
