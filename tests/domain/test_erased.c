/*
 * Who was erased still has books: their parcels come back, their points expire, their stages and
 * tiers change with the days, and followers hear of all of it. None of that may fail because there
 * is nobody left to tell or to reward, nor keep something new of them, which verify would find.
 */
#include <string.h>
#include "governance.rows.h"
#include "insight.rows.h"
#include "internal.rows.h"
#include "notification.rows.h"
#include "notification_internal.rows.h"
#include "server/owned.h"
#include "tests/domain/club.h"
#include "tests/domain/edits.h"
#include "tests/domain/till.h"

#define SIGN_UP                                                                                    \
        "{'email':'carol@example.com','password':'correct horse','display_name':'Carol Danvers'}"
#define QUOTE "{'cart_id':'%s','country_code':'GB','points_most':true}"
#define PLACE                                                                                      \
        "{'cart_id':'%s','fingerprint':'%s','delivery_address':{'country_code':'GB'},"             \
        "'points_most':true}"
#define ERASE "{'member_id':'%s','password':'correct horse'}"
#define APPLY                                                                                      \
        "{'order_id':'%s','reason':'x','type':'%s','lines':[{'order_line_number':%d,"              \
        "'quantity':1,'replacement_variant_id':'%s'}]}"
#define POLICY                                                                                     \
        "{'lifecycle_policy':{'active_days':3,'churn_days':50,'remind_purchases':2,'actions':["    \
        "{'stage':'LIFECYCLE_STAGE_AT_RISK','template_key':'come.back','activity':'review'},"      \
        "{'stage':'LIFECYCLE_STAGE_CHURNED','activity':'check-in'}]}}"
#define CHURNED                                                                                    \
        "{'segment':{'slug':'churned','clauses':[{'conditions':[{'field':'SEGMENT_FIELD_STAGE',"   \
        "'operator':'SEGMENT_OPERATOR_ONE_OF','texts':['CHURNED']}]}]}}"

static struct persona operations(const struct stall *stall)
{
        return stall_staff(stall, ROLE_OPERATIONS);
}

static void make_policy(struct stall *stall)
{
        stall_ok(stall, operations(stall), "notification.CreateNotificationTemplate",
                "{'notification_template':{'template_key':'come.back','language':'en',"
                "'purpose':'NOTIFICATION_PURPOSE_MARKETING','subject':'We miss you',"
                "'body':'Come back','variables':[]}}");
        stall_ok(stall, operations(stall), "insight.SetLifecyclePolicy", POLICY);
        shop_settle(stall->shop);
}

/* A member with points, a birthday soon and an address that is her own. */
static struct persona sign_up(struct stall *stall)
{
        const SessionGrant *grant = stall_ok(stall, shop_nobody(), "membership.SignUp", SIGN_UP);
        struct persona carol = {.id = grant->member->id, .token = grant->token};

        stall_prove_email(stall, carol, "carol@example.com");
        stall_ok(stall, carol, "profile.SetBirthday",
                "{'member_id':'%s','birthday':{'month':12,'day':9}}", carol.id);
        club_give(stall, carol.id, 700);
        return carol;
}

/* An order that her points pay as far as they may, delivered. */
static const char *buy(struct stall *stall, struct persona who, struct basket basket)
{
        const char *cart_id = stall_cart(stall, who, basket);
        const Quote *quote = stall_ok(stall, who, "checkout.GetQuote", QUOTE, cart_id);
        const Order *order =
                stall_ok(stall, who, "checkout.PlaceOrder", PLACE, cart_id, quote->fingerprint);
        const char *order_id = order->id;

        if (order->due_minor > 0)
                stall_ok(stall, who, "payment.PayOrder", "{'order_id':'%s'}", order_id);
        shop_settle(stall->shop);
        stall_deliver(stall, order_id);
        return order_id;
}

static void erase(struct stall *stall, struct persona who)
{
        stall_ok(stall, who, "privacy.EraseMember", ERASE, who.id);
}

/* A unit of a line is to come back; instead: what for, "" for its money. */
static const ReturnCase *send_back(
        struct stall *stall, const char *order_id, int line, const char *instead)
{
        struct persona desk = stall_staff(stall, ROLE_SERVICE_AGENT);
        const ReturnCase *row = stall_ok(stall, desk, "aftersales.ApplyReturn", APPLY, order_id,
                instead[0] != '\0' ? "RETURN_TYPE_EXCHANGE" : "RETURN_TYPE_RETURN_AND_REFUND", line,
                instead);

        stall_ok(stall, desk, "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}", row->id);
        return row;
}

static void nothing_is_parked(struct stall *stall)
{
        struct txn *txn = shop_read(stall->shop);
        struct scan *parked = parked_event_all(txn);
        const ParkedEvent *event = parked_event_next(parked);

        if (event != NULL)
                fail_msg("%s: %s of %s: %s", event->follower, event->type, event->subject,
                        event->reason);
        assert_null(job_next(job_all(txn)));
        assert_int_equal(shop_event_count(stall->shop, "event.parked"), 0);
}

