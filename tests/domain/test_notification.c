/*
 * S92: what the shop tells its customers. A notice goes once, to the address of the moment, at an
 * hour that fits, and what could not be sent is found and sent again. The shop's clock starts at
 * 8:00, when quiet hours end.
 */
#include <string.h>
#include "lib/base/calendar.h"
#include "lib/base/clock.h"
#include "membership.rows.h"
#include "notification.rows.h"
#include "notification_internal.rows.h"
#include "server/notification/delivery.h"
#include "server/notification/notification.h"
#include "tests/domain/stall.h"

static struct stall bare_shop(void)
{
        struct stall stall = {.shop = shop_open()};

        stall.alice = shop_member(stall.shop, "alice");
        return stall;
}

static struct persona operations(struct stall *stall)
{
        return shop_as(stall->shop, ROLE_OPERATIONS);
}

static void set_member(struct stall *stall, const char *email, const char *language)
{
        Member *member = member_get(shop_read(stall->shop), "alice");

        member->email = email;
        member->phone = "+447700900123";
        member->email_verified = member->phone_verified = true;
        member->language = language;
        member->display_name = "Alice";
        struct txn *txn = shop_write_begin(stall->shop);

        member_update(txn, member);
        shop_write_end(stall->shop, txn);
}

#define MEMBER_EMAIL "alice@example.com"

static struct stall open_shop(void)
{
        struct stall stall = bare_shop();

        set_member(&stall, MEMBER_EMAIL, "en");
        return stall;
}

static enum status send_it(struct call *call, void *context)
{
        notification_send(call, context);
        return OK;
}

/* As a domain would, with its job. */
static void send_inside(struct stall *stall, struct notification notification)
{
        assert_null(shop_inside(stall->shop, send_it, &notification).error);
}

static const Notification *notice(struct stall *stall, const char *key, NotificationChannel channel)
{
        return notification_get_by_dedupe_key_channel(shop_read(stall->shop), key, channel);
}

static void assert_notice(
        struct stall *stall, const char *key, NotificationState state, const char *reason)
{
        const Notification *row = notice(stall, key, NOTIFICATION_CHANNEL_EMAIL);

        assert_int_equal(row->state, state);
        assert_string_equal(row->reason, reason);
}

static const SandboxMessage *sandbox(struct stall *stall, size_t number)
{
        const ListSandboxMessagesResponse *page =
                stall_ok(stall, shop_as(stall->shop, ROLE_ADMINISTRATOR),
                        "notification.ListSandboxMessages", "{'member_id':'alice'}");

        return number < page->n_sandbox_messages ? page->sandbox_messages[number] : NULL;
}

static void offer_template(struct stall *stall, const char *purpose)
{
        stall_ok(stall, operations(stall), "notification.CreateNotificationTemplate",
                "{'notification_template':{'template_key':'offer','language':'en','purpose':"
                "'NOTIFICATION_PURPOSE_%s','variables':['what'],'subject':'Offer',"
                "'body':'{{display_name}}: {{what}}'}}",
                purpose);
}

#define SEND                                                                                       \
        "{'member_id':'alice','template_key':'offer','dedupe_key':'%s','channels':["               \
        "'NOTIFICATION_CHANNEL_IN_APP','NOTIFICATION_CHANNEL_EMAIL'],'variables':[{'name':'what'," \
        "'value':'tea'}]}"

static void send_offer(struct stall *stall, const char *key)
{
        stall_ok(stall, operations(stall), "notification.SendNotification", SEND, key);
}

static void set_sandbox(struct stall *stall, const char *delivery)
{
        stall_ok(stall, shop_as(stall->shop, ROLE_ADMINISTRATOR), "notification.SetSandboxChannel",
                "{'channel':'NOTIFICATION_CHANNEL_EMAIL','delivery':'SANDBOX_DELIVERY_%s'}",
                delivery);
}

