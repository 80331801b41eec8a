/*
 * Exchanges for something dearer (rule 11): the difference is raised when they are approved, paid
 * before anything is sent, and refunded or forgotten where the parcel or the money does not come. A
 * mug costs 1.33, a bowl 24.00 and a gift nothing. Verify proves the sums when the stall is closed.
 */
#include "tests/domain/stall.h"

#include "payment.rows.h"

#define EXCHANGE    "{'order_id':'%s','reason':'a bowl','type':'RETURN_TYPE_EXCHANGE','lines':[%s]}"
#define FOR_ANOTHER "{'order_line_number':%d,'quantity':1,'replacement_variant_id':'%s'}"
#define APPROVE     "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}"
#define BY_ID       "{'id':'%s'}"
#define PAY         "{'order_id':'%s','sandbox_answer':'SANDBOX_ANSWER_%s'}"

static struct refusal failed(const char *method, const char *reason)
{
        return (struct refusal){method, FAILED_PRECONDITION, reason};
}

/* A mug of alice's that is to become a bowl; the order and its case, approved. */
struct wish {
        struct stall stall;
        const char *order_id;
        const char *case_id;
};

static const char *line_for(struct stall *stall, int number, enum ware wanted)
{
        return arena_printf(
                shop_arena(stall->shop), FOR_ANOTHER, number, stall->variant_ids[wanted]);
}

static const char *apply(struct stall *stall, const char *order_id, const char *lines)
{
        const ReturnCase *row =
                stall_ok(stall, stall->alice, "aftersales.ApplyReturn", EXCHANGE, order_id, lines);

        return row->id;
}

static const ReturnCase *approve(struct stall *stall, const char *case_id)
{
        return stall_ok(stall, stall_staff(stall, ROLE_SERVICE_AGENT), "aftersales.ReviewReturn",
                APPROVE, case_id);
}

static struct wish wish(void)
{
        struct wish wish = {.stall = stall_open()};
        struct stall *stall = &wish.stall;

        wish.order_id = stall_sell(stall, stall->alice, (struct basket){{1, 0, 0}});
        stall_deliver(stall, wish.order_id);
        wish.case_id = apply(stall, wish.order_id, line_for(stall, 1, WARE_BOWL));
        const ReturnCase *row = approve(stall, wish.case_id);

        assert_int_equal(row->exchanged_minor, 133);
        assert_int_equal(row->due_minor, 2267);
        const Order *order = stall_order(stall, wish.order_id);

        assert_int_equal(order->due_minor, 2267);
        assert_int_equal(order->due_kind, DUE_KIND_EXCHANGE);
        assert_string_equal(order->due_document_id, wish.case_id);
        assert_int_equal(order->gross_minor, 133);
        assert_int_equal(order->lines[1]->due_minor, 2267);
        return wish;
}

static const char *pay(struct wish *wish, const char *answer)
{
        const PaymentAttempt *attempt = stall_ok(
                &wish->stall, wish->stall.alice, "payment.PayOrder", PAY, wish->order_id, answer);

        assert_int_equal(attempt->amount_minor, 2267);
        return attempt->id;
}

static const ReturnCase *the_case(struct wish *wish)
{
        return return_case_document(shop_read(wish->stall.shop), wish->case_id);
}

static int64_t allocated(struct wish *wish)
{
        return stall_stock(&wish->stall, WARE_BOWL, wish->stall.main_id)->allocated;
}

static void a_difference_is_paid_before_anything_is_sent(void **state)
{
        struct wish wish_ = wish();
        struct stall *stall = &wish_.stall;
        const struct refusal held = failed("fulfilment.CreateShipment", "LINE_HELD");
        struct persona warehouse = stall_staff(stall, ROLE_WAREHOUSE);

        stall_bring_back(stall, wish_.case_id);
        stall_refused(stall, warehouse, held,
                "{'order_id':'%s','lines':[{'order_line_number':2,'quantity':1}]}", wish_.order_id);
        stall_refused(stall, stall->alice, failed("checkout.CancelOrder", "LINE_HELD"),
                "{'id':'%s','lines':[{'number':2,'quantity':1}]}", wish_.order_id);
        stall_refused(stall, stall_staff(stall, ROLE_FINANCE),
                failed("aftersales.RefundReturn", "EXCHANGE_NOT_PAID"), BY_ID, wish_.case_id);
        pay(&wish_, "DECLINE");
        shop_settle(stall->shop);
        assert_int_equal(stall_order(stall, wish_.order_id)->due_minor, 2267);
        pay(&wish_, "ACCEPT");
        shop_settle(stall->shop);
        const Order *order = stall_order(stall, wish_.order_id);

        assert_int_equal(order->gross_minor, 2400);
        assert_int_equal(order->captured_minor, 2400);
        assert_int_equal(order->due_minor, 0);
        assert_int_equal(order->lines[1]->due_minor, 0);
        assert_int_equal(the_case(&wish_)->due_minor, 0);
        assert_int_equal(stall_refund(stall, wish_.case_id)->state, RETURN_STATE_REFUNDED);
        assert_int_equal(stall_order(stall, wish_.order_id)->refunded_minor, 0);
        stall_deliver(stall, wish_.order_id);
        stall_close(stall);
}

