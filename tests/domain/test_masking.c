/*
 * Who sees personal data of others: posts that need it for their work, and then it is on record
 * before they see it; everybody else sees masks. Whom it concerns sees it, and who has looked.
 */
#include <string.h>
#include "governance.rows.h"
#include "membership.rows.h"
#include "tests/domain/stall.h"

static struct stall open_with_names(void)
{
        struct stall stall = stall_open();
        struct txn *txn = shop_write_begin(stall.shop);
        Member *alice = member_get(txn, "alice");

        alice->email = "alice@example.com";
        alice->phone = "+8613912345678";
        alice->display_name = "Alice";
        member_update(txn, alice);
        shop_write_end(stall.shop, txn);
        return stall;
}

static const Member *get_alice(struct stall *stall, struct persona who)
{
        return stall_ok(stall, who, "membership.GetMember", "{'id':'alice'}");
}

static void assert_masked(const Member *member)
{
        assert_string_equal(member->id, "alice");
        assert_string_equal(member->email, "a***@example.com");
        assert_string_equal(member->phone, "+8613****5678");
        assert_string_equal(member->display_name, "A***");
}

static void assert_clear(const Member *member)
{
        assert_string_equal(member->email, "alice@example.com");
        assert_string_equal(member->phone, "+8613912345678");
        assert_string_equal(member->display_name, "Alice");
}

static size_t record_count(struct stall *stall)
{
        return txn_log_last(shop_read(stall->shop), &audit_record_table);
}

static const AuditRecord *last_record(struct stall *stall)
{
        return audit_record_get(shop_read(stall->shop), record_count(stall));
}

static const ListAccessesResponse *accesses_of(
        struct stall *stall, struct persona who, const char *member_id)
{
        return stall_ok(stall, who, "governance.ListAccesses", "{'member_id':'%s'}", member_id);
}

/* ---- masked ---- */

/* proves: S132 good */
static void who_needs_no_personal_data_sees_masks(void **state)
{
        struct stall stall = open_with_names();
        struct persona importer = stall_staff(&stall, ROLE_IMPORTER);
        struct persona agent = stall_staff(&stall, ROLE_SERVICE_AGENT);
        size_t before = record_count(&stall);

        assert_masked(get_alice(&stall, importer));
        const ListMembersResponse *list =
                stall_ok(&stall, agent, "membership.ListMembers", "{'kind':'MEMBER_KIND_MEMBER'}");

        assert_int_equal(list->n_members, 1);
        assert_masked(list->members[0]);
        assert_int_equal(record_count(&stall), before); /* nobody saw anything */
        assert_clear(get_alice(&stall, stall.alice));
        stall_close(&stall);
}

/* In a document of a parent and its children, and in a message inside it. */
static void of_addresses_only_country_and_region_are_left(void **state)
{
        struct stall stall = open_with_names();
        const char *id = stall_place(&stall, stall.alice, stall_mugs(1));
        struct txn *txn = shop_write_begin(stall.shop);
        Order *row = order_get(txn, id);

        row->delivery_address->region = "Yorkshire";
        row->delivery_address->phone = "+447700900123";
        row->delivery_address->postal_code = "LS1 1AA";
        order_update(txn, row);
        shop_write_end(stall.shop, txn);
        const Order *order = stall_ok(
                &stall, stall_staff(&stall, ROLE_IMPORTER), "checkout.GetOrder", "{'id':'%s'}", id);
        const PostalAddress *address = order->delivery_address;

        assert_int_equal(order->n_lines, 1);
        assert_string_equal(address->country_code, "GB");
        assert_string_equal(address->region, "Yorkshire");
        assert_string_equal(address->recipient, "A***");
        assert_string_equal(address->phone, "+4477****0123");
        assert_int_equal(address->n_lines, 1);
        assert_string_equal(address->lines[0], "***");
        assert_string_equal(address->city, "***");
        assert_string_equal(address->postal_code, "***");
        order = stall_ok(&stall, stall.alice, "checkout.GetOrder", "{'id':'%s'}", id);
        assert_string_equal(order->delivery_address->city, "Leeds");
        stall_close(&stall);
}

/* Also when the request comes again, and in what is kept for that. */
static void answers_of_changes_are_masked_too(void **state)
{
        struct stall stall = open_with_names();
        const char *id = stall_place(&stall, stall.alice, stall_mugs(1));
        struct persona agent = stall_staff(&stall, ROLE_SERVICE_AGENT);
        CancelOrderRequest request = CANCEL_ORDER_REQUEST_INIT;
        char *request_id = shop_request_id(stall.shop);

        request.id = id;
        for (int i = 0; i < 2; i++) {
                struct outcome outcome = shop_call_id(
                        stall.shop, agent, "checkout.CancelOrder", &request, request_id);

                assert_null(outcome.error);
                assert_string_equal(((Order *)outcome.response)->delivery_address->city, "***");
        }
        assert_string_equal(stall_order(&stall, id)->delivery_address->city, "Leeds");
        assert_int_equal(last_record(&stall)->n_members, 0);
        stall_close(&stall);
}

