/* Get, List, Create, Update and Delete from the contract alone, and whose rows they reach. */
#include <stdio.h>
#include <string.h>
#include "catalog.rows.h"
#include "google/protobuf/empty.pb-c.h"
#include "google/protobuf/field_mask.pb-c.h"
#include "governance.rows.h"
#include "membership.rows.h"
#include "tests/unit/server/rig.h"

#define OWNERS (1u << ROLE_MEMBER)
#define STAFF  (1u << ROLE_PRODUCT_SPECIALIST)

struct people {
        struct rig *rig;
        const char *alice;
        const char *bob;
        const char *staff;
        const char *agent;
};

static void insert_member(struct rig *rig, const char *id)
{
        Member member = MEMBER_INIT;
        struct group *group = group_begin(rig->store);
        struct txn *txn = group_txn(group, &rig->arena);
        Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
        struct error error;

        error_init(&error, &rig->arena);
        member.id = id;
        member.kind = MEMBER_KIND_MEMBER;
        member.create_time = &time;
        member_insert(txn, &member);
        assert_int_equal(txn_status(txn), OK);
        txn_keep(txn);
        assert_int_equal(group_commit(group, &error), OK);
}

static int setup(void **state)
{
        static struct people people;
        struct rig *rig = rig_new();

        rig_open(rig);
        insert_member(rig, "alice");
        insert_member(rig, "bob");
        people = (struct people){
                .rig = rig,
                .alice = rig_token(rig, "alice", OWNERS),
                .bob = rig_token(rig, "bob", OWNERS),
                .staff = rig_token(rig, "staff", STAFF),
                .agent = rig_token(rig, "agent", 1u << ROLE_SERVICE_AGENT),
        };
        *state = &people;
        return 0;
}

static int teardown(void **state)
{
        rig_free(((struct people *)*state)->rig);
        return 0;
}

static Address *create_address(struct people *people, const char *token, const char *title)
{
        CreateAddressRequest request = CREATE_ADDRESS_REQUEST_INIT;
        Address address = ADDRESS_INIT;
        PostalAddress where = POSTAL_ADDRESS_INIT;

        where.country_code = "GB";
        address.title = title;
        address.address = &where;
        request.address = &address;
        struct answer answer = rig_call(people->rig, token, "membership.CreateAddress", &request);

        rig_expect_ok(answer);
        return answer.message;
}

static void create_fills_what_is_the_shops(void **state)
{
        struct people *people = *state;
        Address *made = create_address(people, people->alice, "home");

        assert_int_equal(strlen(made->id), 26);
        assert_string_equal(made->member_id, "alice");
        assert_int_equal(time_us(made->create_time), clock_now_us(people->rig->clock));
        assert_int_equal(time_us(made->update_time), clock_now_us(people->rig->clock));
        assert_true(made->etag[0] != '\0');

        GetAddressRequest get = GET_ADDRESS_REQUEST_INIT;

        get.id = made->id;
        struct answer got = rig_call(people->rig, people->alice, "membership.GetAddress", &get);

        rig_expect_ok(got);
        Address *same = got.message;

        assert_string_equal(same->title, "home");
        assert_string_equal(same->etag, made->etag);
}

static void create_refuses_what_is_the_shops(void **state)
{
        struct people *people = *state;
        CreateAddressRequest request = CREATE_ADDRESS_REQUEST_INIT;
        Address address = ADDRESS_INIT;
        PostalAddress where = POSTAL_ADDRESS_INIT;

        rig_expect(rig_call(people->rig, people->alice, "membership.CreateAddress", &request),
                INVALID_ARGUMENT, "REQUIRED");
        where.country_code = "GB";
        address.id = "mine";
        address.address = &where;
        request.address = &address;
        rig_expect(rig_call(people->rig, people->alice, "membership.CreateAddress", &request),
                INVALID_ARGUMENT, "OUTPUT_ONLY");
        address.id = "";
        address.member_id = "bob";
        rig_expect(rig_call(people->rig, people->alice, "membership.CreateAddress", &request),
                NOT_FOUND, "MEMBER_NOT_FOUND");
}

