/*
 * Edits of orders that count at once (rule 9): what stays keeps its price, what is added costs what
 * today says, what leaves gives back what its units paid. Three mugs paid 1.34, 1.33 and 1.33; a
 * mug alone costs 1.33, a bowl 24.00 and a gift nothing. Those that wait for money are in
 * test_pending_edit.c. Verify proves sums and revisions when the stall is closed.
 */
#include "tests/domain/edits.h"

#include "catalog.rows.h"
#include "tests/domain/till.h"

static const struct basket mugs_and_bowl = {.quantity = {[WARE_MUG] = 3, [WARE_BOWL] = 1}};

static const OrderRevision *revision(struct stall *stall, const char *order_id, int32_t number)
{
        return order_revision_get(shop_read(stall->shop), order_id, number);
}

static void dearer_mugs(struct stall *stall)
{
        stall_ok(stall, shop_as(stall->shop, ROLE_PRODUCT_SPECIALIST), "catalog.CreatePrice",
                "{'price':{'variant_id':'%s','price_list_id':'%s','amount_minor':'500',"
                "'start_time':'2010-12-01T00:00:00Z'}}",
                stall->variant_ids[WARE_MUG], stall->price_list_id);
}

static void what_leaves_gives_back_what_its_units_paid(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, mugs_and_bowl);
        const OrderEditPreview *preview =
                edits_preview(&stall, stall.alice, order_id, edits_remove(&stall, 1, 2));

        assert_int_equal(preview->number, 2);
        assert_int_equal(preview->removed_minor, 267);
        assert_int_equal(preview->difference_minor, -267);
        assert_false(preview->waits);
        assert_int_equal(preview->n_lines, 2);
        assert_int_equal(preview->lines[0]->refunded_minor, 267);
        assert_int_equal(stall_order(&stall, order_id)->revision_count, 1);
        const Order *order = edits_make(&stall, stall.alice, order_id, edits_remove(&stall, 1, 2));

        assert_int_equal(order->refunded_minor, 267);
        assert_int_equal(order->gross_minor, 2800);
        assert_int_equal(order->revision_count, 2);
        assert_int_equal(stall_units(&stall, order_id, 1, UNIT_STATE_CANCELLED), 2);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->allocated, 1);
        const OrderRevision *row = revision(&stall, order_id, 2);

        assert_int_equal(row->state, REVISION_STATE_COUNTS);
        assert_string_equal(row->author_id, "alice");
        assert_string_equal(row->reason, "other");
        assert_int_equal(row->difference_minor, -267);
        assert_int_equal(row->removed_units, 2);
        assert_int_equal(row->changes[0]->line_number, 1);
        assert_int_equal(row->changes[0]->quantity, -2);
        assert_int_equal(row->changes[0]->gross_minor, -267);
        stall_close(&stall);
}

static void the_placement_is_the_first_revision(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, mugs_and_bowl);
        const ListOrderRevisionsResponse *list = stall_ok(
                &stall, stall.alice, "checkout.ListOrderRevisions", "{'order_id':'%s'}", order_id);

        assert_int_equal(list->n_order_revisions, 1);
        assert_int_equal(list->order_revisions[0]->number, 1);
        assert_int_equal(list->order_revisions[0]->added_minor, 2800);
        assert_int_equal(list->order_revisions[0]->added_units, 4);
        edits_make(&stall, stall_staff(&stall, ROLE_SERVICE_AGENT), order_id,
                edits_remove(&stall, 2, 1));
        list = stall_ok(&stall, stall_staff(&stall, ROLE_FINANCE), "checkout.ListOrderRevisions",
                "{'order_id':'%s'}", order_id);
        assert_int_equal(list->n_order_revisions, 2);
        assert_string_equal(
                list->order_revisions[1]->author_id, stall_staff(&stall, ROLE_SERVICE_AGENT).id);
        stall_close(&stall);
}

