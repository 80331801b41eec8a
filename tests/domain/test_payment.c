/*
 * Rule 10 against a gateway that answers late, twice, wrongly or never: whatever it says and when,
 * an order is paid at most once, money that nothing was owed for goes back, and the first final
 * outcome of an attempt stands.
 */
#include "tests/domain/till.h"

#include <string.h>
#include "service.rows.h"

static const struct basket three_mugs = {.quantity = {[WARE_MUG] = 3}}; /* 4.00 */

static const char *pay(struct stall *stall, const char *order_id, const char *answer)
{
        const PaymentAttempt *attempt = stall_ok(stall, stall->alice, "payment.PayOrder",
                "{'order_id':'%s','sandbox_answer':'SANDBOX_ANSWER_%s'}", order_id, answer);

        shop_settle(stall->shop);
        return attempt->id;
}

static void assert_order(
        struct stall *stall, const char *order_id, OrderState state, PaymentState payment_state)
{
        const Order *order = stall_order(stall, order_id);

        assert_int_equal(order->state, state);
        assert_int_equal(order->payment_state, payment_state);
        assert_int_equal(order->captured_minor, till_booked(stall, LEDGER_ACCOUNT_CAPTURED));
}

static void assert_suspense(struct stall *stall, int64_t amount_minor, size_t ticket_count)
{
        assert_int_equal(till_booked(stall, LEDGER_ACCOUNT_SUSPENSE), amount_minor);
        assert_int_equal(till_booked(stall, LEDGER_ACCOUNT_SUSPENSE_RETURNED), amount_minor);
        assert_int_equal(till_tickets(stall, "PAYMENT_CONTRADICTED"), ticket_count);
}

/* ---- every answer of the sandbox, at once and an hour later ---- */

struct expected {
        AttemptState attempt;
        OrderState order;
        PaymentState payment;
        int outcomes;
        int64_t suspense;
};

static void assert_expected(struct stall *stall, const char *order_id, const char *attempt_id,
        const struct expected *expected)
{
        const PaymentAttempt *attempt = till_attempt(stall, attempt_id);

        assert_int_equal(attempt->state, expected->attempt);
        assert_int_equal(attempt->outcome_count, expected->outcomes);
        assert_order(stall, order_id, expected->order, expected->payment);
        assert_suspense(stall, expected->suspense, expected->suspense == 0 ? 0 : 1);
}

static void every_answer_of_the_gateway(void **state)
{
        static const struct {
                const char *answer;
                struct expected now, later;
        } rows[] = {
                {"ACCEPT",
                        {ATTEMPT_STATE_SUCCEEDED, ORDER_STATE_CONFIRMED, PAYMENT_STATE_PAID, 1, 0},
                        {ATTEMPT_STATE_SUCCEEDED, ORDER_STATE_CONFIRMED, PAYMENT_STATE_PAID, 1, 0}},
                {"DECLINE",
                        {ATTEMPT_STATE_DECLINED, ORDER_STATE_PLACED, PAYMENT_STATE_UNPAID, 1, 0},
                        {ATTEMPT_STATE_DECLINED, ORDER_STATE_EXPIRED, PAYMENT_STATE_UNPAID, 1, 0}},
                {"TIMEOUT", {ATTEMPT_STATE_OPEN, ORDER_STATE_PLACED, PAYMENT_STATE_PENDING, 1, 0},
                        {ATTEMPT_STATE_CLOSED, ORDER_STATE_EXPIRED, PAYMENT_STATE_UNPAID, 2, 0}},
                {"LATE", {ATTEMPT_STATE_OPEN, ORDER_STATE_PLACED, PAYMENT_STATE_PENDING, 1, 0},
                        {ATTEMPT_STATE_SUCCEEDED, ORDER_STATE_CONFIRMED, PAYMENT_STATE_PAID, 2, 0}},
                {"DUPLICATE",
                        {ATTEMPT_STATE_SUCCEEDED, ORDER_STATE_CONFIRMED, PAYMENT_STATE_PAID, 2, 0},
                        {ATTEMPT_STATE_SUCCEEDED, ORDER_STATE_CONFIRMED, PAYMENT_STATE_PAID, 2, 0}},
                {"CONTRADICT",
                        {ATTEMPT_STATE_DECLINED, ORDER_STATE_PLACED, PAYMENT_STATE_UNPAID, 1, 0},
                        {ATTEMPT_STATE_DECLINED, ORDER_STATE_EXPIRED, PAYMENT_STATE_UNPAID, 2,
                                400}},
                {"WRONG_AMOUNT",
                        {ATTEMPT_STATE_SUCCEEDED, ORDER_STATE_PLACED, PAYMENT_STATE_UNPAID, 1, 401},
                        {ATTEMPT_STATE_SUCCEEDED, ORDER_STATE_EXPIRED, PAYMENT_STATE_UNPAID, 1,
                                401}},
                {"TOO_LATE", {ATTEMPT_STATE_OPEN, ORDER_STATE_PLACED, PAYMENT_STATE_PENDING, 1, 0},
                        {ATTEMPT_STATE_SUCCEEDED, ORDER_STATE_EXPIRED, PAYMENT_STATE_UNPAID, 2,
                                400}},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct stall stall = stall_open();
                const char *order_id = stall_place(&stall, stall.alice, three_mugs);
                const char *attempt_id = pay(&stall, order_id, rows[i].answer);

                assert_expected(&stall, order_id, attempt_id, &rows[i].now);
                /* The gateway keeps nothing that a restart could lose. */
                shop_restart(stall.shop);
                shop_advance(stall.shop, HOUR_US);
                assert_expected(&stall, order_id, attempt_id, &rows[i].later);
                stall_close(&stall);
        }
}

