/*
 * What an order comes to owe after it was placed: a document raises a difference, PayOrder pays it,
 * and whatever becomes of that, the order that was paid stands. The documents themselves are tested
 * with their domains.
 */
#include "tests/domain/till.h"

#include "server/checkout/checkout.h"
#include "server/payment/payment.h"

static const struct basket three_mugs = {.quantity = {[WARE_MUG] = 3}}; /* 4.00 */

struct raising {
        const char *order_id;
        const char *document_id;
        int64_t amount_minor;
        int64_t expire_us;
};

static enum status raise_due(struct call *call, void *context)
{
        const struct raising *raising = context;

        return payment_due_raise(call, order_get(call->txn, raising->order_id),
                &(struct due_wish){.kind = DUE_KIND_REVISION,
                        .document_id = raising->document_id,
                        .amount_minor = raising->amount_minor,
                        .expire_us = raising->expire_us});
}

static enum status withdraw(struct call *call, void *context)
{
        payment_due_withdraw(call, order_get(call->txn, context));
        return checkout_revision_expired(call, context);
}

/* A pound that is no part of the order yet. */
static void add_a_pound(struct txn *txn, const char *order_id)
{
        OrderLine line = ORDER_LINE_INIT;
        UnitRun run = UNIT_RUN_INIT, *runs[] = {&run};

        run.count = 1;
        run.state = UNIT_STATE_OPEN;
        line.order_id = order_id;
        line.number = 2;
        line.kind = LINE_KIND_SHIPPING;
        line.quantity = 1;
        line.unit_price_minor = line.amount_minor = line.net_minor = line.gross_minor = 100;
        line.units = runs;
        line.n_units = 1;
        line.revision = 2;
        line.uncounted = true;
        order_line_insert(txn, &line);
}

/* The document: a revision as it waits for its payment. */
static void add_revision(struct stall *stall, const char *order_id)
{
        struct txn *txn = shop_write_begin(stall->shop);
        Order *order = order_get(txn, order_id);
        OrderRevision row = ORDER_REVISION_INIT;

        add_a_pound(txn, order_id);
        row.order_id = order_id;
        row.number = order->revision_count = 2;
        row.member_id = row.holder_id = order->member_id;
        row.state = REVISION_STATE_PENDING;
        row.added_minor = row.difference_minor = 100;
        row.added_units = 1;
        order_revision_insert(txn, &row);
        order_update(txn, order);
        shop_write_end(stall->shop, txn);
}

/* One pound more, for an hour. */
static const char *raise_a_pound(struct stall *stall, const char *order_id)
{
        struct raising raising = {order_id, order_id, 100, shop_now_us(stall->shop) + HOUR_US};

        add_revision(stall, order_id);
        assert_null(shop_inside(stall->shop, raise_due, &raising).error);
        return order_id;
}

static const char *sell_and_raise(struct stall *stall)
{
        return raise_a_pound(stall, stall_sell(stall, stall->alice, three_mugs));
}

static const char *pay(struct stall *stall, const char *order_id, const char *answer)
{
        const PaymentAttempt *attempt = stall_ok(stall, stall->alice, "payment.PayOrder",
                "{'order_id':'%s','sandbox_answer':'SANDBOX_ANSWER_%s'}", order_id, answer);

        assert_int_equal(attempt->amount_minor, 100);
        shop_settle(stall->shop);
        return attempt->id;
}

static void assert_due(struct stall *stall, const char *order_id, int64_t due_minor)
{
        const Order *order = stall_order(stall, order_id);

        assert_int_equal(order->due_minor, due_minor);
        assert_int_equal(order->raised_minor, due_minor);
        assert_string_equal(order->due_document_id, due_minor > 0 ? order_id : "");
        assert_int_equal(order->state, ORDER_STATE_CONFIRMED);
        assert_int_equal(order->payment_state, PAYMENT_STATE_PAID);
}

static void nothing_more_is_paid_than_is_due(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, three_mugs);

        assert_int_equal(stall_order(&stall, order_id)->due_minor, 400);
        stall_ok(&stall, stall.alice, "payment.PayOrder", "{'order_id':'%s'}", order_id);
        shop_settle(stall.shop);
        assert_due(&stall, order_id, 0);
        stall_refused(&stall, stall.alice,
                (struct refusal){"payment.PayOrder", FAILED_PRECONDITION, "NOTHING_DUE"},
                "{'order_id':'%s'}", order_id);
        stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order_id);
        assert_int_equal(stall_order(&stall, order_id)->due_minor, 0);
        stall_refused(&stall, stall.alice,
                (struct refusal){"payment.PayOrder", FAILED_PRECONDITION, "ORDER_NOT_PAYABLE"},
                "{'order_id':'%s'}", order_id);
        stall_close(&stall);
}

/* A row that was stored before orders said what is due. */
static void an_order_of_before_is_payable(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, three_mugs);
        struct txn *txn = shop_write_begin(stall.shop);
        Order *order = order_get(txn, order_id);
        const char *kind;

        order->due_minor = 0;
        order->payment_method = PAYMENT_METHOD_UNSPECIFIED;
        order_update(txn, order);
        shop_write_end(stall.shop, txn);
        assert_int_equal(shop_verify(stall.shop, &kind), 0);
        stall_ok(&stall, stall.alice, "payment.PayOrder", "{'order_id':'%s'}", order_id);
        shop_settle(stall.shop);
        assert_due(&stall, order_id, 0);
        stall_close(&stall);
}