static void foreign_and_absent_are_the_same(void **state)
{
        struct people *people = *state;
        Address *made = create_address(people, people->alice, "home");
        GetAddressRequest get = GET_ADDRESS_REQUEST_INIT;

        get.id = made->id;
        struct answer foreign = rig_call(people->rig, people->bob, "membership.GetAddress", &get);

        rig_expect(foreign, NOT_FOUND, "ADDRESS_NOT_FOUND");
        rig_expect_ok(rig_call(people->rig, people->agent, "membership.GetAddress", &get));

        DeleteAddressRequest erase = DELETE_ADDRESS_REQUEST_INIT;

        erase.id = made->id;
        rig_expect(rig_call(people->rig, people->bob, "membership.DeleteAddress", &erase),
                NOT_FOUND, "ADDRESS_NOT_FOUND");
        rig_expect_ok(rig_call(people->rig, people->alice, "membership.DeleteAddress", &erase));
        struct answer absent = rig_call(people->rig, people->bob, "membership.GetAddress", &get);

        rig_expect(absent, NOT_FOUND, "ADDRESS_NOT_FOUND");
        assert_string_equal(foreign.error->message, absent.error->message);
        assert_string_equal(absent.error->message,
                arena_printf(&people->rig->arena, "no such address: %s", made->id));
}

static struct answer update(
        struct people *people, const char *token, Address *address, const char *path)
{
        UpdateAddressRequest request = UPDATE_ADDRESS_REQUEST_INIT;
        Google__Protobuf__FieldMask mask = GOOGLE__PROTOBUF__FIELD_MASK__INIT;
        char *paths[] = {(char *)path};

        request.address = address;
        if (path != NULL) {
                mask.paths = paths;
                mask.n_paths = 1;
                request.update_mask = &mask;
        }
        return rig_call(people->rig, token, "membership.UpdateAddress", &request);
}

static void update_follows_its_mask(void **state)
{
        struct people *people = *state;
        Address *made = create_address(people, people->alice, "home");
        Address change = ADDRESS_INIT;

        change.id = made->id;
        change.title = "office";
        struct answer answer = update(people, people->alice, &change, NULL);

        rig_expect_ok(answer);
        Address *now = answer.message;

        assert_string_equal(now->title, "office");
        assert_string_equal(now->address->country_code, "GB");
        change.title = "";
        now = update(people, people->alice, &change, "title").message;
        assert_string_equal(now->title, "");
        rig_expect(update(people, people->alice, &change, "*"), INVALID_ARGUMENT, "REQUIRED");
        rig_expect(update(people, people->alice, &change, "create_time"), INVALID_ARGUMENT,
                "IMMUTABLE");
        rig_expect(update(people, people->alice, &change, "nonsense"), INVALID_ARGUMENT,
                "UNKNOWN_FIELD");
        /* What is answered with the path in it must be fit for a screen. */
        rig_expect(update(people, people->alice, &change, "\033[31m"), INVALID_ARGUMENT,
                "BAD_FORMAT");
        rig_expect(update(people, people->bob, &change, "title"), NOT_FOUND, "ADDRESS_NOT_FOUND");
}

static void update_minds_the_etag(void **state)
{
        struct people *people = *state;
        Address *made = create_address(people, people->alice, "home");
        Address change = ADDRESS_INIT;

        change.id = made->id;
        change.title = "first";
        change.etag = made->etag;
        struct answer first = update(people, people->alice, &change, NULL);

        rig_expect_ok(first);
        change.title = "second";
        rig_expect(update(people, people->alice, &change, NULL), ABORTED, "ETAG_MISMATCH");
        change.etag = ((Address *)first.message)->etag;
        rig_expect_ok(update(people, people->alice, &change, NULL));
}

static ListAddressesResponse *list(
        struct people *people, const char *token, int size, const char *page_token)
{
        ListAddressesRequest request = LIST_ADDRESSES_REQUEST_INIT;

        request.page_size = size;
        request.page_token = page_token;
        struct answer answer = rig_call(people->rig, token, "membership.ListAddresses", &request);

        rig_expect_ok(answer);
        return answer.message;
}

static void lists_page_through_ones_own(void **state)
{
        struct people *people = *state;
        const char *page_token = "";
        char title[20];
        size_t seen = 0;

        for (int i = 0; i < 7; i++) {
                snprintf(title, sizeof(title), "place %d", i);
                create_address(people, people->alice, title);
                create_address(people, people->bob, "elsewhere");
        }
        do {
                ListAddressesResponse *page = list(people, people->alice, 3, page_token);

                for (size_t i = 0; i < page->n_addresses; i++, seen++)
                        assert_string_equal(page->addresses[i]->member_id, "alice");
                page_token = page->next_page_token;
        } while (page_token[0] != '\0');
        assert_int_equal(seen, 7);
        assert_int_equal(list(people, people->bob, 0, "")->n_addresses, 7);
}

