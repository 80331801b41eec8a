/*
 * Edits that wait for their difference (rule 9): what is added is reserved and no part of the
 * order, what is taken out is neither packed nor gone, and payment or its end turns both over at
 * once. Three mugs paid 1.34, 1.33 and 1.33; a bowl costs 24.00. That lines hold exactly their
 * reservations is proved by verify when the stall is closed.
 */
#include "tests/domain/edits.h"

#include "tests/domain/till.h"

/* Alice's three mugs, of which one shall go, and a bowl shall come: 24.00 less 1.34. */
struct wish {
        struct stall stall;
        const char *order_id;
};

static const char *swap(struct stall *stall)
{
        return edits_text(stall,
                "'removals':[{'number':1,'quantity':1}],"
                "'additions':[{'variant_id':'%s','quantity':1}]",
                stall->variant_ids[WARE_BOWL]);
}

static const OrderRevision *the_revision(struct wish *wish)
{
        return order_revision_get(shop_read(wish->stall.shop), wish->order_id, 2);
}

static int64_t units(struct wish *wish, int line, UnitState state)
{
        return stall_units(&wish->stall, wish->order_id, line, state);
}

static void assert_waits(struct wish *wish)
{
        const Order *order = stall_order(&wish->stall, wish->order_id);
        const Stock *bowls = stall_stock(&wish->stall, WARE_BOWL, wish->stall.main_id);

        assert_int_equal(order->due_minor, 2266);
        assert_int_equal(order->due_kind, DUE_KIND_REVISION);
        assert_string_equal(order->due_document_id, order->id);
        assert_int_equal(order->gross_minor, 400);
        assert_int_equal(order->unit_count, 3);
        assert_true(order->lines[1]->uncounted);
        assert_int_equal(bowls->reserved, 1);
        assert_int_equal(bowls->allocated, 0);
        assert_int_equal(units(wish, 1, UNIT_STATE_LEAVING), 1);
        assert_int_equal(the_revision(wish)->state, REVISION_STATE_PENDING);
        assert_string_equal(the_revision(wish)->holder_id, "alice");
}

static struct wish wish(void)
{
        struct wish wish = {.stall = stall_open()};
        struct stall *stall = &wish.stall;

        wish.order_id = stall_sell(stall, stall->alice, stall_mugs(3));
        assert_true(edits_preview(stall, stall->alice, wish.order_id, swap(stall))->waits);
        edits_make(stall, stall->alice, wish.order_id, swap(stall));
        assert_waits(&wish);
        return wish;
}

static const char *pay(struct wish *wish, const char *answer)
{
        const PaymentAttempt *attempt = stall_ok(&wish->stall, wish->stall.alice,
                "payment.PayOrder", "{'order_id':'%s','sandbox_answer':'SANDBOX_ANSWER_%s'}",
                wish->order_id, answer);

        assert_int_equal(attempt->amount_minor, 2266);
        shop_settle(wish->stall.shop);
        return attempt->id;
}

static void assert_counts(struct wish *wish)
{
        const Order *order = stall_order(&wish->stall, wish->order_id);

        assert_int_equal(order->gross_minor, 2800);
        assert_int_equal(order->released_minor, 134);
        assert_int_equal(order->captured_minor, 2666);
        assert_int_equal(order->refunded_minor, 0);
        assert_int_equal(order->due_minor, 0);
        assert_int_equal(order->payment_state, PAYMENT_STATE_PAID);
        assert_int_equal(order->unit_count, 4);
        assert_false(order->lines[1]->uncounted);
        assert_int_equal(units(wish, 1, UNIT_STATE_CANCELLED), 1);
        assert_int_equal(stall_stock(&wish->stall, WARE_MUG, wish->stall.main_id)->allocated, 2);
        assert_int_equal(stall_stock(&wish->stall, WARE_BOWL, wish->stall.main_id)->allocated, 1);
        assert_int_equal(the_revision(wish)->state, REVISION_STATE_COUNTS);
        assert_string_equal(the_revision(wish)->holder_id, "");
}

/* As if nobody had asked. */
static void assert_expired(struct wish *wish)
{
        const Order *order = stall_order(&wish->stall, wish->order_id);

        assert_int_equal(order->gross_minor, 400);
        assert_int_equal(order->due_minor, 0);
        assert_int_equal(order->refunded_minor, 0);
        assert_int_equal(order->state, ORDER_STATE_CONFIRMED);
        assert_int_equal(units(wish, 1, UNIT_STATE_OPEN), 3);
        assert_int_equal(units(wish, 2, UNIT_STATE_CANCELLED), 1);
        assert_int_equal(stall_stock(&wish->stall, WARE_BOWL, wish->stall.main_id)->reserved, 0);
        assert_int_equal(the_revision(wish)->state, REVISION_STATE_EXPIRED);
        assert_string_equal(the_revision(wish)->holder_id, "");
}

