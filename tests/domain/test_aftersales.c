/*
 * Returns, refunds and goodwill through the pipeline. The amounts are those of rule 16: three mugs
 * at 1.11 without tax are 4.00 with it, 1.34, 1.33 and 1.33, with 0.23, 0.22 and 0.22 of tax.
 */
#include "tests/domain/stall.h"

#include <string.h>
#include "lib/base/clock.h"
#include "payment.rows.h"
#include "server/aftersales/return_case.h"

#define APPLY                                                                                      \
        "{'order_id':'%s','reason':'too small','lines':[{'order_line_number':1,'quantity':%d}]}"
#define APPLY_REFUND                                                                               \
        "{'order_id':'%s','reason':'gone','type':'RETURN_TYPE_REFUND_ONLY',"                       \
        "'lines':[{'order_line_number':1,'quantity':%d}]}"
#define APPROVE "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}"
#define REJECT  "{'id':'%s','decision':'REVIEW_DECISION_REJECT','reject_reason':'worn'}"
#define BY_ID   "{'id':'%s'}"
#define RATE                                                                                       \
        "{'id':'%s','rating':{'attitude':%d,'response_speed':5,'problem_solving':5,'follow_up':5}" \
        "}"

static struct persona agent(struct stall *stall)
{
        return shop_as(stall->shop, ROLE_SERVICE_AGENT);
}

static struct persona warehouse(struct stall *stall)
{
        return shop_as(stall->shop, ROLE_WAREHOUSE);
}

static struct refusal failed(const char *method, const char *reason)
{
        return (struct refusal){method, FAILED_PRECONDITION, reason};
}

/* Three mugs that alice has at home. */
static const char *delivered(struct stall *stall)
{
        const char *id = stall_sell(stall, stall->alice, (struct basket){{3, 0, 0}});

        stall_deliver(stall, id);
        return id;
}

static const char *apply(struct stall *stall, const char *order_id, int quantity)
{
        const ReturnCase *row =
                stall_ok(stall, stall->alice, "aftersales.ApplyReturn", APPLY, order_id, quantity);

        return row->id;
}

static void receive(struct stall *stall, const char *case_id)
{
        stall_ok(stall, agent(stall), "aftersales.ReviewReturn", APPROVE, case_id);
        stall_ok(stall, warehouse(stall), "aftersales.ReceiveReturn",
                "{'id':'%s','location_id':'%s'}", case_id, stall->main_id);
}

static void a_return_is_refunded_what_its_units_paid(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = delivered(&stall);
        const char *id = apply(&stall, order_id, 2);
        const ReturnCase *row = return_case_document(shop_read(stall.shop), id);

        assert_int_equal(row->refund_minor, 134 + 133);
        assert_int_equal(row->refund_tax_minor, 23 + 22);
        assert_int_equal(row->lines[0]->units[0]->first, 0);
        assert_int_equal(row->lines[0]->units[0]->count, 2);
        assert_int_equal(stall_units(&stall, order_id, 1, UNIT_STATE_IN_CASE), 2);
        assert_int_equal(stall_order(&stall, order_id)->aftersales_state, AFTERSALES_STATE_OPEN);
        receive(&stall, id);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->quarantine, 2);
        stall_ok(&stall, warehouse(&stall), "aftersales.InspectReturn",
                "{'id':'%s','lines':[{'number':1,'resellable':1}]}", id);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->quarantine, 0);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->on_hand, 8);
        assert_int_equal(stall_units(&stall, order_id, 1, UNIT_STATE_RETURNED), 2);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 0);
        const ReturnCase *refunded =
                stall_ok(&stall, agent(&stall), "aftersales.RefundReturn", BY_ID, id);

        assert_int_equal(refunded->state, RETURN_STATE_REFUNDED);
        assert_string_not_equal(refunded->refund_attempt_id, "");
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 267);
        assert_int_equal(stall_order(&stall, order_id)->lines[0]->refunded_minor, 267);
        assert_int_equal(
                stall_order(&stall, order_id)->payment_state, PAYMENT_STATE_PARTLY_REFUNDED);
        const ReturnCase *closed = stall_ok(&stall, stall.alice, "aftersales.CloseReturn",
                "{'id':'%s','rating':{'attitude':5,'response_speed':4,'problem_solving':5,"
                "'follow_up':3}}",
                id);

        assert_int_equal(closed->n_steps, 6);
        assert_string_equal(closed->steps[0]->actor, "alice");
        assert_int_equal(closed->rating->response_speed, 4);
        assert_int_equal(stall_order(&stall, order_id)->aftersales_state, AFTERSALES_STATE_CLOSED);
        stall_close(&stall);
}

