/*
 * Rule 7 for orders that are paid by hand: they stand and hold stock from the start, ship unpaid,
 * and are paid by what people say came, once each, in parts or too much. Three mugs are 1.34, 1.33
 * and 1.33.
 */
#include "tests/domain/till.h"

#include <string.h>

static const struct basket three_mugs = {.quantity = {[WARE_MUG] = 3}}; /* 4.00 */

static const char *order_by(struct stall *stall, const char *method)
{
        return till_place(stall, stall->alice, three_mugs, method);
}

static struct stall open_all(void)
{
        struct stall stall = stall_open();

        till_offer_all(&stall);
        return stall;
}

/* ---- who may ---- */

static void each_method_has_its_condition(void **state)
{
        static const struct {
                const char *method;
                int64_t cash, transfer, credit; /* the limits */
                const char *reason;             /* NULL: placed */
        } rows[] = {
                {"GATEWAY", 0, 0, 0, NULL},
                {"UNSPECIFIED", 0, 0, 0, NULL},
                {"CASH_ON_DELIVERY", 0, 400, 400, "METHOD_NOT_OFFERED"},
                {"CASH_ON_DELIVERY", 399, 0, 0, "METHOD_LIMIT"},
                {"CASH_ON_DELIVERY", 400, 0, 0, NULL},
                {"TRANSFER", 400, 0, 400, "METHOD_NOT_OFFERED"},
                {"TRANSFER", 0, 399, 0, "METHOD_LIMIT"},
                {"TRANSFER", 0, 400, 0, NULL},
                {"INVOICE", 400, 400, 0, "NO_CREDIT_LINE"},
                {"INVOICE", 0, 0, 399, "CREDIT_EXCEEDED"},
                {"INVOICE", 0, 0, 400, NULL},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct stall stall = stall_open();

                shop_terms(stall.shop)->cash_on_delivery_minor_max = rows[i].cash;
                shop_terms(stall.shop)->transfer_minor_max = rows[i].transfer;
                stall_ok(&stall, shop_as(stall.shop, ROLE_FINANCE), "payment.SetCreditLine",
                        "{'member_id':'alice','limit_minor':'%d','currency_code':'GBP'}",
                        (int)rows[i].credit);
                struct outcome placed =
                        till_try_place(&stall, stall.alice, three_mugs, rows[i].method);

                if (rows[i].reason == NULL)
                        assert_null(placed.error);
                else
                        assert_string_equal(placed.error->reason, rows[i].reason);
                stall_close(&stall);
        }
}

static void a_credit_line_bears_all_open_invoices(void **state)
{
        struct stall stall = open_all();
        struct persona finance = shop_as(stall.shop, ROLE_FINANCE);
        const char *first = order_by(&stall, "INVOICE");
        const char *second = order_by(&stall, "INVOICE");
        struct outcome third = till_try_place(&stall, stall.alice, three_mugs, "INVOICE");

        assert_string_equal(third.error->reason, "CREDIT_EXCEEDED");
        assert_string_equal(stall_fact(third.error, "owed"), "800");
        till_receive(&stall, first, 199, "B-1");
        third = till_try_place(&stall, stall.alice, three_mugs, "INVOICE");
        assert_string_equal(stall_fact(third.error, "owed"), "601");
        till_receive(&stall, first, 1, "B-2");
        order_by(&stall, "INVOICE");
        stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", second);
        order_by(&stall, "INVOICE");
        stall_ok(&stall, finance, "payment.SetCreditLine",
                "{'member_id':'alice','limit_minor':'5000','currency_code':'EUR'}");
        third = till_try_place(&stall, stall.alice, three_mugs, "INVOICE");
        assert_string_equal(third.error->reason, "NO_CREDIT_LINE");
        const CreditLine *line =
                stall_ok(&stall, stall.alice, "payment.GetCreditLine", "{'member_id':'alice'}");

        assert_int_equal(line->limit_minor, 5000);
        shop_guest(stall.shop, "visitor");
        stall_refused(&stall, finance,
                (struct refusal){"payment.SetCreditLine", INVALID_ARGUMENT, "GUEST"},
                "{'member_id':'visitor','limit_minor':'5','currency_code':'GBP'}");
        stall_close(&stall);
}

