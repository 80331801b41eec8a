/*
 * Rule 17, its last sentence: delivery that was paid goes back at the fee of the cheapest method
 * offered, once, when all units are withdrawn from or the seller is at fault. Express costs 10.80
 * with tax, post 5.41; the van is cheaper and goes elsewhere. Three mugs paid 4.00.
 */
#include "tests/domain/stall.h"

#define METHOD                                                                                     \
        "{'shipping_method':{'slug':'%s','price_list_id':'%s','fee_minor':%d,"                     \
        "'free_from_minor':%d,'country_codes':[%s],'titles':[{'language':'en','text':'x'}]}}"
#define APPLY                                                                                      \
        "{'order_id':'%s','reason':'x','type':%d,'cause':%d,"                                      \
        "'lines':[{'order_line_number':1,'quantity':%d}]}"
#define REVIEW "{'id':'%s','decision':'REVIEW_DECISION_APPROVE','cause':%d}"
#define CANCEL "{'id':'%s','lines':[{'number':1,'quantity':%d}]}"

#define EXPRESS  1080
#define CHEAPEST 541

static const char *method(
        struct stall *stall, const char *slug, int fee, int free_from, const char *countries)
{
        const ShippingMethod *row = stall_ok(stall, stall_staff(stall, ROLE_OPERATIONS),
                "checkout.CreateShippingMethod", METHOD, slug, stall->price_list_id, fee, free_from,
                countries);

        return row->id;
}

/* Three mugs, paid, to be delivered by express. */
static const char *order_express(struct stall *stall)
{
        const char *express = method(stall, "express", 900, 5000, "'GB'");
        const char *cart_id = stall_cart(stall, stall->alice, (struct basket){{3, 0, 0}});

        method(stall, "post", 451, 0, "");
        method(stall, "van", 100, 0, "'FR'");
        const Quote *quote = stall_ok(stall, stall->alice, "checkout.GetQuote",
                "{'cart_id':'%s','country_code':'GB','shipping_method_id':'%s'}", cart_id, express);
        const Order *order = stall_ok(stall, stall->alice, "checkout.PlaceOrder",
                "{'cart_id':'%s','fingerprint':'%s','shipping_method_id':'%s',"
                "'delivery_address':{'country_code':'GB'}}",
                cart_id, quote->fingerprint, express);

        assert_int_equal(order->cheapest_shipping_minor, CHEAPEST);
        assert_int_equal(order->gross_minor, 400 + EXPRESS);
        stall_ok(stall, stall->alice, "payment.PayOrder", "{'order_id':'%s'}", order->id);
        shop_settle(stall->shop);
        return order->id;
}

enum end { DELIVERED, LOST };

static void send(struct stall *stall, const char *order_id, int quantity, enum end end)
{
        const Shipment *parcel =
                stall_ok(stall, stall_staff(stall, ROLE_WAREHOUSE), "fulfilment.CreateShipment",
                        "{'order_id':'%s','lines':[{'order_line_number':1,'quantity':%d}]}",
                        order_id, quantity);
        const char *id = parcel->id;

        stall_ok(stall, stall_staff(stall, ROLE_WAREHOUSE), "fulfilment.ShipShipment",
                "{'id':'%s'}", id);
        stall_track(stall, id, "end",
                end == LOST ? "TRACKING_KIND_LOST" : "TRACKING_KIND_DELIVERED", 0);
}

struct giving {
        ReturnType type;
        ReturnCause cause;
        ReturnCause found; /* by who reviews it; 0: nothing else */
        int quantity;
};

/* A case from its beginning to its refund. */
static const ReturnCase *give(struct stall *stall, const char *order_id, struct giving giving)
{
        const ReturnCase *row = stall_ok(stall, stall->alice, "aftersales.ApplyReturn", APPLY,
                order_id, (int)giving.type, (int)giving.cause, giving.quantity);
        const char *id = row->id;

        stall_ok(stall, stall_staff(stall, ROLE_SERVICE_AGENT), "aftersales.ReviewReturn", REVIEW,
                id, (int)giving.found);
        if (giving.type != RETURN_TYPE_REFUND_ONLY)
                stall_bring_back(stall, id);
        return stall_refund(stall, id);
}