/* ---- attempts ---- */

static void one_attempt_at_a_time(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, three_mugs);
        const char *attempt_id = pay(&stall, order_id, "LATE");
        const struct error *error = stall_refused(&stall, stall.alice,
                (struct refusal){"payment.PayOrder", FAILED_PRECONDITION, "ATTEMPT_OPEN"},
                "{'order_id':'%s'}", order_id);

        assert_string_equal(stall_fact(error, "attempt_id"), attempt_id);
        shop_advance(stall.shop, 10 * MINUTE_US - 1);
        assert_order(&stall, order_id, ORDER_STATE_PLACED, PAYMENT_STATE_PENDING);
        shop_advance(stall.shop, 1);
        assert_order(&stall, order_id, ORDER_STATE_CONFIRMED, PAYMENT_STATE_PAID);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->allocated, 3);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->reserved, 0);
        stall_close(&stall);
}

static void after_a_refusal_it_is_tried_again(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, three_mugs);
        const char *declined = pay(&stall, order_id, "DECLINE");

        assert_string_equal(till_attempt(&stall, declined)->decline_reason, "DECLINED_BY_ISSUER");
        assert_string_equal(stall_order(&stall, order_id)->open_attempt_id, "");
        pay(&stall, order_id, "ACCEPT");
        assert_order(&stall, order_id, ORDER_STATE_CONFIRMED, PAYMENT_STATE_PAID);
        assert_int_equal(till_attempt(&stall, declined)->state, ATTEMPT_STATE_DECLINED);
        stall_close(&stall);
}

/* ---- contradictions ---- */

static void a_second_success_is_sent_back(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, three_mugs);
        const char *turned = pay(&stall, order_id, "CONTRADICT");

        pay(&stall, order_id, "ACCEPT");
        shop_advance(stall.shop, MINUTE_US);
        assert_order(&stall, order_id, ORDER_STATE_CONFIRMED, PAYMENT_STATE_PAID);
        assert_int_equal(till_attempt(&stall, turned)->state, ATTEMPT_STATE_DECLINED);
        assert_suspense(&stall, 400, 1);
        /* Told again, it is the same contradiction. */
        till_say(&stall, turned, "SUCCEEDED", 400);
        assert_suspense(&stall, 400, 1);
        assert_int_equal(till_attempt(&stall, turned)->outcome_count, 3);
        stall_close(&stall);
}

static void outcomes_after_the_first_change_nothing(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, three_mugs);
        const char *attempt_id = pay(&stall, order_id, "ACCEPT");

        till_say(&stall, attempt_id, "SUCCEEDED", 400);
        till_say(&stall, attempt_id, "PENDING", 0);
        assert_suspense(&stall, 0, 0);
        till_say(&stall, attempt_id, "DECLINED", 400);
        till_say(&stall, attempt_id, "DECLINED", 400);
        assert_suspense(&stall, 0, 1);
        till_say(&stall, attempt_id, "SUCCEEDED", 399);
        till_say(&stall, attempt_id, "SUCCEEDED", 399);
        assert_suspense(&stall, 399, 2);
        assert_order(&stall, order_id, ORDER_STATE_CONFIRMED, PAYMENT_STATE_PAID);
        assert_int_equal(till_attempt(&stall, attempt_id)->state, ATTEMPT_STATE_SUCCEEDED);
        assert_int_equal(till_booked(&stall, LEDGER_ACCOUNT_CAPTURED), 400);
        stall_close(&stall);
}

