/*
 * Everything that is held about somebody: complete, however much it is, and known when others ask.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include "governance.rows.h"
#include "membership.rows.h"
#include "notification_internal.rows.h"
#include "privacy.rows.h"
#include "tests/domain/stall.h"

#define SIGN_UP                                                                                    \
        "{'email':'carol@example.com','password':'correct horse','display_name':'Carol Danvers'}"
#define ADDRESS                                                                                    \
        "{'address':{'title':'home','address':{'country_code':'GB','recipient':'Carol Danvers',"   \
        "'city':'Leeds','postal_code':'LS1 4AP','lines':['1 Klickitat Street']}}}"

static struct persona sign_up(struct stall *stall)
{
        const SessionGrant *grant = stall_ok(stall, shop_nobody(), "membership.SignUp", SIGN_UP);
        struct persona carol = {.id = grant->member->id, .token = grant->token};

        stall_ok(stall, carol, "membership.CreateAddress", ADDRESS);
        return carol;
}

static void everything_held_is_told(void **state)
{
        static const char *const told[] = {"\"Member\":[{", "carol@example.com", "Carol Danvers",
                "\"Address\":[{", "1 Klickitat Street", "\"Order\":[{", "\"OrderLine\":[{",
                "\"OrderRevision\":[{", "\"PaymentAttempt\":[{", "\"MemberSession\":[{"};
        static const char *const kept[] = {"argon2", "OwnerKey", "wrapped", "refresh_hash"};
        struct stall stall = stall_open();
        struct persona carol = sign_up(&stall);

        stall_sell(&stall, carol, stall_mugs(2));
        const ExportMemberResponse *all =
                stall_ok(&stall, carol, "privacy.ExportMember", "{'member_id':'%s'}", carol.id);
        for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
                if (strstr(all->document, told[i]) == NULL)
                        fail_msg("%s is not in %s", told[i], all->document);
        for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
                assert_null(strstr(all->document, kept[i]));
        assert_string_equal(all->next_page_token, "");
        assert_true(all->row_count > 8);
        assert_string_equal(all->member_id, carol.id);
        stall_close(&stall);
}

/* Many rows with long texts, as nobody would give them one by one: some 5 MiB of JSON. */
static void plant_addresses(struct stall *stall, const char *member_id, int count)
{
        char line[81], id[16];
        const char *lines[3] = {line, line, line};
        PostalAddress postal = POSTAL_ADDRESS_INIT;
        Address address = ADDRESS_INIT;

        memset(line, '"', sizeof(line) - 1);
        line[80] = '\0';
        postal.country_code = "GB";
        postal.lines = lines;
        postal.n_lines = 3;
        address.member_id = member_id;
        address.id = id;
        address.address = &postal;
        for (int n = 0; n < count; n += 1000) {
                struct txn *txn = shop_write_begin(stall->shop);

                for (int i = n; i < n + 1000; i++) {
                        snprintf(id, sizeof(id), "planted-%d", i);
                        address_insert(txn, &address);
                }
                shop_write_end(stall->shop, txn);
        }
}

static const ExportMemberResponse *export_part(
        struct stall *stall, struct persona who, const char *member_id, const char *token)
{
        return stall_ok(stall, who, "privacy.ExportMember", "{'member_id':'%s','page_token':'%s'}",
                member_id, token);
}

/* All parts, joined, as an object; and the token of the second. */
static json_t *export_whole(
        struct stall *stall, struct persona who, const char **second, int64_t *row_count)
{
        struct buffer whole = {0};
        const char *token = "";