/* The last unit of an order refunds what is left of it, to the penny. */
static void the_last_unit_refunds_the_rest(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = delivered(&stall);

        for (int i = 0; i < 3; i++) {
                const char *id = apply(&stall, order_id, 1);

                receive(&stall, id);
                stall_ok(&stall, warehouse(&stall), "aftersales.InspectReturn", BY_ID, id);
                stall_ok(&stall, agent(&stall), "aftersales.RefundReturn", BY_ID, id);
        }
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 400);
        assert_int_equal(stall_order(&stall, order_id)->payment_state, PAYMENT_STATE_REFUNDED);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->on_hand, 10);
        stall_close(&stall);
}

static void rejected_and_withdrawn_units_are_the_customers_again(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = delivered(&stall);
        const char *rejected = apply(&stall, order_id, 2);
        const char *withdrawn = apply(&stall, order_id, 1);

        stall_refused(&stall, agent(&stall),
                (struct refusal){"aftersales.ReviewReturn", INVALID_ARGUMENT, "REQUIRED"},
                "{'id':'%s','decision':'REVIEW_DECISION_REJECT'}", rejected);
        stall_ok(&stall, agent(&stall), "aftersales.ReviewReturn", REJECT, rejected);
        assert_int_equal(stall_units(&stall, order_id, 1, UNIT_STATE_IN_CASE), 1);
        stall_ok(&stall, agent(&stall), "aftersales.ReviewReturn", APPROVE, withdrawn);
        stall_ok(&stall, stall.alice, "aftersales.WithdrawReturn", BY_ID, withdrawn);
        assert_int_equal(stall_units(&stall, order_id, 1, UNIT_STATE_DELIVERED), 3);
        assert_int_equal(stall_order(&stall, order_id)->aftersales_state, AFTERSALES_STATE_OPEN);
        stall_ok(&stall, stall.alice, "aftersales.CloseReturn", BY_ID, rejected);
        assert_int_equal(stall_order(&stall, order_id)->aftersales_state, AFTERSALES_STATE_CLOSED);
        apply(&stall, order_id, 3);
        stall_close(&stall);
}

static void no_unit_is_in_two_cases(void **state)
{
        struct stall stall = stall_open();
        const struct refusal few = failed("aftersales.ApplyReturn", "UNITS_NOT_DELIVERED");
        const char *order_id = delivered(&stall);

        apply(&stall, order_id, 2);
        struct error *error = stall_refused(&stall, stall.alice, few, APPLY, order_id, 2);

        assert_string_equal(stall_fact(error, "available"), "1");
        assert_string_equal(stall_fact(error, "wanted"), "2");
        stall_refused(&stall, stall.alice,
                (struct refusal){"aftersales.ApplyReturn", INVALID_ARGUMENT, "LINE_NOT_FOUND"},
                "{'order_id':'%s','reason':'x','lines':[{'order_line_number':9,'quantity':1}]}",
                order_id);
        stall_close(&stall);
}