static void stock_for_nothing_has_a_limit(void **state)
{
        struct stall stall = open_all();

        shop_terms(stall.shop)->held_units_max = 5;
        const char *order_id = order_by(&stall, "TRANSFER");
        struct outcome placed = till_try_place(&stall, stall.alice, three_mugs, "TRANSFER");

        assert_string_equal(placed.error->reason, "TOO_MANY_UNITS_HELD");
        till_receive(&stall, order_id, 1, "B-1");
        order_by(&stall, "TRANSFER");
        stall_close(&stall);
}

/* ---- the way of such an order ---- */

static void it_stands_ships_and_is_paid_in_parts(void **state)
{
        static const char *const methods[] = {"CASH_ON_DELIVERY", "TRANSFER", "INVOICE"};

        for (size_t i = 0; i < 3; i++) {
                struct stall stall = open_all();
                const char *order_id = order_by(&stall, methods[i]);
                const Order *order = stall_order(&stall, order_id);

                assert_int_equal(order->state, ORDER_STATE_CONFIRMED);
                assert_null(order->expire_time);
                assert_null(order->pay_time);
                till_assert(&stall, order_id,
                        (struct till_figures){PAYMENT_STATE_UNPAID, 0, 0, 0, 0, 400});
                assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->allocated, 3);
                assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->reserved, 0);
                shop_advance(stall.shop, 40 * DAY_US);
                assert_int_equal(stall_order(&stall, order_id)->state, ORDER_STATE_CONFIRMED);
                stall_deliver(&stall, order_id);
                till_receive(&stall, order_id, 150, "B-1");
                till_assert(&stall, order_id,
                        (struct till_figures){PAYMENT_STATE_PARTLY_PAID, 0, 150, 0, 0, 250});
                assert_int_equal(shop_event_count(stall.shop, "order.paid"), 0);
                till_receive(&stall, order_id, 250, "B-2");
                till_assert(&stall, order_id,
                        (struct till_figures){PAYMENT_STATE_PAID, 0, 400, 0, 0, 0});
                assert_non_null(stall_order(&stall, order_id)->pay_time);
                assert_int_equal(shop_event_count(stall.shop, "order.paid"), 1);
                stall_close(&stall);
        }
}

/* Received, then units cancelled. */
static void cancelling_lowers_what_is_owed_first(void **state)
{
        static const struct {
                int received, cancelled;
                struct till_figures expected;
        } rows[] = {
                {0, 1, {PAYMENT_STATE_UNPAID, 0, 0, 0, 134, 266}},
                {0, 3, {PAYMENT_STATE_UNPAID, 0, 0, 0, 400, 0}},
                {200, 1, {PAYMENT_STATE_PARTLY_PAID, 0, 200, 0, 134, 66}},
                {300, 1, {PAYMENT_STATE_PARTLY_REFUNDED, 0, 300, 34, 100, 0}},
                {400, 1, {PAYMENT_STATE_PARTLY_REFUNDED, 0, 400, 134, 0, 0}},
                {400, 3, {PAYMENT_STATE_REFUNDED, 0, 400, 400, 0, 0}},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct stall stall = open_all();
                const char *order_id = order_by(&stall, "TRANSFER");

                if (rows[i].received > 0)
                        till_receive(&stall, order_id, rows[i].received, "B-1");
                stall_ok(&stall, stall.alice, "checkout.CancelOrder",
                        "{'id':'%s','lines':[{'number':1,'quantity':%d}]}", order_id,
                        rows[i].cancelled);
                shop_settle(stall.shop);
                till_assert(&stall, order_id, rows[i].expected);
                const PaymentAttempt *refund = till_latest(&stall, order_id, ATTEMPT_KIND_REFUND);

                assert_int_equal(
                        refund == NULL ? 0 : refund->amount_minor, rows[i].expected.refunded);
                /* The gateway has nothing to send back. */
                if (refund != NULL)
                        assert_int_equal(refund->state, ATTEMPT_STATE_OPEN);
                stall_close(&stall);
        }
}