static void page_tokens_are_for_one_caller_and_filter(void **state)
{
        struct people *people = *state;
        ListAddressesRequest request = LIST_ADDRESSES_REQUEST_INIT;

        create_address(people, people->alice, "one");
        create_address(people, people->alice, "two");
        request.page_token = list(people, people->alice, 1, "")->next_page_token;
        assert_true(request.page_token[0] != '\0');
        rig_expect(rig_call(people->rig, people->bob, "membership.ListAddresses", &request),
                INVALID_ARGUMENT, "BAD_PAGE_TOKEN");
        request.page_token = "AAAA";
        rig_expect(rig_call(people->rig, people->alice, "membership.ListAddresses", &request),
                INVALID_ARGUMENT, "BAD_PAGE_TOKEN");
}

static void filters_choose_rows(void **state)
{
        struct people *people = *state;
        ListMembersRequest request = LIST_MEMBERS_REQUEST_INIT;
        ListMembersResponse *members;

        members = rig_call(people->rig, people->agent, "membership.ListMembers", &request).message;
        assert_int_equal(members->n_members, 2);
        request.kind = MEMBER_KIND_GUEST;
        members = rig_call(people->rig, people->agent, "membership.ListMembers", &request).message;
        assert_int_equal(members->n_members, 0);
        request.kind = MEMBER_KIND_MEMBER;
        members = rig_call(people->rig, people->agent, "membership.ListMembers", &request).message;
        assert_int_equal(members->n_members, 2);
}

static void references_must_be_there(void **state)
{
        struct people *people = *state;
        CreateVariantRequest request = CREATE_VARIANT_REQUEST_INIT;
        Variant variant = VARIANT_INIT;

        variant.product_id = "nothing";
        variant.sku = "A";
        request.variant = &variant;
        rig_expect(rig_call(people->rig, people->staff, "catalog.CreateVariant", &request),
                NOT_FOUND, "PRODUCT_NOT_FOUND");
}

static void unique_indexes_are_named_when_they_refuse(void **state)
{
        struct people *people = *state;
        CreateCategoryRequest request = CREATE_CATEGORY_REQUEST_INIT;
        Category category = CATEGORY_INIT;
        LocalText title = LOCAL_TEXT_INIT;
        LocalText *titles[] = {&title};

        title.language = "en";
        title.text = "Tea";
        category.slug = "tea";
        category.titles = titles;
        category.n_titles = 1;
        request.category = &category;
        rig_expect_ok(rig_call(people->rig, people->staff, "catalog.CreateCategory", &request));
        struct answer again =
                rig_call(people->rig, people->staff, "catalog.CreateCategory", &request);

        assert_non_null(again.error);
        assert_int_equal(again.error->code, ALREADY_EXISTS);
}

static void every_change_tells_an_event(void **state)
{
        struct people *people = *state;
        ListEventsRequest request = LIST_EVENTS_REQUEST_INIT;
        const char *analyst = rig_token(people->rig, "analyst", 1u << ROLE_ANALYST);
        Address *made = create_address(people, people->alice, "home");
        Address change = ADDRESS_INIT;

        change.id = made->id;
        change.title = "office";
        rig_expect_ok(update(people, people->alice, &change, NULL));
        struct answer answer = rig_call(people->rig, analyst, "governance.ListEvents", &request);

        rig_expect_ok(answer);
        ListEventsResponse *events = answer.message;

        assert_int_equal(events->n_events, 2);
        assert_string_equal(events->events[0]->type, "address.created");
        assert_string_equal(events->events[1]->type, "address.updated");
        assert_string_equal(events->events[1]->subject, made->id);
        assert_string_equal(events->events[1]->owner, "alice");
        assert_string_equal(events->events[1]->actor, "alice");
        assert_string_equal(events->events[1]->method, "membership.UpdateAddress");
        request.number_from = 2;
        events = rig_call(people->rig, analyst, "governance.ListEvents", &request).message;
        assert_int_equal(events->n_events, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(create_fills_what_is_the_shops),
                TEST(create_refuses_what_is_the_shops),
                TEST(foreign_and_absent_are_the_same),
                TEST(update_follows_its_mask),
                TEST(update_minds_the_etag),
                TEST(lists_page_through_ones_own),
                TEST(page_tokens_are_for_one_caller_and_filter),
                TEST(filters_choose_rows),
                TEST(references_must_be_there),
                TEST(unique_indexes_are_named_when_they_refuse),
                TEST(every_change_tells_an_event),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