/* Every step from every state that it does not follow. */
static void steps_out_of_order_are_refused(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = delivered(&stall);
        const char *id = apply(&stall, order_id, 1);
        const char *received = apply(&stall, order_id, 1);

        stall_refused(&stall, warehouse(&stall),
                failed("aftersales.ReceiveReturn", "RETURN_NOT_APPROVED"),
                "{'id':'%s','location_id':'%s'}", id, stall.main_id);
        stall_refused(&stall, warehouse(&stall),
                failed("aftersales.InspectReturn", "RETURN_NOT_RECEIVED"), BY_ID, id);
        stall_refused(&stall, agent(&stall),
                failed("aftersales.RefundReturn", "RETURN_NOT_INSPECTED"), BY_ID, id);
        stall_refused(&stall, stall.alice, failed("aftersales.CloseReturn", "RETURN_NOT_DECIDED"),
                BY_ID, id);
        receive(&stall, received);
        stall_refused(&stall, agent(&stall),
                failed("aftersales.ReviewReturn", "RETURN_ALREADY_REVIEWED"), APPROVE, received);
        stall_refused(&stall, stall.alice,
                failed("aftersales.WithdrawReturn", "RETURN_NOT_WITHDRAWABLE"), BY_ID, received);
        stall_refused(&stall, agent(&stall),
                failed("aftersales.RefundReturn", "RETURN_NOT_INSPECTED"), BY_ID, received);
        const struct error *error = stall_refused(&stall, warehouse(&stall),
                (struct refusal){
                        "aftersales.InspectReturn", INVALID_ARGUMENT, "TOO_MANY_RESELLABLE"},
                "{'id':'%s','lines':[{'number':1,'resellable':2}]}", received);

        assert_string_equal(error->violations->field, "lines[0].resellable");
        stall_refused(&stall, warehouse(&stall),
                (struct refusal){"aftersales.InspectReturn", INVALID_ARGUMENT, "LINE_REPEATED"},
                "{'id':'%s','lines':[{'number':1,'resellable':0},{'number':1,'resellable':1}]}",
                received);
        stall_ok(&stall, warehouse(&stall), "aftersales.InspectReturn", BY_ID, received);
        stall_ok(&stall, agent(&stall), "aftersales.RefundReturn", BY_ID, received);
        stall_refused(&stall, agent(&stall),
                failed("aftersales.RefundReturn", "RETURN_ALREADY_REFUNDED"), BY_ID, received);
        stall_ok(&stall, agent(&stall), "aftersales.CloseReturn", BY_ID, received);
        stall_refused(&stall, stall.alice, failed("aftersales.CloseReturn", "RETURN_NOT_DECIDED"),
                BY_ID, received);
        stall_close(&stall);
}

static void only_the_customer_rates(void **state)
{
        struct stall stall = stall_open();
        const char *id = apply(&stall, delivered(&stall), 1);

        stall_ok(&stall, agent(&stall), "aftersales.ReviewReturn", REJECT, id);
        stall_refused(&stall, agent(&stall),
                (struct refusal){"aftersales.CloseReturn", PERMISSION_DENIED, "RATING_NOT_OWN"},
                RATE, id, 5);
        /* Staff do not keep a customer from rating by closing first. */
        stall_ok(&stall, agent(&stall), "aftersales.CloseReturn", BY_ID, id);
        const ReturnCase *rated =
                stall_ok(&stall, stall.alice, "aftersales.CloseReturn", RATE, id, 1);

        assert_int_equal(rated->rating->attitude, 1);
        assert_int_equal(rated->n_steps, 3);
        stall_refused(&stall, stall.alice, failed("aftersales.CloseReturn", "RETURN_ALREADY_RATED"),
                RATE, id, 5);
        stall_close(&stall);
}

/* ---- refunds without a parcel back ---- */

