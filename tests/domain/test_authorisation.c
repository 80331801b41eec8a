/*
 * Rule 10 for money that is held first and taken later: what is captured, voided and refunded adds
 * up whatever is cancelled and whenever the gateway answers. Three mugs are 1.34, 1.33 and 1.33.
 */
#include "tests/domain/till.h"

#include "internal.rows.h"

static const struct basket three_mugs = {.quantity = {[WARE_MUG] = 3}}; /* 4.00 */

static const char *authorise(struct stall *stall, const char *order_id, const char *answer)
{
        const PaymentAttempt *attempt = stall_ok(stall, stall->alice, "payment.PayOrder",
                "{'order_id':'%s','capture_mode':'CAPTURE_MODE_MANUAL','sandbox_answer':"
                "'SANDBOX_ANSWER_%s'}",
                order_id, answer);

        assert_int_equal(attempt->kind, ATTEMPT_KIND_AUTHORISE);
        shop_settle(stall->shop);
        return attempt->id;
}

static const char *held_order(struct stall *stall)
{
        const char *order_id = stall_place(stall, stall->alice, three_mugs);

        authorise(stall, order_id, "ACCEPT");
        return order_id;
}

static const char *capture(
        struct stall *stall, const char *order_id, int amount_minor, const char *answer)
{
        const PaymentAttempt *attempt = stall_ok(stall, shop_as(stall->shop, ROLE_FINANCE),
                "payment.CapturePayment",
                "{'order_id':'%s','amount_minor':'%d','sandbox_answer':'SANDBOX_ANSWER_%s'}",
                order_id, amount_minor, answer);

        shop_settle(stall->shop);
        return attempt->id;
}

static void cancel(struct stall *stall, const char *order_id, int units)
{
        stall_ok(stall, stall->alice, "checkout.CancelOrder",
                "{'id':'%s','lines':[{'number':1,'quantity':%d}]}", order_id, units);
        shop_settle(stall->shop);
}

static const PaymentState UNPAID = PAYMENT_STATE_UNPAID;

/* ---- holding ---- */

static void authorised_counts_as_paid(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = held_order(&stall);
        const Order *order = stall_order(&stall, order_id);

        assert_int_equal(order->state, ORDER_STATE_CONFIRMED);
        assert_non_null(order->pay_time);
        till_assert(
                &stall, order_id, (struct till_figures){PAYMENT_STATE_AUTHORISED, 400, 0, 0, 0, 0});
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->allocated, 3);
        assert_int_equal(shop_event_count(stall.shop, "order.paid"), 1);
        shop_advance(stall.shop, DAY_US);
        assert_int_equal(stall_order(&stall, order_id)->state, ORDER_STATE_CONFIRMED);
        stall_refused(&stall, stall.alice,
                (struct refusal){"payment.PayOrder", FAILED_PRECONDITION, "NOTHING_DUE"},
                "{'order_id':'%s'}", order_id);
        stall_close(&stall);
}

static void every_answer_to_an_authorisation(void **state)
{
        static const struct {
                const char *answer;
                AttemptState attempt;
                OrderState order;
                bool voided;
        } rows[] = {
                {"ACCEPT", ATTEMPT_STATE_SUCCEEDED, ORDER_STATE_CONFIRMED, false},
                {"DECLINE", ATTEMPT_STATE_DECLINED, ORDER_STATE_EXPIRED, false},
                {"TIMEOUT", ATTEMPT_STATE_CLOSED, ORDER_STATE_EXPIRED, false},
                {"LATE", ATTEMPT_STATE_SUCCEEDED, ORDER_STATE_CONFIRMED, false},
                {"DUPLICATE", ATTEMPT_STATE_SUCCEEDED, ORDER_STATE_CONFIRMED, false},
                {"CONTRADICT", ATTEMPT_STATE_DECLINED, ORDER_STATE_EXPIRED, true},
                {"WRONG_AMOUNT", ATTEMPT_STATE_SUCCEEDED, ORDER_STATE_EXPIRED, true},
                {"TOO_LATE", ATTEMPT_STATE_SUCCEEDED, ORDER_STATE_EXPIRED, true},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct stall stall = stall_open();
                const char *order_id = stall_place(&stall, stall.alice, three_mugs);
                const char *attempt_id = authorise(&stall, order_id, rows[i].answer);

                shop_advance(stall.shop, HOUR_US);
                const PaymentAttempt *hold = till_latest(&stall, order_id, ATTEMPT_KIND_VOID);

                assert_int_equal(till_attempt(&stall, attempt_id)->state, rows[i].attempt);
                assert_int_equal(stall_order(&stall, order_id)->state, rows[i].order);
                assert_int_equal(hold != NULL, rows[i].voided);
                if (hold != NULL)
                        assert_string_equal(hold->document_id, attempt_id);
                assert_int_equal(till_tickets(&stall, "PAYMENT_CONTRADICTED"), rows[i].voided);
                assert_int_equal(till_booked(&stall, LEDGER_ACCOUNT_SUSPENSE), 0);
                stall_close(&stall);
        }
}

