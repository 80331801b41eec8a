/*
 * Rule 11: a shipment wins over a cancellation, which then becomes a return request. Three mugs
 * paid 1.34, 1.33 and 1.33; whether a unit is cancelled, taken or waited for depends on where it
 * is. That the sums hold is proved by verify when the stall is closed.
 */
#include "tests/domain/stall.h"

#define CANCEL  "{'id':'%s','lines':[{'number':1,'quantity':%d}]}"
#define PACK    "{'order_id':'%s','lines':[{'order_line_number':1,'quantity':%d}]}"
#define APPROVE "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}"
#define REJECT  "{'id':'%s','decision':'REVIEW_DECISION_REJECT','reject_reason':'worn'}"
#define BY_ID   "{'id':'%s'}"

static const struct refusal not_open = {
        "checkout.CancelOrder", FAILED_PRECONDITION, "UNITS_NOT_OPEN"};
static const struct refusal too_early = {
        "aftersales.ReviewReturn", FAILED_PRECONDITION, "UNITS_NOT_DELIVERED"};

static struct persona agent(struct stall *stall)
{
        return shop_as(stall->shop, ROLE_SERVICE_AGENT);
}

static struct persona warehouse(struct stall *stall)
{
        return shop_as(stall->shop, ROLE_WAREHOUSE);
}

static const char *three_mugs(struct stall *stall)
{
        return stall_sell(stall, stall->alice, (struct basket){{3, 0, 0}});
}

/* Ships so many mugs of the order; the shipment's id. */
static const char *ship(struct stall *stall, const char *order_id, int quantity)
{
        const Shipment *shipment = stall_ok(
                stall, warehouse(stall), "fulfilment.CreateShipment", PACK, order_id, quantity);

        stall_ok(stall, warehouse(stall), "fulfilment.ShipShipment", BY_ID, shipment->id);
        return shipment->id;
}

/* The one case of an order. */
static const ReturnCase *only_case(struct stall *stall, const char *order_id)
{
        struct txn *txn = shop_read(stall->shop);
        struct scan *scan = return_case_by_order_id(txn, order_id);
        const ReturnCase *row = return_case_next(scan);

        assert_non_null(row);
        const char *id = row->id;

        assert_null(return_case_next(scan));
        return return_case_document(txn, id);
}

static void cancel(struct stall *stall, const char *order_id, int quantity)
{
        const Order *order =
                stall_ok(stall, stall->alice, "checkout.CancelOrder", CANCEL, order_id, quantity);

        assert_int_equal(order->aftersales_state, AFTERSALES_STATE_OPEN);
        assert_int_equal(order->state, ORDER_STATE_CONFIRMED);
}

static void refund(struct stall *stall, const char *case_id)
{
        stall_ok(stall, warehouse(stall), "aftersales.ReceiveReturn",
                "{'id':'%s','location_id':'%s'}", case_id, stall->main_id);
        stall_ok(stall, warehouse(stall), "aftersales.InspectReturn", BY_ID, case_id);
        stall_ok(stall, agent(stall), "aftersales.RefundReturn", BY_ID, case_id);
}

static void what_was_delivered_is_taken_at_once(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = three_mugs(&stall);

        stall_deliver(&stall, order_id);
        cancel(&stall, order_id, 2);
        const ReturnCase *row = only_case(&stall, order_id);

        assert_int_equal(row->type, RETURN_TYPE_RETURN_AND_REFUND);
        assert_int_equal(row->state, RETURN_STATE_APPLIED);
        assert_string_equal(row->reason, "cancelled after shipping");
        assert_int_equal(row->refund_minor, 134 + 133);
        assert_int_equal(row->refund_tax_minor, 23 + 22);
        assert_int_equal(stall_units(&stall, order_id, 1, UNIT_STATE_IN_CASE), 2);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 0);
        assert_int_equal(shop_event_count(stall.shop, "return.applied"), 1);
        stall_refused(&stall, stall.alice, not_open, CANCEL, order_id, 2);
        stall_ok(&stall, agent(&stall), "aftersales.ReviewReturn", APPROVE, row->id);
        refund(&stall, row->id);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 134 + 133);
        stall_close(&stall);
}