static void what_was_lost_is_refunded_when_approved(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, (struct basket){{3, 0, 0}});
        const char *parcel = stall_ship(&stall, order_id);

        stall_track(&stall, parcel, "e1", "TRACKING_KIND_LOST", 0);
        const ReturnCase *row =
                stall_ok(&stall, stall.alice, "aftersales.ApplyReturn", APPLY_REFUND, order_id, 3);

        stall_refused(&stall, agent(&stall),
                failed("aftersales.RefundReturn", "RETURN_NOT_APPROVED"), BY_ID, row->id);
        stall_ok(&stall, agent(&stall), "aftersales.ReviewReturn", APPROVE, row->id);
        stall_refused(&stall, warehouse(&stall),
                failed("aftersales.ReceiveReturn", "RETURN_NOTHING_TO_RECEIVE"),
                "{'id':'%s','location_id':'%s'}", row->id, stall.main_id);
        stall_ok(&stall, agent(&stall), "aftersales.RefundReturn", BY_ID, row->id);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 400);
        assert_int_equal(stall_units(&stall, order_id, 1, UNIT_STATE_RETURNED), 3);
        assert_int_equal(stall_order(&stall, order_id)->fulfilment_state, FULFILMENT_STATE_SHIPPED);
        stall_close(&stall);
}

static void lost_units_of_a_withdrawn_case_are_lost_again(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, (struct basket){{3, 0, 0}});
        const char *parcel = stall_ship(&stall, order_id);

        stall_track(&stall, parcel, "e1", "TRACKING_KIND_LOST", 0);
        const ReturnCase *row =
                stall_ok(&stall, stall.alice, "aftersales.ApplyReturn", APPLY_REFUND, order_id, 2);

        stall_ok(&stall, stall.alice, "aftersales.WithdrawReturn", BY_ID, row->id);
        assert_int_equal(stall_units(&stall, order_id, 1, UNIT_STATE_LOST), 3);
        stall_close(&stall);
}

static void what_may_be_kept_is_for_staff_to_say(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = delivered(&stall);

        stall_refused(&stall, stall.alice, failed("aftersales.ApplyReturn", "UNITS_NOT_REFUNDABLE"),
                APPLY_REFUND, order_id, 1);
        const ReturnCase *row = stall_ok(
                &stall, agent(&stall), "aftersales.ApplyReturn", APPLY_REFUND, order_id, 1);

        assert_int_equal(row->lines[0]->units[0]->origin, UNIT_STATE_DELIVERED);
        stall_close(&stall);
}

static void free_units_are_refunded_nothing(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, (struct basket){{0, 0, 2}});

        stall_deliver(&stall, order_id);
        const char *id = apply(&stall, order_id, 2);

        receive(&stall, id);
        stall_ok(&stall, warehouse(&stall), "aftersales.InspectReturn", BY_ID, id);
        const ReturnCase *row =
                stall_ok(&stall, agent(&stall), "aftersales.RefundReturn", BY_ID, id);

        assert_int_equal(row->state, RETURN_STATE_REFUNDED);
        assert_string_equal(row->refund_attempt_id, "");
        stall_close(&stall);
}

/* ---- the window ---- */

/* The shop's clock starts at 2010-12-01T08:00:00Z. */
static void late_returns_are_for_staff(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = delivered(&stall);

        shop_advance(stall.shop, 30 * DAY_US + 16 * HOUR_US - SECOND_US);
        apply(&stall, order_id, 1);
        shop_advance(stall.shop, SECOND_US);
        struct error *error = stall_refused(&stall, stall.alice,
                failed("aftersales.ApplyReturn", "RETURN_WINDOW_CLOSED"), APPLY, order_id, 1);

        assert_string_equal(stall_fact(error, "closed"), "2011-01-01T00:00:00Z");
        stall_ok(&stall, agent(&stall), "aftersales.ApplyReturn", APPLY, order_id, 1);
        stall_close(&stall);
}

static void the_window_is_as_wide_as_the_terms_say(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = delivered(&stall);

        shop_terms(stall.shop)->return_window_days = 7;
        shop_advance(stall.shop, 7 * DAY_US + 16 * HOUR_US - SECOND_US);
        apply(&stall, order_id, 1);
        shop_advance(stall.shop, SECOND_US);
        struct error *error = stall_refused(&stall, stall.alice,
                failed("aftersales.ApplyReturn", "RETURN_WINDOW_CLOSED"), APPLY, order_id, 1);

        assert_string_equal(stall_fact(error, "closed"), "2010-12-09T00:00:00Z");
        assert_string_equal(stall_fact(error, "limit"), "7");
        stall_close(&stall);
}

