/*
 * From a quote to an order and, where it comes to that, to its end without delivery: what is
 * frozen, who gets the last unit, and that nothing stays held for an order that is over.
 */
#include "tests/domain/edits.h"

#include <string.h>
#include "cart.rows.h"
#include "catalog.rows.h"
#include "internal.rows.h"
#include "payment.rows.h"
#include "server/order/order.h"

static struct refusal refusal(const char *method, enum status code, const char *reason)
{
        return (struct refusal){method, code, reason};
}

/* ---- placing ---- */

static void an_order_is_frozen(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, (struct basket){{3, 12, 0}});
        const Order *order = stall_order(&stall, order_id);
        const OrderLine *bowls = order->lines[1];

        assert_int_equal(order->state, ORDER_STATE_PLACED);
        assert_int_equal(order->payment_state, PAYMENT_STATE_UNPAID);
        assert_int_equal(order->line_count, 2);
        assert_int_equal(order->unit_count, 15);
        assert_int_equal(order->gross_minor, 400 + 28800);
        assert_string_equal(order->member_id, stall.alice.id);
        assert_string_equal(order->delivery_address->city, "Leeds");
        assert_int_equal(time_us(order->expire_time) - time_us(order->place_time), 30 * MINUTE_US);
        assert_int_equal(bowls->n_units, 1);
        assert_int_equal(bowls->units[0]->count, 12);
        assert_int_equal(bowls->units[0]->state, UNIT_STATE_OPEN);
        assert_int_equal(bowls->n_allocations, 2); /* 10 at main, 2 far away */
        assert_int_equal(stall_stock(&stall, WARE_BOWL, stall.far_id)->reserved, 2);
        assert_string_equal(cart_get(shop_read(stall.shop), order->cart_id)->order_id, order_id);
        assert_int_equal(shop_event_count(stall.shop, "order.placed"), 1);
        stall_refused(&stall, stall.alice, stall_placing(FAILED_PRECONDITION, "CART_NOT_ACTIVE"),
                "{'cart_id':'%s','fingerprint':'%s'}", order->cart_id, order->fingerprint);
        stall_refused(&stall, stall.alice,
                refusal("checkout.GetQuote", FAILED_PRECONDITION, "CART_NOT_ACTIVE"),
                "{'cart_id':'%s'}", order->cart_id);
        stall_close(&stall);
}

static void anything_different_is_quoted_anew(void **state)
{
        static const char *const prices[] = {"112", "110"};
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);
        const char *cart_id = stall_cart(&stall, stall.alice, stall_mugs(1));
        const Quote *quote = stall_quote(&stall, cart_id, "GB");

        for (size_t i = 0; i < 2; i++) {
                shop_advance(stall.shop, SECOND_US);
                stall_ok(&stall, staff, "catalog.CreatePrice",
                        "{'price':{'variant_id':'%s','price_list_id':'%s','amount_minor':'%s',"
                        "'start_time':'2010-12-01T08:00:0%zuZ'}}",
                        stall.variant_ids[WARE_MUG], stall.price_list_id, prices[i], i + 1);
                const struct error *error =
                        stall_refused(&stall, stall.alice, stall_placing(ABORTED, "QUOTE_CHANGED"),
                                "{'cart_id':'%s','fingerprint':'%s'}", cart_id, quote->fingerprint);

                assert_string_equal(error->detail_type, "shop.checkout.v1.Quote");
                assert_true(error->detail_len > 0);
                quote = stall_quote(&stall, cart_id, "GB");
        }
        stall_refused(&stall, stall.alice, stall_placing(ABORTED, "QUOTE_CHANGED"),
                "{'cart_id':'%s','fingerprint':'%s','delivery_address':{'country_code':'US'}}",
                cart_id, quote->fingerprint);
        stall_ok(&stall, stall.alice, "checkout.PlaceOrder",
                "{'cart_id':'%s','fingerprint':'%s','delivery_address':{'country_code':'GB'}}",
                cart_id, quote->fingerprint);
        stall_close(&stall);
}

static void an_order_has_limits(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);
        const char *cart_id = stall_cart(&stall, stall.alice, stall_mugs(1));

        stall_ok(&stall, staff, "catalog.CreatePrice",
                "{'price':{'variant_id':'%s','price_list_id':'%s','amount_minor':"
                "'9007199254740991','start_time':'2010-12-01T08:00:00Z'}}",
                stall.variant_ids[WARE_MUG], stall.price_list_id);
        assert_int_equal(
                stall_quote(&stall, cart_id, "US")->payable_minor, INT64_C(9007199254740991));
        stall_refused(&stall, stall.alice,
                refusal("checkout.GetQuote", FAILED_PRECONDITION, "AMOUNT_TOO_LARGE"),
                "{'cart_id':'%s','country_code':'GB'}", cart_id);
        stall_close(&stall);
}