/* The review is refused while the parcel travels, changes nothing then, and is repeated. */
static void what_is_in_transit_is_taken_when_approved(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = three_mugs(&stall);
        const char *parcel = stall_ship(&stall, order_id);

        stall_ok(&stall, stall.alice, "checkout.CancelOrder",
                "{'id':'%s','reason':'too late','lines':[{'number':1,'quantity':2}]}", order_id);
        const ReturnCase *row = only_case(&stall, order_id);

        assert_string_equal(row->reason, "too late");
        assert_int_equal(row->unit_count, 2);
        assert_int_equal(row->refund_minor, 0);
        assert_int_equal(row->lines[0]->quantity, 2);
        assert_int_equal(row->lines[0]->n_units, 0);
        assert_int_equal(stall_units(&stall, order_id, 1, UNIT_STATE_IN_TRANSIT), 3);
        const struct error *error =
                stall_refused(&stall, agent(&stall), too_early, APPROVE, row->id);

        assert_string_equal(stall_fact(error, "line"), "1");
        assert_string_equal(stall_fact(error, "wanted"), "2");
        assert_string_equal(stall_fact(error, "available"), "0");
        assert_int_equal(only_case(&stall, order_id)->state, RETURN_STATE_APPLIED);
        stall_track(&stall, parcel, "e1", "TRACKING_KIND_DELIVERED", 0);
        row = stall_ok(&stall, agent(&stall), "aftersales.ReviewReturn", APPROVE, row->id);
        assert_int_equal(row->state, RETURN_STATE_APPROVED);
        assert_int_equal(row->refund_minor, 134 + 133);
        assert_int_equal(row->refund_tax_minor, 23 + 22);
        assert_int_equal(row->lines[0]->quantity, 2);
        assert_int_equal(row->lines[0]->units[0]->count, 2);
        assert_int_equal(stall_units(&stall, order_id, 1, UNIT_STATE_IN_CASE), 2);
        refund(&stall, row->id);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 134 + 133);
        stall_close(&stall);
}

/* One mug is delivered, one travels, one is open; the same line is named twice. */
static void open_units_are_cancelled_and_the_others_asked_back(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = three_mugs(&stall);

        stall_track(&stall, ship(&stall, order_id, 1), "e1", "TRACKING_KIND_DELIVERED", 0);
        const char *parcel = ship(&stall, order_id, 1);
        const Order *order = stall_ok(&stall, stall.alice, "checkout.CancelOrder",
                "{'id':'%s','lines':[{'number':1,'quantity':2},{'number':1,'quantity':1}]}",
                order_id);

        assert_int_equal(order->refunded_minor, 133);
        assert_int_equal(order->aftersales_state, AFTERSALES_STATE_OPEN);
        assert_int_equal(stall_units(&stall, order_id, 1, UNIT_STATE_CANCELLED), 1);
        assert_int_equal(stall_units(&stall, order_id, 1, UNIT_STATE_IN_CASE), 1);
        const ReturnCase *row = only_case(&stall, order_id);

        assert_int_equal(row->n_lines, 2);
        assert_int_equal(row->unit_count, 2);
        assert_int_equal(row->refund_minor, 134);
        stall_refused(&stall, agent(&stall), too_early, APPROVE, row->id);
        stall_track(&stall, parcel, "e2", "TRACKING_KIND_DELIVERED", 0);
        stall_ok(&stall, agent(&stall), "aftersales.ReviewReturn", APPROVE, row->id);
        refund(&stall, row->id);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 400);
        stall_close(&stall);
}

static void rejected_and_withdrawn_cases_give_back_what_they_took(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = three_mugs(&stall);
        const char *other_id = three_mugs(&stall);

        stall_track(&stall, ship(&stall, order_id, 1), "e1", "TRACKING_KIND_DELIVERED", 0);
        ship(&stall, order_id, 2);
        cancel(&stall, order_id, 3);
        const char *id = only_case(&stall, order_id)->id;

        stall_ok(&stall, agent(&stall), "aftersales.ReviewReturn", REJECT, id);
        assert_int_equal(stall_units(&stall, order_id, 1, UNIT_STATE_DELIVERED), 1);
        assert_int_equal(stall_units(&stall, order_id, 1, UNIT_STATE_IN_TRANSIT), 2);
        stall_ok(&stall, stall.alice, "aftersales.CloseReturn", BY_ID, id);
        stall_ship(&stall, other_id);
        cancel(&stall, other_id, 3);
        id = only_case(&stall, other_id)->id;
        /* The case waits for them: another cannot. */
        stall_refused(&stall, stall.alice, not_open, CANCEL, other_id, 1);
        stall_ok(&stall, stall.alice, "aftersales.WithdrawReturn", BY_ID, id);
        assert_int_equal(stall_units(&stall, other_id, 1, UNIT_STATE_IN_TRANSIT), 3);
        assert_int_equal(stall_order(&stall, other_id)->aftersales_state, AFTERSALES_STATE_CLOSED);
        stall_ok(&stall, stall.alice, "checkout.CancelOrder", CANCEL, other_id, 1);
        stall_close(&stall);
}