/* Rule 18: 8:00 in London is 16:00 of the same day in Shanghai, where it ends 8 hours later. */
static void windows_end_with_the_shops_own_day(void **state)
{
        struct stall stall = stall_open();

        shop_zone(stall.shop, "Asia/Shanghai");
        shop_terms(stall.shop)->return_window_days = 7;
        const char *order_id = delivered(&stall);

        shop_advance(stall.shop, 7 * DAY_US + 8 * HOUR_US - SECOND_US);
        apply(&stall, order_id, 1);
        shop_advance(stall.shop, SECOND_US);
        struct error *error = stall_refused(&stall, stall.alice,
                failed("aftersales.ApplyReturn", "RETURN_WINDOW_CLOSED"), APPLY, order_id, 1);

        assert_string_equal(stall_fact(error, "closed"), "2010-12-08T16:00:00Z");
        stall_close(&stall);
}

/* ---- names of another system ---- */

static void imported_cases_are_opened_once(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = delivered(&stall);
        const char *json = "{'order_id':'%s','reason':'credit','external_id':'C1',"
                           "'lines':[{'order_line_number':1,'quantity':%d}]}";
        struct persona importer = shop_as(stall.shop, ROLE_IMPORTER);
        const ReturnCase *first =
                stall_ok(&stall, importer, "aftersales.ApplyReturn", json, order_id, 2);
        const ReturnCase *again =
                stall_ok(&stall, importer, "aftersales.ApplyReturn", json, order_id, 2);

        assert_string_equal(first->id, again->id);
        assert_int_equal(stall_units(&stall, order_id, 1, UNIT_STATE_IN_CASE), 2);
        stall_refused(&stall, importer,
                (struct refusal){"aftersales.ApplyReturn", ALREADY_EXISTS, "EXTERNAL_ID_TAKEN"},
                json, order_id, 1);
        stall_refused(&stall, stall.alice,
                (struct refusal){
                        "aftersales.ApplyReturn", PERMISSION_DENIED, "EXTERNAL_ID_NOT_ALLOWED"},
                json, order_id, 1);
        stall_close(&stall);
}

/* Two lines of a credit note may be about one line of the order. */
static void a_case_keeps_the_names_of_its_lines(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = delivered(&stall);
        const char *json = "{'order_id':'%s','reason':'credit','external_id':'C1','lines':["
                           "{'order_line_number':1,'quantity':1,'line_key':'a'},"
                           "{'order_line_number':1,'quantity':2,'line_key':'%s'}]}";
        struct persona importer = shop_as(stall.shop, ROLE_IMPORTER);
        const ReturnCase *row =
                stall_ok(&stall, importer, "aftersales.ApplyReturn", json, order_id, "b");

        assert_int_equal(row->n_lines, 2);
        assert_string_equal(row->lines[1]->line_key, "b");
        assert_int_equal(row->lines[0]->refund_minor, 134);
        assert_int_equal(row->lines[1]->refund_minor, 133 + 133);
        stall_refused(&stall, importer,
                (struct refusal){"aftersales.ApplyReturn", ALREADY_EXISTS, "EXTERNAL_ID_TAKEN"},
                json, order_id, "c");
        stall_close(&stall);
}

static void goodwill_is_given_once_and_is_no_refund(void **state)
{
        struct stall stall = stall_open();
        const char *json = "{'member_id':'%s','currency_code':'GBP','amount_minor':'%d',"
                           "'reason':'NO_SALE','external_id':'G1'}";
        struct persona importer = shop_as(stall.shop, ROLE_IMPORTER);
        const GoodwillCredit *first =
                stall_ok(&stall, importer, "aftersales.GrantGoodwill", json, "alice", 250);
        const GoodwillCredit *again =
                stall_ok(&stall, importer, "aftersales.GrantGoodwill", json, "alice", 250);

        assert_string_equal(first->id, again->id);
        assert_int_equal(first->amount_minor, 250);
        stall_refused(&stall, importer,
                (struct refusal){"aftersales.GrantGoodwill", ALREADY_EXISTS, "EXTERNAL_ID_TAKEN"},
                json, "alice", 251);
        stall_ok(&stall, importer, "aftersales.GrantGoodwill",
                "{'currency_code':'GBP','amount_minor':'1','reason':'NO_CUSTOMER'}");
        assert_int_equal(shop_event_count(stall.shop, "goodwill.granted"), 2);
        stall_close(&stall);
}