static void the_right_amount_after_a_wrong_one_is_not_owed(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, three_mugs);
        const char *attempt_id = pay(&stall, order_id, "WRONG_AMOUNT");

        assert_false(till_attempt(&stall, attempt_id)->captured);
        till_say(&stall, attempt_id, "SUCCEEDED", 400);
        assert_suspense(&stall, 801, 2);
        assert_order(&stall, order_id, ORDER_STATE_PLACED, PAYMENT_STATE_UNPAID);
        stall_close(&stall);
}

static void a_success_names_what_moved(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, three_mugs);
        const char *attempt_id = pay(&stall, order_id, "TIMEOUT");
        struct outcome no_amount =
                till_tell(&stall, attempt_id, "SUCCEEDED", ",\"currency_code\":\"GBP\"");
        struct outcome no_currency =
                till_tell(&stall, attempt_id, "SUCCEEDED", ",\"amount_minor\":\"400\"");

        struct outcome too_much = till_tell(&stall, attempt_id, "SUCCEEDED",
                ",\"amount_minor\":\"9007199254740992\",\"currency_code\":\"GBP\"");
        struct outcome negative = till_tell(&stall, attempt_id, "SUCCEEDED",
                ",\"amount_minor\":\"-1\",\"currency_code\":\"GBP\"");

        assert_string_equal(too_much.error->reason, "TOO_LARGE");
        assert_string_equal(negative.error->reason, "TOO_SMALL");
        assert_string_equal(no_amount.error->reason, "AMOUNT_MISSING");
        assert_string_equal(no_currency.error->reason, "CURRENCY_MISSING");
        stall_refused(&stall, shop_as(stall.shop, ROLE_ADMINISTRATOR),
                (struct refusal){"payment.RecordOutcome", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"},
                "{'attempt_id':'%s','outcome':'OUTCOME_SUCCEEDED'}", attempt_id);
        stall_close(&stall);
}

static void silence_becomes_a_ticket(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, three_mugs);
        const char *attempt_id = pay(&stall, order_id, "TIMEOUT");

        assert_int_equal(till_tickets(&stall, "PAYMENT_UNANSWERED"), 0);
        till_say(&stall, attempt_id, "PENDING", 0);
        till_say(&stall, attempt_id, "PENDING", 0);
        assert_int_equal(till_tickets(&stall, "PAYMENT_UNANSWERED"), 1);
        stall_close(&stall);
}

/* ---- the end of an order that is being paid ---- */

static void closing_asks_the_gateway_first(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, three_mugs);
        const char *attempt_id = pay(&stall, order_id, "TOO_LATE");

        shop_advance(stall.shop, 30 * MINUTE_US);
        assert_true(till_attempt(&stall, attempt_id)->closing);
        assert_order(&stall, order_id, ORDER_STATE_PLACED, PAYMENT_STATE_PENDING);
        shop_advance(stall.shop, 2 * MINUTE_US - 1);
        assert_order(&stall, order_id, ORDER_STATE_PLACED, PAYMENT_STATE_PENDING);
        shop_advance(stall.shop, 1);
        assert_order(&stall, order_id, ORDER_STATE_EXPIRED, PAYMENT_STATE_UNPAID);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->reserved, 0);
        shop_advance(stall.shop, 8 * MINUTE_US);
        assert_order(&stall, order_id, ORDER_STATE_EXPIRED, PAYMENT_STATE_UNPAID);
        assert_suspense(&stall, 400, 1);
        stall_close(&stall);
}

static void money_that_comes_first_pays(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, three_mugs);
        const char *attempt_id = pay(&stall, order_id, "TOO_LATE");

        shop_advance(stall.shop, 31 * MINUTE_US);
        till_say(&stall, attempt_id, "SUCCEEDED", 400);
        assert_order(&stall, order_id, ORDER_STATE_CONFIRMED, PAYMENT_STATE_PAID);
        shop_advance(stall.shop, HOUR_US);
        assert_order(&stall, order_id, ORDER_STATE_CONFIRMED, PAYMENT_STATE_PAID);
        assert_suspense(&stall, 0, 0);
        stall_close(&stall);
}