/* A cart of 3 mugs and a bowl, 28.00 with tax, under terms that became narrower meanwhile. */
static void an_order_keeps_to_the_terms(void **state)
{
        static const struct {
                int64_t order_minor, line_units, order_lines, held_units;
                const char *reason; /* NULL: none */
                const char *limit;
        } rows[] = {
                {2800, 3, 2, 4, NULL, NULL},
                {2799, 3, 2, 4, "AMOUNT_TOO_LARGE", "2799"},
                {2800, 2, 2, 4, "TOO_MANY_UNITS", "2"},
                {2800, 3, 1, 4, "TOO_MANY_LINES", "1"},
                {2800, 3, 2, 3, "TOO_MANY_UNITS_HELD", "3"},
        };
        struct stall stall = stall_open();
        const char *cart_id = stall_cart(&stall, stall.alice, (struct basket){{3, 1, 0}});
        const char *fingerprint = stall_quote(&stall, cart_id, "")->fingerprint;

        for (size_t i = sizeof(rows) / sizeof(rows[0]); i-- > 0;) {
                const char *request = "{'cart_id':'%s','fingerprint':'%s'}";

                shop_terms(stall.shop)->order_minor_max = rows[i].order_minor;
                shop_terms(stall.shop)->line_units_max = rows[i].line_units;
                shop_terms(stall.shop)->order_lines_max = rows[i].order_lines;
                shop_terms(stall.shop)->held_units_max = rows[i].held_units;
                if (rows[i].reason == NULL) {
                        stall_ok(&stall, stall.alice, "checkout.PlaceOrder", request, cart_id,
                                fingerprint);
                        continue;
                }
                const struct error *error = stall_refused(&stall, stall.alice,
                        stall_placing(FAILED_PRECONDITION, rows[i].reason), request, cart_id,
                        fingerprint);

                assert_string_equal(stall_fact(error, "limit"), rows[i].limit);
        }
        stall_close(&stall);
}

static void nothing_to_pay_is_paid_at_once(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, (struct basket){{0, 0, 2}});
        const Order *order = stall_order(&stall, order_id);

        assert_int_equal(order->state, ORDER_STATE_CONFIRMED);
        assert_int_equal(order->payment_state, PAYMENT_STATE_PAID);
        assert_int_equal(stall_stock(&stall, WARE_GIFT, stall.main_id)->allocated, 2);
        stall_refused(&stall, stall.alice,
                refusal("payment.PayOrder", FAILED_PRECONDITION, "NOTHING_DUE"),
                "{'order_id':'%s'}", order_id);
        stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order_id);
        assert_int_equal(stall_order(&stall, order_id)->state, ORDER_STATE_CANCELLED);
        assert_int_equal(stall_stock(&stall, WARE_GIFT, stall.main_id)->allocated, 0);
        stall_close(&stall);
}

static void an_import_happens_once(void **state)
{
        struct stall stall = stall_open();
        struct persona importer = shop_as(stall.shop, ROLE_IMPORTER);
        const char *cart_id = stall_cart(&stall, stall.alice, stall_mugs(1));
        const char *alike_id = stall_cart(&stall, stall.alice, stall_mugs(1));
        const char *const others[] = {stall_cart(&stall, stall.alice, stall_mugs(2)),
                stall_cart(&stall, stall.alice, (struct basket){{0, 1, 0}}),
                stall_cart(&stall, shop_member(stall.shop, "bob"), stall_mugs(1))};
        const char *fingerprint = stall_quote(&stall, cart_id, "")->fingerprint;

        stall_refused(&stall, stall.alice, stall_placing(PERMISSION_DENIED, "IMPORTER_ONLY"),
                "{'cart_id':'%s','fingerprint':'%s','external_id':'536365'}", cart_id, fingerprint);
        const Order *first = stall_ok(&stall, importer, "checkout.PlaceOrder",
                "{'cart_id':'%s','fingerprint':'%s','external_id':'536365',"
                "'country_label':'EIRE'}",
                cart_id, fingerprint);
        const Order *again = stall_ok(&stall, importer, "checkout.PlaceOrder",
                "{'cart_id':'%s','fingerprint':'%s','external_id':'536365'}", cart_id, fingerprint);
        const Order *alike = stall_ok(&stall, importer, "checkout.PlaceOrder",
                "{'cart_id':'%s','fingerprint':'any','external_id':'536365'}", alike_id);

        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                stall_refused(&stall, importer, stall_placing(ALREADY_EXISTS, "EXTERNAL_ID_REUSED"),
                        "{'cart_id':'%s','fingerprint':'any','external_id':'536365'}", others[i]);

        /* It is the one that was ordered, also after an edit. */
        edits_make(&stall, shop_as(stall.shop, ROLE_SERVICE_AGENT), first->id,
                edits_add(&stall, WARE_GIFT, 1));
        stall_ok(&stall, importer, "checkout.PlaceOrder",
                "{'cart_id':'%s','fingerprint':'any','external_id':'536365'}", alike_id);
        assert_string_equal(first->country_label, "EIRE");
        assert_string_equal(again->id, first->id);
        assert_string_equal(alike->id, first->id);
        assert_int_equal(alike->n_lines, 1);
        assert_int_equal(shop_event_count(stall.shop, "order.placed"), 1);
        stall_close(&stall);
}