/* ---- planted faults: each is put in, found, and taken out again ---- */

struct plant {
        const char *kind;
        void (*put)(struct txn *txn, ReturnCase *row, int64_t by);
};

static void plant_sum(struct txn *txn, ReturnCase *row, int64_t by)
{
        row->refund_minor += by;
        return_case_update(txn, row);
}

static void plant_line(struct txn *txn, ReturnCase *row, int64_t by)
{
        ReturnLine *line = return_line_get(txn, row->id, 1);

        line->refund_minor += by;
        return_line_update(txn, line);
        plant_sum(txn, row, by);
}

static void plant_step(struct txn *txn, ReturnCase *row, int64_t by)
{
        ReturnStep *step = return_step_get(txn, row->id, 1);

        step->state += (ReturnState)by;
        return_step_update(txn, step);
}

static void plant_unit(struct txn *txn, ReturnCase *row, int64_t by)
{
        OrderLine *line = order_line_get(txn, row->order_id, 1);

        line->units[0]->state = by > 0 ? UNIT_STATE_DELIVERED : UNIT_STATE_IN_CASE;
        order_line_update(txn, line);
}

static void plant_order(struct txn *txn, ReturnCase *row, int64_t by)
{
        Order *order = order_get(txn, row->order_id);

        order->aftersales_state = by > 0 ? AFTERSALES_STATE_CLOSED : AFTERSALES_STATE_OPEN;
        order_update(txn, order);
}

static void plant(struct stall *stall, const struct plant *fault, const char *id, int64_t by)
{
        struct txn *txn = shop_write_begin(stall->shop);

        fault->put(txn, return_case_get(txn, id), by);
        shop_write_end(stall->shop, txn);
}

static void verify_names_what_is_wrong_with_a_case(void **state)
{
        static const struct plant faults[] = {
                {"RETURN_SUM", plant_sum},
                {"RETURN_LINE", plant_line},
                {"RETURN_STEP", plant_step},
                {"RETURN_UNITS", plant_unit},
                {"AFTERSALES_STATE", plant_order},
        };
        struct stall stall = stall_open();
        const char *id = apply(&stall, delivered(&stall), 2);

        for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
                const char *kind;

                plant(&stall, &faults[i], id, 1);
                assert_int_equal(shop_verify(stall.shop, &kind), 1);
                assert_string_equal(kind, faults[i].kind);
                plant(&stall, &faults[i], id, -1);
        }
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_return_is_refunded_what_its_units_paid),
                cmocka_unit_test(the_last_unit_refunds_the_rest),
                cmocka_unit_test(rejected_and_withdrawn_units_are_the_customers_again),
                cmocka_unit_test(no_unit_is_in_two_cases),
                cmocka_unit_test(steps_out_of_order_are_refused),
                cmocka_unit_test(only_the_customer_rates),
                cmocka_unit_test(what_was_lost_is_refunded_when_approved),
                cmocka_unit_test(lost_units_of_a_withdrawn_case_are_lost_again),
                cmocka_unit_test(what_may_be_kept_is_for_staff_to_say),
                cmocka_unit_test(free_units_are_refunded_nothing),
                cmocka_unit_test(windows_end_with_the_shops_own_day),
                cmocka_unit_test(late_returns_are_for_staff),
                cmocka_unit_test(the_window_is_as_wide_as_the_terms_say),
                cmocka_unit_test(imported_cases_are_opened_once),
                cmocka_unit_test(a_case_keeps_the_names_of_its_lines),
                cmocka_unit_test(goodwill_is_given_once_and_is_no_refund),
                cmocka_unit_test(verify_names_what_is_wrong_with_a_case),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