/* Paid before it comes back, and then all of it is returned: what was paid in all, not more. */
static void what_was_paid_in_all_goes_back(void **state)
{
        struct wish wish_ = wish();
        struct stall *stall = &wish_.stall;

        pay(&wish_, "ACCEPT");
        shop_settle(stall->shop);
        stall_refused(stall, stall_staff(stall, ROLE_WAREHOUSE),
                failed("fulfilment.CreateShipment", "LINE_HELD"),
                "{'order_id':'%s','lines':[{'order_line_number':2,'quantity':1}]}", wish_.order_id);
        stall_bring_back(stall, wish_.case_id);
        stall_refund(stall, wish_.case_id);
        stall_deliver(stall, wish_.order_id);
        const ReturnCase *row = stall_ok(stall, stall->alice, "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'no','lines':[{'order_line_number':2,'quantity':1}]}",
                wish_.order_id);
        const char *id = row->id;

        assert_int_equal(row->refund_minor, 2400);
        approve(stall, id);
        stall_bring_back(stall, id);
        stall_refund(stall, id);
        assert_int_equal(stall_order(stall, wish_.order_id)->refunded_minor, 2400);
        assert_int_equal(stall_order(stall, wish_.order_id)->payment_state, PAYMENT_STATE_REFUNDED);
        stall_close(stall);
}

/* Lines of a case count together; what is due of them is split by what they cost. */
static void lines_count_together(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, (struct basket){{1, 0, 1}});

        stall_deliver(&stall, order_id);
        const char *id = apply(&stall, order_id,
                arena_printf(shop_arena(stall.shop), "%s,%s", line_for(&stall, 1, WARE_BOWL),
                        line_for(&stall, 2, WARE_MUG)));
        const ReturnCase *row = approve(&stall, id);

        assert_int_equal(row->replacement_minor, 2533);
        assert_int_equal(row->due_minor, 2400);
        assert_int_equal(row->lines[0]->difference_minor, 2274);
        assert_int_equal(row->lines[1]->difference_minor, 126);
        assert_int_equal(row->lines[0]->exchanged_minor, 133);
        assert_int_equal(row->lines[1]->exchanged_minor, 0);
        stall_close(&stall);
}

static void one_difference_is_raised_at_a_time(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, (struct basket){{2, 0, 0}});

        stall_deliver(&stall, order_id);
        approve(&stall, apply(&stall, order_id, line_for(&stall, 1, WARE_BOWL)));
        const char *id = apply(&stall, order_id, line_for(&stall, 1, WARE_BOWL));

        stall_refused(&stall, stall_staff(&stall, ROLE_SERVICE_AGENT),
                failed("aftersales.ReviewReturn", "DUE_RAISED"), APPROVE, id);
        assert_int_equal(stall_order(&stall, order_id)->n_lines, 2);
        stall_ok(&stall, stall.alice, "payment.PayOrder", "{'order_id':'%s'}", order_id);
        shop_settle(stall.shop);
        approve(&stall, id);
        stall_close(&stall);
}

/* ---- what does not come ---- */

static void assert_given_up(struct wish *wish, int64_t captured, int64_t refunded)
{
        const Order *order = stall_order(&wish->stall, wish->order_id);

        assert_true(the_case(wish)->given_up);
        assert_int_equal(order->due_minor, 0);
        assert_int_equal(order->captured_minor, captured);
        assert_int_equal(order->gross_minor, captured);
        assert_int_equal(order->refunded_minor, refunded);
        assert_int_equal(allocated(wish), 0);
        assert_int_equal(stall_units(&wish->stall, wish->order_id, 2, UNIT_STATE_CANCELLED), 1);
}

static void nothing_came_and_nothing_was_paid(void **state)
{
        struct wish wish_ = wish();

        assert_int_equal(allocated(&wish_), 1);
        shop_advance(wish_.stall.shop, 15 * DAY_US);
        assert_int_equal(the_case(&wish_)->state, RETURN_STATE_EXPIRED);
        assert_given_up(&wish_, 133, 0);
        assert_int_equal(stall_units(&wish_.stall, wish_.order_id, 1, UNIT_STATE_DELIVERED), 1);
        stall_refused(&wish_.stall, wish_.stall.alice, failed("payment.PayOrder", "NOTHING_DUE"),
                "{'order_id':'%s'}", wish_.order_id);
        stall_close(&wish_.stall);
}

