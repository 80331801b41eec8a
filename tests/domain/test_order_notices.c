/*
 * S92: what customers are told of their orders, by following the events: each once, also over a
 * restart, to those who are there to read it, and nothing of what is long past.
 */
#include <string.h>
#include "membership.rows.h"
#include "notification.rows.h"
#include "server/notification/order_notices.h"
#include "tests/domain/club.h"

static const ListNotificationsResponse *inbox(struct stall *stall)
{
        return stall_ok(stall, stall->alice, "notification.ListNotifications",
                "{'channel':'NOTIFICATION_CHANNEL_IN_APP'}");
}

static const Notification *told(struct stall *stall, const char *key)
{
        const ListNotificationsResponse *page = inbox(stall);
        const Notification *found = NULL;

        for (size_t i = 0; i < page->n_notifications; i++)
                if (strcmp(page->notifications[i]->template_key, key) == 0) {
                        assert_null(found); /* once */
                        found = page->notifications[i];
                }
        return found;
}

static void orders_parcels_and_refunds_are_told(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_sell(&stall, stall.alice, (struct basket){{3, 0, 0}});

        shop_settle(stall.shop);
        assert_non_null(strstr(told(&stall, "order.placed")->body, order_id));
        assert_non_null(strstr(told(&stall, "order.placed")->body, "4.00 GBP"));
        assert_non_null(told(&stall, "order.paid"));
        stall_deliver(&stall, order_id);
        shop_settle(stall.shop);
        assert_non_null(told(&stall, "shipment.shipped"));
        assert_non_null(strstr(told(&stall, "shipment.delivered")->body, order_id));
        const ReturnCase *row = stall_ok(&stall, stall.alice, "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'x','lines':[{'order_line_number':1,'quantity':1}]}",
                order_id);
        const char *case_id = row->id;

        stall_ok(&stall, shop_as(stall.shop, ROLE_SERVICE_AGENT), "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}", case_id);
        stall_bring_back(&stall, case_id);
        stall_refund(&stall, case_id);
        shop_settle(stall.shop);
        shop_restart(stall.shop);
        shop_settle(stall.shop);
        assert_non_null(strstr(told(&stall, "payment.refunded")->body, "1.34 GBP"));
        assert_int_equal(inbox(&stall)->n_notifications, 5);
        stall_close(&stall);
}

/* Points paid half of it. */
static void what_is_left_to_be_paid_is_told(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, ",'tender_share':'0.5'");
        club_give(&stall, "alice", 1500);
        const char *cart_id = stall_cart(&stall, stall.alice, (struct basket){{3, 0, 0}});
        const Quote *quote = stall_ok(&stall, stall.alice, "checkout.GetQuote",
                "{'cart_id':'%s','country_code':'GB','points_most':true}", cart_id);
        const Order *order = stall_ok(&stall, stall.alice, "checkout.PlaceOrder",
                "{'cart_id':'%s','fingerprint':'%s','delivery_address':{'country_code':'GB'},"
                "'points_most':true}",
                cart_id, quote->fingerprint);
        const char *order_id = order->id;

        shop_settle(stall.shop);
        assert_string_equal(told(&stall, "order.placed")->body,
                arena_printf(shop_arena(stall.shop),
                        "Thank you for your order %s of 4.00 GBP. Left to be paid: 2.00 GBP.",
                        order_id));
        stall_ok(&stall, stall.alice, "payment.PayOrder", "{'order_id':'%s'}", order_id);
        shop_settle(stall.shop);
        assert_string_equal(told(&stall, "order.paid")->body,
                arena_printf(
                        shop_arena(stall.shop), "Your order %s of 4.00 GBP is paid.", order_id));
        stall_close(&stall);
}

static void an_order_that_ends_is_told(void **state)
{
        struct stall stall = stall_open();

        stall_place(&stall, stall.alice, (struct basket){{1, 0, 0}});
        shop_advance(stall.shop, 31 * MINUTE_US);
        assert_non_null(told(&stall, "order.expired"));
        const char *order_id = stall_sell(&stall, stall.alice, (struct basket){{0, 1, 0}});

        stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order_id);
        shop_settle(stall.shop);
        assert_non_null(strstr(told(&stall, "order.cancelled")->body, order_id));
        stall_close(&stall);
}