        *second = NULL;
        do {
                const ExportMemberResponse *part = export_part(stall, who, who.id, token);

                assert_true(strlen(part->document) < (3 << 20));
                buffer_append_text(&whole, part->document);
                *row_count += part->row_count;
                token = part->next_page_token;
                *second = *second == NULL ? token : *second;
        } while (token[0] != '\0');
        json_t *object =
                json_loadb((const char *)whole.data, whole.len, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(object);
        assert_true(whole.len > 4 << 20);
        buffer_release(&whole);
        return object;
}

static size_t count_of(json_t *object, const char *kind)
{
        return json_array_size(json_object_get(json_object_get(object, "rows"), kind));
}

/* However much it is: in parts that are one object when they are joined. */
static void more_than_an_answer_is_told(void **state)
{
        struct stall stall = stall_open();
        struct persona carol = sign_up(&stall), lead = stall_staff(&stall, ROLE_SERVICE_LEAD);
        const char *second;
        int64_t row_count = 0;

        stall_sell(&stall, carol, stall_mugs(2));
        stall_sell(&stall, carol, stall_mugs(1));
        plant_addresses(&stall, carol.id, 10000);
        json_t *object = export_whole(&stall, carol, &second, &row_count);

        assert_int_equal(count_of(object, "Member"), 1);
        assert_int_equal(count_of(object, "Address"), 10001);
        assert_int_equal(count_of(object, "OrderLine"), 2);
        assert_int_equal(count_of(object, "OrderRevision"), 2);
        assert_true(row_count > 10008);
        json_decref(object);
        /* The token is this caller's, for this member. */
        const struct refusal bad = {"privacy.ExportMember", INVALID_ARGUMENT, "BAD_PAGE_TOKEN"};
        stall_refused(&stall, lead, bad, "{'member_id':'%s','page_token':'%s'}", carol.id, second);
        stall_refused(&stall, carol, bad, "{'member_id':'%s','page_token':'Address'}", carol.id);
        stall_close(&stall);
}

/* A part may end between the rows that hang on one order, and between two orders. */
static void parts_end_anywhere(void **state)
{
        struct stall stall = stall_open();
        struct persona carol = sign_up(&stall);
        struct txn *txn;
        OrderRevision revision = ORDER_REVISION_INIT;
        char text[81];

        const char *orders[] = {
                stall_sell(&stall, carol, stall_mugs(1)), stall_sell(&stall, carol, stall_mugs(1))};
        memset(text, '"', sizeof(text) - 1);
        text[80] = '\0';
        txn = shop_write_begin(stall.shop);
        revision.member_id = carol.id;
        revision.reason = text;
        for (int i = 0; i < 2; i++)
                for (revision.number = 1000; revision.number < 11000; revision.number++) {
                        revision.order_id = orders[i];
                        order_revision_insert(txn, &revision);
                }
        shop_write_end(stall.shop, txn);
        const char *second;
        int64_t row_count = 0;
        json_t *object = export_whole(&stall, carol, &second, &row_count);

        assert_int_equal(count_of(object, "OrderRevision"), 2 + 20000);
        assert_int_equal(count_of(object, "PaymentAttempt"), 2);
        json_decref(object);
        shop_abandon(stall.shop);
}

/* Whoever else is given it is written down, with the member. */
static void who_was_given_it_is_known(void **state)
{
        struct stall stall = stall_open();
        struct persona carol = sign_up(&stall), lead = stall_staff(&stall, ROLE_SERVICE_LEAD);

        export_part(&stall, carol, carol.id, "");
        assert_null(data_access_next(data_access_of(shop_read(stall.shop), carol.id)));
        export_part(&stall, lead, carol.id, "");
        const DataAccess *access =
                data_access_next(data_access_of(shop_read(stall.shop), carol.id));
        assert_non_null(access);
        assert_string_equal(access->method, "privacy.ExportMember");
        stall_close(&stall);
}

/* Who has somebody's session has not their mailbox: a code on its way is not told. */
static void a_code_is_not_told(void **state)
{
        struct stall stall = stall_open();
        struct persona carol = sign_up(&stall);
        const char *secret_id =
                notification_secret_next(notification_secret_all(shop_read(stall.shop)))
                        ->notification_id;
        const char *code = notification_secret_get(shop_read(stall.shop), secret_id)->code;
        const ExportMemberResponse *all = export_part(&stall, carol, carol.id, "");

        assert_int_equal(strlen(code), 6);
        assert_non_null(strstr(all->document, "\"NotificationSecret\":[{"));
        assert_null(strstr(all->document, code));
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(everything_held_is_told),
                cmocka_unit_test(more_than_an_answer_is_told),
                cmocka_unit_test(parts_end_anywhere),
                cmocka_unit_test(who_was_given_it_is_known),
                cmocka_unit_test(a_code_is_not_told),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