static void what_is_ones_own_is_clear_among_what_is_not(void **state)
{
        struct stall stall = open_with_names();
        struct persona both =
                shop_mint(stall.shop, "alice", 1u << ROLE_MEMBER | 1u << ROLE_IMPORTER);
        size_t before = record_count(&stall);

        shop_member(stall.shop, "bob");
        struct txn *txn = shop_write_begin(stall.shop);
        Member *bob = member_get(txn, "bob");

        bob->display_name = "Bob";
        member_update(txn, bob);
        shop_write_end(stall.shop, txn);
        assert_clear(get_alice(&stall, both));
        const ListMembersResponse *list =
                stall_ok(&stall, both, "membership.ListMembers", "{'kind':'MEMBER_KIND_MEMBER'}");

        assert_int_equal(list->n_members, 2);
        assert_clear(list->members[0]);
        assert_string_equal(list->members[1]->display_name, "B***");
        assert_int_equal(record_count(&stall), before);
        stall_close(&stall);
}

/* proves: S132 refusal */
static void a_mask_is_no_value(void **state)
{
        struct stall stall = open_with_names();
        struct persona agent = stall_staff(&stall, ROLE_SERVICE_AGENT);
        struct refusal masked = {"membership.UpdateMember", INVALID_ARGUMENT, "MASKED"};
        struct error *error = stall_refused(
                &stall, agent, masked, "{'member':{'id':'alice','display_name':'A***'}}");

        assert_string_equal(error->violations->field, "member.display_name");
        stall_refused(&stall, stall.alice,
                (struct refusal){"membership.UpdateMember", INVALID_ARGUMENT, "BAD_FORMAT"},
                "{'member':{'id':'alice','display_name':'two\\nlines'}}");
        assert_clear(get_alice(&stall, stall.alice));
        /* Members may call themselves what they like. */
        stall_ok(&stall, stall.alice, "membership.UpdateMember",
                "{'member':{'id':'alice','display_name':'A***'}}");
        stall_close(&stall);
}

/* ---- clear, and on record ---- */

/* proves: S132 good */
static void who_sees_clear_is_on_record(void **state)
{
        struct stall stall = open_with_names();
        struct persona agent = stall_staff(&stall, ROLE_SERVICE_AGENT);
        size_t before = record_count(&stall);

        assert_clear(get_alice(&stall, agent));
        assert_int_equal(record_count(&stall), before + 1);
        const AuditRecord *record = last_record(&stall);

        assert_string_equal(record->principal, agent.id);
        assert_string_equal(record->method, "membership.GetMember");
        assert_int_equal(record->n_members, 1);
        assert_string_equal(record->members[0], "alice");
        shop_restart(stall.shop);
        const ListAccessesResponse *seen = accesses_of(&stall, stall.alice, "alice");

        assert_int_equal(seen->n_accesses, 1);
        assert_string_equal(seen->accesses[0]->principal, agent.id);
        assert_string_equal(seen->accesses[0]->method, "membership.GetMember");
        assert_int_equal(seen->accesses[0]->number, record->number);
        assert_int_equal(time_us(seen->accesses[0]->time), shop_now_us(stall.shop));
        stall_close(&stall);
}

static void administrators_see_what_posts_see_and_are_recorded_too(void **state)
{
        struct stall stall = open_with_names();
        struct persona administrator = stall_staff(&stall, ROLE_ADMINISTRATOR);

        assert_clear(get_alice(&stall, administrator));
        assert_string_equal(last_record(&stall)->principal, administrator.id);
        const ListMembersResponse *list = stall_ok(
                &stall, administrator, "membership.ListMembers", "{'kind':'MEMBER_KIND_MEMBER'}");

        assert_masked(list->members[0]); /* which no post sees clear */
        stall_close(&stall);
}