static void a_revision_counts_when_it_is_paid(void **state)
{
        struct wish w = wish();

        pay(&w, "DECLINE");
        assert_waits(&w);
        pay(&w, "ACCEPT");
        assert_counts(&w);
        shop_advance(w.stall.shop, HOUR_US);
        stall_deliver(&w.stall, w.order_id);
        assert_int_equal(
                stall_order(&w.stall, w.order_id)->fulfilment_state, FULFILMENT_STATE_DELIVERED);
        stall_close(&w.stall);
}

static void a_revision_that_is_not_paid_leaves_the_order_as_it_was(void **state)
{
        static const struct {
                const char *answer; /* NULL: nobody pays */
                int64_t expires_after_us;
                int64_t suspense_minor;
        } rows[] = {
                {NULL, 30 * MINUTE_US, 0},
                {"DECLINE", 30 * MINUTE_US, 0},
                {"TOO_LATE", 32 * MINUTE_US, 2266},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct wish w = wish();

                if (rows[i].answer != NULL)
                        pay(&w, rows[i].answer);
                shop_advance(w.stall.shop, rows[i].expires_after_us - 1);
                assert_waits(&w);
                shop_advance(w.stall.shop, 1);
                assert_expired(&w);
                shop_advance(w.stall.shop, HOUR_US);
                assert_int_equal(
                        till_booked(&w.stall, LEDGER_ACCOUNT_SUSPENSE), rows[i].suspense_minor);
                /* Another may be made, and counts. */
                edits_make(&w.stall, w.stall.alice, w.order_id, swap(&w.stall));
                pay(&w, "ACCEPT");
                assert_int_equal(stall_order(&w.stall, w.order_id)->gross_minor, 2800);
                assert_int_equal(stall_order(&w.stall, w.order_id)->revision_count, 3);
                stall_close(&w.stall);
        }
}

/* What is to be packed is what is sure: neither the bowl nor the mug that leaves. */
static void a_parcel_takes_what_does_not_wait(void **state)
{
        struct wish w = wish();
        struct persona warehouse = shop_as(w.stall.shop, ROLE_WAREHOUSE);
        struct refusal held = {"fulfilment.CreateShipment", FAILED_PRECONDITION, "LINE_HELD"};
        struct refusal not_open = held;

        not_open.reason = "UNITS_NOT_OPEN";
        stall_refused(&w.stall, warehouse, held,
                "{'order_id':'%s','lines':[{'order_line_number':2,'quantity':1}]}", w.order_id);
        stall_refused(&w.stall, warehouse, not_open,
                "{'order_id':'%s','lines':[{'order_line_number':1,'quantity':3}]}", w.order_id);
        stall_deliver(&w.stall, w.order_id);
        assert_int_equal(units(&w, 1, UNIT_STATE_DELIVERED), 2);
        assert_int_equal(stall_order(&w.stall, w.order_id)->fulfilment_state,
                FULFILMENT_STATE_PARTLY_SHIPPED);
        pay(&w, "ACCEPT");
        assert_int_equal(stall_order(&w.stall, w.order_id)->released_minor, 134);
        stall_deliver(&w.stall, w.order_id);
        assert_int_equal(
                stall_order(&w.stall, w.order_id)->fulfilment_state, FULFILMENT_STATE_DELIVERED);
        stall_close(&w.stall);
}

/* All that is sure has arrived; then more comes. */
static void what_waits_does_not_delay_what_is_sure(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, stall_mugs(1));

        edits_make(&stall, stall.alice, order_id, edits_add(&stall, WARE_BOWL, 1));
        stall_deliver(&stall, order_id);
        assert_int_equal(
                stall_order(&stall, order_id)->fulfilment_state, FULFILMENT_STATE_DELIVERED);
        stall_ok(&stall, stall.alice, "payment.PayOrder", "{'order_id':'%s'}", order_id);
        shop_settle(stall.shop);
        assert_int_equal(
                stall_order(&stall, order_id)->fulfilment_state, FULFILMENT_STATE_PARTLY_SHIPPED);
        stall_deliver(&stall, order_id);
        assert_int_equal(
                stall_order(&stall, order_id)->fulfilment_state, FULFILMENT_STATE_DELIVERED);
        stall_close(&stall);
}