/* A bowl is taken for gifts and a dearer mug: kept mugs keep their price. */
static void what_is_added_costs_what_today_says(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, mugs_and_bowl);
        const char *edit = edits_text(&stall,
                "'removals':[{'number':2,'quantity':1}],"
                "'additions':[{'variant_id':'%s','quantity':1},"
                "{'variant_id':'%s','quantity':2}]",
                stall.variant_ids[WARE_MUG], stall.variant_ids[WARE_GIFT]);

        dearer_mugs(&stall);
        const Order *order = edits_make(&stall, stall.alice, order_id, edit);

        assert_int_equal(order->n_lines, 4);
        assert_int_equal(order->lines[0]->unit_price_minor, 111);
        assert_int_equal(order->lines[2]->unit_price_minor, 500);
        assert_int_equal(order->lines[2]->gross_minor, 600);
        assert_int_equal(order->lines[2]->taxes[0]->amount_minor, 100);
        assert_int_equal(order->lines[2]->revision, 2);
        assert_int_equal(order->lines[3]->gross_minor, 0);
        assert_int_equal(order->gross_minor, 3400);
        assert_int_equal(order->tax_minor, 567);
        assert_int_equal(order->released_minor, 600);
        assert_int_equal(order->refunded_minor, 1800);
        assert_int_equal(order->due_minor, 0);
        assert_int_equal(order->unit_count, 7);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->allocated, 4);
        stall_ship(&stall, order_id);
        assert_int_equal(stall_order(&stall, order_id)->fulfilment_state, FULFILMENT_STATE_SHIPPED);
        stall_close(&stall);
}

/* A second tax of 5 % begins a day after the placement: 1.11, 0.22 and 0.06. */
static void what_is_added_has_the_taxes_of_today(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, mugs_and_bowl);

        stall_ok(&stall, shop_as(stall.shop, ROLE_FINANCE), "checkout.CreateTaxRate",
                "{'tax_rate':{'country_code':'GB','tax_class':'standard','title':'Levy',"
                "'rate':'0.05','start_time':'2010-12-02T00:00:00Z'}}");
        shop_advance(stall.shop, DAY_US);
        const OrderEditPreview *preview =
                edits_preview(&stall, stall.alice, order_id, edits_add(&stall, WARE_MUG, 1));

        assert_int_equal(preview->lines[0]->gross_minor, 400);
        assert_int_equal(preview->lines[2]->gross_minor, 139);
        assert_int_equal(preview->lines[2]->n_taxes, 2);
        assert_true(preview->waits);
        stall_close(&stall);
}

/* Where nothing was delivered nobody was asked how. */
static void goods_do_not_come_to_what_is_not_delivered(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);
        const Variant *licence = stall_ok(&stall, staff, "catalog.CreateVariant",
                "{'variant':{'product_id':'%s','sku':'LICENCE','not_delivered':true}}",
                stall.product_id);

        stall_ok(&stall, staff, "catalog.CreatePrice",
                "{'price':{'variant_id':'%s','price_list_id':'%s','amount_minor':'100'}}",
                licence->id, stall.price_list_id);
        stall_ok(&stall, shop_as(stall.shop, ROLE_WAREHOUSE), "supply.ReceiveGoods",
                "{'location_id':'%s','lines':[{'variant_id':'%s','quantity':9}]}", stall.main_id,
                licence->id);
        stall.variant_ids[WARE_GIFT] = licence->id;
        const char *order_id =
                stall_sell(&stall, stall.alice, (struct basket){.quantity = {[WARE_GIFT] = 1}});

        edits_refused(
                &stall, stall.alice, order_id, "NOT_DELIVERED", edits_add(&stall, WARE_MUG, 1));
        edits_make(&stall, stall.alice, order_id, edits_add(&stall, WARE_GIFT, 1));
        stall_close(&stall);
}

/* An authorisation is voided by what leaves. */
static void what_leaves_is_not_held_any_more(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, mugs_and_bowl);

        stall_ok(&stall, stall.alice, "payment.PayOrder",
                "{'order_id':'%s','capture_mode':'CAPTURE_MODE_MANUAL'}", order_id);
        shop_settle(stall.shop);
        const Order *order = edits_make(&stall, stall.alice, order_id, edits_remove(&stall, 2, 1));

        assert_int_equal(order->authorised_minor, 400);
        assert_int_equal(order->payment_state, PAYMENT_STATE_AUTHORISED);
        stall_close(&stall);
}

/* ---- before it is paid ---- */