/* Nothing was paid of what ends; what stands without anything to pay is paid. */
static void what_is_cancelled_unpaid_was_never_paid(void **state)
{
        struct stall stall = open_all();
        const char *order_id = order_by(&stall, "INVOICE");

        stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order_id);
        assert_int_equal(stall_order(&stall, order_id)->state, ORDER_STATE_CANCELLED);
        assert_null(stall_order(&stall, order_id)->pay_time);
        assert_int_equal(shop_event_count(stall.shop, "order.paid"), 0);
        order_id = till_place(&stall, stall.alice, (struct basket){{1, 0, 1}}, "INVOICE");
        stall_ok(&stall, stall.alice, "checkout.CancelOrder",
                "{'id':'%s','lines':[{'number':1,'quantity':1}]}", order_id);
        const Order *order = stall_order(&stall, order_id);

        assert_int_equal(order->state, ORDER_STATE_CONFIRMED);
        assert_int_equal(order->payment_state, PAYMENT_STATE_PAID);
        assert_non_null(order->pay_time);
        stall_close(&stall);
}

static void what_is_returned_unpaid_need_not_be_paid(void **state)
{
        struct stall stall = open_all();
        struct persona agent = shop_as(stall.shop, ROLE_SERVICE_AGENT);
        struct persona warehouse = shop_as(stall.shop, ROLE_WAREHOUSE);
        const char *order_id = order_by(&stall, "INVOICE");

        stall_deliver(&stall, order_id);
        const ReturnCase *row = stall_ok(&stall, stall.alice, "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'too many','lines':[{'order_line_number':1,"
                "'quantity':1}]}",
                order_id);

        stall_ok(&stall, agent, "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}", row->id);
        stall_ok(&stall, warehouse, "aftersales.ReceiveReturn", "{'id':'%s','location_id':'%s'}",
                row->id, stall.main_id);
        stall_ok(&stall, warehouse, "aftersales.InspectReturn", "{'id':'%s'}", row->id);
        stall_ok(&stall, agent, "aftersales.RefundReturn", "{'id':'%s'}", row->id);
        till_assert(
                &stall, order_id, (struct till_figures){PAYMENT_STATE_UNPAID, 0, 0, 0, 134, 266});
        assert_null(till_latest(&stall, order_id, ATTEMPT_KIND_REFUND));
        stall_close(&stall);
}

/* ---- receipts ---- */

static void a_receipt_is_told_once(void **state)
{
        struct stall stall = open_all();
        const char *order_id = order_by(&stall, "TRANSFER");
        const char *other_id = order_by(&stall, "TRANSFER");
        struct persona finance = shop_as(stall.shop, ROLE_FINANCE);
        const PaymentAttempt *first = till_receive(&stall, order_id, 150, "B-1");

        assert_int_equal(first->kind, ATTEMPT_KIND_RECEIPT);
        assert_int_equal(first->state, ATTEMPT_STATE_SUCCEEDED);
        shop_restart(stall.shop);
        assert_string_equal(till_receive(&stall, order_id, 150, "B-1")->id, first->id);
        assert_int_equal(stall_order(&stall, order_id)->captured_minor, 150);
        const struct refusal reused = {
                "payment.RecordReceipt", ALREADY_EXISTS, "EXTERNAL_ID_REUSED"};
        const char *request = "{'order_id':'%s','amount_minor':'%d','currency_code':'%s',"
                              "'external_id':'%s'}";

        stall_refused(&stall, finance, reused, request, order_id, 151, "GBP", "B-1");
        stall_refused(&stall, finance, reused, request, other_id, 150, "GBP", "B-1");
        stall_refused(&stall, finance,
                (struct refusal){"payment.RecordReceipt", INVALID_ARGUMENT, "CURRENCY_DIFFERS"},
                request, order_id, 150, "EUR", "B-2");
        stall_close(&stall);
}

