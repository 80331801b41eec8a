/*
 * What the audit log holds: every change that staff asked for, whatever came of it, what they were
 * denied and what they did to the server; nothing of customers, nothing twice. And who may search
 * it, and what it tells when somebody has been at it.
 */
#include <string.h>
#include "catalog.rows.h"
#include "governance.rows.h"
#include "common.rows.h"
#include "lib/schema/decode.h"
#include "lib/seal/seal.h"
#include "server/mask.h"
#include "server/verify.h"
#include "server/work.h"
#include "shop.schema.h"
#include "tests/support/forge.h"
#include "tests/support/shop_fixture.h"

static uint64_t record_count(struct shop *shop)
{
        return txn_log_last(shop_read(shop), &audit_record_table);
}

static const AuditRecord *last_record(struct shop *shop)
{
        struct txn *txn = shop_read(shop);

        return audit_record_get(txn, txn_log_last(txn, &audit_record_table));
}

static void make_category(struct shop *shop, struct persona who, const char *slug)
{
        shop_ok_json(shop, who, "catalog.CreateCategory",
                arena_printf(shop_arena(shop),
                        "{\"category\":{\"slug\":\"%s\",\"titles\":[{\"language\":\"en\","
                        "\"text\":\"T\"}]}}",
                        slug));
}

static const SearchAuditResponse *search(struct shop *shop, const char *json)
{
        return shop_ok_json(shop, shop_as(shop, ROLE_RISK), "governance.SearchAudit", json);
}

/* ---- what is recorded ---- */

/* proves: S132 good */
static void a_change_of_staff_is_recorded_with_it(void **state)
{
        struct shop *shop = shop_open();
        struct persona specialist = shop_as(shop, ROLE_PRODUCT_SPECIALIST);

        make_category(shop, specialist, "tea");
        const AuditRecord *record = last_record(shop);

        assert_int_equal(record_count(shop), 1);
        assert_string_equal(record->principal, specialist.id);
        assert_int_equal(strlen(record->session), 16);
        assert_int_equal(record->n_posts, 1);
        assert_int_equal(record->posts[0], POST_PRODUCT_SPECIALIST);
        assert_string_equal(record->method, "catalog.CreateCategory");
        assert_int_equal(record->code, OK);
        assert_string_equal(record->reason, "");
        assert_int_equal(strlen(record->request_id), 36);
        assert_int_equal(time_us(record->time), shop_now_us(shop));
        assert_int_equal(record->n_subjects, 1); /* what was made */
        shop_ok_json(shop, specialist, "catalog.DeleteCategory",
                arena_printf(shop_arena(shop), "{\"id\":\"%s\"}", record->subjects[0]));
        assert_string_equal(last_record(shop)->subjects[0], record->subjects[0]);
        shop_close(shop);
}

static void what_is_refused_or_denied_is_recorded_too(void **state)
{
        struct shop *shop = shop_open();
        struct persona specialist = shop_as(shop, ROLE_PRODUCT_SPECIALIST);
        struct persona warehouse = shop_as(shop, ROLE_WAREHOUSE);
        struct persona analyst = shop_as(shop, ROLE_ANALYST);

        shop_refused_json(shop, specialist, "catalog.DeleteCategory", "{\"id\":\"none\"}",
                NOT_FOUND, "CATEGORY_NOT_FOUND");
        assert_int_equal(record_count(shop), 1);
        assert_int_equal(last_record(shop)->code, NOT_FOUND);
        assert_string_equal(last_record(shop)->reason, "CATEGORY_NOT_FOUND");
        assert_string_equal(last_record(shop)->subjects[0], "none");
        /* lane WRITE, READ, SLOW and WAIT */
        shop_refused_json(shop, warehouse, "catalog.DeleteCategory", "{\"id\":\"none\"}",
                PERMISSION_DENIED, "METHOD_NOT_ALLOWED");
        assert_string_equal(last_record(shop)->principal, warehouse.id);
        assert_int_equal(last_record(shop)->code, PERMISSION_DENIED);
        shop_refused_json(shop, analyst, "membership.GetMember", "{\"id\":\"alice\"}",
                PERMISSION_DENIED, "METHOD_NOT_ALLOWED");
        assert_int_equal(record_count(shop), 3);
        assert_string_equal(last_record(shop)->principal, analyst.id);
        assert_string_equal(last_record(shop)->method, "membership.GetMember");
        assert_string_equal(last_record(shop)->subjects[0], "alice");
        assert_string_equal(last_record(shop)->request_id, "");
        shop_refused_json(shop, analyst, "governance.Backup", "{\"name\":\"copy\"}",
                PERMISSION_DENIED, "METHOD_NOT_ALLOWED");
        assert_string_equal(last_record(shop)->method, "governance.Backup");
        shop_refused_json(shop, warehouse, "governance.WatchEvents", "{}", PERMISSION_DENIED,
                "METHOD_NOT_ALLOWED");
        assert_string_equal(last_record(shop)->method, "governance.WatchEvents");
        assert_int_equal(record_count(shop), 5);
        shop_close(shop);
}