static void two_hundred_compete_for_fifty(void **state)
{
        struct stall stall = stall_open();
        const char *carts[200];
        struct persona people[200];
        size_t sold = 0;

        stall_ok(&stall, shop_as(stall.shop, ROLE_WAREHOUSE), "supply.ReceiveGoods",
                "{'location_id':'%s','lines':[{'variant_id':'%s','quantity':40}]}", stall.far_id,
                stall.variant_ids[WARE_MUG]);
        for (size_t i = 0; i < 200; i++) {
                people[i] =
                        shop_member(stall.shop, arena_printf(shop_arena(stall.shop), "m%zu", i));
                carts[i] = stall_cart(&stall, people[i], stall_mugs(1));
        }
        for (size_t i = 0; i < 200; i++) {
                const Quote *quote = stall_ok(
                        &stall, people[i], "checkout.GetQuote", "{'cart_id':'%s'}", carts[i]);

                if (sold < 50) {
                        stall_ok(&stall, people[i], "checkout.PlaceOrder",
                                "{'cart_id':'%s','fingerprint':'%s'}", carts[i],
                                quote->fingerprint);
                        sold++;
                        continue;
                }
                assert_string_equal(quote->blockers[0], "OUT_OF_STOCK line 1");
                stall_refused(&stall, people[i], stall_placing(FAILED_PRECONDITION, "OUT_OF_STOCK"),
                        "{'cart_id':'%s','fingerprint':'%s'}", carts[i], quote->fingerprint);
        }
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->reserved +
                                 stall_stock(&stall, WARE_MUG, stall.far_id)->reserved,
                50);
        shop_advance(stall.shop, 30 * MINUTE_US);
        assert_int_equal(shop_event_count(stall.shop, "order.expired"), 50);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.far_id)->reserved, 0);
        stall_close(&stall);
}

/* ---- ending ---- */

/* A million units are held for one member at a time, until they are paid or given up. */
static void one_member_holds_only_so_much(void **state)
{
        const struct basket half = {{600000, 0, 0}};
        struct stall stall = stall_open();

        for (int i = 0; i < 3; i++)
                stall_ok(&stall, shop_as(stall.shop, ROLE_WAREHOUSE), "supply.ReceiveGoods",
                        "{'location_id':'%s','lines':[{'variant_id':'%s','quantity':1000000}]}",
                        stall.main_id, stall.variant_ids[WARE_MUG]);
        const char *first_id = stall_place(&stall, stall.alice, half);
        const char *cart_id = stall_cart(&stall, stall.alice, half);
        const char *fingerprint = stall_quote(&stall, cart_id, "")->fingerprint;
        const struct error *error = stall_refused(&stall, stall.alice,
                stall_placing(FAILED_PRECONDITION, "TOO_MANY_UNITS_HELD"),
                "{'cart_id':'%s','fingerprint':'%s'}", cart_id, fingerprint);

        assert_string_equal(stall_fact(error, "held"), "600000");
        stall_place(&stall, shop_member(stall.shop, "bob"), half);
        stall_ok(&stall, stall.alice, "payment.PayOrder", "{'order_id':'%s'}", first_id);
        shop_settle(stall.shop);
        stall_ok(&stall, stall.alice, "checkout.PlaceOrder", "{'cart_id':'%s','fingerprint':'%s'}",
                cart_id, fingerprint);
        shop_advance(stall.shop, 30 * MINUTE_US);
        stall_place(&stall, stall.alice, half);
        stall_close(&stall);
}

