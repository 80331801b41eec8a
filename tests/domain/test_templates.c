/*
 * S92: templates of notices are judged when they are saved.
 */
#include <string.h>
#include "notification.rows.h"
#include "tests/domain/stall.h"

static struct persona operations(struct stall *stall)
{
        return stall_staff(stall, ROLE_OPERATIONS);
}

#define TEMPLATE "{'notification_template':{'template_key':'%s','language':'%s',%s}}"

static void templates_are_judged_when_they_are_saved(void **state)
{
        static const struct {
                const char *key;
                const char *rest;
                const char *reason;
                const char *field;
        } rows[] = {
                {"order.placed", "'subject':'x','body':'{{order_id}}'", "MISSING_VARIABLE", "body"},
                {"order.placed", "'subject':'x','body':'{{order_id}} {{total}} {{color}}'",
                        "UNKNOWN_VARIABLE", "body"},
                {"order.placed", "'subject':'{{color}}','body':'{{order_id}} {{total}}'",
                        "UNKNOWN_VARIABLE", "subject"},
                {"order.placed", "'subject':'x','body':'{{order_id}} {{total}'", "BAD_PLACEHOLDER",
                        "body"},
                {"order.placed", "'subject':'x','body':'{{order_id}} {{ total }}'",
                        "BAD_PLACEHOLDER", "body"},
                {"order.placed", "'subject':'{{','body':'{{order_id}} {{total}}'",
                        "BAD_PLACEHOLDER", "subject"},
                {"order.placed", "'body':'{{order_id}} {{total}}'", "REQUIRED", "subject"},
                {"order.placed",
                        "'channel':'NOTIFICATION_CHANNEL_SMS','subject':'x','body':'{{order_id}} "
                        "{{total}}'",
                        "NO_SUBJECT", "subject"},
                {"order.placed",
                        "'purpose':'NOTIFICATION_PURPOSE_MARKETING','subject':'x','body':'x'",
                        "TEMPLATE_DIFFERS", "purpose"},
                {"order.placed", "'variables':['color'],'subject':'x','body':'x'",
                        "TEMPLATE_DIFFERS", "variables"},
                {"offer", "'subject':'x','body':'x'", "REQUIRED", "purpose"},
                {"offer", "'purpose':'NOTIFICATION_PURPOSE_SECURITY','subject':'x','body':'x'",
                        "SHOPS_OWN_PURPOSE", "purpose"},
                {"offer",
                        "'purpose':'NOTIFICATION_PURPOSE_CARE','variables':['A'],'subject':'x',"
                        "'body':'x'",
                        "BAD_VARIABLE", "variables[0]"},
                {"offer",
                        "'purpose':'NOTIFICATION_PURPOSE_CARE','variables':['a','a'],"
                        "'subject':'x','body':'{{a}}'",
                        "VARIABLE_TAKEN", "variables[1]"},
                {"offer",
                        "'purpose':'NOTIFICATION_PURPOSE_CARE','variables':['display_name'],"
                        "'subject':'x','body':'x'",
                        "VARIABLE_TAKEN", "variables[0]"},
        };
        struct stall stall = {.shop = shop_open()};

        /* proves: S92 refusal */
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct error *error = stall_refused(&stall, operations(&stall),
                        (struct refusal){"notification.CreateNotificationTemplate",
                                INVALID_ARGUMENT, rows[i].reason},
                        TEMPLATE, rows[i].key, "en", rows[i].rest);

                assert_string_equal(error->violations->field,
                        arena_printf(
                                shop_arena(stall.shop), "notification_template.%s", rows[i].field));
        }
        shop_close(stall.shop);
}

static void a_template_has_one_purpose_in_all_languages(void **state)
{
        struct stall stall = {.shop = shop_open()};
        const NotificationTemplate *row = stall_ok(&stall, operations(&stall),
                "notification.CreateNotificationTemplate", TEMPLATE, "offer", "en",
                "'purpose':'NOTIFICATION_PURPOSE_MARKETING','variables':['what'],'subject':'{{what}"
                "}',"
                "'body':'For you, {{display_name}}'");

        stall_refused(&stall, operations(&stall),
                (struct refusal){"notification.CreateNotificationTemplate", INVALID_ARGUMENT,
                        "TEMPLATE_DIFFERS"},
                TEMPLATE, "offer", "zh",
                "'purpose':'NOTIFICATION_PURPOSE_TRANSACTION','subject':'x','body':'{{what}}'");
        stall_refused(&stall, operations(&stall),
                (struct refusal){"notification.CreateNotificationTemplate", ALREADY_EXISTS,
                        "NOTIFICATION_TEMPLATE_TEMPLATE_KEY_LANGUAGE_CHANNEL_TAKEN"},
                TEMPLATE, "offer", "en", "'subject':'x','body':'{{what}}'");
        const NotificationTemplate *other =
                stall_ok(&stall, operations(&stall), "notification.CreateNotificationTemplate",
                        TEMPLATE, "offer", "zh", "'subject':'x','body':'{{what}}'");

        assert_int_equal(other->purpose, NOTIFICATION_PURPOSE_MARKETING);
        assert_string_equal(other->variables[0], "what");
        /* An update is judged as well. */
        struct error *error = stall_refused(&stall, operations(&stall),
                (struct refusal){"notification.UpdateNotificationTemplate", INVALID_ARGUMENT,
                        "MISSING_VARIABLE"},
                "{'notification_template':{'id':'%s','subject':'no variable'}}", row->id);

        assert_string_equal(error->violations->field, "notification_template.body");
        row = stall_ok(&stall, operations(&stall), "notification.UpdateNotificationTemplate",
                "{'notification_template':{'id':'%s','subject':'x','body':'{{what}}!'}}", row->id);
        assert_string_equal(row->body, "{{what}}!");
        shop_close(stall.shop);
}

static void the_shipped_words_are_installed_once(void **state)
{
        struct stall stall = {.shop = shop_open()};

        shop_call_system(stall.shop, "notification.InstallTemplates", "{}");
        const ListNotificationTemplatesResponse *page = stall_ok(&stall, operations(&stall),
                "notification.ListNotificationTemplates", "{'template_key':'order.placed'}");

        assert_int_equal(page->n_notification_templates, 2);
        const char *id = page->notification_templates[0]->id;

        stall_ok(&stall, operations(&stall), "notification.UpdateNotificationTemplate",
                "{'notification_template':{'id':'%s','subject':'Mine'}}", id);
        size_t events = shop_event_count(stall.shop, "notification_template.created");

        shop_call_system(stall.shop, "notification.InstallTemplates", "{}");
        assert_int_equal(shop_event_count(stall.shop, "notification_template.created"), events);
        assert_string_equal(notification_template_get(shop_read(stall.shop), id)->subject, "Mine");
        shop_close(stall.shop);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(templates_are_judged_when_they_are_saved),
                cmocka_unit_test(a_template_has_one_purpose_in_all_languages),
                cmocka_unit_test(the_shipped_words_are_installed_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