/* Also while it is being paid: that money goes back. */
static void a_revision_is_withdrawn(void **state)
{
        struct wish w = wish();
        struct refusal nothing = {
                "checkout.WithdrawOrderRevision", FAILED_PRECONDITION, "NO_REVISION_WAITS"};

        pay(&w, "LATE");
        stall_ok(&w.stall, w.stall.alice, nothing.method, "{'id':'%s'}", w.order_id);
        assert_expired(&w);
        stall_refused(&w.stall, w.stall.alice, nothing, "{'id':'%s'}", w.order_id);
        edits_make(&w.stall, w.stall.alice, w.order_id, swap(&w.stall));
        pay(&w, "ACCEPT");
        shop_advance(w.stall.shop, HOUR_US);
        assert_int_equal(stall_order(&w.stall, w.order_id)->captured_minor, 2666);
        assert_int_equal(stall_order(&w.stall, w.order_id)->gross_minor, 2800);
        stall_close(&w.stall);
}

/* One attempt at a time: one that was given up and not closed may still take money. */
static void nothing_is_paid_beside_an_attempt_that_was_given_up(void **state)
{
        struct wish w = wish();
        struct refusal again = {"payment.PayOrder", FAILED_PRECONDITION, "ATTEMPT_OPEN"};

        pay(&w, "TOO_LATE");
        stall_ok(&w.stall, w.stall.alice, "checkout.WithdrawOrderRevision", "{'id':'%s'}",
                w.order_id);
        edits_make(&w.stall, w.stall.alice, w.order_id, swap(&w.stall));
        stall_refused(&w.stall, w.stall.alice, again, "{'order_id':'%s'}", w.order_id);
        shop_advance(w.stall.shop, HOUR_US);
        assert_int_equal(stall_order(&w.stall, w.order_id)->captured_minor, 400);
        stall_close(&w.stall);
}

/* An exchange that waits for its money comes first, and so does its replacement. */
static void an_exchange_is_not_edited(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, stall_mugs(3));
        struct persona desk = stall_staff(&stall, ROLE_SERVICE_AGENT);

        stall_ok(&stall, shop_as(stall.shop, ROLE_WAREHOUSE), "fulfilment.CreateShipment",
                "{'order_id':'%s','lines':[{'order_line_number':1,'quantity':1}]}", order_id);
        const ListShipmentsResponse *list = stall_ok(
                &stall, stall.alice, "fulfilment.ListShipments", "{'order_id':'%s'}", order_id);
        const char *parcel_id = list->shipments[0]->id;

        stall_ok(&stall, shop_as(stall.shop, ROLE_WAREHOUSE), "fulfilment.ShipShipment",
                "{'id':'%s'}", parcel_id);
        stall_track(&stall, parcel_id, "e1", "TRACKING_KIND_DELIVERED", 0);
        const ReturnCase *row = stall_ok(&stall, stall.alice, "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'a bowl','type':'RETURN_TYPE_EXCHANGE','lines':["
                "{'order_line_number':1,'quantity':1,'replacement_variant_id':'%s'}]}",
                order_id, stall.variant_ids[WARE_BOWL]);

        stall_ok(&stall, desk, "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}", row->id);
        edits_refused(&stall, desk, order_id, "DUE_RAISED", edits_remove(&stall, 1, 1));
        stall_ok(&stall, stall.alice, "payment.PayOrder", "{'order_id':'%s'}", order_id);
        shop_settle(stall.shop);
        edits_refused(&stall, desk, order_id, "LINE_HELD", edits_remove(&stall, 2, 1));
        edits_make(&stall, desk, order_id, edits_remove(&stall, 1, 1));
        stall_close(&stall);
}

static void one_revision_at_a_time_waits(void **state)
{
        struct wish w = wish();
        const struct error *error = edits_refused(
                &w.stall, w.stall.alice, w.order_id, "DUE_RAISED", edits_remove(&w.stall, 1, 1));

        assert_string_equal(stall_fact(error, "document_id"), w.order_id);
        stall_close(&w.stall);
}

static void a_cancellation_gives_a_revision_up(void **state)
{
        static const char *const lines[] = {"", ",'lines':[{'number':1,'quantity':3}]"};

        for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
                struct wish w = wish();
                const Order *order = stall_ok(&w.stall, w.stall.alice, "checkout.CancelOrder",
                        "{'id':'%s'%s}", w.order_id, lines[i]);

                assert_int_equal(order->state, ORDER_STATE_CANCELLED);
                assert_int_equal(order->refunded_minor, 400);
                assert_int_equal(the_revision(&w)->state, REVISION_STATE_EXPIRED);
                stall_close(&w.stall);
        }
}