static void a_notice_is_sent_once_per_key(void **state)
{
        struct stall stall = open_shop();

        offer_template(&stall, "TRANSACTION");
        /* proves: S92 good */
        send_offer(&stall, "k1");
        send_offer(&stall, "k1");
        shop_settle(stall.shop);
        const SandboxMessage *message = sandbox(&stall, 0);

        assert_string_equal(message->recipient, MEMBER_EMAIL);
        assert_string_equal(message->body, "Alice: tea");
        assert_null(sandbox(&stall, 1));
        const Notification *row = notice(&stall, "k1", NOTIFICATION_CHANNEL_EMAIL);

        assert_int_equal(row->state, NOTIFICATION_STATE_DELIVERED);
        assert_int_equal(row->n_variables, 0);
        assert_string_equal(row->body, "");
        const ListNotificationsResponse *inbox = stall_ok(&stall, stall.alice,
                "notification.ListNotifications", "{'channel':'NOTIFICATION_CHANNEL_IN_APP'}");

        assert_int_equal(inbox->n_notifications, 1);
        assert_string_equal(inbox->notifications[0]->body, "Alice: tea");
        shop_member(stall.shop, "bob");
        stall_refused(&stall, operations(&stall),
                (struct refusal){
                        "notification.SendNotification", INVALID_ARGUMENT, "DEDUPE_KEY_TAKEN"},
                "{'member_id':'bob','template_key':'offer','dedupe_key':'k1',"
                "'variables':[{'name':'what','value':'tea'}]}");
        shop_close(stall.shop);
}

static void the_address_is_that_of_the_moment(void **state)
{
        struct stall stall = open_shop();

        offer_template(&stall, "TRANSACTION");
        send_offer(&stall, "k1");
        set_member(&stall, "new@example.com", "en");
        shop_settle(stall.shop);
        assert_string_equal(sandbox(&stall, 0)->recipient, "new@example.com");
        send_offer(&stall, "k2");
        set_member(&stall, "", "en");
        shop_settle(stall.shop);
        assert_notice(&stall, "k2", NOTIFICATION_STATE_SUPPRESSED, "NO_ADDRESS");
        shop_close(stall.shop);
}

static void what_is_sent_has_all_variables_and_no_other(void **state)
{
        static const struct {
                const char *variables, *reason, *field;
        } rows[] = {
                {"", "MISSING_VARIABLE", "variables"},
                {"{'name':'what','value':'x'},{'name':'color','value':'x'}", "UNKNOWN_VARIABLE",
                        "variables[1].name"},
        };
        struct stall stall = open_shop();
        struct refusal refusal = {"notification.SendNotification", INVALID_ARGUMENT, NULL};

        offer_template(&stall, "TRANSACTION");
        for (size_t i = 0; i < 2; i++) {
                refusal.reason = rows[i].reason;
                struct error *error = stall_refused(&stall, operations(&stall), refusal,
                        "{'member_id':'alice','template_key':'offer','dedupe_key':'k',"
                        "'variables':[%s]}",
                        rows[i].variables);

                assert_string_equal(error->violations->field, rows[i].field);
        }
        refusal.reason = "SHOPS_OWN_NOTICE";
        stall_refused(&stall, operations(&stall), refusal,
                "{'member_id':'alice','template_key':'order.placed','dedupe_key':'k'}");
        refusal.reason = "TEMPLATE_UNKNOWN";
        stall_refused(&stall, operations(&stall), refusal,
                "{'member_id':'alice','template_key':'nothing','dedupe_key':'k'}");
        shop_close(stall.shop);
}

/* ---- the words ---- */

static void words_are_in_the_members_language(void **state)
{
        static const struct {
                const char *language, *subject;
        } rows[] = {
                {"zh", "密码已更改"},
                {"zh-CN", "密码已更改"},
                {"en-GB", "Your password was changed"},
                {"fr", "Your password was changed"},
                {"", "Your password was changed"},
        };
        struct stall stall = open_shop();

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char key[] = "key-0";

                key[4] = (char)('0' + i);
                set_member(&stall, MEMBER_EMAIL, rows[i].language);
                send_inside(&stall, (struct notification){.member_id = "alice",
                                            .template_key = "account.password_changed",
                                            .dedupe_key = key});
                assert_string_equal(
                        notice(&stall, key, NOTIFICATION_CHANNEL_IN_APP)->subject, rows[i].subject);
        }
        shop_close(stall.shop);
}

/* ---- codes ---- */

static void a_code_is_kept_until_it_is_sent(void **state)
{
        struct stall stall = open_shop();
        struct notification code = {.member_id = "alice",
                .template_key = "account.verification_code",
                .dedupe_key = "code-1",
                .channels = CHANNEL_BIT(NOTIFICATION_CHANNEL_EMAIL),
                .variables = {{"minutes", "10"}},
                .code = "438201",
                .recipient = "proved@example.com"};

        send_inside(&stall, code);
        const Notification *row = notice(&stall, "code-1", NOTIFICATION_CHANNEL_EMAIL);
        const NotificationSecret *secret = notification_secret_get(shop_read(stall.shop), row->id);

        assert_string_equal(secret->code, "438201");
        shop_settle(stall.shop);
        assert_false(notification_secret_has(shop_read(stall.shop), row->id));
        const SandboxMessage *message = sandbox(&stall, 0);

        assert_string_equal(message->recipient, "proved@example.com");
        assert_non_null(strstr(message->body, "438201"));
        /* One that dies takes its code along. */
        set_sandbox(&stall, "REJECT");
        code.dedupe_key = "code-2";
        send_inside(&stall, code);
        shop_settle(stall.shop);
        row = notice(&stall, "code-2", NOTIFICATION_CHANNEL_EMAIL);
        assert_int_equal(row->state, NOTIFICATION_STATE_DEAD);
        stall_refused(&stall, operations(&stall),
                (struct refusal){
                        "notification.ReplayNotification", FAILED_PRECONDITION, "SECRET_GONE"},
                "{'id':'%s'}", row->id);
        shop_close(stall.shop);
}