/* ---- capturing ---- */

static void captured_by_people_in_parts(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = held_order(&stall);
        const char *attempt_id = capture(&stall, order_id, 150, "ACCEPT");

        assert_int_equal(till_attempt(&stall, attempt_id)->state, ATTEMPT_STATE_SUCCEEDED);
        till_assert(&stall, order_id,
                (struct till_figures){PAYMENT_STATE_AUTHORISED, 250, 150, 0, 0, 0});
        stall_refused(&stall, shop_as(stall.shop, ROLE_FINANCE),
                (struct refusal){
                        "payment.CapturePayment", INVALID_ARGUMENT, "MORE_THAN_AUTHORISED"},
                "{'order_id':'%s','amount_minor':'251'}", order_id);
        capture(&stall, order_id, 0, "ACCEPT");
        till_assert(&stall, order_id, (struct till_figures){PAYMENT_STATE_PAID, 0, 400, 0, 0, 0});
        stall_refused(&stall, shop_as(stall.shop, ROLE_FINANCE),
                (struct refusal){
                        "payment.CapturePayment", FAILED_PRECONDITION, "NOTHING_AUTHORISED"},
                "{'order_id':'%s'}", order_id);
        assert_false(
                scheduled_call_has(shop_read(stall.shop), "payment.ExpireAuthorisation", order_id));
        shop_advance(stall.shop, 8 * DAY_US);
        assert_int_equal(till_tickets(&stall, "AUTHORISATION_EXPIRED"), 0);
        stall_close(&stall);
}

static void the_first_parcel_captures_the_rest(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = held_order(&stall);

        capture(&stall, order_id, 100, "LATE");
        stall_ship(&stall, order_id);
        shop_settle(stall.shop);
        /* Not twice what is being captured; the rest when that has ended. */
        till_assert(
                &stall, order_id, (struct till_figures){PAYMENT_STATE_AUTHORISED, 400, 0, 0, 0, 0});
        shop_advance(stall.shop, 10 * MINUTE_US);
        till_assert(&stall, order_id, (struct till_figures){PAYMENT_STATE_PAID, 0, 400, 0, 0, 0});
        order_id = held_order(&stall);
        stall_ship(&stall, order_id);
        shop_settle(stall.shop);
        assert_int_equal(stall_order(&stall, order_id)->captured_minor, 400);
        stall_close(&stall);
}

static void a_capture_is_open_until_it_is_answered(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = held_order(&stall);
        const char *attempt_id = capture(&stall, order_id, 100, "TIMEOUT");

        stall_refused(&stall, shop_as(stall.shop, ROLE_FINANCE),
                (struct refusal){"payment.CapturePayment", FAILED_PRECONDITION, "CAPTURE_OPEN"},
                "{'order_id':'%s'}", order_id);
        till_say(&stall, attempt_id, "SUCCEEDED", 100);
        till_say(&stall, attempt_id, "SUCCEEDED", 100);
        till_assert(&stall, order_id,
                (struct till_figures){PAYMENT_STATE_AUTHORISED, 300, 100, 0, 0, 0});
        till_say(&stall, attempt_id, "SUCCEEDED", 90);
        assert_int_equal(till_booked(&stall, LEDGER_ACCOUNT_SUSPENSE), 90);
        assert_int_equal(till_tickets(&stall, "PAYMENT_CONTRADICTED"), 1);
        stall_close(&stall);
}

/* Nobody can capture, pay or edit while it is open, so it ends. */
static void what_nobody_answers_is_closed(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = held_order(&stall);
        const char *capture_id = capture(&stall, order_id, 100, "TIMEOUT");

        shop_advance(stall.shop, 73 * HOUR_US);
        assert_int_equal(till_attempt(&stall, capture_id)->state, ATTEMPT_STATE_CLOSED);
        assert_int_equal(till_tickets(&stall, "CAPTURE_FAILED"), 1);
        till_assert(&stall, order_id, (struct till_figures){UNPAID, 0, 0, 0, 0, 400});
        const PaymentAttempt *sale = stall_ok(&stall, stall.alice, "payment.PayOrder",
                "{'order_id':'%s','sandbox_answer':'SANDBOX_ANSWER_TIMEOUT'}", order_id);

        shop_advance(stall.shop, 29 * MINUTE_US);
        assert_int_equal(till_attempt(&stall, sale->id)->state, ATTEMPT_STATE_OPEN);
        shop_advance(stall.shop, MINUTE_US);
        assert_int_equal(till_attempt(&stall, sale->id)->state, ATTEMPT_STATE_CLOSED);
        stall_ok(&stall, stall.alice, "payment.PayOrder", "{'order_id':'%s'}", order_id);
        shop_settle(stall.shop);
        till_assert(&stall, order_id, (struct till_figures){PAYMENT_STATE_PAID, 0, 400, 0, 0, 0});
        stall_close(&stall);
}