static void a_cancellation_waits_for_the_gateway(void **state)
{
        static const struct {
                const char *answer;
                int64_t wait_us;
                OrderState order;
        } rows[] = {
                {"TIMEOUT", 0, ORDER_STATE_CANCELLED},
                {"TOO_LATE", 2 * MINUTE_US, ORDER_STATE_CANCELLED},
        };

        for (size_t i = 0; i < 2; i++) {
                struct stall stall = stall_open();
                const char *order_id = stall_place(&stall, stall.alice, three_mugs);

                pay(&stall, order_id, rows[i].answer);
                stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order_id);
                assert_order(&stall, order_id, ORDER_STATE_PLACED, PAYMENT_STATE_PENDING);
                shop_settle(stall.shop);
                shop_advance(stall.shop, rows[i].wait_us);
                assert_order(&stall, order_id, rows[i].order, PAYMENT_STATE_UNPAID);
                assert_string_equal(stall_order(&stall, order_id)->end_reason, "CUSTOMER");
                shop_advance(stall.shop, HOUR_US);
                assert_order(&stall, order_id, rows[i].order, PAYMENT_STATE_UNPAID);
                stall_close(&stall);
        }
}

static void a_gateway_has_as_long_as_the_terms_say(void **state)
{
        struct stall stall = stall_open();

        shop_terms(stall.shop)->close_minutes = 7;
        const char *order_id = stall_place(&stall, stall.alice, three_mugs);

        pay(&stall, order_id, "TOO_LATE");
        stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order_id);
        shop_advance(stall.shop, 7 * MINUTE_US - 1);
        assert_order(&stall, order_id, ORDER_STATE_PLACED, PAYMENT_STATE_PENDING);
        shop_advance(stall.shop, 1);
        assert_order(&stall, order_id, ORDER_STATE_CANCELLED, PAYMENT_STATE_UNPAID);
        stall_close(&stall);
}

static void paid_before_the_cancellation_is_paid(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, three_mugs);
        const char *attempt_id = pay(&stall, order_id, "TOO_LATE");

        stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order_id);
        till_say(&stall, attempt_id, "SUCCEEDED", 400);
        assert_order(&stall, order_id, ORDER_STATE_CONFIRMED, PAYMENT_STATE_PAID);
        assert_string_equal(stall_order(&stall, order_id)->end_reason, "");
        stall_close(&stall);
}

/* ---- refunds ---- */

static void a_refund_is_an_attempt(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, three_mugs);
        const PaymentAttempt *refund = NULL;
        struct scan *scan;

        stall_ok(&stall, stall.alice, "checkout.CancelOrder",
                "{'id':'%s','lines':[{'number':1,'quantity':1}]}", order_id);
        scan = payment_attempt_by_order_id(shop_read(stall.shop), order_id);
        for (const PaymentAttempt *attempt; (attempt = payment_attempt_next(scan)) != NULL;)
                if (attempt->kind == ATTEMPT_KIND_REFUND)
                        refund = attempt;
        assert_non_null(refund);
        assert_int_equal(refund->state, ATTEMPT_STATE_OPEN);
        assert_int_equal(refund->amount_minor, 134);
        assert_string_equal(refund->document_id, order_id);
        assert_int_equal(till_booked(&stall, LEDGER_ACCOUNT_REFUNDED), 134);
        shop_settle(stall.shop);
        assert_int_equal(till_attempt(&stall, refund->id)->state, ATTEMPT_STATE_SUCCEEDED);
        assert_order(&stall, order_id, ORDER_STATE_CONFIRMED, PAYMENT_STATE_PARTLY_REFUNDED);
        stall_close(&stall);
}

static void a_refund_that_fails_becomes_a_ticket(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, three_mugs);
        struct scan *scan;
        const PaymentAttempt *last = NULL;

        stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order_id);
        scan = payment_attempt_by_order_id(shop_read(stall.shop), order_id);
        for (const PaymentAttempt *attempt; (attempt = payment_attempt_next(scan)) != NULL;)
                if (attempt->kind == ATTEMPT_KIND_REFUND)
                        last = attempt;
        assert_non_null(last);
        till_say(&stall, last->id, "DECLINED", 400);
        assert_int_equal(till_tickets(&stall, "REFUND_FAILED"), 1);
        /* The money stays promised; a person has to send it. */
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 400);
        stall_close(&stall);
}

static void tickets_are_resolved_once(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, three_mugs);
        struct persona agent = shop_as(stall.shop, ROLE_SERVICE_AGENT);
        const ListTicketsResponse *list;
        const Ticket *ticket;

        pay(&stall, order_id, "WRONG_AMOUNT");
        list = stall_ok(&stall, agent, "service.ListTickets", "{'state':'TICKET_STATE_OPEN'}");
        assert_int_equal(list->n_tickets, 1);
        ticket = stall_ok(&stall, agent, "service.ResolveTicket",
                "{'id':'%s','resolution':'Customer told'}", list->tickets[0]->id);
        assert_int_equal(ticket->state, TICKET_STATE_RESOLVED);
        stall_refused(&stall, agent,
                (struct refusal){"service.ResolveTicket", FAILED_PRECONDITION, "TICKET_RESOLVED"},
                "{'id':'%s','resolution':'Again'}", ticket->id);
        stall_close(&stall);
}