/* ---- hours ---- */

#define PURPOSE(name) NOTIFICATION_PURPOSE_##name
#define CHANNEL(name) NOTIFICATION_CHANNEL_##name

static void quiet_hours_hold_what_would_wake(void **state)
{
        static const struct {
                const char *zone;
                NotificationPurpose purpose;
                NotificationChannel channel;
                const char *now, *end; /* NULL: it goes */
        } rows[] = {
                {"UTC", PURPOSE(TRANSACTION), CHANNEL(SMS), "2010-12-01T21:59:59Z", NULL},
                {"UTC", PURPOSE(TRANSACTION), CHANNEL(SMS), "2010-12-01T22:00:00Z",
                        "2010-12-02T08:00:00Z"},
                {"UTC", PURPOSE(TRANSACTION), CHANNEL(PUSH), "2010-12-01T07:59:59Z",
                        "2010-12-01T08:00:00Z"},
                {"UTC", PURPOSE(TRANSACTION), CHANNEL(PUSH), "2010-12-01T08:00:00Z", NULL},
                {"UTC", PURPOSE(TRANSACTION), CHANNEL(EMAIL), "2010-12-01T23:00:00Z", NULL},
                {"UTC", PURPOSE(PROGRAMME), CHANNEL(SMS), "2010-12-31T23:00:00Z",
                        "2011-01-01T08:00:00Z"},
                {"UTC", PURPOSE(SECURITY), CHANNEL(SMS), "2010-12-01T23:00:00Z", NULL},
                {"UTC", PURPOSE(MARKETING), CHANNEL(EMAIL), "2010-12-01T23:00:00Z",
                        "2010-12-02T08:00:00Z"},
                {"UTC", PURPOSE(CARE), CHANNEL(EMAIL), "2010-12-01T00:00:00Z",
                        "2010-12-01T08:00:00Z"},
                {"UTC", PURPOSE(MARKETING), CHANNEL(IN_APP), "2010-12-01T23:00:00Z", NULL},
                {"Asia/Shanghai", PURPOSE(TRANSACTION), CHANNEL(SMS), "2010-12-01T14:00:00Z",
                        "2010-12-02T00:00:00Z"},
                {"Asia/Shanghai", PURPOSE(TRANSACTION), CHANNEL(SMS), "2010-12-01T23:00:00Z",
                        "2010-12-02T00:00:00Z"},
                {"Asia/Shanghai", PURPOSE(TRANSACTION), CHANNEL(SMS), "2010-12-01T13:59:59Z", NULL},
                /* The night in which summer time begins is an hour shorter. */
                {"Europe/London", PURPOSE(TRANSACTION), CHANNEL(SMS), "2011-03-26T22:30:00Z",
                        "2011-03-27T07:00:00Z"},
        };
        struct trade_terms terms = trade_terms_default;

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                char text[CLOCK_TEXT_MAX];
                int64_t now_us, end_us;

                calendar_zone_set(rows[i].zone);
                assert_int_equal(clock_parse(rows[i].now, &now_us), 0);
                end_us = delivery_quiet_end_us(&terms, rows[i].purpose, rows[i].channel, now_us);
                if (rows[i].end == NULL)
                        assert_int_equal(end_us, 0);
                else
                        assert_string_equal(clock_format(end_us, text), rows[i].end);
        }
        terms.quiet_from_hour = terms.quiet_until_hour = 3;
        for (int64_t hour = 0; hour < 24; hour++)
                assert_int_equal(delivery_quiet_end_us(
                                         &terms, PURPOSE(MARKETING), CHANNEL(SMS), hour * HOUR_US),
                        0);
        /* Within a day. */
        terms.quiet_until_hour = 5;
        calendar_zone_set("UTC");
        assert_int_equal(
                delivery_quiet_end_us(&terms, PURPOSE(MARKETING), CHANNEL(SMS), 4 * HOUR_US),
                5 * HOUR_US);
        assert_int_equal(
                delivery_quiet_end_us(&terms, PURPOSE(MARKETING), CHANNEL(SMS), 5 * HOUR_US), 0);
}

