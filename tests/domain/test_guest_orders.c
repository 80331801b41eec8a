/* What a guest had ordered is the member's who signs in with the guest's token. */
#include <string.h>
#include "aftersales.rows.h"
#include "checkout.rows.h"
#include "fulfilment.rows.h"
#include "membership.rows.h"
#include "notification.rows.h"
#include "privacy.rows.h"
#include "tests/domain/stall.h"

#define SINCE   ",'place_time_from':'2010-01-01T00:00:00Z'"
#define SIGN_IN "{'email':'carol@example.com','password':'correct horse','guest_token':'%s'}"

static struct persona persona_of(const SessionGrant *grant)
{
        return (struct persona){.id = grant->member->id, .token = grant->token};
}

static struct persona guest_of(struct stall *stall)
{
        return persona_of(stall_ok(stall, shop_nobody(), "membership.CreateGuest", "{}"));
}

static struct persona sign_up(struct stall *stall)
{
        const SessionGrant *grant = stall_ok(stall, shop_nobody(), "membership.SignUp",
                "{'email':'carol@example.com','password':'correct horse'}");

        stall_prove_email(stall, persona_of(grant), "carol@example.com");
        return persona_of(grant);
}

static struct persona sign_in(struct stall *stall, const char *guest_token)
{
        return persona_of(
                stall_ok(stall, shop_nobody(), "membership.SignIn", SIGN_IN, guest_token));
}

/* A member who had ordered before she signed in. */
struct carol {
        struct stall stall;
        struct persona who, guest;
        const char *own_id, *guests_id; /* orders */
};

static struct carol carol_open(void)
{
        struct carol carol = {.stall = stall_open()};

        carol.who = sign_up(&carol.stall);
        carol.own_id = stall_sell(&carol.stall, carol.who, stall_mugs(1));
        carol.guest = guest_of(&carol.stall);
        carol.guests_id = stall_sell(&carol.stall, carol.guest, stall_mugs(2));
        carol.who = sign_in(&carol.stall, carol.guest.token);
        return carol;
}

static size_t orders_listed(struct stall *stall, struct persona who, const char *filter)
{
        const char *token = "";
        size_t count = 0;

        do { /* one a page, so that pages end between the two as well */
                const ListOrdersResponse *page = stall_ok(stall, who, "checkout.ListOrders",
                        "{'page_size':1,'page_token':'%s'%s}", token, filter);

                count += page->n_orders;
                token = page->next_page_token;
        } while (token[0] != '\0');
        return count;
}

/* proves: S95 good */
static void orders_come_along(void **state)
{
        struct carol carol = carol_open();
        struct stall *stall = &carol.stall;
        struct persona dave = shop_member(stall->shop, "dave");
        const struct refusal foreign = {"checkout.GetOrder", NOT_FOUND, "ORDER_NOT_FOUND"};

        assert_int_equal(orders_listed(stall, carol.who, ""), 2);
        assert_int_equal(orders_listed(stall, carol.who, SINCE), 2);
        stall_ok(stall, carol.who, "checkout.GetOrder", "{'id':'%s'}", carol.guests_id);
        stall_refused(stall, dave, foreign, "{'id':'%s'}", carol.guests_id);
        assert_int_equal(orders_listed(stall, dave, ""), 0);
        /* What follows an order follows it there, too. */
        stall_deliver(stall, carol.guests_id);
        const ListShipmentsResponse *parcels = stall_ok(
                stall, carol.who, "fulfilment.ListShipments", "{'order_id':'%s'}", carol.guests_id);
        assert_int_equal(parcels->n_shipments, 1);
        const ReturnCase *back = stall_ok(stall, carol.who, "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'too "
                "small','lines':[{'order_line_number':1,'quantity':1}]}",
                carol.guests_id);
        stall_ok(stall, carol.who, "aftersales.GetReturn", "{'id':'%s'}", back->id);
        /* The guest is nobody any more. */
        stall_refused(stall, carol.guest,
                (struct refusal){"checkout.ListOrders", UNAUTHENTICATED, "TOKEN_UNKNOWN"}, "{}");
        stall_close(stall);
}

/* The next who has the token gets nothing, and signs in all the same. */
static void a_guest_joins_once(void **state)
{
        struct carol carol = carol_open();
        struct stall *stall = &carol.stall;
        struct persona again = sign_in(stall, carol.guest.token);

        assert_int_equal(orders_listed(stall, again, ""), 2);
        /* Who has ordered nothing stays a guest. */
        struct persona idle = guest_of(stall);

        sign_in(stall, idle.token);
        stall_ok(stall, idle, "checkout.ListOrders", "{}");
        assert_string_equal(member_get(shop_read(stall->shop), idle.id)->joined_member_id, "");
        stall_close(stall);
}

static void notices_go_to_the_member(void **state)
{
        struct carol carol = carol_open();
        struct stall *stall = &carol.stall;

        shop_settle(stall->shop);
        stall_deliver(stall, carol.guests_id);
        shop_settle(stall->shop);
        const Notification *told = notification_get_by_dedupe_key_channel(shop_read(stall->shop),
                arena_printf(shop_arena(stall->shop), "shipment.delivered:%s",
                        shipment_next(shipment_by_order_id(shop_read(stall->shop), carol.guests_id))
                                ->id),
                NOTIFICATION_CHANNEL_EMAIL);
        assert_non_null(told);
        assert_string_equal(told->member_id, carol.who.id);
        stall_close(stall);
}

/* What is held about the guest is held about her. */
static void the_guest_is_told_and_forgotten_with_the_member(void **state)
{
        struct carol carol = carol_open();
        struct stall *stall = &carol.stall;
        const ExportMemberResponse *all = stall_ok(
                stall, carol.who, "privacy.ExportMember", "{'member_id':'%s'}", carol.who.id);
        const char *guest =
                arena_printf(shop_arena(stall->shop), "{\"id\":\"%s\",\"kind\"", carol.guest.id);

        assert_non_null(strstr(all->document, guest));
        assert_non_null(strstr(all->document, carol.guests_id));
        stall_refused(stall, carol.who,
                (struct refusal){"privacy.EraseMember", FAILED_PRECONDITION, "MEMBER_JOINED"},
                "{'member_id':'%s'}", carol.guest.id);
        stall_deliver(stall, carol.own_id);
        struct error *error = stall_refused(stall, carol.who,
                (struct refusal){"privacy.EraseMember", FAILED_PRECONDITION, "ORDER_OPEN"},
                "{'member_id':'%s','password':'correct horse'}", carol.who.id);
        assert_string_equal(stall_fact(error, "order_id"), carol.guests_id);
        stall_deliver(stall, carol.guests_id);
        stall_ok(stall, carol.who, "privacy.EraseMember",
                "{'member_id':'%s','password':'correct horse'}", carol.who.id);
        shop_settle(stall->shop);
        for (int i = 0; i < 2; i++) {
                const char *id = i == 0 ? carol.who.id : carol.guest.id;

                assert_int_equal(erasure_get_by_member_id(shop_read(stall->shop), id)->state,
                        ERASURE_STATE_FINAL);
        }
        assert_null(order_get(shop_read(stall->shop), carol.guests_id)->delivery_address);
        stall_close(stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(orders_come_along),
                cmocka_unit_test(a_guest_joins_once),
                cmocka_unit_test(notices_go_to_the_member),
                cmocka_unit_test(the_guest_is_told_and_forgotten_with_the_member),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