/* Who tries what cannot be is known, and not what they wrote where an id belongs. Of strangers and
 * customers nothing is: their tries would be as many as they like. */
static void what_breaks_the_rules_is_recorded_of_staff(void **state)
{
        struct shop *shop = shop_open();
        struct persona specialist = shop_as(shop, ROLE_PRODUCT_SPECIALIST);
        const char *wrong = "{\"id\":\"somebody@example.com, not an id\"}";

        /* Their token is known from here on. */
        shop_refused_json(shop, specialist, "catalog.DeleteCategory", "{\"id\":\"none\"}",
                NOT_FOUND, "CATEGORY_NOT_FOUND");
        shop_refused_json(
                shop, specialist, "catalog.DeleteCategory", "{}", INVALID_ARGUMENT, "REQUIRED");
        const AuditRecord *record = last_record(shop);

        assert_int_equal(record_count(shop), 2);
        assert_string_equal(record->principal, specialist.id);
        assert_string_equal(record->method, "catalog.DeleteCategory");
        assert_int_equal(record->code, INVALID_ARGUMENT);
        assert_string_equal(record->reason, "REQUIRED");
        shop_refused_json(
                shop, specialist, "catalog.DeleteCategory", wrong, NOT_FOUND, "CATEGORY_NOT_FOUND");
        assert_int_equal(record_count(shop), 3);
        assert_int_equal(last_record(shop)->n_subjects, 0); /* nor what only stands for one */
        shop_refused_json(shop, specialist, "catalog.CreateCategory",
                "{\"category\":{\"id\":\"somebody@example.com\"}}", INVALID_ARGUMENT,
                "OUTPUT_ONLY");
        assert_int_equal(record_count(shop), 4);
        assert_int_equal(last_record(shop)->n_subjects, 0);
        /* Reads change nothing. */
        shop_refused_json(
                shop, specialist, "catalog.GetProduct", "{}", INVALID_ARGUMENT, "REQUIRED");
        struct persona alice = shop_member(shop, "alice");
        shop_ok_json(shop, alice, "membership.ListSessions", "{}");
        shop_refused_json(
                shop, alice, "membership.RevokeSession", "{}", INVALID_ARGUMENT, "REQUIRED");
        shop_refused_json(
                shop, shop_nobody(), "membership.RenewSession", "{}", INVALID_ARGUMENT, "REQUIRED");
        assert_int_equal(record_count(shop), 4);
        shop_close(shop);
}

/* The store's own refusal sticks in the transaction instead of being the handler's. */
static void what_the_store_refuses_is_recorded(void **state)
{
        struct shop *shop = shop_open();
        struct persona specialist = shop_as(shop, ROLE_PRODUCT_SPECIALIST);

        make_category(shop, specialist, "tea");
        shop_refused_json(shop, specialist, "catalog.CreateCategory",
                "{\"category\":{\"slug\":\"tea\",\"titles\":[{\"language\":\"en\",\"text\":\"T\"}]}"
                "}",
                ALREADY_EXISTS, "CATEGORY_SLUG_TAKEN");
        assert_int_equal(record_count(shop), 2);
        assert_string_equal(last_record(shop)->reason, "CATEGORY_SLUG_TAKEN");
        shop_close(shop);
}