/* ---- proof ---- */

static const char *first_fault(struct stall *stall)
{
        const char *kind;

        shop_verify(stall->shop, &kind);
        return kind;
}

static void verify_finds_money_that_is_not_in_the_ledger(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, three_mugs);
        struct txn *txn = shop_write_begin(stall.shop);
        Order *order = order_get(txn, order_id);
        struct scan *scan;
        PaymentAttempt *attempt;

        order->captured_minor = 500;
        order->gross_minor = 500;
        order_update(txn, order);
        shop_write_end(stall.shop, txn);
        assert_string_equal(first_fault(&stall), "ORDER_TOTALS");
        txn = shop_write_begin(stall.shop);
        order = order_get(txn, order_id);
        order->captured_minor = 400;
        order->gross_minor = 400;
        order->refunded_minor = 5;
        order->payment_state = PAYMENT_STATE_PARTLY_REFUNDED;
        order_update(txn, order);
        shop_write_end(stall.shop, txn);
        assert_string_equal(first_fault(&stall), "ORDER_REFUNDED");
        txn = shop_write_begin(stall.shop);
        order = order_get(txn, order_id);
        order->refunded_minor = 0;
        order->payment_state = PAYMENT_STATE_PAID;
        order_update(txn, order);
        scan = payment_attempt_by_order_id(txn, order_id);
        attempt = payment_attempt_next(scan);
        attempt->amount_minor = 401;
        payment_attempt_update(txn, attempt);
        shop_write_end(stall.shop, txn);
        assert_string_equal(first_fault(&stall), "ATTEMPT_BOOKED");
        txn = shop_write_begin(stall.shop);
        attempt->amount_minor = 400;
        payment_attempt_update(txn, attempt);
        shop_write_end(stall.shop, txn);
        stall_close(&stall);
}

static void verify_finds_units_that_do_not_add_up(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, three_mugs);
        struct txn *txn = shop_write_begin(stall.shop);
        OrderLine *line = order_line_get(txn, order_id, 1);

        line->units[0]->count = 2;
        order_line_update(txn, line);
        shop_write_end(stall.shop, txn);
        assert_string_equal(first_fault(&stall), "UNIT_SUM");
        txn = shop_write_begin(stall.shop);
        line->units[0]->count = 3;
        line->allocations[0]->quantity = 2;
        order_line_update(txn, line);
        shop_write_end(stall.shop, txn);
        assert_string_equal(first_fault(&stall), "LINE_HELD");
        txn = shop_write_begin(stall.shop);
        line->allocations[0]->quantity = 3;
        line->taxes[0]->amount_minor--;
        order_line_update(txn, line);
        shop_write_end(stall.shop, txn);
        assert_string_equal(first_fault(&stall), "LINE_TAX");
        txn = shop_write_begin(stall.shop);
        line->taxes[0]->amount_minor++;
        order_line_update(txn, line);
        shop_write_end(stall.shop, txn);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_answer_of_the_gateway),
                cmocka_unit_test(one_attempt_at_a_time),
                cmocka_unit_test(after_a_refusal_it_is_tried_again),
                cmocka_unit_test(a_second_success_is_sent_back),
                cmocka_unit_test(outcomes_after_the_first_change_nothing),
                cmocka_unit_test(the_right_amount_after_a_wrong_one_is_not_owed),
                cmocka_unit_test(a_success_names_what_moved),
                cmocka_unit_test(silence_becomes_a_ticket),
                cmocka_unit_test(closing_asks_the_gateway_first),
                cmocka_unit_test(money_that_comes_first_pays),
                cmocka_unit_test(a_cancellation_waits_for_the_gateway),
                cmocka_unit_test(a_gateway_has_as_long_as_the_terms_say),
                cmocka_unit_test(paid_before_the_cancellation_is_paid),
                cmocka_unit_test(a_refund_is_an_attempt),
                cmocka_unit_test(a_refund_that_fails_becomes_a_ticket),
                cmocka_unit_test(tickets_are_resolved_once),
                cmocka_unit_test(verify_finds_money_that_is_not_in_the_ledger),
                cmocka_unit_test(verify_finds_units_that_do_not_add_up),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