static void an_unpaid_order_simply_costs_something_else(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, mugs_and_bowl);
        const Order *order =
                edits_make(&stall, stall.alice, order_id, edits_add(&stall, WARE_BOWL, 2));

        assert_int_equal(order->due_minor, 7600);
        assert_int_equal(order->payment_state, PAYMENT_STATE_UNPAID);
        assert_int_equal(stall_stock(&stall, WARE_BOWL, stall.main_id)->reserved, 3);
        order = edits_make(&stall, stall.alice, order_id, edits_remove(&stall, 3, 1));
        assert_int_equal(order->due_minor, 5200);
        assert_int_equal(stall_stock(&stall, WARE_BOWL, stall.main_id)->reserved, 2);
        const PaymentAttempt *attempt =
                stall_ok(&stall, stall.alice, "payment.PayOrder", "{'order_id':'%s'}", order_id);

        assert_int_equal(attempt->amount_minor, 5200);
        edits_refused(&stall, stall.alice, order_id, "ATTEMPT_OPEN", edits_remove(&stall, 1, 1));
        shop_settle(stall.shop);
        order = stall_order(&stall, order_id);
        assert_int_equal(order->state, ORDER_STATE_CONFIRMED);
        assert_int_equal(order->captured_minor, 5200);
        assert_int_equal(stall_stock(&stall, WARE_BOWL, stall.main_id)->allocated, 2);
        stall_close(&stall);
}

static void an_edited_order_expires_as_a_whole(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, mugs_and_bowl);

        edits_make(&stall, stall.alice, order_id, edits_add(&stall, WARE_BOWL, 2));
        edits_make(&stall, stall.alice, order_id, edits_remove(&stall, 1, 1));
        shop_advance(stall.shop, 31 * MINUTE_US);
        assert_int_equal(stall_order(&stall, order_id)->state, ORDER_STATE_EXPIRED);
        assert_int_equal(stall_stock(&stall, WARE_BOWL, stall.main_id)->reserved, 0);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->reserved, 0);
        edits_refused(&stall, stall.alice, order_id, "ORDER_ENDED", edits_remove(&stall, 1, 1));
        stall_close(&stall);
}

/* Only what costs nothing is left. */
static void an_order_with_nothing_to_pay_any_more_stands(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice,
                (struct basket){.quantity = {[WARE_MUG] = 1, [WARE_GIFT] = 1}});
        const Order *order = edits_make(&stall, stall.alice, order_id, edits_remove(&stall, 1, 1));

        assert_int_equal(order->state, ORDER_STATE_CONFIRMED);
        assert_int_equal(order->due_minor, 0);
        assert_int_equal(stall_stock(&stall, WARE_GIFT, stall.main_id)->allocated, 1);
        stall_close(&stall);
}

/* ---- paid by hand ---- */

static void a_difference_by_hand_counts_at_once_within_its_limit(void **state)
{
        static const char *const methods[] = {"INVOICE", "CASH_ON_DELIVERY", "TRANSFER"};
        static const char *const reasons[] = {"CREDIT_EXCEEDED", "METHOD_LIMIT", "METHOD_LIMIT"};

        for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
                struct stall stall = stall_open();

                till_offer_all(&stall);
                const char *order_id = till_place(&stall, stall.alice, stall_mugs(3), methods[i]);
                const Order *order =
                        edits_make(&stall, stall.alice, order_id, edits_add(&stall, WARE_MUG, 3));

                assert_int_equal(order->due_minor, 800);
                assert_int_equal(order->raised_minor, 0);
                assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->allocated, 6);
                edits_refused(
                        &stall, stall.alice, order_id, reasons[i], edits_add(&stall, WARE_MUG, 2));
                order = edits_make(&stall, stall.alice, order_id, edits_remove(&stall, 1, 1));
                assert_int_equal(order->due_minor, 666);
                assert_int_equal(order->released_minor, 134);
                edits_make(&stall, stall.alice, order_id, edits_add(&stall, WARE_MUG, 2));
                stall_close(&stall);
        }
}

/* ---- where it goes ---- */

static void the_address_changes_within_its_country(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, mugs_and_bowl);
        const char *hull = edits_text(&stall, "'delivery_address':{'country_code':'GB',"
                                              "'recipient':'B. Buyer','city':'Hull'}");
        const Order *order = edits_make(&stall, stall.alice, order_id, hull);

        assert_string_equal(order->delivery_address->city, "Hull");
        assert_true(revision(&stall, order_id, 2)->address_changed);
        const struct error *error = edits_refused(&stall, stall.alice, order_id, "ZONE_CHANGED",
                edits_text(&stall, "'delivery_address':{'country_code':'FR'}"));

        assert_int_equal(error->code, INVALID_ARGUMENT);
        edits_refused(&stall, stall.alice, order_id, "EDIT_SEPARATELY",
                edits_text(&stall,
                        "'additions':[{'variant_id':'%s','quantity':1}],"
                        "'delivery_address':{'country_code':'GB'}",
                        stall.variant_ids[WARE_MUG]));
        stall_ok(&stall, shop_as(stall.shop, ROLE_WAREHOUSE), "fulfilment.CreateShipment",
                "{'order_id':'%s','lines':[{'order_line_number':2,'quantity':1}]}", order_id);
        edits_refused(&stall, stall.alice, order_id, "PARCEL_PACKED", hull);
        stall_close(&stall);
}