static void a_notice_waits_for_the_morning(void **state)
{
        struct stall stall = open_shop();

        offer_template(&stall, "TRANSACTION");
        shop_advance(stall.shop, 14 * HOUR_US);
        stall_ok(&stall, operations(&stall), "notification.SendNotification",
                "{'member_id':'alice','template_key':'offer','dedupe_key':'k1','channels':["
                "'NOTIFICATION_CHANNEL_SMS'],'variables':[{'name':'what','value':'tea'}]}");
        shop_advance(stall.shop, 10 * HOUR_US - SECOND_US);
        assert_null(sandbox(&stall, 0));
        shop_advance(stall.shop, SECOND_US);
        assert_string_equal(sandbox(&stall, 0)->recipient, "+447700900123");
        /* Nobody wants it any more when the night is over. */
        shop_advance(stall.shop, 14 * HOUR_US);
        stall_ok(&stall, operations(&stall), "notification.SendNotification",
                "{'member_id':'alice','template_key':'offer','dedupe_key':'k2','channels':["
                "'NOTIFICATION_CHANNEL_SMS'],'variables':[{'name':'what','value':'tea'}],"
                "'expire_time':'2010-12-03T07:00:00Z'}");
        shop_advance(stall.shop, 10 * HOUR_US);
        assert_string_equal(notice(&stall, "k2", CHANNEL(SMS))->reason, "EXPIRED");
        assert_null(sandbox(&stall, 1));
        /* Nor in the inbox. */
        stall_ok(&stall, operations(&stall), "notification.SendNotification",
                "{'member_id':'alice','template_key':'offer','dedupe_key':'k3',"
                "'variables':[{'name':'what','value':'tea'}],"
                "'expire_time':'2010-12-03T07:00:00Z'}");
        assert_string_equal(notice(&stall, "k3", CHANNEL(IN_APP))->reason, "EXPIRED");
        shop_close(stall.shop);
}

/* ---- what the gateway says ---- */

static void a_gateway_that_is_silent_is_asked_again(void **state)
{
        struct stall stall = open_shop();

        offer_template(&stall, "TRANSACTION");
        set_sandbox(&stall, "TIMEOUT");
        send_offer(&stall, "k1");
        shop_settle(stall.shop);
        assert_notice(&stall, "k1", NOTIFICATION_STATE_WAITING, "");
        /* proves: S92 restart */
        shop_restart(stall.shop);
        set_sandbox(&stall, "ACCEPT");
        shop_advance(stall.shop, SECOND_US);
        assert_notice(&stall, "k1", NOTIFICATION_STATE_DELIVERED, "");
        assert_non_null(sandbox(&stall, 0));
        shop_close(stall.shop);
}

static void a_dead_letter_is_found_and_sent_again(void **state)
{
        struct stall stall = open_shop();

        offer_template(&stall, "TRANSACTION");
        set_sandbox(&stall, "TIMEOUT");
        send_offer(&stall, "k1");
        shop_advance(stall.shop, HOUR_US);
        assert_notice(&stall, "k1", NOTIFICATION_STATE_DEAD, "GATEWAY_TIMEOUT");
        const ListNotificationsResponse *dead = stall_ok(&stall, operations(&stall),
                "notification.ListNotifications", "{'state':'NOTIFICATION_STATE_DEAD'}");

        assert_int_equal(dead->n_notifications, 1);
        const char *id = dead->notifications[0]->id;

        set_sandbox(&stall, "LATE");
        stall_ok(&stall, operations(&stall), "notification.ReplayNotification", "{'id':'%s'}", id);
        stall_refused(&stall, operations(&stall),
                (struct refusal){
                        "notification.ReplayNotification", FAILED_PRECONDITION, "NOT_DEAD"},
                "{'id':'%s'}", id);
        shop_advance(stall.shop, 10 * MINUTE_US - SECOND_US);
        assert_notice(&stall, "k1", NOTIFICATION_STATE_WAITING, "");
        shop_advance(stall.shop, SECOND_US);
        assert_notice(&stall, "k1", NOTIFICATION_STATE_DELIVERED, "");
        assert_string_equal(sandbox(&stall, 0)->body, "Alice: tea");
        assert_null(sandbox(&stall, 1));
        shop_close(stall.shop);
}

