/*
 * Two requests for the same units (rule 11): who asked first is served first, what all wait for
 * together can still arrive, and where units get lost the rest goes to the earlier wish. Three mugs
 * paid 1.34, 1.33 and 1.33.
 */
#include "tests/domain/stall.h"

#include <stdio.h>
#include <string.h>
#include "cart.rows.h"

#define CANCEL "{'id':'%s','lines':[{'number':1,'quantity':%d}]}"
#define PACK   "{'order_id':'%s','lines':[{'order_line_number':1,'quantity':%d}]}"
#define APPLY                                                                                      \
        "{'order_id':'%s','reason':'too small','lines':[{'order_line_number':1,'quantity':%d}]}"
#define APPROVE "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}"
#define BY_ID   "{'id':'%s'}"

static const struct refusal too_early = {
        "aftersales.ReviewReturn", FAILED_PRECONDITION, "UNITS_NOT_DELIVERED"};

static const char *ship(struct stall *stall, const char *order_id, int quantity)
{
        const Shipment *shipment = stall_ok(stall, stall_staff(stall, ROLE_WAREHOUSE),
                "fulfilment.CreateShipment", PACK, order_id, quantity);

        stall_ok(stall, stall_staff(stall, ROLE_WAREHOUSE), "fulfilment.ShipShipment", BY_ID,
                shipment->id);
        return shipment->id;
}

/* Three mugs, two in one parcel and one in another. */
struct sent {
        struct stall stall;
        const char *order_id;
        const char *two;
        const char *one;
};

static struct sent send(void)
{
        struct sent sent = {.stall = stall_open()};

        sent.order_id = stall_sell(&sent.stall, sent.stall.alice, (struct basket){{3, 0, 0}});
        sent.two = ship(&sent.stall, sent.order_id, 2);
        sent.one = ship(&sent.stall, sent.order_id, 1);
        return sent;
}

/* Cancels units that were shipped; the case that waits for them. */
static const char *wish(struct sent *sent, int quantity)
{
        stall_ok(&sent->stall, sent->stall.alice, "checkout.CancelOrder", CANCEL, sent->order_id,
                quantity);
        struct scan *scan = return_case_by_order_id(shop_read(sent->stall.shop), sent->order_id);
        const char *id = "";
        int32_t number = 0;

        for (const ReturnCase *row; (row = return_case_next(scan)) != NULL;) {
                if (row->number < number)
                        continue;
                number = row->number;
                id = arena_text(shop_arena(sent->stall.shop), row->id);
        }
        return id;
}

static const ReturnCase *approve(struct sent *sent, const char *case_id)
{
        return stall_ok(&sent->stall, stall_staff(&sent->stall, ROLE_SERVICE_AGENT),
                "aftersales.ReviewReturn", APPROVE, case_id);
}

static void refund(struct stall *stall, const char *case_id)
{
        stall_bring_back(stall, case_id);
        stall_refund(stall, case_id);
}

static void track(struct sent *sent, const char *parcel, const char *kind)
{
        stall_track(&sent->stall, parcel, kind, kind, 0);
}

/* All three are wished for; one arrives and is asked for again, by its owner and by staff. */
static void an_application_leaves_what_a_wish_waits_for(void **state)
{
        struct sent sent = send();
        struct stall *stall = &sent.stall;
        const struct refusal asked_back = {
                "aftersales.ApplyReturn", FAILED_PRECONDITION, "UNITS_ASKED_BACK"};
        const char *waiting = wish(&sent, 3);

        track(&sent, sent.one, "TRACKING_KIND_DELIVERED");
        const struct error *error =
                stall_refused(stall, stall->alice, asked_back, APPLY, sent.order_id, 1);

        assert_string_equal(stall_fact(error, "line"), "1");
        assert_string_equal(stall_fact(error, "wanted"), "1");
        assert_string_equal(stall_fact(error, "available"), "0");
        stall_refused(stall, stall_staff(stall, ROLE_SERVICE_AGENT), asked_back,
                "{'order_id':'%s','reason':'kept','type':'RETURN_TYPE_REFUND_ONLY',"
                "'lines':[{'order_line_number':1,'quantity':1}]}",
                sent.order_id);
        stall_refused(stall, stall->alice,
                (struct refusal){"checkout.CancelOrder", FAILED_PRECONDITION, "UNITS_NOT_OPEN"},
                CANCEL, sent.order_id, 1);
        track(&sent, sent.two, "TRACKING_KIND_DELIVERED");
        assert_int_equal(approve(&sent, waiting)->refund_minor, 400);
        refund(stall, waiting);
        stall_close(stall);
}