/* ---- what is refused ---- */

static void only_what_was_not_packed_leaves(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, mugs_and_bowl);
        const Shipment *parcel = stall_ok(&stall, shop_as(stall.shop, ROLE_WAREHOUSE),
                "fulfilment.CreateShipment",
                "{'order_id':'%s','lines':[{'order_line_number':1,'quantity':2}]}", order_id);
        const char *parcel_id = parcel->id;

        edits_refused(&stall, stall.alice, order_id, "UNITS_NOT_OPEN", edits_remove(&stall, 1, 2));
        edits_make(&stall, stall.alice, order_id, edits_remove(&stall, 1, 1));
        stall_ok(&stall, shop_as(stall.shop, ROLE_WAREHOUSE), "fulfilment.ShipShipment",
                "{'id':'%s'}", parcel_id);
        edits_refused(
                &stall, stall.alice, order_id, "ORDER_SHIPPED", edits_add(&stall, WARE_GIFT, 1));
        edits_make(&stall, stall_staff(&stall, ROLE_SERVICE_AGENT), order_id,
                edits_add(&stall, WARE_GIFT, 1));
        stall_deliver(&stall, order_id);
        edits_refused(&stall, stall_staff(&stall, ROLE_SERVICE_AGENT), order_id, "ORDER_SHIPPED",
                edits_add(&stall, WARE_GIFT, 1));
        stall_close(&stall);
}

/* A preview is refused and leaves nothing; so is the edit. */
static void what_cannot_be_is_refused_by_name(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, mugs_and_bowl);
        const struct {
                const char *reason, *edit;
        } rows[] = {
                {"EDIT_EMPTY", "{}"},
                {"NO_SUCH_LINE", edits_remove(&stall, 3, 1)},
                {"UNITS_NOT_OPEN", edits_remove(&stall, 1, 4)},
                {"LINE_REPEATED", edits_text(&stall, "'removals':[{'number':1,'quantity':1},"
                                                     "{'number':1,'quantity':1}]")},
                {"NOTHING_LEFT", edits_text(&stall, "'removals':[{'number':1,'quantity':3},"
                                                    "{'number':2,'quantity':1}]")},
                {"OUT_OF_STOCK", edits_add(&stall, WARE_MUG, 8)},
                {"OUT_OF_STOCK", edits_text(&stall,
                                         "'additions':[{'variant_id':'%s','quantity':4},"
                                         "{'variant_id':'%s','quantity':4}]",
                                         stall.variant_ids[WARE_MUG], stall.variant_ids[WARE_MUG])},
                {"REQUIRED", edits_text(&stall, "'removals':[{'number':1}]")},
                {"VARIANT_NOT_FOUND",
                        edits_text(&stall, "'additions':[{'variant_id':'nothing','quantity':1}]")},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                edits_refused(&stall, stall.alice, order_id, rows[i].reason, rows[i].edit);
        assert_int_equal(stall_order(&stall, order_id)->revision_count, 1);
        stall_close(&stall);
}

static void edits_keep_to_the_terms(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, mugs_and_bowl);
        struct trade_terms *terms = shop_terms(stall.shop);
        const struct trade_terms defaults = *terms;

        terms->line_units_max = 1;
        edits_refused(
                &stall, stall.alice, order_id, "TOO_MANY_UNITS", edits_add(&stall, WARE_GIFT, 2));
        *terms = defaults;
        terms->order_lines_max = 2;
        edits_refused(
                &stall, stall.alice, order_id, "TOO_MANY_LINES", edits_add(&stall, WARE_GIFT, 1));
        *terms = defaults;
        terms->order_minor_max = 2932;
        edits_refused(
                &stall, stall.alice, order_id, "AMOUNT_TOO_LARGE", edits_add(&stall, WARE_MUG, 1));
        terms->order_minor_max = 2933;
        edits_preview(&stall, stall.alice, order_id, edits_add(&stall, WARE_MUG, 1));
        *terms = defaults;
        stall_close(&stall);
}