static void administration_is_recorded_and_reading_is_not(void **state)
{
        struct shop *shop = shop_open();
        struct persona administrator = shop_as(shop, ROLE_ADMINISTRATOR);

        shop_ok_json(shop, administrator, "catalog.ListCategories", "{}");
        shop_ok_json(shop, administrator, "governance.ListServiceKeys", "{}");
        shop_ok_json(shop, administrator, "governance.WhoAmI", "{}");
        shop_ok_json(shop, administrator, "governance.GetContract", "{}");
        assert_int_equal(record_count(shop), 0);
        shop_ok_json(shop, administrator, "governance.Verify", "{}");
        assert_string_equal(last_record(shop)->method, "governance.Verify");
        search(shop, "{}"); /* who looks is seen too */
        assert_string_equal(last_record(shop)->method, "governance.SearchAudit");
        assert_int_equal(record_count(shop), 2);
        shop_close(shop);
}

static void customers_and_the_shop_itself_are_not_recorded(void **state)
{
        struct shop *shop = shop_open();
        struct persona alice = shop_member(shop, "alice");

        shop_ok_json(shop, alice, "membership.UpdateMember",
                "{\"member\":{\"id\":\"alice\",\"display_name\":\"Alice\"}}");
        shop_refused_json(shop, alice, "catalog.DeleteCategory", "{\"id\":\"none\"}",
                PERMISSION_DENIED, "METHOD_NOT_ALLOWED");
        shop_refused_json(shop, shop_nobody(), "catalog.DeleteCategory", "{\"id\":\"none\"}",
                UNAUTHENTICATED, "TOKEN_MISSING");
        shop_ok_json(shop, shop_nobody(), "membership.CreateGuest", "{}");
        shop_advance(shop, DAY_US);
        assert_int_equal(record_count(shop), 0);
        /* Who is a member and has a post is staff. */
        struct persona both = shop_mint(shop, "alice", 1u << ROLE_MEMBER | 1u << ROLE_WAREHOUSE);

        shop_ok_json(shop, both, "membership.UpdateMember",
                "{\"member\":{\"id\":\"alice\",\"display_name\":\"Al\"}}");
        assert_int_equal(record_count(shop), 1);
        assert_int_equal(last_record(shop)->n_posts, 2);
        /* Who has no post any more, and asks all the same, too. */
        shop_refused_json(shop, shop_mint(shop, "left", 0), "catalog.DeleteCategory",
                "{\"id\":\"none\"}", PERMISSION_DENIED, "METHOD_NOT_ALLOWED");
        assert_string_equal(last_record(shop)->principal, "left");
        assert_int_equal(last_record(shop)->n_posts, 0);
        shop_close(shop);
}

static void the_same_request_again_is_one_act(void **state)
{
        struct shop *shop = shop_open();
        struct persona specialist = shop_as(shop, ROLE_PRODUCT_SPECIALIST);
        CreateCategoryRequest request = CREATE_CATEGORY_REQUEST_INIT;
        Category category = CATEGORY_INIT;
        LocalText title = LOCAL_TEXT_INIT, *titles[] = {&title};
        char *id = shop_request_id(shop);

        title.language = "en";
        title.text = "Tea";
        category.slug = "tea";
        category.titles = titles;
        category.n_titles = 1;
        request.category = &category;
        for (int i = 0; i < 3; i++)
                assert_null(shop_call_id(shop, specialist, "catalog.CreateCategory", &request, id)
                                    .error);
        assert_int_equal(record_count(shop), 1);
        category.slug = "coffee"; /* another request under the same id is an act of its own */
        assert_string_equal(shop_call_id(shop, specialist, "catalog.CreateCategory", &request, id)
                                    .error->reason,
                "REQUEST_ID_REUSED");
        assert_int_equal(record_count(shop), 2);
        shop_close(shop);
}

/* ---- beside it: masking, of which the rest is in test_masking.c ---- */