/* Two are wished for: the third may be asked for, whichever of them arrives first. */
static void what_nobody_waits_for_may_be_asked_for(void **state)
{
        struct sent sent = send();
        struct stall *stall = &sent.stall;
        const char *waiting = wish(&sent, 2);

        track(&sent, sent.one, "TRACKING_KIND_DELIVERED");
        const ReturnCase *other =
                stall_ok(stall, stall->alice, "aftersales.ApplyReturn", APPLY, sent.order_id, 1);

        assert_int_equal(other->refund_minor, 134);
        stall_refused(stall, stall_staff(stall, ROLE_SERVICE_AGENT), too_early, APPROVE, waiting);
        track(&sent, sent.two, "TRACKING_KIND_DELIVERED");
        stall_refused(stall, stall->alice,
                (struct refusal){"aftersales.ApplyReturn", FAILED_PRECONDITION, "UNITS_ASKED_BACK"},
                APPLY, sent.order_id, 1);
        approve(&sent, other->id);
        assert_int_equal(approve(&sent, waiting)->refund_minor, 266);
        refund(stall, other->id);
        refund(stall, waiting);
        assert_int_equal(stall_order(stall, sent.order_id)->refunded_minor, 400);
        stall_close(stall);
}

/* A wish that is withdrawn or rejected waits for nothing. */
static void an_ended_wish_is_no_wish(void **state)
{
        struct sent sent = send();
        struct stall *stall = &sent.stall;

        stall_ok(stall, stall->alice, "aftersales.WithdrawReturn", BY_ID, wish(&sent, 3));
        stall_ok(stall, stall_staff(stall, ROLE_SERVICE_AGENT), "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_REJECT','reject_reason':'no'}",
                wish(&sent, 3));
        track(&sent, sent.two, "TRACKING_KIND_DELIVERED");
        stall_ok(stall, stall->alice, "aftersales.ApplyReturn", APPLY, sent.order_id, 2);
        stall_close(stall);
}

/* Two mugs get lost. The earlier wish, for two, gets the one that came, the later one nothing,
 * whoever is reviewed first. */
static void what_is_left_goes_to_the_earlier_wish(void **state)
{
        struct sent sent = send();
        struct stall *stall = &sent.stall;
        const char *earlier = wish(&sent, 2);
        const char *later = wish(&sent, 1);
        const struct refusal refused = {
                "aftersales.ReviewReturn", FAILED_PRECONDITION, "UNITS_ASKED_BACK"};

        track(&sent, sent.one, "TRACKING_KIND_DELIVERED");
        stall_refused(stall, stall_staff(stall, ROLE_SERVICE_AGENT), too_early, APPROVE, earlier);
        track(&sent, sent.two, "TRACKING_KIND_LOST");
        stall_refused(stall, stall_staff(stall, ROLE_SERVICE_AGENT), refused, APPROVE, later);
        const ReturnCase *row = approve(&sent, earlier);

        assert_int_equal(row->unit_count, 1);
        assert_int_equal(row->lines[0]->quantity, 1);
        assert_int_equal(row->refund_minor, 134);
        stall_refused(stall, stall_staff(stall, ROLE_SERVICE_AGENT), too_early, APPROVE, later);
        stall_ok(stall, stall->alice, "aftersales.WithdrawReturn", BY_ID, later);
        refund(stall, earlier);
        assert_int_equal(stall_order(stall, sent.order_id)->refunded_minor, 134);
        stall_close(stall);
}

/* The bowl came, the mug got lost: its line of the case is left with nothing. */
static void a_line_that_got_lost_is_left_with_nothing(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, (struct basket){{1, 1, 0}});
        const char *mug = ship(&stall, order_id, 1);
        const char *bowl = stall_ship(&stall, order_id);

        stall_ok(&stall, stall.alice, "checkout.CancelOrder",
                "{'id':'%s','lines':[{'number':1,'quantity':1},{'number':2,'quantity':1}]}",
                order_id);
        const char *id = arena_text(shop_arena(stall.shop),
                return_case_next(return_case_by_order_id(shop_read(stall.shop), order_id))->id);

        stall_track(&stall, mug, "e1", "TRACKING_KIND_LOST", 0);
        stall_refused(&stall, stall_staff(&stall, ROLE_SERVICE_AGENT), too_early, APPROVE, id);
        stall_track(&stall, bowl, "e2", "TRACKING_KIND_DELIVERED", 0);
        const ReturnCase *row = stall_ok(&stall, stall_staff(&stall, ROLE_SERVICE_AGENT),
                "aftersales.ReviewReturn", APPROVE, id);

        assert_int_equal(row->unit_count, 1);
        assert_int_equal(row->lines[0]->quantity, 0);
        assert_int_equal(row->lines[1]->quantity, 1);
        refund(&stall, id);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 2400);
        stall_close(&stall);
}