static void an_unpaid_order_expires(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, stall_mugs(3));
        const char *paid_id = stall_sell(&stall, stall.alice, stall_mugs(1));

        assert_false(scheduled_call_has(shop_read(stall.shop), ORDER_EXPIRY_METHOD, paid_id));
        shop_advance(stall.shop, 30 * MINUTE_US - 1);
        assert_int_equal(stall_order(&stall, order_id)->state, ORDER_STATE_PLACED);
        shop_advance(stall.shop, 1);
        assert_int_equal(stall_order(&stall, order_id)->state, ORDER_STATE_EXPIRED);
        assert_string_equal(stall_order(&stall, order_id)->end_reason, "NOT_PAID");
        assert_int_equal(stall_units(&stall, order_id, 1, UNIT_STATE_CANCELLED), 3);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->reserved, 0);
        assert_int_equal(stall_order(&stall, paid_id)->state, ORDER_STATE_CONFIRMED);
        stall_refused(&stall, stall.alice,
                refusal("payment.PayOrder", FAILED_PRECONDITION, "ORDER_NOT_PAYABLE"),
                "{'order_id':'%s'}", order_id);
        stall_refused(&stall, stall.alice,
                refusal("checkout.CancelOrder", FAILED_PRECONDITION, "ORDER_ENDED"), "{'id':'%s'}",
                order_id);
        stall_close(&stall);
}

/* Placed for 90 minutes and for 5: each as it was told, and both are counted while they hold. */
static void an_order_is_held_as_its_terms_said(void **state)
{
        struct stall stall = stall_open();
        struct trade_terms *terms = shop_terms(stall.shop);

        terms->hold_minutes = 90;
        const char *long_id = stall_place(&stall, stall.alice, stall_mugs(2));

        shop_advance(stall.shop, 80 * MINUTE_US);
        terms->hold_minutes = 5;
        terms->held_units_max = 3;
        const char *cart_id = stall_cart(&stall, stall.alice, stall_mugs(2));
        const char *fingerprint = stall_quote(&stall, cart_id, "")->fingerprint;
        const struct error *error = stall_refused(&stall, stall.alice,
                stall_placing(FAILED_PRECONDITION, "TOO_MANY_UNITS_HELD"),
                "{'cart_id':'%s','fingerprint':'%s'}", cart_id, fingerprint);

        assert_string_equal(stall_fact(error, "held"), "2");
        const char *short_id = stall_place(&stall, stall.alice, stall_mugs(1));

        shop_advance(stall.shop, 5 * MINUTE_US - 1);
        assert_int_equal(stall_order(&stall, short_id)->state, ORDER_STATE_PLACED);
        shop_advance(stall.shop, 1);
        assert_int_equal(stall_order(&stall, short_id)->state, ORDER_STATE_EXPIRED);
        assert_int_equal(stall_order(&stall, long_id)->state, ORDER_STATE_PLACED);
        shop_advance(stall.shop, 5 * MINUTE_US);
        assert_int_equal(stall_order(&stall, long_id)->state, ORDER_STATE_EXPIRED);
        stall_close(&stall);
}

static void an_unpaid_order_is_cancelled_as_a_whole(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, stall_mugs(3));

        stall_refused(&stall, stall.alice,
                refusal("checkout.CancelOrder", FAILED_PRECONDITION, "ORDER_NOT_PAID"),
                "{'id':'%s','lines':[{'number':1,'quantity':1}]}", order_id);
        const Order *order = stall_ok(&stall, stall.alice, "checkout.CancelOrder",
                "{'id':'%s','reason':'Changed my mind'}", order_id);

        assert_int_equal(order->state, ORDER_STATE_CANCELLED);
        assert_string_equal(order->end_reason, "CUSTOMER");
        assert_string_equal(order->cancel_reason, "Changed my mind");
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->reserved, 0);
        shop_advance(stall.shop, HOUR_US);
        assert_int_equal(stall_order(&stall, order_id)->state, ORDER_STATE_CANCELLED);
        stall_close(&stall);
}

/* An order of 3 mugs and 1 bowl with a delivery of 4.50, paid: 4.00 + 24.00 + 5.40. */
static const char *sell_shipped(struct stall *stall)
{
        const char *method_id = stall_shipping(stall, 0);
        const char *cart_id = stall_cart(stall, stall->alice, (struct basket){{3, 1, 0}});
        const Quote *quote = stall_quote_shipped(stall, cart_id, "GB", method_id);
        const Order *order = stall_ok(stall, stall->alice, "checkout.PlaceOrder",
                "{'cart_id':'%s','fingerprint':'%s','shipping_method_id':'%s',"
                "'delivery_address':{'country_code':'GB'}}",
                cart_id, quote->fingerprint, method_id);

        stall_ok(stall, stall->alice, "payment.PayOrder", "{'order_id':'%s'}", order->id);
        shop_settle(stall->shop);
        return order->id;
}