/* The answer of a change, and that answer given again. */
static void changes_that_answer_clear_are_on_record(void **state)
{
        struct stall stall = open_with_names();
        struct persona agent = stall_staff(&stall, ROLE_SERVICE_AGENT);
        UpdateMemberRequest request = UPDATE_MEMBER_REQUEST_INIT;
        Member member = MEMBER_INIT;
        char *request_id = shop_request_id(stall.shop);
        size_t before = record_count(&stall);

        member.id = "alice";
        member.language = "en";
        request.member = &member;
        for (int i = 0; i < 2; i++) {
                struct outcome outcome = shop_call_id(
                        stall.shop, agent, "membership.UpdateMember", &request, request_id);

                assert_null(outcome.error);
                assert_clear(outcome.response);
                assert_int_equal(record_count(&stall), before + 1 + (size_t)i);
                assert_int_equal(last_record(&stall)->again, i == 1);
                assert_string_equal(last_record(&stall)->members[0], "alice");
        }
        assert_int_equal(accesses_of(&stall, stall.alice, "alice")->n_accesses, 2);
        stall_close(&stall);
}

static void posts_that_pack_and_pay_see_the_order(void **state)
{
        static const enum role posts[] = {ROLE_WAREHOUSE, ROLE_FINANCE, ROLE_SERVICE_AGENT};
        struct stall stall = open_with_names();
        const char *id = stall_place(&stall, stall.alice, stall_mugs(1));

        for (size_t i = 0; i < sizeof(posts) / sizeof(posts[0]); i++) {
                const Order *order = stall_ok(&stall, stall_staff(&stall, posts[i]),
                        "checkout.GetOrder", "{'id':'%s'}", id);

                assert_string_equal(order->delivery_address->city, "Leeds");
        }
        assert_int_equal(accesses_of(&stall, stall.alice, "alice")->n_accesses, 3);
        const ListAllOrdersResponse *list = stall_ok(
                &stall, stall_staff(&stall, ROLE_WAREHOUSE), "checkout.ListAllOrders", "{}");

        assert_string_equal(list->orders[0]->delivery_address->city, "***");
        stall_close(&stall);
}

/* A read that changes nothing but the record of it. */
static void nothing_is_shown_that_cannot_be_recorded(void **state)
{
        struct stall stall = open_with_names();
        struct outcome outcome = shop_call_json(stall.shop, stall_staff(&stall, ROLE_SERVICE_AGENT),
                "membership.GetMember", "{\"id\":\"alice\"}");

        assert_null(outcome.error);
        assert_int_equal(outcome.sequence, store_sequence(shop_store(stall.shop)));
        stall_close(&stall);
}

/* proves: S132 foreign */
static void only_the_member_and_risk_see_who_looked(void **state)
{
        struct stall stall = open_with_names();
        struct persona bob = shop_member(stall.shop, "bob");
        struct refusal hidden = {"governance.ListAccesses", NOT_FOUND, "MEMBER_NOT_FOUND"};
        struct refusal denied = {
                "governance.ListAccesses", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"};

        get_alice(&stall, stall_staff(&stall, ROLE_SERVICE_AGENT));
        assert_int_equal(
                accesses_of(&stall, stall_staff(&stall, ROLE_RISK), "alice")->n_accesses, 1);
        assert_int_equal(((ListAccessesResponse *)stall_ok(
                                  &stall, stall.alice, "governance.ListAccesses", "{}"))
                                 ->n_accesses,
                1);
        assert_int_equal(
                ((ListAccessesResponse *)stall_ok(&stall, bob, "governance.ListAccesses", "{}"))
                        ->n_accesses,
                0);
        stall_refused(&stall, bob, hidden, "{'member_id':'alice'}");
        stall_refused(
                &stall, stall_staff(&stall, ROLE_SERVICE_AGENT), denied, "{'member_id':'alice'}");
        stall_close(&stall);
}

/* Who reads their own pays nothing for all this. */
static void what_members_read_of_themselves_is_not_on_record(void **state)
{
        struct stall stall = open_with_names();
        uint64_t before = store_sequence(shop_store(stall.shop));

        assert_clear(get_alice(&stall, stall.alice));
        assert_int_equal(store_sequence(shop_store(stall.shop)), before);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(who_needs_no_personal_data_sees_masks),
                cmocka_unit_test(of_addresses_only_country_and_region_are_left),
                cmocka_unit_test(answers_of_changes_are_masked_too),
                cmocka_unit_test(what_is_ones_own_is_clear_among_what_is_not),
                cmocka_unit_test(a_mask_is_no_value),
                cmocka_unit_test(who_sees_clear_is_on_record),
                cmocka_unit_test(administrators_see_what_posts_see_and_are_recorded_too),
                cmocka_unit_test(changes_that_answer_clear_are_on_record),
                cmocka_unit_test(posts_that_pack_and_pay_see_the_order),
                cmocka_unit_test(nothing_is_shown_that_cannot_be_recorded),
                cmocka_unit_test(only_the_member_and_risk_see_who_looked),
                cmocka_unit_test(what_members_read_of_themselves_is_not_on_record),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