/* What the hold was is due again, nothing leaves, and another payment heals it. */
static void a_capture_that_fails_stops_the_parcels(void **state)
{
        static const struct {
                const char *answer, *ticket;
                int64_t suspense;
        } rows[] = {
                {"DECLINE", "CAPTURE_FAILED", 0},
                {"WRONG_AMOUNT", "PAYMENT_CONTRADICTED", 401},
        };

        for (size_t i = 0; i < 2; i++) {
                struct stall stall = stall_open();
                const char *order_id = held_order(&stall);

                capture(&stall, order_id, 0, rows[i].answer);
                till_assert(&stall, order_id, (struct till_figures){UNPAID, 0, 0, 0, 0, 400});
                assert_int_equal(till_tickets(&stall, rows[i].ticket), 1);
                assert_int_equal(till_booked(&stall, LEDGER_ACCOUNT_SUSPENSE), rows[i].suspense);
                assert_int_equal(
                        till_latest(&stall, order_id, ATTEMPT_KIND_VOID)->amount_minor, 400);
                stall_refused(&stall, shop_as(stall.shop, ROLE_WAREHOUSE),
                        (struct refusal){
                                "fulfilment.CreateShipment", FAILED_PRECONDITION, "PAYMENT_LOST"},
                        "{'order_id':'%s'}", order_id);
                stall_refused(&stall, stall.alice,
                        (struct refusal){"payment.PayOrder", INVALID_ARGUMENT, "CAPTURED_AT_ONCE"},
                        "{'order_id':'%s','capture_mode':'CAPTURE_MODE_MANUAL'}", order_id);
                stall_ok(&stall, stall.alice, "payment.PayOrder", "{'order_id':'%s'}", order_id);
                shop_settle(stall.shop);
                till_assert(&stall, order_id,
                        (struct till_figures){PAYMENT_STATE_PAID, 0, 400, 0, 0, 0});
                stall_deliver(&stall, order_id);
                stall_close(&stall);
        }
}

static void packed_parcels_wait_too(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = held_order(&stall);
        const Shipment *parcel = stall_ok(&stall, shop_as(stall.shop, ROLE_WAREHOUSE),
                "fulfilment.CreateShipment", "{'order_id':'%s'}", order_id);

        capture(&stall, order_id, 0, "DECLINE");
        stall_refused(&stall, shop_as(stall.shop, ROLE_WAREHOUSE),
                (struct refusal){"fulfilment.ShipShipment", FAILED_PRECONDITION, "PAYMENT_LOST"},
                "{'id':'%s','carrier':'Post'}", parcel->id);
        stall_close(&stall);
}

/* ---- giving back ---- */

/* Captured before and being captured, then units cancelled, then the open capture's outcome. */
static void cancelling_lowers_what_can_be_captured(void **state)
{
        static const struct {
                int captured;     /* before; 0: nothing */
                int in_flight;    /* asked for and unanswered; 0: nothing */
                int cancelled;    /* units */
                const char *then; /* outcome of the open capture, or NULL */
                int64_t voided;   /* of the last void; 0: none */
                struct till_figures expected;
        } rows[] = {
                {0, 0, 1, NULL, 134, {PAYMENT_STATE_AUTHORISED, 266, 0, 0, 134, 0}},
                {0, 0, 3, NULL, 400, {PAYMENT_STATE_UNPAID, 0, 0, 0, 400, 0}},
                {400, 0, 1, NULL, 0, {PAYMENT_STATE_PARTLY_REFUNDED, 0, 400, 134, 0, 0}},
                {400, 0, 3, NULL, 0, {PAYMENT_STATE_REFUNDED, 0, 400, 400, 0, 0}},
                {300, 0, 1, NULL, 100, {PAYMENT_STATE_PARTLY_REFUNDED, 0, 300, 34, 100, 0}},
                {0, 200, 1, "SUCCEEDED", 134, {PAYMENT_STATE_AUTHORISED, 66, 200, 0, 134, 0}},
                {0, 400, 1, NULL, 0, {PAYMENT_STATE_AUTHORISED, 400, 0, 0, 134, 0}},
                {0, 400, 1, "SUCCEEDED", 0, {PAYMENT_STATE_PARTLY_REFUNDED, 0, 400, 134, 0, 0}},
                {0, 400, 3, "SUCCEEDED", 0, {PAYMENT_STATE_REFUNDED, 0, 400, 400, 0, 0}},
                {0, 300, 2, "SUCCEEDED", 100, {PAYMENT_STATE_PARTLY_REFUNDED, 0, 300, 167, 100, 0}},
                {0, 400, 1, "DECLINED", 400, {PAYMENT_STATE_UNPAID, 0, 0, 0, 134, 266}},
                {0, 400, 3, "DECLINED", 400, {PAYMENT_STATE_UNPAID, 0, 0, 0, 400, 0}},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct stall stall = stall_open();
                const char *order_id = held_order(&stall), *open_id = NULL;

                if (rows[i].captured > 0)
                        capture(&stall, order_id, rows[i].captured, "ACCEPT");
                if (rows[i].in_flight > 0)
                        open_id = capture(&stall, order_id, rows[i].in_flight, "TIMEOUT");
                cancel(&stall, order_id, rows[i].cancelled);
                if (rows[i].then != NULL)
                        till_say(&stall, open_id, rows[i].then, rows[i].in_flight);
                shop_settle(stall.shop);
                till_assert(&stall, order_id, rows[i].expected);
                const PaymentAttempt *voided = till_latest(&stall, order_id, ATTEMPT_KIND_VOID);

                assert_int_equal(voided == NULL ? 0 : voided->amount_minor, rows[i].voided);
                if (voided != NULL)
                        assert_int_equal(voided->state, ATTEMPT_STATE_SUCCEEDED);
                stall_close(&stall);
        }
}