static void a_difference_is_paid(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = sell_and_raise(&stall);

        assert_due(&stall, order_id, 100);
        pay(&stall, order_id, "DECLINE");
        assert_due(&stall, order_id, 100);
        pay(&stall, order_id, "ACCEPT");
        assert_due(&stall, order_id, 0);
        assert_int_equal(stall_order(&stall, order_id)->captured_minor, 500);
        assert_int_equal(stall_order(&stall, order_id)->gross_minor, 500);
        assert_int_equal(shop_event_count(stall.shop, "payment.due_paid"), 1);
        shop_advance(stall.shop, 2 * HOUR_US);
        assert_int_equal(shop_event_count(stall.shop, "payment.due_expired"), 0);
        stall_close(&stall);
}

static void a_difference_is_paid_by_hand(void **state)
{
        struct stall stall = stall_open();

        till_offer_all(&stall);
        const char *order_id = till_place(&stall, stall.alice, three_mugs, "INVOICE");

        raise_a_pound(&stall, order_id);
        assert_int_equal(stall_order(&stall, order_id)->due_minor, 500);
        till_receive(&stall, order_id, 450, "B-1");
        assert_int_equal(stall_order(&stall, order_id)->raised_minor, 100);
        assert_int_equal(shop_event_count(stall.shop, "payment.due_paid"), 0);
        assert_int_equal(stall_order(&stall, order_id)->captured_minor, 400);
        till_receive(&stall, order_id, 100, "B-2");
        assert_due(&stall, order_id, 0);
        assert_int_equal(shop_event_count(stall.shop, "payment.due_paid"), 1);
        stall_close(&stall);
}

/* What becomes of the attempt when the hour is over, and when another has passed. */
static void a_difference_expires_and_the_order_stands(void **state)
{
        static const struct {
                const char *answer; /* NULL: nobody pays */
                AttemptState attempt;
                int64_t expires_after_us;
                int64_t suspense_minor;
        } rows[] = {
                {NULL, ATTEMPT_STATE_UNSPECIFIED, HOUR_US, 0},
                {"DECLINE", ATTEMPT_STATE_DECLINED, HOUR_US, 0},
                {"TIMEOUT", ATTEMPT_STATE_CLOSED, HOUR_US, 0},
                {"TOO_LATE", ATTEMPT_STATE_SUCCEEDED, HOUR_US + 2 * MINUTE_US, 100},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct stall stall = stall_open();
                const char *order_id = sell_and_raise(&stall);
                const char *attempt_id = NULL;

                shop_advance(stall.shop, 50 * MINUTE_US);
                if (rows[i].answer != NULL)
                        attempt_id = pay(&stall, order_id, rows[i].answer);
                shop_advance(stall.shop, rows[i].expires_after_us - 50 * MINUTE_US - 1);
                assert_due(&stall, order_id, 100);
                shop_advance(stall.shop, 1);
                assert_due(&stall, order_id, 0);
                assert_int_equal(shop_event_count(stall.shop, "payment.due_expired"), 1);
                shop_advance(stall.shop, HOUR_US);
                assert_due(&stall, order_id, 0);
                if (attempt_id != NULL)
                        assert_int_equal(till_attempt(&stall, attempt_id)->state, rows[i].attempt);
                assert_int_equal(
                        till_booked(&stall, LEDGER_ACCOUNT_SUSPENSE), rows[i].suspense_minor);
                stall_close(&stall);
        }
}

static void what_was_withdrawn_is_sent_back(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = sell_and_raise(&stall);
        const PaymentAttempt *attempt = stall_ok(&stall, stall.alice, "payment.PayOrder",
                "{'order_id':'%s','sandbox_answer':'SANDBOX_ANSWER_LATE'}", order_id);

        shop_settle(stall.shop);
        stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order_id);
        assert_int_equal(stall_order(&stall, order_id)->raised_minor, 0);
        assert_int_equal(shop_event_count(stall.shop, "payment.due_expired"), 1);
        shop_settle(stall.shop);
        attempt = till_attempt(&stall, attempt->id);
        assert_int_equal(attempt->state, ATTEMPT_STATE_CLOSED);
        order_id = sell_and_raise(&stall);
        assert_null(shop_inside(stall.shop, withdraw, (void *)order_id).error);
        assert_due(&stall, order_id, 0);
        shop_advance(stall.shop, 2 * HOUR_US);
        assert_int_equal(shop_event_count(stall.shop, "payment.due_expired"), 1);
        stall_close(&stall);
}

static void one_document_at_a_time_of_a_confirmed_order(void **state)
{
        struct stall stall = stall_open();
        const char *placed_id = stall_place(&stall, stall.alice, three_mugs);
        struct raising raising = {placed_id, "another", 50, shop_now_us(stall.shop) + HOUR_US};

        assert_string_equal(
                shop_inside(stall.shop, raise_due, &raising).error->reason, "ORDER_NOT_CONFIRMED");
        raising.order_id = sell_and_raise(&stall);
        assert_string_equal(
                shop_inside(stall.shop, raise_due, &raising).error->reason, "DUE_RAISED");
        assert_due(&stall, raising.order_id, 100);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(nothing_more_is_paid_than_is_due),
                cmocka_unit_test(an_order_of_before_is_payable),
                cmocka_unit_test(a_difference_is_paid),
                cmocka_unit_test(a_difference_is_paid_by_hand),
                cmocka_unit_test(a_difference_expires_and_the_order_stands),
                cmocka_unit_test(what_was_withdrawn_is_sent_back),
                cmocka_unit_test(one_document_at_a_time_of_a_confirmed_order),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