static void who_may_tell_depends_on_the_method(void **state)
{
        struct stall stall = open_all();
        struct persona warehouse = shop_as(stall.shop, ROLE_WAREHOUSE);
        const char *cash_id = order_by(&stall, "CASH_ON_DELIVERY");
        const char *transfer_id = order_by(&stall, "TRANSFER");
        const char *gateway_id = stall_place(&stall, stall.alice, three_mugs);
        const char *request = "{'order_id':'%s','amount_minor':'400','currency_code':'GBP',"
                              "'external_id':'%s'}";

        stall_ok(&stall, warehouse, "payment.RecordReceipt", request, cash_id, "C-1");
        assert_int_equal(stall_order(&stall, cash_id)->payment_state, PAYMENT_STATE_PAID);
        stall_refused(&stall, warehouse,
                (struct refusal){"payment.RecordReceipt", PERMISSION_DENIED, "FINANCE_ONLY"},
                request, transfer_id, "C-2");
        stall_refused(&stall, shop_as(stall.shop, ROLE_FINANCE),
                (struct refusal){
                        "payment.RecordReceipt", FAILED_PRECONDITION, "PAID_THROUGH_GATEWAY"},
                request, gateway_id, "C-3");
        stall_close(&stall);
}

static void what_is_too_much_goes_back(void **state)
{
        struct stall stall = open_all();
        struct persona finance = shop_as(stall.shop, ROLE_FINANCE);
        const char *order_id = order_by(&stall, "TRANSFER");
        const char *request = "{'attempt_id':'%s','reference':'%s'}";

        till_receive(&stall, order_id, 410, "B-1");
        till_assert(&stall, order_id, (struct till_figures){PAYMENT_STATE_PAID, 0, 400, 0, 0, 0});
        assert_int_equal(till_booked(&stall, LEDGER_ACCOUNT_SUSPENSE), 10);
        assert_int_equal(till_tickets(&stall, "RECEIPT_TOO_MUCH"), 1);
        const PaymentAttempt *refund = till_latest(&stall, order_id, ATTEMPT_KIND_REFUND);

        assert_true(refund->by_hand);
        shop_advance(stall.shop, 4 * DAY_US);
        assert_int_equal(till_attempt(&stall, refund->id)->state, ATTEMPT_STATE_OPEN);
        stall_ok(&stall, finance, "payment.ConfirmRefund", request, refund->id, "OUT-1");
        stall_ok(&stall, finance, "payment.ConfirmRefund", request, refund->id, "OUT-1");
        assert_int_equal(till_attempt(&stall, refund->id)->state, ATTEMPT_STATE_SUCCEEDED);
        stall_refused(&stall, finance,
                (struct refusal){"payment.ConfirmRefund", FAILED_PRECONDITION, "REFUND_CONFIRMED"},
                request, refund->id, "OUT-2");
        stall_refused(&stall, finance,
                (struct refusal){"payment.ConfirmRefund", FAILED_PRECONDITION, "NOT_BY_HAND"},
                request, till_latest(&stall, order_id, ATTEMPT_KIND_RECEIPT)->id, "OUT-3");
        /* All of it, once nothing is due any more. */
        till_receive(&stall, order_id, 400, "B-2");
        assert_int_equal(till_booked(&stall, LEDGER_ACCOUNT_SUSPENSE), 410);
        till_assert(&stall, order_id, (struct till_figures){PAYMENT_STATE_PAID, 0, 400, 0, 0, 0});
        stall_close(&stall);
}