static void the_message_beside_an_error_is_masked(void **state)
{
        struct shop *shop = shop_open();
        struct pipeline *pipeline = shop_pipeline(shop);
        struct work *work = work_new(pipeline);
        PostalAddress address = POSTAL_ADDRESS_INIT;

        address.country_code = "GB";
        address.city = "Leeds";
        work->call.method = schema_method(&shop_schema, bytes_of_text("checkout.GetOrder"));
        work->plan = plan_of(pipeline, work->call.method);
        work->caller = (struct caller){
                .id = "agent", .scope = SCOPE_ALL, .roles = 1u << ROLE_SERVICE_AGENT};
        call_fail(&work->call, FAILED_PRECONDITION, "SOMETHING", "something");
        call_detail(&work->call, &address);
        work_fail(work);
        mask_finish(work);
        const PostalAddress *shown =
                decode_trusted(shop_arena(shop), &shop__postal_address__descriptor,
                        bytes_of(work->call.error.detail, work->call.error.detail_len));

        assert_string_equal(shown->city, "***");
        assert_string_equal(shown->country_code, "GB");
        work_free(work);
        shop_close(shop);
}

/* ---- searching ---- */

/* proves: S132 restart */
static void records_are_found_by_who_what_whom_and_when(void **state)
{
        struct shop *shop = shop_open();
        struct persona specialist = shop_as(shop, ROLE_PRODUCT_SPECIALIST);
        struct persona warehouse = shop_as(shop, ROLE_WAREHOUSE);

        make_category(shop, specialist, "a");
        const char *made = last_record(shop)->subjects[0];

        shop_advance(shop, HOUR_US); /* to 09:00 */
        make_category(shop, specialist, "b");
        shop_refused_json(shop, warehouse, "catalog.DeleteCategory",
                arena_printf(shop_arena(shop), "{\"id\":\"%s\"}", made), PERMISSION_DENIED,
                "METHOD_NOT_ALLOWED");
        shop_restart(shop);
        assert_int_equal(search(shop, "{}")->n_records, 3);
        assert_int_equal(search(shop, arena_printf(shop_arena(shop), "{\"principal\":\"%s\"}",
                                              specialist.id))
                                 ->n_records,
                2);
        assert_int_equal(search(shop, "{\"method\":\"catalog.DeleteCategory\"}")->n_records, 1);
        assert_int_equal(search(shop, "{\"method\":\"catalog.\"}")->n_records, 3);
        assert_int_equal(search(shop, "{\"method\":\"catalog\"}")->n_records, 0);
        assert_int_equal(search(shop, "{\"refused\":true}")->n_records, 1);
        assert_int_equal(search(shop, arena_printf(shop_arena(shop), "{\"subject\":\"%s\"}", made))
                                 ->n_records,
                2);
        const SearchAuditResponse *late =
                search(shop, "{\"time_from\":\"2010-12-01T09:00:00Z\",\"method\":\"catalog.\"}");

        assert_int_equal(late->n_records, 2);
        assert_int_equal(late->records[0]->number, 2);
        const SearchAuditResponse *early =
                search(shop, "{\"time_before\":\"2010-12-01T09:00:00Z\"}");

        assert_int_equal(early->n_records, 1);
        assert_string_equal(early->next_page_token, "");
        assert_int_equal(search(shop, "{\"time_from\":\"2011-01-01T00:00:00Z\"}")->n_records, 0);
        shop_close(shop);
}

/* proves: S132 refusal */
static void pages_go_on_where_they_ended(void **state)
{
        struct shop *shop = shop_open();
        struct persona specialist = shop_as(shop, ROLE_PRODUCT_SPECIALIST);
        static const char *const slugs[] = {"a", "b", "c", "d", "e"};

        for (size_t i = 0; i < 5; i++)
                make_category(shop, specialist, slugs[i]);
        const SearchAuditResponse *page = search(shop, "{\"method\":\"catalog.\",\"page_size\":2}");

        assert_int_equal(page->n_records, 2);
        page = search(
                shop, arena_printf(shop_arena(shop),
                              "{\"method\":\"catalog.\",\"page_size\":2,\"page_token\":\"%s\"}",
                              page->next_page_token));
        assert_int_equal(page->n_records, 2);
        assert_int_equal(page->records[0]->number, 3);
        struct error *error = shop_refused_json(shop, shop_as(shop, ROLE_RISK),
                "governance.SearchAudit",
                arena_printf(shop_arena(shop), "{\"method\":\"cart.\",\"page_token\":\"%s\"}",
                        page->next_page_token),
                INVALID_ARGUMENT, "BAD_PAGE_TOKEN");

        assert_string_equal(error->violations->field, "page_token");
        shop_close(shop);
}