static void a_void_that_fails_becomes_a_ticket(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = held_order(&stall);

        stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order_id);
        assert_int_equal(stall_order(&stall, order_id)->state, ORDER_STATE_CANCELLED);
        const char *void_id = till_latest(&stall, order_id, ATTEMPT_KIND_VOID)->id;

        till_say(&stall, void_id, "DECLINED", 400);
        assert_int_equal(till_tickets(&stall, "VOID_FAILED"), 1);
        till_assert(&stall, order_id, (struct till_figures){UNPAID, 0, 0, 0, 400, 0});
        till_say(&stall, void_id, "SUCCEEDED", 400);
        assert_int_equal(till_tickets(&stall, "PAYMENT_CONTRADICTED"), 1);
        stall_close(&stall);
}

/* ---- expiry ---- */

static void a_hold_ends_after_seven_days(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = held_order(&stall);

        shop_advance(stall.shop, 7 * DAY_US - 1);
        till_assert(
                &stall, order_id, (struct till_figures){PAYMENT_STATE_AUTHORISED, 400, 0, 0, 0, 0});
        shop_advance(stall.shop, 1);
        till_assert(&stall, order_id, (struct till_figures){UNPAID, 0, 0, 0, 0, 400});
        assert_int_equal(till_tickets(&stall, "AUTHORISATION_EXPIRED"), 1);
        assert_int_equal(stall_order(&stall, order_id)->state, ORDER_STATE_CONFIRMED);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->allocated, 3);
        stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order_id);
        till_assert(&stall, order_id, (struct till_figures){UNPAID, 0, 0, 0, 400, 0});
        stall_close(&stall);
}

static void what_is_being_captured_does_not_expire(void **state)
{
        struct stall stall = stall_open();

        shop_terms(stall.shop)->authorisation_days = 2;
        const char *order_id = held_order(&stall);

        shop_advance(stall.shop, 2 * DAY_US - 5 * MINUTE_US);
        capture(&stall, order_id, 300, "LATE");
        shop_advance(stall.shop, 10 * MINUTE_US);
        till_assert(&stall, order_id,
                (struct till_figures){PAYMENT_STATE_AUTHORISED, 100, 300, 0, 0, 0});
        shop_advance(stall.shop, DAY_US);
        till_assert(&stall, order_id,
                (struct till_figures){PAYMENT_STATE_PARTLY_PAID, 0, 300, 0, 0, 100});
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(authorised_counts_as_paid),
                cmocka_unit_test(every_answer_to_an_authorisation),
                cmocka_unit_test(captured_by_people_in_parts),
                cmocka_unit_test(the_first_parcel_captures_the_rest),
                cmocka_unit_test(a_capture_is_open_until_it_is_answered),
                cmocka_unit_test(what_nobody_answers_is_closed),
                cmocka_unit_test(a_capture_that_fails_stops_the_parcels),
                cmocka_unit_test(packed_parcels_wait_too),
                cmocka_unit_test(cancelling_lowers_what_can_be_captured),
                cmocka_unit_test(a_void_that_fails_becomes_a_ticket),
                cmocka_unit_test(a_hold_ends_after_seven_days),
                cmocka_unit_test(what_is_being_captured_does_not_expire),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