static void anything_different_is_a_changed_edit(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, mugs_and_bowl);
        const char *edit = edits_add(&stall, WARE_MUG, 1);
        const char *before = edits_preview(&stall, stall.alice, order_id, edit)->fingerprint;

        dearer_mugs(&stall);
        struct error *error = stall_refused(&stall, stall.alice,
                (struct refusal){"checkout.EditOrder", ABORTED, "EDIT_CHANGED"},
                "{'id':'%s','edit':%s,'fingerprint':'%s'}", order_id, edit, before);

        assert_non_null(strstr(error->message, "600"));
        before = edits_preview(&stall, stall.alice, order_id, edit)->fingerprint;
        edits_make(&stall, stall.alice, order_id, edits_remove(&stall, 1, 1));
        stall_refused(&stall, stall.alice,
                (struct refusal){"checkout.EditOrder", ABORTED, "EDIT_CHANGED"},
                "{'id':'%s','edit':%s,'fingerprint':'%s'}", order_id, edit, before);
        stall_close(&stall);
}

/* Previewed while it was there. */
static void stock_that_went_meanwhile_is_missing(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, mugs_and_bowl);
        const char *edit = edits_add(&stall, WARE_MUG, 4);
        const char *seen = edits_preview(&stall, stall.alice, order_id, edit)->fingerprint;

        stall_place(&stall, shop_member(stall.shop, "bob"), stall_mugs(4));
        const struct error *error = stall_refused(&stall, stall.alice,
                (struct refusal){"checkout.EditOrder", FAILED_PRECONDITION, "OUT_OF_STOCK"},
                "{'id':'%s','edit':%s,'fingerprint':'%s'}", order_id, edit, seen);

        assert_string_equal(stall_fact(error, "available"), "3");
        assert_int_equal(stall_order(&stall, order_id)->n_lines, 2);
        stall_close(&stall);
}

/* A row of an older release has no revision; its first edit notes the placement too. */
static void an_order_of_before_is_edited(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, mugs_and_bowl);
        struct txn *txn = shop_write_begin(stall.shop);
        Order *order = order_get(txn, order_id);

        order->revision_count = 0;
        order_update(txn, order);
        order_revision_delete(txn, order_id, 1);
        shop_write_end(stall.shop, txn);
        edits_make(&stall, stall.alice, order_id, edits_remove(&stall, 1, 1));
        assert_int_equal(stall_order(&stall, order_id)->revision_count, 2);
        assert_string_equal(revision(&stall, order_id, 1)->author_id, "");
        assert_int_equal(revision(&stall, order_id, 1)->added_minor, 2800);
        stall_close(&stall);
}

static void only_its_owner_and_the_desk_edit_an_order(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, mugs_and_bowl);
        struct persona bob = shop_member(stall.shop, "bob");

        stall_refused(&stall, bob,
                (struct refusal){"checkout.PreviewOrderEdit", NOT_FOUND, "ORDER_NOT_FOUND"},
                "{'id':'%s','edit':%s}", order_id, edits_remove(&stall, 1, 1));
        stall_refused(&stall, bob,
                (struct refusal){"checkout.ListOrderRevisions", NOT_FOUND, "ORDER_NOT_FOUND"},
                "{'order_id':'%s'}", order_id);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_leaves_gives_back_what_its_units_paid),
                cmocka_unit_test(the_placement_is_the_first_revision),
                cmocka_unit_test(what_is_added_costs_what_today_says),
                cmocka_unit_test(what_is_added_has_the_taxes_of_today),
                cmocka_unit_test(goods_do_not_come_to_what_is_not_delivered),
                cmocka_unit_test(what_leaves_is_not_held_any_more),
                cmocka_unit_test(an_unpaid_order_simply_costs_something_else),
                cmocka_unit_test(an_edited_order_expires_as_a_whole),
                cmocka_unit_test(an_order_with_nothing_to_pay_any_more_stands),
                cmocka_unit_test(a_difference_by_hand_counts_at_once_within_its_limit),
                cmocka_unit_test(the_address_changes_within_its_country),
                cmocka_unit_test(only_what_was_not_packed_leaves),
                cmocka_unit_test(what_cannot_be_is_refused_by_name),
                cmocka_unit_test(edits_keep_to_the_terms),
                cmocka_unit_test(anything_different_is_a_changed_edit),
                cmocka_unit_test(stock_that_went_meanwhile_is_missing),
                cmocka_unit_test(an_order_of_before_is_edited),
                cmocka_unit_test(only_its_owner_and_the_desk_edit_an_order),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