/* ---- by cases ---- */

#define CASES_MAX 3
#define BACK      RETURN_TYPE_RETURN_AND_REFUND
#define UNWANTED  RETURN_CAUSE_NOT_WANTED

static const struct course {
        int cancelled; /* before the others are sent */
        enum end end;
        struct giving cases[CASES_MAX];
        int64_t delivery[CASES_MAX]; /* refunded with each */
} courses[] = {
        {0, DELIVERED, {{BACK, UNWANTED, 0, 3}}, {CHEAPEST}},
        {0, DELIVERED, {{BACK, 0, 0, 3}}, {CHEAPEST}},
        {0, DELIVERED, {{BACK, UNWANTED, 0, 2}}, {0}},
        {0, DELIVERED, {{BACK, UNWANTED, 0, 2}, {BACK, UNWANTED, 0, 1}}, {0, CHEAPEST}},
        {0, DELIVERED, {{BACK, RETURN_CAUSE_WRONG_ITEM, 0, 1}, {BACK, UNWANTED, 0, 2}},
                {CHEAPEST, 0}},
        {0, DELIVERED,
                {{BACK, RETURN_CAUSE_DAMAGED, 0, 1}, {BACK, RETURN_CAUSE_DEFECTIVE, 0, 1},
                        {BACK, RETURN_CAUSE_NOT_AS_DESCRIBED, 0, 1}},
                {CHEAPEST, 0, 0}},
        {0, DELIVERED, {{BACK, RETURN_CAUSE_DAMAGED, UNWANTED, 1}}, {0}},
        {0, DELIVERED, {{BACK, UNWANTED, RETURN_CAUSE_NOT_AS_DESCRIBED, 1}}, {CHEAPEST}},
        {1, DELIVERED, {{BACK, UNWANTED, 0, 2}}, {CHEAPEST}},
        {1, DELIVERED, {{BACK, UNWANTED, 0, 1}}, {0}},
        {0, LOST, {{RETURN_TYPE_REFUND_ONLY, RETURN_CAUSE_NOT_ARRIVED, 0, 1}}, {CHEAPEST}},
        {0, LOST, {{RETURN_TYPE_REFUND_ONLY, UNWANTED, 0, 1}}, {0}},
        {0, DELIVERED, {{RETURN_TYPE_EXCHANGE, RETURN_CAUSE_WRONG_ITEM, 0, 3}}, {CHEAPEST}},
        {0, DELIVERED, {{RETURN_TYPE_EXCHANGE, UNWANTED, 0, 3}}, {0}},
};

static void walk_course(const struct course *course)
{
        struct stall stall = stall_open();
        const char *order_id = order_express(&stall);
        int64_t delivery = 0;

        if (course->cancelled > 0)
                stall_ok(&stall, stall.alice, "checkout.CancelOrder", CANCEL, order_id,
                        course->cancelled);
        send(&stall, order_id, 3 - course->cancelled, course->end);
        int64_t refunded = stall_order(&stall, order_id)->refunded_minor;

        for (size_t i = 0; i < CASES_MAX && course->cases[i].quantity > 0; i++) {
                const ReturnCase *row = give(&stall, order_id, course->cases[i]);

                assert_int_equal(row->delivery_refund_minor, course->delivery[i]);
                assert_int_equal(row->delivery_refund_tax_minor, course->delivery[i] > 0 ? 90 : 0);
                delivery += row->delivery_refund_minor;
                refunded += row->refund_minor - row->exchanged_minor + row->delivery_refund_minor;
        }
        const Order *order = stall_order(&stall, order_id);

        assert_int_equal(order->lines[1]->refunded_minor, delivery);
        assert_int_equal(order->refunded_minor, refunded);
        stall_close(&stall);
}