/* Taken over from another system, without an account: there is nobody to read it. */
static void who_has_no_account_is_told_nothing(void **state)
{
        struct stall stall = stall_open();
        Member *member = member_get(shop_read(stall.shop), stall.alice.id);

        member->external_id = "12345";
        struct txn *txn = shop_write_begin(stall.shop);

        member_update(txn, member);
        shop_write_end(stall.shop, txn);
        stall_sell(&stall, stall.alice, (struct basket){{1, 0, 0}});
        shop_settle(stall.shop);
        assert_int_equal(inbox(&stall)->n_notifications, 0);
        stall_close(&stall);
}

/* Beside the inbox, where they choose. */
static void members_choose_their_channel(void **state)
{
        struct stall stall = stall_open();
        Member *member = member_get(shop_read(stall.shop), stall.alice.id);

        member->email = "alice@example.com";
        member->email_verified = true;
        member->phone = "+447700900123";
        member->phone_verified = true;
        struct txn *txn = shop_write_begin(stall.shop);

        member_update(txn, member);
        shop_write_end(stall.shop, txn);
        stall_ok(&stall, stall.alice, "profile.UpdateProfile",
                "{'profile':{'member_id':'alice',"
                "'preferred_channel':'NOTIFICATION_CHANNEL_SMS'}}");
        stall_place(&stall, stall.alice, (struct basket){{1, 0, 0}});
        shop_settle(stall.shop);
        const ListNotificationsResponse *page =
                stall_ok(&stall, stall.alice, "notification.ListNotifications", "{}");

        assert_int_equal(page->n_notifications, 2);
        /* of one instant, in any order */
        assert_int_equal(page->notifications[0]->channel + page->notifications[1]->channel,
                NOTIFICATION_CHANNEL_IN_APP + NOTIFICATION_CHANNEL_SMS);
        stall_close(&stall);
}

/* By an event that was followed once, and put aside. */
static enum status tell_again(struct call *call, void *context)
{
        Event event = EVENT_INIT;

        event.type = "order.placed";
        event.subject = context;
        event.owner = "alice";
        event.time = call_now(call);
        return order_notices(call, &event);
}

static enum status tell_lost(struct call *call, void *context)
{
        notification_delete(call->txn, notification_next(notification_of(call->txn, "alice"))->id);
        return tell_again(call, context);
}

/* With the order, before any follower looks. */
static void a_placed_order_is_told_at_once(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, (struct basket){{1, 0, 0}});

        assert_int_equal(inbox(&stall)->n_notifications, 1);
        assert_non_null(strstr(told(&stall, "order.placed")->body, order_id));
        assert_null(shop_inside(stall.shop, tell_again, (void *)order_id).error);
        shop_settle(stall.shop);
        shop_restart(stall.shop);
        assert_non_null(told(&stall, "order.placed"));
        assert_null(shop_inside(stall.shop, tell_lost, (void *)order_id).error);
        assert_non_null(strstr(told(&stall, "order.placed")->body, " GBP. Left to be paid: "));
        stall_close(&stall);
}

static enum status tell_late(struct call *call, void *context)
{
        const char *order_id = context;
        Event event = EVENT_INIT;

        event.type = "order.cancelled";
        event.subject = order_id;
        event.owner = "alice";
        event.time = call_time(call, call->now_us - 3 * DAY_US - SECOND_US);
        order_notices(call, &event);
        event.type = "order.expired";
        event.time = call_time(call, call->now_us - 3 * DAY_US);
        return order_notices(call, &event);
}

static void what_is_long_past_is_not_told(void **state)
{
        struct stall stall = stall_open();
        const char *order_id = stall_place(&stall, stall.alice, (struct basket){{1, 0, 0}});

        assert_null(shop_inside(stall.shop, tell_late, (void *)order_id).error);
        assert_null(told(&stall, "order.cancelled"));
        assert_non_null(told(&stall, "order.expired"));
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(orders_parcels_and_refunds_are_told),
                cmocka_unit_test(what_is_left_to_be_paid_is_told),
                cmocka_unit_test(a_placed_order_is_told_at_once),
                cmocka_unit_test(an_order_that_ends_is_told),
                cmocka_unit_test(members_choose_their_channel),
                cmocka_unit_test(what_is_long_past_is_not_told),
                cmocka_unit_test(who_has_no_account_is_told_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