/* ---- the cancellation that asked ---- */

static void only_what_cancels_says_why_it_was_cancelled(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, (struct basket){{3, 0, 0}});

        stall_ok(&stall, stall.alice, "checkout.CancelOrder",
                "{'id':'%s','reason':'one less','lines':[{'number':1,'quantity':1}]}", order_id);
        stall_ship(&stall, order_id);
        const Order *order = stall_ok(&stall, stall.alice, "checkout.CancelOrder",
                "{'id':'%s','reason':'too late','lines':[{'number':1,'quantity':1}]}", order_id);

        assert_string_equal(order->cancel_reason, "one less");
        stall_close(&stall);
}

/* ---- how large a case may be ---- */

#define MANY 1001

/* "[{...,'quantity':1},...]" for lines 1 to MANY. */
static char *line_list(struct stall *stall, const char *field, int quantity)
{
        char *text = arena_alloc(shop_arena(stall->shop), MANY * 64 + 3);
        size_t len = 0;

        for (int i = 1; i <= MANY; i++)
                len += (size_t)sprintf(text + len, "%c{'%s':%d,'quantity':%d}", i == 1 ? '[' : ',',
                        field, i, quantity);
        strcpy(text + len, "]");
        return text;
}

static const char *many_lines(struct stall *stall)
{
        const Cart *cart = stall_ok(stall, stall->alice, "cart.CreateCart",
                "{'price_list_id':'%s'}", stall->price_list_id);
        char *lines = arena_alloc(shop_arena(stall->shop), MANY * 100);
        size_t len = 0;

        for (int i = 0; i < MANY; i++)
                len += (size_t)sprintf(lines + len,
                        "%s{'variant_id':'%s','line_key':'k%d','quantity':2}", i == 0 ? "" : ",",
                        stall->variant_ids[WARE_MUG], i);
        stall_ok(stall, stall_staff(stall, ROLE_WAREHOUSE), "supply.ReceiveGoods",
                "{'location_id':'%s','lines':[{'variant_id':'%s','quantity':%d}]}", stall->main_id,
                stall->variant_ids[WARE_MUG], 2 * MANY);
        stall_ok(stall, stall->alice, "cart.AddCartLines", "{'cart_id':'%s','lines':[%s]}",
                cart->id, lines);
        const Quote *quote =
                stall_ok(stall, stall->alice, "checkout.GetQuote", "{'cart_id':'%s'}", cart->id);
        const Order *order = stall_ok(stall, stall->alice, "checkout.PlaceOrder",
                "{'cart_id':'%s','fingerprint':'%s'}", cart->id, quote->fingerprint);

        stall_ok(stall, stall->alice, "payment.PayOrder", "{'order_id':'%s'}", order->id);
        shop_settle(stall->shop);
        return order->id;
}

/* One unit of each line delivered and one on its way: two lines of the case for one of the order.
 */
static void a_case_has_no_more_lines_than_it_holds(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = many_lines(&stall);
        const Shipment *parcel = stall_ok(&stall, stall_staff(&stall, ROLE_WAREHOUSE),
                "fulfilment.CreateShipment", "{'order_id':'%s','lines':%s}", order_id,
                line_list(&stall, "order_line_number", 1));
        const char *id = parcel->id;

        stall_ok(&stall, stall_staff(&stall, ROLE_WAREHOUSE), "fulfilment.ShipShipment", BY_ID, id);
        stall_track(&stall, id, "e1", "TRACKING_KIND_DELIVERED", 0);
        stall_ship(&stall, order_id);
        const struct error *error = stall_refused(&stall, stall.alice,
                (struct refusal){"checkout.CancelOrder", FAILED_PRECONDITION, "TOO_MANY_LINES"},
                "{'id':'%s','lines':%s}", order_id, line_list(&stall, "number", 2));

        assert_string_equal(stall_fact(error, "limit"), "2000");
        stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s','lines':%s}", order_id,
                line_list(&stall, "number", 1));
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_application_leaves_what_a_wish_waits_for),
                cmocka_unit_test(what_nobody_waits_for_may_be_asked_for),
                cmocka_unit_test(an_ended_wish_is_no_wish),
                cmocka_unit_test(what_is_left_goes_to_the_earlier_wish),
                cmocka_unit_test(a_line_that_got_lost_is_left_with_nothing),
                cmocka_unit_test(only_what_cancels_says_why_it_was_cancelled),
                cmocka_unit_test(a_case_has_no_more_lines_than_it_holds),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