static void paid_units_are_cancelled_and_refunded(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = sell_shipped(&stall);
        const struct refusal few =
                refusal("checkout.CancelOrder", FAILED_PRECONDITION, "UNITS_NOT_OPEN");
        const Order *order = stall_ok(&stall, stall.alice, "checkout.CancelOrder",
                "{'id':'%s','lines':[{'number':1,'quantity':2}]}", order_id);

        assert_int_equal(order->state, ORDER_STATE_CONFIRMED);
        assert_int_equal(order->payment_state, PAYMENT_STATE_PARTLY_REFUNDED);
        assert_int_equal(order->refunded_minor, 134 + 133);
        assert_int_equal(order->lines[0]->refunded_minor, 134 + 133);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->allocated, 1);
        assert_string_equal(
                stall_fact(stall_refused(&stall, stall.alice, few,
                                   "{'id':'%s','lines':[{'number':1,'quantity':2}]}", order_id),
                        "open"),
                "1");
        stall_refused(&stall, stall.alice,
                refusal("checkout.CancelOrder", INVALID_ARGUMENT, "NO_SUCH_LINE"),
                "{'id':'%s','lines':[{'number':3,'quantity':1}]}", order_id);
        order = stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order_id);
        assert_int_equal(order->state, ORDER_STATE_CANCELLED);
        assert_int_equal(order->payment_state, PAYMENT_STATE_REFUNDED);
        assert_int_equal(order->refunded_minor, 400 + 2400 + 540);
        assert_int_equal(order->lines[2]->kind, LINE_KIND_SHIPPING);
        assert_int_equal(order->lines[2]->refunded_minor, 540);
        assert_int_equal(shop_event_count(stall.shop, "order.cancelled"), 1);
        stall_close(&stall);
}

static void what_was_shipped_is_not_cancelled(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = sell_shipped(&stall);
        const struct refusal few =
                refusal("checkout.CancelOrder", FAILED_PRECONDITION, "UNITS_NOT_OPEN");

        stall_ok(&stall, shop_as(stall.shop, ROLE_WAREHOUSE), "fulfilment.CreateShipment",
                "{'order_id':'%s','lines':[{'order_line_number':1,'quantity':1}]}", order_id);
        const Order *order =
                stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order_id);

        assert_int_equal(order->state, ORDER_STATE_CONFIRMED);
        assert_int_equal(order->refunded_minor, 133 + 133 + 2400); /* unit 0 was packed */
        stall_refused(&stall, stall.alice, few, "{'id':'%s'}", order_id);
        stall_close(&stall);
}

static void orders_of_others_are_not_there(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, stall_mugs(1));
        struct persona mallory = shop_member(stall.shop, "mallory");
        const Cart *cart;

        for (size_t i = 0; i < 2; i++) {
                static const char *const methods[] = {"checkout.CancelOrder", "checkout.GetOrder"};

                assert_int_equal(
                        shop_call_json(stall.shop, mallory, methods[i],
                                arena_printf(shop_arena(stall.shop), "{\"id\":\"%s\"}", order_id))
                                .error->code,
                        NOT_FOUND);
        }
        cart = cart_get(shop_read(stall.shop), stall_order(&stall, order_id)->cart_id);
        assert_int_equal(
                shop_call_json(stall.shop, mallory, "checkout.GetQuote",
                        arena_printf(shop_arena(stall.shop), "{\"cart_id\":\"%s\"}", cart->id))
                        .error->code,
                NOT_FOUND);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_order_is_frozen),
                cmocka_unit_test(anything_different_is_quoted_anew),
                cmocka_unit_test(an_order_has_limits),
                cmocka_unit_test(an_order_keeps_to_the_terms),
                cmocka_unit_test(nothing_to_pay_is_paid_at_once),
                cmocka_unit_test(an_import_happens_once),
                cmocka_unit_test(two_hundred_compete_for_fifty),
                cmocka_unit_test(one_member_holds_only_so_much),
                cmocka_unit_test(an_unpaid_order_expires),
                cmocka_unit_test(an_order_is_held_as_its_terms_said),
                cmocka_unit_test(an_unpaid_order_is_cancelled_as_a_whole),
                cmocka_unit_test(paid_units_are_cancelled_and_refunded),
                cmocka_unit_test(what_was_shipped_is_not_cancelled),
                cmocka_unit_test(orders_of_others_are_not_there),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
