/*
 * Followers of the event log: every event once and in order, over restarts; what fails is tried
 * again, later each time, put aside, and replayed; and time does not move before they are done.
 */
#include <stdio.h>
#include <string.h>
#include "catalog.rows.h"
#include "follow_internal.rows.h"
#include "internal.rows.h"
#include "server/follow.h"
#include "tests/support/shop_fixture.h"

/* What the followers of this test look at beside the event: it is the same for both runs of a
 * handler, and changed only between calls. */
static const char *poison;
static const char *duplicate;

/* A row that counts; its attempts are the last event's number. */
static void count(struct call *call, const char *name, uint64_t number)
{
        FollowerCursor *row = follower_cursor_get(call->txn, name);

        if (row == NULL) {
                row = call_new(call, FollowerCursor);
                *row = (FollowerCursor)FOLLOWER_CURSOR_INIT;
                row->name = name;
                follower_cursor_insert(call->txn, row);
        }
        row->attempts = (uint32_t)number;
        row->number++;
        follower_cursor_update(call->txn, row);
}

static enum status count_products(struct call *call, const Event *event)
{
        count(call, "count.products", event->number);
        if (poison != NULL && strcmp(event->subject, poison) == 0)
                return call_fail(call, FAILED_PRECONDITION, "POISON", "it is poison");
        if (duplicate != NULL && strcmp(event->subject, duplicate) == 0)
                follower_cursor_insert(call->txn, follower_cursor_get(call->txn, "count.products"));
        return OK;
}

static enum status count_all(struct call *call, const Event *event)
{
        const FollowerCursor *row = follower_cursor_get(call->txn, "count.all");

        assert_true(row == NULL || row->attempts < event->number); /* in their order */
        count(call, "count.all", event->number);
        return OK;
}

/* Has an expired cart's order expire a minute later: any timer would do. */
static enum status set_timer(struct call *call, const Event *event)
{
        call_schedule(call, call->now_us + MINUTE_US, "checkout.ExpireOrder", event->subject);
        return OK;
}

static const struct follower counting[] = {
        {.name = "test.products", .types = {"product."}, .handle = count_products},
        {.name = "test.all", .types = {""}, .handle = count_all, .events_max = 3},
        {.name = NULL},
};

static const struct follower timing[] = {
        {.name = "test.timers", .types = {"product."}, .handle = set_timer},
        {.name = NULL},
};

static struct shop *open_followed(const struct follower *table)
{
        struct shop *shop = shop_open();

        poison = duplicate = NULL;
        shop_restart_followed(shop, table);
        return shop;
}

static const char *make_product(struct shop *shop)
{
        const Product *product =
                shop_ok_json(shop, shop_as(shop, ROLE_PRODUCT_SPECIALIST), "catalog.CreateProduct",
                        "{\"product\":{\"titles\":[{\"language\":\"en\",\"text\":\"Tea\"}],"
                        "\"tax_class\":\"standard\"}}");

        return product->id;
}

static uint64_t counted(struct shop *shop, const char *name)
{
        const FollowerCursor *row = follower_cursor_get(shop_read(shop), name);

        return row == NULL ? 0 : row->number;
}

static const Follower *follower_at(struct shop *shop, size_t at)
{
        const ListFollowersResponse *list = shop_ok_json(
                shop, shop_as(shop, ROLE_OPERATIONS), "governance.ListFollowers", "{}");

        assert_true(at < list->n_followers);
        return list->followers[at];
}

static size_t parked_count(struct shop *shop)
{
        const ListParkedEventsResponse *list = shop_ok_json(
                shop, shop_as(shop, ROLE_OPERATIONS), "governance.ListParkedEvents", "{}");

        return list->n_parked_events;
}

static void every_event_is_handled_once(void **state)
{
        struct shop *shop = open_followed(counting);

        for (int i = 0; i < 10; i++)
                make_product(shop);
        assert_int_equal(follower_at(shop, 0)->lag, 10);
        shop_settle(shop);
        assert_int_equal(counted(shop, "count.products"), 10);
        assert_int_equal(counted(shop, "count.all"), 10);
        assert_int_equal(follower_at(shop, 0)->lag, 0);
        shop_settle(shop);
        shop_restart(shop);
        shop_settle(shop);
        assert_int_equal(counted(shop, "count.all"), 10);
        make_product(shop);
        shop_settle(shop);
        assert_int_equal(counted(shop, "count.products"), 11);
        shop_close(shop);
}

/* A follower that comes later begins with the oldest event. */
static void a_new_follower_catches_up(void **state)
{
        struct shop *shop = open_followed(timing + 1);

        for (int i = 0; i < 200; i++)
                make_product(shop);
        shop_settle(shop);
        shop_restart_followed(shop, counting);
        assert_int_equal(follower_at(shop, 1)->lag, 200);
        shop_settle(shop);
        assert_int_equal(counted(shop, "count.products"), 200);
        assert_int_equal(counted(shop, "count.all"), 200);
        shop_close(shop);
}

/* The shop is full of others' events: the row is told now and then, not for each. */
static void others_events_are_passed_by(void **state)
{
        struct shop *shop = open_followed(counting);
        struct txn *txn = shop_write_begin(shop);
        Event event = EVENT_INIT;

        event.type = "stock.adjusted";
        for (int i = 0; i < 12000; i++)
                event_append(txn, &event);
        shop_write_end(shop, txn);
        shop_settle(shop);
        const FollowerCursor *row = follower_cursor_get(shop_read(shop), "test.products");

        assert_in_range(row->number, 10000, 12000);
        assert_int_equal(follower_at(shop, 0)->lag, 0);
        make_product(shop);
        shop_settle(shop);
        assert_int_equal(counted(shop, "count.products"), 1);
        assert_int_equal(follower_cursor_get(shop_read(shop), "test.products")->number, 12001);
        shop_close(shop);
}