static ReturnCase *mug_for_a_bowl(struct stall *stall, const char *order_id)
{
        const ReturnCase *row = stall_ok(stall, stall->alice, "aftersales.ApplyReturn",
                "{'order_id':'%s','type':'RETURN_TYPE_EXCHANGE','reason':'x','lines':[{"
                "'order_line_number':1,'quantity':1,'replacement_variant_id':'%s'}]}",
                order_id, stall->variant_ids[WARE_BOWL]);

        return stall_ok(stall, shop_as(stall->shop, ROLE_SERVICE_AGENT), "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}", row->id);
}

/* Of what is due in all only the order's own part is paid in parts. A bowl for a mug is 22.66. */
static void a_part_of_a_difference_goes_back(void **state)
{
        struct stall stall = open_all();
        const char *order_id = order_by(&stall, "TRANSFER");

        stall_deliver(&stall, order_id);
        mug_for_a_bowl(&stall, order_id);
        till_receive(&stall, order_id, 100, "B-1");
        till_receive(&stall, order_id, 500, "B-2");
        till_assert(
                &stall, order_id, (struct till_figures){PAYMENT_STATE_PAID, 0, 400, 0, 0, 2266});
        assert_int_equal(till_booked(&stall, LEDGER_ACCOUNT_SUSPENSE), 200);
        assert_int_equal(till_tickets(&stall, "RECEIPT_OF_A_PART"), 1);
        till_receive(&stall, order_id, 2265, "B-3");
        assert_int_equal(till_booked(&stall, LEDGER_ACCOUNT_SUSPENSE), 2465);
        shop_advance(stall.shop, 15 * DAY_US);
        till_assert(&stall, order_id, (struct till_figures){PAYMENT_STATE_PAID, 0, 400, 0, 0, 0});
        mug_for_a_bowl(&stall, order_id);
        till_receive(&stall, order_id, 2266, "B-4");
        till_assert(&stall, order_id, (struct till_figures){PAYMENT_STATE_PAID, 0, 2666, 0, 0, 0});
        stall_close(&stall);
}

static void an_invoice_can_be_paid_through_the_gateway(void **state)
{
        struct stall stall = open_all();
        const char *order_id = order_by(&stall, "INVOICE");
        const PaymentAttempt *attempt;

        till_receive(&stall, order_id, 100, "B-1");
        attempt = stall_ok(&stall, stall.alice, "payment.PayOrder",
                "{'order_id':'%s','sandbox_answer':'SANDBOX_ANSWER_LATE'}", order_id);
        assert_int_equal(attempt->amount_minor, 300);
        /* The transfer was faster: the gateway's money is not owed any more. */
        till_receive(&stall, order_id, 300, "B-2");
        shop_advance(stall.shop, 10 * MINUTE_US);
        till_assert(&stall, order_id, (struct till_figures){PAYMENT_STATE_PAID, 0, 400, 0, 0, 0});
        assert_int_equal(till_booked(&stall, LEDGER_ACCOUNT_SUSPENSE), 300);
        assert_int_equal(till_tickets(&stall, "PAYMENT_CONTRADICTED"), 1);
        assert_int_equal(
                till_latest(&stall, order_id, ATTEMPT_KIND_REFUND)->state, ATTEMPT_STATE_SUCCEEDED);
        assert_string_equal(stall_order(&stall, order_id)->open_attempt_id, "");
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_method_has_its_condition),
                cmocka_unit_test(a_credit_line_bears_all_open_invoices),
                cmocka_unit_test(stock_for_nothing_has_a_limit),
                cmocka_unit_test(it_stands_ships_and_is_paid_in_parts),
                cmocka_unit_test(cancelling_lowers_what_is_owed_first),
                cmocka_unit_test(what_is_cancelled_unpaid_was_never_paid),
                cmocka_unit_test(what_is_returned_unpaid_need_not_be_paid),
                cmocka_unit_test(a_receipt_is_told_once),
                cmocka_unit_test(who_may_tell_depends_on_the_method),
                cmocka_unit_test(what_is_too_much_goes_back),
                cmocka_unit_test(a_part_of_a_difference_goes_back),
                cmocka_unit_test(an_invoice_can_be_paid_through_the_gateway),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
