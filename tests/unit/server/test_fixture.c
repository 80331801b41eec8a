/* The shop that tests of domains are given: that it calls, refuses, moves time and proves. */
#include <string.h>
#include "catalog.rows.h"
#include "governance.rows.h"
#include "membership.rows.h"
#include "tests/support/shop_fixture.h"

static void calls_by_name_typed_and_in_json(void **state)
{
        struct shop *shop = shop_open();
        GetServerInfoRequest request = GET_SERVER_INFO_REQUEST_INIT;
        ServerInfo *info = shop_ok(shop, shop_nobody(), "governance.GetServerInfo", &request);

        assert_true(info->simulated_clock);
        Category *category =
                shop_ok_json(shop, shop_as(shop, ROLE_PRODUCT_SPECIALIST), "catalog.CreateCategory",
                        "{\"category\": {\"slug\": \"tea\", \"titles\": [{\"language\": \"en\", "
                        "\"text\": \"Tea\"}]}}");

        assert_string_equal(category->slug, "tea");
        assert_int_equal(shop_event_count(shop, "category.created"), 1);
        shop_refused_json(shop, shop_as(shop, ROLE_MEMBER), "catalog.CreateCategory",
                "{\"category\": {}}", INVALID_ARGUMENT, "REQUIRED");
        shop_close(shop);
}

static void people_are_who_they_are(void **state)
{
        struct shop *shop = shop_open();
        struct persona alice = shop_member(shop, "alice"), bob = shop_member(shop, "bob");
        GetMemberRequest request = GET_MEMBER_REQUEST_INIT;

        request.id = "alice";
        Member *member = shop_ok(shop, alice, "membership.GetMember", &request);

        assert_string_equal(member->id, "alice");
        shop_refused(shop, bob, "membership.GetMember", &request, NOT_FOUND, "MEMBER_NOT_FOUND");
        shop_refused(shop, shop_nobody(), "membership.GetMember", &request, UNAUTHENTICATED,
                "TOKEN_MISSING");
        shop_close(shop);
}

static void time_and_rows_survive_a_restart(void **state)
{
        struct shop *shop = shop_open();
        struct persona alice = shop_member(shop, "alice");
        GetMemberRequest request = GET_MEMBER_REQUEST_INIT;

        shop_advance(shop, 3 * DAY_US);
        int64_t now_us = shop_now_us(shop);

        shop_restart(shop);
        assert_int_equal(shop_now_us(shop), now_us);
        request.id = "alice";
        shop_ok(shop, alice, "membership.GetMember", &request);
        shop_close(shop);
}

static void planted_faults_are_found(void **state)
{
        struct shop *shop = shop_open();
        struct txn *txn = shop_write_begin(shop);
        Address address = ADDRESS_INIT;
        const char *kind;

        address.id = "lost";
        address.member_id = "nobody";
        address_insert(txn, &address);
        shop_write_end(shop, txn);
        assert_true(shop_verify(shop, &kind) > 0);
        assert_string_equal(kind, "REF_DANGLING");
        txn = shop_write_begin(shop);
        address_delete(txn, "lost");
        shop_write_end(shop, txn);
        assert_int_equal(shop_verify(shop, NULL), 0);
        shop_close(shop);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(calls_by_name_typed_and_in_json),
                cmocka_unit_test(people_are_who_they_are),
                cmocka_unit_test(time_and_rows_survive_a_restart),
                cmocka_unit_test(planted_faults_are_found),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