/* The error, or NULL where the reason is "". */
static const struct error *replay(
        struct shop *shop, unsigned number, enum status code, const char *reason)
{
        char request[80];

        snprintf(
                request, sizeof(request), "{\"follower\":\"test.products\",\"number\":%u}", number);
        if (code != OK)
                return shop_refused_json(shop, shop_as(shop, ROLE_OPERATIONS),
                        "governance.ReplayParkedEvent", request, code, reason);
        shop_ok_json(shop, shop_as(shop, ROLE_OPERATIONS), "governance.ReplayParkedEvent", request);
        return NULL;
}

static void poison_is_put_aside_and_replayed(void **state)
{
        struct shop *shop = open_followed(counting);
        int64_t begun_us = shop_now_us(shop);

        make_product(shop);
        poison = make_product(shop);
        make_product(shop);
        shop_settle(shop);
        assert_int_equal(counted(shop, "count.products"), 1);
        assert_int_equal(counted(shop, "count.all"), 3); /* others go on */
        assert_int_equal(follower_at(shop, 0)->attempts, 1);
        assert_string_equal(follower_at(shop, 0)->reason, "POISON");
        assert_int_equal(parked_count(shop), 0);
        shop_advance(shop, 2 * SECOND_US); /* tried after one second, then after two more */
        assert_int_equal(follower_at(shop, 0)->attempts, 2);
        shop_advance(shop, 14 * SECOND_US);
        assert_int_equal(parked_count(shop), 1);
        assert_int_equal(counted(shop, "count.products"), 2);
        assert_int_equal(shop_event_count(shop, "event.parked"), 1);
        const ParkedEvent *parked = parked_event_get(shop_read(shop), "test.products", 2);

        assert_int_equal(parked->attempts, FOLLOW_ATTEMPTS_MAX);
        assert_string_equal(parked->subject, poison);
        assert_int_equal(time_us(parked->park_time) - begun_us, 15 * SECOND_US);
        assert_int_equal(follower_at(shop, 0)->parked_count, 1);

        const struct error *error = replay(shop, 2, FAILED_PRECONDITION, "EVENT_FAILED");

        assert_string_equal(error->facts->value, "POISON");
        assert_int_equal(parked_count(shop), 1);
        shop_restart(shop);
        poison = NULL;
        replay(shop, 2, OK, "");
        assert_int_equal(counted(shop, "count.products"), 3);
        assert_int_equal(parked_count(shop), 0);
        error = replay(shop, 2, NOT_FOUND, "PARKED_EVENT_NOT_FOUND");
        assert_string_equal(error->violations->field, "number");
        shop_close(shop);
}

/* Its transaction fails as a whole: those before and behind it are handled all the same. */
static void what_fails_with_its_transaction_is_found(void **state)
{
        struct shop *shop = open_followed(counting);

        make_product(shop);
        make_product(shop);
        duplicate = make_product(shop);
        make_product(shop);
        shop_advance(shop, HOUR_US);
        assert_int_equal(counted(shop, "count.products"), 3);
        const ParkedEvent *parked = parked_event_get(shop_read(shop), "test.products", 3);

        assert_string_equal(parked->reason, "FOLLOWER_CURSOR_EXISTS");
        shop_refused_json(shop, shop_as(shop, ROLE_OPERATIONS), "governance.ReplayParkedEvent",
                "{\"follower\":\"test.products\",\"number\":3}", ALREADY_EXISTS,
                "FOLLOWER_CURSOR_EXISTS");
        shop_ok_json(shop, shop_as(shop, ROLE_OPERATIONS), "governance.DeleteParkedEvent",
                "{\"follower\":\"test.products\",\"number\":3}");
        assert_int_equal(parked_count(shop), 0);
        shop_close(shop);
}

/* What a follower sets for later happens at its time, also where time moves on in the same call. */
static void time_waits_for_followers(void **state)
{
        struct shop *shop = open_followed(timing);

        make_product(shop);
        shop_advance(shop, 59 * SECOND_US);
        assert_non_null(scheduled_call_next(scheduled_call_all(shop_read(shop))));
        shop_advance(shop, SECOND_US);
        assert_null(scheduled_call_next(scheduled_call_all(shop_read(shop))));
        shop_close(shop);
}

static void a_follower_that_is_not_there_is_refused(void **state)
{
        struct shop *shop = open_followed(counting);
        const struct error *error =
                shop_call_system(shop, "governance.FollowEvents", "{\"follower\":\"nobody\"}")
                        .error;

        assert_string_equal(error->reason, "FOLLOWER_NOT_FOUND");
        shop_close(shop);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_event_is_handled_once),
                cmocka_unit_test(a_new_follower_catches_up),
                cmocka_unit_test(others_events_are_passed_by),
                cmocka_unit_test(poison_is_put_aside_and_replayed),
                cmocka_unit_test(what_fails_with_its_transaction_is_found),
                cmocka_unit_test(time_waits_for_followers),
                cmocka_unit_test(a_follower_that_is_not_there_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