/* A warning to the address of before goes there when it is sent again, not to the one that
 * somebody else may have put in its place. */
static void a_dead_letter_keeps_its_recipient(void **state)
{
        struct stall stall = open_shop();
        const char *old = "old@example.com";

        set_sandbox(&stall, "TIMEOUT");
        send_inside(&stall, (struct notification){.member_id = "alice",
                                    .template_key = "account.address_changed",
                                    .dedupe_key = "k1",
                                    .channels = CHANNEL_BIT(NOTIFICATION_CHANNEL_EMAIL),
                                    .recipient = old});
        shop_advance(stall.shop, HOUR_US);
        assert_notice(&stall, "k1", NOTIFICATION_STATE_DEAD, "GATEWAY_TIMEOUT");
        set_sandbox(&stall, "ACCEPT");
        stall_ok(&stall, operations(&stall), "notification.ReplayNotification", "{'id':'%s'}",
                notice(&stall, "k1", NOTIFICATION_CHANNEL_EMAIL)->id);
        shop_settle(stall.shop);
        assert_string_equal(sandbox(&stall, 0)->recipient, old);
        assert_null(notification_secret_next(notification_secret_all(shop_read(stall.shop))));
        shop_close(stall.shop);
}

static void without_a_gateway_nothing_leaves_the_shop(void **state)
{
        struct stall stall = open_shop();

        offer_template(&stall, "TRANSACTION");
        shop_terms(stall.shop)->message_gateway = MESSAGE_GATEWAY_NONE;
        send_offer(&stall, "k1");
        shop_settle(stall.shop);
        assert_notice(&stall, "k1", NOTIFICATION_STATE_SUPPRESSED, "NO_GATEWAY");
        stall_refused(&stall, shop_as(stall.shop, ROLE_ADMINISTRATOR),
                (struct refusal){
                        "notification.SetSandboxChannel", FAILED_PRECONDITION, "NO_SANDBOX"},
                "{'channel':'NOTIFICATION_CHANNEL_SMS','delivery':'SANDBOX_DELIVERY_LATE'}");
        shop_close(stall.shop);
}

/* ---- the inbox ---- */

static void the_inbox_is_its_owners(void **state)
{
        struct stall stall = open_shop();
        struct persona bob = shop_member(stall.shop, "bob");

        offer_template(&stall, "TRANSACTION");
        send_offer(&stall, "k1");
        const char *id = notice(&stall, "k1", NOTIFICATION_CHANNEL_IN_APP)->id;
        const Notification *row = stall_ok(
                &stall, stall.alice, "notification.MarkNotificationRead", "{'id':'%s'}", id);
        int64_t read_us = time_us(row->read_time);

        assert_int_equal(read_us, shop_now_us(stall.shop));
        shop_advance(stall.shop, HOUR_US);
        row = stall_ok(&stall, stall.alice, "notification.MarkNotificationRead", "{'id':'%s'}", id);
        assert_int_equal(time_us(row->read_time), read_us);
        stall_refused(&stall, stall.alice,
                (struct refusal){
                        "notification.MarkNotificationRead", FAILED_PRECONDITION, "NOT_IN_INBOX"},
                "{'id':'%s'}", notice(&stall, "k1", NOTIFICATION_CHANNEL_EMAIL)->id);
        /* proves: S92 foreign */
        stall_refused(&stall, bob,
                (struct refusal){
                        "notification.MarkNotificationRead", NOT_FOUND, "NOTIFICATION_NOT_FOUND"},
                "{'id':'%s'}", id);
        const ListNotificationsResponse *page =
                stall_ok(&stall, bob, "notification.ListNotifications", "{}");

        assert_int_equal(page->n_notifications, 0);
        shop_close(stall.shop);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_notice_is_sent_once_per_key),
                cmocka_unit_test(the_address_is_that_of_the_moment),
                cmocka_unit_test(what_is_sent_has_all_variables_and_no_other),
                cmocka_unit_test(words_are_in_the_members_language),
                cmocka_unit_test(a_code_is_kept_until_it_is_sent),
                cmocka_unit_test(quiet_hours_hold_what_would_wake),
                cmocka_unit_test(a_notice_waits_for_the_morning),
                cmocka_unit_test(a_gateway_that_is_silent_is_asked_again),
                cmocka_unit_test(a_dead_letter_is_found_and_sent_again),
                cmocka_unit_test(a_dead_letter_keeps_its_recipient),
                cmocka_unit_test(without_a_gateway_nothing_leaves_the_shop),
                cmocka_unit_test(the_inbox_is_its_owners),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