/* proves: S132 foreign */
static void only_risk_and_administrators_may_look(void **state)
{
        struct shop *shop = shop_open();
        static const enum role others[] = {ROLE_ANALYST, ROLE_SERVICE_AGENT, ROLE_FINANCE,
                ROLE_OPERATIONS, ROLE_IMPORTER, ROLE_SERVICE_LEAD};
        static const char *const methods[] = {
                "governance.SearchAudit", "governance.ExportAuditHead"};

        shop_ok_json(shop, shop_as(shop, ROLE_ADMINISTRATOR), "governance.SearchAudit", "{}");
        shop_ok_json(shop, shop_as(shop, ROLE_ADMINISTRATOR), "governance.ExportAuditHead", "{}");
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                for (size_t m = 0; m < 2; m++)
                        shop_refused_json(shop, shop_as(shop, others[i]), methods[m], "{}",
                                PERMISSION_DENIED, "METHOD_NOT_ALLOWED");
        shop_refused_json(shop, shop_member(shop, "alice"), "governance.SearchAudit", "{}",
                PERMISSION_DENIED, "METHOD_NOT_ALLOWED");
        shop_close(shop);
}

/* ---- tampering ---- */

struct search {
        const char *kind;
        const char *key;
        size_t found;
};

static void look(
        void *context, const char *kind, const char *table, const char *key, const char *sentence)
{
        struct search *wanted = context;

        if (strcmp(table, "AuditRecord") == 0 && strcmp(kind, wanted->kind) == 0 &&
                strcmp(key, wanted->key) == 0 && sentence[0] != '\0')
                wanted->found++;
}

static struct shop *open_with_five(void)
{
        struct shop *shop = shop_open();
        struct persona specialist = shop_as(shop, ROLE_PRODUCT_SPECIALIST);
        static const char *const slugs[] = {"a", "b", "c", "d", "e"};

        for (size_t i = 0; i < 5; i++)
                make_category(shop, specialist, slugs[i]);
        return shop;
}

static void rename_principal(struct txn *txn, uint64_t number)
{
        AuditRecord *record = audit_record_get(txn, number);

        record->principal = "somebody-else";
        forge_change(txn, &audit_record_table, number, record);
}

static void change_second(struct txn *txn)
{
        rename_principal(txn, 2);
}

static void remove_third(struct txn *txn)
{
        forge_remove(txn, &audit_record_table, 3);
}

static void swap_second_and_fourth(struct txn *txn)
{
        forge_swap(txn, &audit_record_table, 2, 4);
}

static void what_was_changed_removed_or_reordered_is_found_and_named(void **state)
{
        static const struct {
                void (*forge)(struct txn *txn);
                const char *kind;
                const char *key;
        } faults[] = {
                {change_second, "CHAIN_BROKEN", "2"},
                {remove_third, "LOG_GAP", "4"},
                {swap_second_and_fourth, "CHAIN_BROKEN", "2"},
                {swap_second_and_fourth, "CHAIN_BROKEN", "4"},
        };

        for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
                struct shop *shop = open_with_five();
                struct search wanted = {.kind = faults[i].kind, .key = faults[i].key};

                verify_run(shop_store(shop), look, &wanted);
                assert_int_equal(wanted.found, 0);
                struct txn *txn = shop_write_begin(shop);

                faults[i].forge(txn);
                shop_write_end(shop, txn);
                verify_run(shop_store(shop), look, &wanted);
                if (wanted.found == 0)
                        fail_msg("fault %zu was not found", i);
                struct error *error = shop_refused_json(shop, shop_as(shop, ROLE_RISK),
                        "governance.ExportAuditHead", "{}", DATA_LOSS, "AUDIT_BROKEN");

                assert_string_equal(error->facts->name, "number");
                shop_abandon(shop);
        }
}

static struct seal_head head_of(const AuditHead *from)
{
        struct seal_head head = {.number = from->number, .time_us = time_us(from->time)};

        assert_int_equal(from->hash.len, sizeof(head.hash));
        assert_int_equal(from->public_key.len, sizeof(head.public_key));
        assert_int_equal(from->signature.len, sizeof(head.signature));
        memcpy(head.hash, from->hash.data, sizeof(head.hash));
        memcpy(head.public_key, from->public_key.data, sizeof(head.public_key));
        memcpy(head.signature, from->signature.data, sizeof(head.signature));
        return head;
}