static LifecycleStage stage_of(struct stall *stall, const char *member_id)
{
        return customer_activity_get(shop_read(stall->shop), member_id)->stage;
}

/* Right after her last parcel, before anybody has heard of it. */
static void books_go_on_without_their_member(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, ",'tender_share':'1'");
        make_policy(&stall);
        struct persona carol = sign_up(&stall);
        buy(&stall, carol, stall_mugs(3));
        const char *both = buy(&stall, carol, (struct basket){{1, 2, 0}});

        assert_true(stall_order(&stall, both)->points > 0);
        erase(&stall, carol);
        shop_settle(stall.shop);
        nothing_is_parked(&stall);
        /* Nor is the same sent instead: there is nowhere to send it. */
        for (int ware = WARE_MUG; ware <= WARE_GIFT; ware++)
                stall_refused(&stall, stall_staff(&stall, ROLE_SERVICE_AGENT),
                        (struct refusal){
                                "aftersales.ApplyReturn", FAILED_PRECONDITION, "MEMBER_ERASED"},
                        APPLY, both, "RETURN_TYPE_EXCHANGE", 1, stall.variant_ids[ware]);
        for (int line = 1; line <= 2; line++) {
                const ReturnCase *returned = send_back(&stall, both, line, "");

                stall_bring_back(&stall, returned->id);
                assert_true(stall_refund(&stall, returned->id)->points_back > 0);
        }
        /* The birthday, the stages, the end of the points and of the tier. */
        for (int week = 0; week < 110; week++)
                shop_advance(stall.shop, 7 * DAY_US);
        const Segment *segment =
                stall_ok(&stall, operations(&stall), "insight.CreateSegment", CHURNED);
        const char *segment_id = segment->id;

        shop_settle(stall.shop);
        nothing_is_parked(&stall);
        assert_int_equal(stage_of(&stall, carol.id), LIFECYCLE_STAGE_CHURNED);
        segment = segment_get(shop_read(stall.shop), segment_id);
        assert_int_equal(segment->state, SEGMENT_STATE_READY);
        assert_int_equal(segment->member_count, 1);
        assert_int_equal(club_account(&stall, carol.id).available, 0);
        stall_close(&stall);
}

static void sandbox(struct stall *stall, const char *delivery)
{
        stall_ok(stall, shop_as(stall->shop, ROLE_ADMINISTRATOR), "notification.SetSandboxChannel",
                "{'channel':'NOTIFICATION_CHANNEL_EMAIL','delivery':'SANDBOX_DELIVERY_%s'}",
                delivery);
}

/* The gateway takes its time, and she is erased meanwhile: its answer is heard all the same. */
static void a_message_on_its_way_arrives_at_nobody(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        struct persona carol = sign_up(&stall);

        sandbox(&stall, "LATE");
        stall_deliver(&stall, stall_sell(&stall, carol, stall_mugs(1)));
        shop_settle(stall.shop);
        struct scan *scan = notification_of(shop_read(stall.shop), carol.id);
        const Notification *row = notification_next(scan);

        while (row != NULL && row->state != NOTIFICATION_STATE_WAITING)
                row = notification_next(scan);
        assert_non_null(row);
        const char *id = arena_text(shop_arena(stall.shop), row->id);

        erase(&stall, carol);
        struct outcome told = shop_call_system(stall.shop, "notification.RecordDelivery",
                arena_printf(shop_arena(stall.shop),
                        "{\"notification_id\":\"%s\",\"state\":\"NOTIFICATION_STATE_DELIVERED\","
                        "\"recipient\":\"carol@example.com\",\"body\":\"Dear Carol\"}",
                        id));

        assert_null(told.error);
        shop_advance(stall.shop, HOUR_US);
        nothing_is_parked(&stall);
        assert_null(sandbox_message_next(sandbox_message_of(shop_read(stall.shop), carol.id)));
        stall_close(&stall);
}

/* It never arrives: once it is refunded it stands in nobody's way. */
static void a_lost_parcel_is_business_until_it_is_refunded(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        struct persona carol = sign_up(&stall);
        const char *order_id = stall_sell(&stall, carol, stall_mugs(1));

        stall_track(&stall, stall_ship(&stall, order_id), "e1", "TRACKING_KIND_LOST", 0);
        stall_refused(&stall, carol,
                (struct refusal){"privacy.EraseMember", FAILED_PRECONDITION, "ORDER_OPEN"}, ERASE,
                carol.id);
        const ReturnCase *row = stall_ok(&stall, stall_staff(&stall, ROLE_SERVICE_AGENT),
                "aftersales.ApplyReturn", APPLY, order_id, "RETURN_TYPE_REFUND_ONLY", 1, "");

        stall_ok(&stall, stall_staff(&stall, ROLE_SERVICE_AGENT), "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}", row->id);
        stall_refund(&stall, row->id);
        shop_settle(stall.shop);
        stall_ok(&stall, carol, "aftersales.CloseReturn", "{'id':'%s'}", row->id);
        erase(&stall, carol);
        stall_close(&stall);
}