/* Whichever of the two timers comes first. */
static void an_expired_difference_ends_what_has_not_come(void **state)
{
        struct wish wish_ = wish();
        struct shop *shop = wish_.stall.shop;
        const struct outcome outcome = shop_call_system(shop, "payment.ExpireDue",
                arena_printf(shop_arena(shop), "{\"subject_id\":\"%s\"}", wish_.order_id));

        assert_null(outcome.error);
        assert_int_equal(the_case(&wish_)->state, RETURN_STATE_EXPIRED);
        assert_given_up(&wish_, 133, 0);
        stall_close(&wish_.stall);
}

static void a_parcel_that_did_not_come_refunds_the_difference(void **state)
{
        struct wish wish_ = wish();

        pay(&wish_, "ACCEPT");
        shop_settle(wish_.stall.shop);
        shop_advance(wish_.stall.shop, 15 * DAY_US);
        assert_int_equal(the_case(&wish_)->state, RETURN_STATE_EXPIRED);
        assert_given_up(&wish_, 2400, 2267);
        stall_close(&wish_.stall);
}

/* What came back and was not exchanged is refunded. */
static void a_difference_that_was_not_paid_makes_it_a_return(void **state)
{
        static const bool inspected[] = {true, false};

        for (size_t i = 0; i < 2; i++) {
                struct wish wish_ = wish();
                struct stall *stall = &wish_.stall;

                if (inspected[i])
                        stall_bring_back(stall, wish_.case_id);
                else
                        stall_ok(stall, stall_staff(stall, ROLE_WAREHOUSE),
                                "aftersales.ReceiveReturn", "{'id':'%s','location_id':'%s'}",
                                wish_.case_id, stall->main_id);
                shop_advance(stall->shop, 15 * DAY_US);
                assert_given_up(&wish_, 133, 0);
                if (!inspected[i])
                        stall_ok(stall, stall_staff(stall, ROLE_WAREHOUSE),
                                "aftersales.InspectReturn", BY_ID, wish_.case_id);
                stall_refund(stall, wish_.case_id);
                assert_given_up(&wish_, 133, 133);
                stall_close(stall);
        }
}

/* The customer withdraws while the gateway thinks; what it then takes is sent back. */
static void money_for_a_withdrawn_exchange_is_sent_back(void **state)
{
        struct wish wish_ = wish();
        struct stall *stall = &wish_.stall;
        const char *attempt_id = pay(&wish_, "TIMEOUT");

        stall_ok(stall, stall->alice, "aftersales.WithdrawReturn", BY_ID, wish_.case_id);
        assert_given_up(&wish_, 133, 0);
        const struct outcome outcome = shop_call_system(stall->shop, "payment.RecordOutcome",
                arena_printf(shop_arena(stall->shop),
                        "{\"attempt_id\":\"%s\",\"outcome\":\"OUTCOME_SUCCEEDED\","
                        "\"amount_minor\":\"2267\",\"currency_code\":\"GBP\"}",
                        attempt_id));

        assert_null(outcome.error);
        assert_given_up(&wish_, 133, 0);
        shop_settle(stall->shop);
        stall_close(stall);
}

/* No order comes to more than an order may. */
static void a_difference_keeps_to_the_terms(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, (struct basket){{1, 0, 0}});

        stall_deliver(&stall, order_id);
        shop_terms(stall.shop)->order_minor_max = 2400;
        const char *id = apply(&stall, order_id, line_for(&stall, 1, WARE_BOWL));

        shop_terms(stall.shop)->order_minor_max = 2399;
        stall_refused(&stall, stall_staff(&stall, ROLE_SERVICE_AGENT),
                failed("aftersales.ReviewReturn", "AMOUNT_TOO_LARGE"), APPROVE, id);
        shop_terms(stall.shop)->order_minor_max = 2400;
        approve(&stall, id);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_difference_is_paid_before_anything_is_sent),
                cmocka_unit_test(what_was_paid_in_all_goes_back),
                cmocka_unit_test(lines_count_together),
                cmocka_unit_test(one_difference_is_raised_at_a_time),
                cmocka_unit_test(nothing_came_and_nothing_was_paid),
                cmocka_unit_test(an_expired_difference_ends_what_has_not_come),
                cmocka_unit_test(a_parcel_that_did_not_come_refunds_the_difference),
                cmocka_unit_test(a_difference_that_was_not_paid_makes_it_a_return),
                cmocka_unit_test(money_for_a_withdrawn_exchange_is_sent_back),
                cmocka_unit_test(a_difference_keeps_to_the_terms),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