/* Bowls that wait are held like those of an unpaid order, however old the order is. */
static void what_waits_is_held_for_its_member(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, stall_mugs(1));

        shop_advance(stall.shop, 20 * DAY_US);
        shop_terms(stall.shop)->held_units_max = 3;
        edits_refused(&stall, stall.alice, order_id, "TOO_MANY_UNITS_HELD",
                edits_add(&stall, WARE_BOWL, 4));
        edits_make(&stall, stall.alice, order_id, edits_add(&stall, WARE_BOWL, 2));
        const char *cart_id = stall_cart(&stall, stall.alice, stall_mugs(2));
        const Quote *quote = stall_quote(&stall, cart_id, "GB");
        const struct error *error = stall_refused(&stall, stall.alice,
                stall_placing(FAILED_PRECONDITION, "TOO_MANY_UNITS_HELD"),
                "{'cart_id':'%s','fingerprint':'%s','delivery_address':{'country_code':'GB'}}",
                cart_id, quote->fingerprint);

        assert_string_equal(stall_fact(error, "held"), "2");
        shop_advance(stall.shop, HOUR_US);
        stall_place(&stall, stall.alice, stall_mugs(3));
        stall_close(&stall);
}

/* Money that was only authorised stays so; the difference is captured. */
static void an_authorised_order_is_paid_more(void **state)
{
        struct stall stall = stall_open();
        struct wish w = {
                .stall = stall, .order_id = stall_place(&stall, stall.alice, stall_mugs(3))};

        stall_ok(&w.stall, w.stall.alice, "payment.PayOrder",
                "{'order_id':'%s','capture_mode':'CAPTURE_MODE_MANUAL'}", w.order_id);
        shop_settle(w.stall.shop);
        edits_make(&w.stall, w.stall.alice, w.order_id, swap(&w.stall));
        pay(&w, "ACCEPT");
        const Order *order = stall_order(&w.stall, w.order_id);

        assert_int_equal(order->authorised_minor, 400);
        assert_int_equal(order->captured_minor, 2266);
        assert_int_equal(order->released_minor, 134);
        assert_int_equal(order->due_minor, 0);
        stall_close(&w.stall);
}

/* What was held is lost while the difference is being paid: it is a part of what is due then, which
 * the revision could not keep if it expired. */
static void a_part_of_what_is_due_pays_no_revision(void **state)
{
        struct stall stall = stall_open();
        struct wish w = {
                .stall = stall, .order_id = stall_place(&stall, stall.alice, stall_mugs(3))};

        stall_ok(&w.stall, w.stall.alice, "payment.PayOrder",
                "{'order_id':'%s','capture_mode':'CAPTURE_MODE_MANUAL'}", w.order_id);
        shop_settle(w.stall.shop);
        edits_make(&w.stall, w.stall.alice, w.order_id, swap(&w.stall));
        pay(&w, "LATE");
        stall_ok(&w.stall, stall_staff(&w.stall, ROLE_FINANCE), "payment.CapturePayment",
                "{'order_id':'%s','sandbox_answer':'SANDBOX_ANSWER_DECLINE'}", w.order_id);
        shop_advance(w.stall.shop, 10 * MINUTE_US);
        till_assert(&w.stall, w.order_id,
                (struct till_figures){PAYMENT_STATE_UNPAID, 0, 0, 0, 0, 2666});
        assert_int_equal(till_booked(&w.stall, LEDGER_ACCOUNT_SUSPENSE_RETURNED), 2266);
        stall_ok(&w.stall, w.stall.alice, "payment.PayOrder", "{'order_id':'%s'}", w.order_id);
        shop_settle(w.stall.shop);
        assert_counts(&w);
        stall_close(&w.stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_revision_counts_when_it_is_paid),
                cmocka_unit_test(a_revision_that_is_not_paid_leaves_the_order_as_it_was),
                cmocka_unit_test(a_parcel_takes_what_does_not_wait),
                cmocka_unit_test(what_waits_does_not_delay_what_is_sure),
                cmocka_unit_test(a_revision_is_withdrawn),
                cmocka_unit_test(nothing_is_paid_beside_an_attempt_that_was_given_up),
                cmocka_unit_test(an_exchange_is_not_edited),
                cmocka_unit_test(one_revision_at_a_time_waits),
                cmocka_unit_test(a_cancellation_gives_a_revision_up),
                cmocka_unit_test(what_waits_is_held_for_its_member),
                cmocka_unit_test(an_authorised_order_is_paid_more),
                cmocka_unit_test(a_part_of_what_is_due_pays_no_revision),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