static void delivery_goes_back_once_and_for_a_reason(void **state)
{
        for (size_t i = 0; i < sizeof(courses) / sizeof(courses[0]); i++) {
                print_message("course %zu\n", i);
                walk_course(&courses[i]);
        }
}

/* ---- by cancelling ---- */

static void what_was_never_sent_costs_nothing(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = order_express(&stall);
        const Order *order =
                stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order_id);

        assert_int_equal(order->refunded_minor, 400 + EXPRESS);
        assert_int_equal(order->state, ORDER_STATE_CANCELLED);
        stall_close(&stall);
}

/* Two came back, and then the one that was never sent is cancelled. */
static void the_last_unit_may_be_a_cancelled_one(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = order_express(&stall);

        send(&stall, order_id, 2, DELIVERED);
        assert_int_equal(give(&stall, order_id, (struct giving){BACK, UNWANTED, 0, 2})
                                 ->delivery_refund_minor,
                0);
        const Order *order =
                stall_ok(&stall, stall.alice, "checkout.CancelOrder", CANCEL, order_id, 1);

        assert_int_equal(order->refunded_minor, 400 + CHEAPEST);
        assert_int_equal(order->lines[1]->refunded_minor, CHEAPEST);
        stall_close(&stall);
}

/* The exchanged mugs are back, their replacements too: now all is withdrawn from. */
static void what_replaced_the_units_counts(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = order_express(&stall);

        send(&stall, order_id, 3, DELIVERED);
        give(&stall, order_id, (struct giving){RETURN_TYPE_EXCHANGE, UNWANTED, 0, 3});
        const Order *order = stall_ok(&stall, stall.alice, "checkout.CancelOrder",
                "{'id':'%s','lines':[{'number':3,'quantity':3}]}", order_id);

        assert_int_equal(order->refunded_minor, 400 + CHEAPEST);
        stall_close(&stall);
}

/* Methods of today say nothing about an order of yesterday. */
static void the_fee_is_that_of_the_placement(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = order_express(&stall);

        method(&stall, "snail", 1, 0, "");
        send(&stall, order_id, 3, DELIVERED);
        assert_int_equal(give(&stall, order_id, (struct giving){BACK, UNWANTED, 0, 3})
                                 ->delivery_refund_minor,
                CHEAPEST);
        stall_close(&stall);
}

static void free_delivery_gives_nothing_back(void **state)
{
        struct stall stall = stall_open();
        const char *free_id = method(&stall, "express", 900, 100, "");
        const char *cart_id = stall_cart(&stall, stall.alice, (struct basket){{3, 0, 0}});
        const Quote *quote = stall_ok(&stall, stall.alice, "checkout.GetQuote",
                "{'cart_id':'%s','country_code':'GB','shipping_method_id':'%s'}", cart_id, free_id);
        const Order *order = stall_ok(&stall, stall.alice, "checkout.PlaceOrder",
                "{'cart_id':'%s','fingerprint':'%s','shipping_method_id':'%s',"
                "'delivery_address':{'country_code':'GB'}}",
                cart_id, quote->fingerprint, free_id);
        const char *order_id = order->id;

        assert_int_equal(order->cheapest_shipping_minor, 0);
        stall_ok(&stall, stall.alice, "payment.PayOrder", "{'order_id':'%s'}", order_id);
        shop_settle(stall.shop);
        send(&stall, order_id, 3, DELIVERED);
        assert_int_equal(give(&stall, order_id, (struct giving){BACK, UNWANTED, 0, 3})
                                 ->delivery_refund_minor,
                0);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 400);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(delivery_goes_back_once_and_for_a_reason),
                cmocka_unit_test(what_was_never_sent_costs_nothing),
                cmocka_unit_test(the_last_unit_may_be_a_cancelled_one),
                cmocka_unit_test(what_replaced_the_units_counts),
                cmocka_unit_test(the_fee_is_that_of_the_placement),
                cmocka_unit_test(free_delivery_gives_nothing_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