static struct seal_head export_head(struct shop *shop, const char *json)
{
        return head_of(
                shop_ok_json(shop, shop_as(shop, ROLE_RISK), "governance.ExportAuditHead", json));
}

/* Everything inside is consistent; only who kept a head outside can tell. */
static void a_chain_written_anew_is_found_by_a_kept_head(void **state)
{
        struct shop *shop = open_with_five();
        struct seal_head kept = export_head(shop, "{}");

        assert_int_equal(kept.number, 5);
        assert_true(seal_head_signed(&kept));
        make_category(shop, shop_as(shop, ROLE_PRODUCT_SPECIALIST), "f");
        struct seal_head again = export_head(shop, "{\"number\":\"5\"}");

        assert_memory_equal(again.hash, kept.hash, sizeof(kept.hash));
        assert_memory_equal(again.public_key, kept.public_key, sizeof(kept.public_key));
        struct txn *txn = shop_write_begin(shop);

        rename_principal(txn, 2);
        forge_links(txn, &audit_record_table);
        shop_write_end(shop, txn);
        struct search wanted = {.kind = "CHAIN_BROKEN", .key = "2"};

        assert_int_equal(verify_run(shop_store(shop), look, &wanted), 0);
        again = export_head(shop, "{\"number\":\"5\"}");
        assert_true(seal_head_signed(&again));
        assert_memory_not_equal(again.hash, kept.hash, sizeof(kept.hash));
        shop_close(shop);
}

/* The head's key derives from the part of master.key that a rotation keeps. */
static void a_kept_head_outlives_the_rotation_of_the_master_key(void **state)
{
        struct shop *shop = open_with_five();
        struct seal_head kept = export_head(shop, "{}");

        shop_ok_json(shop, shop_as(shop, ROLE_ADMINISTRATOR), "privacy.RotateMasterKey", "{}");
        shop_settle(shop);
        struct seal_head again =
                export_head(shop, arena_printf(shop_arena(shop), "{\"number\":\"%llu\"}",
                                          (unsigned long long)kept.number));

        assert_true(seal_head_signed(&kept));
        assert_memory_equal(again.hash, kept.hash, sizeof(kept.hash));
        assert_memory_equal(again.public_key, kept.public_key, sizeof(kept.public_key));
        shop_close(shop);
}

static void a_log_cut_short_does_not_reach_a_kept_head(void **state)
{
        struct shop *shop = open_with_five();
        struct txn *txn = shop_write_begin(shop);

        forge_cut(txn, &audit_record_table, 3);
        shop_write_end(shop, txn);
        assert_int_equal(shop_verify(shop, &(const char *){NULL}), 0);
        struct error *error =
                shop_refused_json(shop, shop_as(shop, ROLE_RISK), "governance.ExportAuditHead",
                        "{\"number\":\"5\"}", OUT_OF_RANGE, "AUDIT_RECORD_NOT_FOUND");

        assert_string_equal(error->violations->field, "number");
        shop_close(shop);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_change_of_staff_is_recorded_with_it),
                cmocka_unit_test(what_is_refused_or_denied_is_recorded_too),
                cmocka_unit_test(what_breaks_the_rules_is_recorded_of_staff),
                cmocka_unit_test(what_the_store_refuses_is_recorded),
                cmocka_unit_test(administration_is_recorded_and_reading_is_not),
                cmocka_unit_test(customers_and_the_shop_itself_are_not_recorded),
                cmocka_unit_test(the_same_request_again_is_one_act),
                cmocka_unit_test(the_message_beside_an_error_is_masked),
                cmocka_unit_test(records_are_found_by_who_what_whom_and_when),
                cmocka_unit_test(pages_go_on_where_they_ended),
                cmocka_unit_test(only_risk_and_administrators_may_look),
                cmocka_unit_test(what_was_changed_removed_or_reordered_is_found_and_named),
                cmocka_unit_test(a_chain_written_anew_is_found_by_a_kept_head),
                cmocka_unit_test(a_kept_head_outlives_the_rotation_of_the_master_key),
                cmocka_unit_test(a_log_cut_short_does_not_reach_a_kept_head),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