static void what_is_packed_lost_or_not_there_is_refused(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = three_mugs(&stall);

        stall_ok(&stall, warehouse(&stall), "fulfilment.CreateShipment", PACK, order_id, 1);
        stall_refused(&stall, stall.alice, not_open, CANCEL, order_id, 3);
        const char *parcel = ship(&stall, order_id, 2);

        stall_refused(&stall, stall.alice, not_open, CANCEL, order_id, 3);
        stall_refused(&stall, stall.alice, not_open,
                "{'id':'%s','lines':[{'number':1,'quantity':2},{'number':1,'quantity':1}]}",
                order_id);
        stall_track(&stall, parcel, "e1", "TRACKING_KIND_LOST", 0);
        stall_refused(&stall, stall.alice, not_open, CANCEL, order_id, 1);
        stall_refused(&stall, stall.alice, not_open, BY_ID, order_id);
        assert_int_equal(stall_order(&stall, order_id)->aftersales_state, AFTERSALES_STATE_NONE);
        stall_close(&stall);
}

static void only_the_buyer_asks_and_only_in_time(void **state)
{
        struct stall stall = stall_open();
        const struct refusal closed = {
                "checkout.CancelOrder", FAILED_PRECONDITION, "RETURN_WINDOW_CLOSED"};
        struct refusal foreign = {"checkout.CancelOrder", NOT_FOUND, "ORDER_NOT_FOUND"};
        const char *order_id = three_mugs(&stall);

        stall_deliver(&stall, order_id);
        stall_refused(&stall, shop_member(stall.shop, "bob"), foreign, CANCEL, order_id, 1);
        shop_advance(stall.shop, 32 * DAY_US);
        stall_refused(&stall, stall.alice, closed, CANCEL, order_id, 1);
        stall_ok(&stall, agent(&stall), "checkout.CancelOrder", CANCEL, order_id, 1);
        assert_int_equal(only_case(&stall, order_id)->unit_count, 1);
        stall_close(&stall);
}

/* A line without units is for a case that nobody has approved. */
static void verify_finds_an_approved_case_that_waits(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = three_mugs(&stall);
        static const ReturnState states[] = {RETURN_STATE_APPROVED, RETURN_STATE_APPLIED};
        const char *kind;

        stall_ship(&stall, order_id);
        cancel(&stall, order_id, 1);
        const char *id = only_case(&stall, order_id)->id;

        for (int i = 0; i < 2; i++) {
                struct txn *txn = shop_write_begin(stall.shop);
                ReturnCase *row = return_case_get(txn, id);
                ReturnStep *step = return_step_get(txn, id, 1);

                row->state = step->state = states[i];
                return_case_update(txn, row);
                return_step_update(txn, step);
                shop_write_end(stall.shop, txn);
                if (i > 0)
                        break;
                assert_int_equal(shop_verify(stall.shop, &kind), 1);
                assert_string_equal(kind, "RETURN_LINE");
        }
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_was_delivered_is_taken_at_once),
                cmocka_unit_test(what_is_in_transit_is_taken_when_approved),
                cmocka_unit_test(open_units_are_cancelled_and_the_others_asked_back),
                cmocka_unit_test(rejected_and_withdrawn_cases_give_back_what_they_took),
                cmocka_unit_test(what_is_packed_lost_or_not_there_is_refused),
                cmocka_unit_test(only_the_buyer_asks_and_only_in_time),
                cmocka_unit_test(verify_finds_an_approved_case_that_waits),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