/* It is refunded, and that she never said how it went stands in nobody's way. */
static void a_case_that_is_settled_is_no_business(void **state)
{
        struct stall stall = stall_open();
        const struct refusal open = {"privacy.EraseMember", FAILED_PRECONDITION, "CASE_OPEN"};

        club_open(&stall, "");
        struct persona carol = sign_up(&stall);
        const char *order_id = stall_sell(&stall, carol, stall_mugs(2));

        stall_deliver(&stall, order_id);
        const ReturnCase *row = send_back(&stall, order_id, 1, "");

        stall_refused(&stall, carol, open, ERASE, carol.id);
        stall_bring_back(&stall, row->id);
        stall_refused(&stall, carol, open, ERASE, carol.id);
        stall_refund(&stall, row->id);
        shop_settle(stall.shop);
        assert_int_equal(stall_order(&stall, order_id)->aftersales_state, AFTERSALES_STATE_OPEN);
        erase(&stall, carol);
        shop_settle(stall.shop);
        stall_ok(&stall, stall_staff(&stall, ROLE_SERVICE_AGENT), "aftersales.CloseReturn",
                "{'id':'%s'}", row->id);
        shop_advance(stall.shop, 100 * DAY_US);
        nothing_is_parked(&stall);
        stall_close(&stall);
}

/* Settled, but what replaces her mug is still to be sent to her. */
static void a_replacement_on_its_way_is_business(void **state)
{
        struct stall stall = stall_open();
        const struct refusal open = {"privacy.EraseMember", FAILED_PRECONDITION, "ORDER_OPEN"};

        club_open(&stall, "");
        struct persona carol = sign_up(&stall);
        const char *order_id = stall_sell(&stall, carol, stall_mugs(2));

        stall_deliver(&stall, order_id);
        const ReturnCase *row = send_back(&stall, order_id, 1, stall.variant_ids[WARE_MUG]);

        stall_bring_back(&stall, row->id);
        stall_refund(&stall, row->id);
        stall_refused(&stall, carol, open, ERASE, carol.id);
        stall_deliver(&stall, order_id);
        erase(&stall, carol);
        stall_close(&stall);
}

static enum status forget_a_row(struct call *call, void *context)
{
        int64_t rows = 0;

        owned_forget(call, context, txn_change_count(call->txn) + 1, &rows);
        call_event(call, "member.erasure_advanced", context, context, "rows", rows, NULL);
        return rows > 0 ? OK : call_fail(call, FAILED_PRECONDITION, "DONE", "nothing is left");
}

/* A code on its way to an address, and the address of a letter that may be sent again. */
static void expect_secrets(struct stall *stall)
{
        struct txn *txn = shop_read(stall->shop);
        struct scan *scan = notification_secret_all(txn);
        size_t waiting = 0, dead = 0;

        for (const NotificationSecret *row; (row = notification_secret_next(scan)) != NULL;) {
                NotificationState state = notification_get(txn, row->notification_id)->state;

                waiting += state == NOTIFICATION_STATE_WAITING && row->code[0] != '\0';
                dead += state == NOTIFICATION_STATE_DEAD;
        }
        assert_true(waiting > 0 && dead > 0);
}

static void ask_code(struct stall *stall, struct persona who, const char *email)
{
        stall_ok(stall, who, "membership.RequestCode",
                "{'purpose':'CODE_PURPOSE_CONFIRM_ADDRESS','email':'%s'}", email);
        shop_settle(stall->shop);
}

/* Somebody with much of everything, whose rows go one by one. */
static void every_step_of_an_erasure_holds(void **state)
{
        struct stall stall = stall_open();
        size_t steps = 0;

        club_open(&stall, "");
        make_policy(&stall);
        struct persona carol = sign_up(&stall);

        stall_deliver(&stall, stall_sell(&stall, carol, stall_mugs(2)));
        ask_code(&stall, carol, "new@example.com");
        sandbox(&stall, "TIMEOUT"); /* what her old address is told */
        stall_prove_email(&stall, carol, "new@example.com");
        stall_cart(&stall, carol, stall_mugs(1));
        stall_ok(&stall, carol, "insight.RecordView", "{'product_id':'%s'}", stall.product_id);
        shop_advance(stall.shop, HOUR_US); /* dead letters */
        sandbox(&stall, "LATE");
        ask_code(&stall, carol, "newer@example.com");
        expect_secrets(&stall);
        erase(&stall, carol);
        while (shop_inside(stall.shop, forget_a_row, (void *)carol.id).error == NULL) {
                const char *fault;

                if (shop_verify(stall.shop, &fault) != 0)
                        fail_msg("after %zu rows: %s", steps + 1, fault);
                steps++;
        }
        assert_true(steps > 10);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(books_go_on_without_their_member),
                cmocka_unit_test(a_message_on_its_way_arrives_at_nobody),
                cmocka_unit_test(a_lost_parcel_is_business_until_it_is_refunded),
                cmocka_unit_test(a_case_that_is_settled_is_no_business),
                cmocka_unit_test(a_replacement_on_its_way_is_business),
                cmocka_unit_test(every_step_of_an_erasure_holds),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
