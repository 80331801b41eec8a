/*
 * The pipeline with its threads and without sockets: many callers at once, groups, parked calls,
 * prepare steps, stopping. What ThreadSanitizer is run on.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include "governance.rows.h"
#include "lib/base/clock.h"
#include "lib/schema/decode.h"
#include "membership.rows.h"
#include "server/queue.h"
#include "server/work.h"
#include "tests/unit/server/callers.h"

#define CALLERS    8
#define CALLS_EACH 50
#define CROWD      40 /* more than the writer commits itself */

/* The next call goes on when all others of the crowd wait in this queue; NULL: at once. */
static struct queue *_Atomic crowded;

static void wait_for_crowd(void)
{
        struct queue *queue = atomic_exchange(&crowded, NULL);

        while (queue != NULL && queue_count(queue) < CROWD - 1)
                clock_sleep_us(100);
}

static enum status raise_in_crowd(struct call *call, const void *message, void *response)
{
        wait_for_crowd();
        return raise_counter(call, message, response);
}

/* Events after a number, or waits for some. */
static enum status watch(struct call *call, const void *message, void *response)
{
        const WatchEventsRequest *request = message;
        WatchEventsResponse *answer = response;
        struct key_value from = key_uint(request->after_number + 1);
        struct scan *scan = txn_scan(call->txn, &event_table, NULL, NULL, NULL, 0, ASCENDING);

        scan_between(scan, &from, NULL);
        Event *event = scan_next(scan);

        if (event == NULL)
                return call_wait(call, request->wait_ms, &(struct call_news){.type_prefix = ""});
        answer->last_number = event->number;
        return OK;
}

static enum status hash_slowly(struct call *call, const void *message)
{
        const SignUpRequest *request = message;

        call_leave_snapshot(call);
        call->prepared = call_text(call, request->email);
        return strcmp(request->email, "no@example.org") == 0
                       ? call_fail(call, INVALID_ARGUMENT, "NO", "prepare says no")
                       : OK;
}

static enum status sign_up(struct call *call, const void *message, void *response)
{
        SessionGrant *grant = response;

        grant->token = call->prepared;
        return OK;
}

/* Before there are threads: nobody writes beside the writer. */
static void put_member(struct rig_shop *shop)
{
        struct arena arena;
        struct error error;
        Member member = MEMBER_INIT;

        arena_init(&arena);
        error_init(&error, &arena);
        struct group *group = group_begin(shop->rig->store);
        struct txn *txn = group_txn(group, &arena);

        member.id = "alice";
        member.kind = MEMBER_KIND_MEMBER;
        member.display_name = "Alice";
        member_insert(txn, &member);
        txn_keep(txn);
        assert_int_equal(group_commit(group, &error), OK);
        arena_release(&arena);
}

static int setup(void **state)
{
        static struct rig_shop shop;

        shop.rig = rig_new();
        shop.rig->handlers = HANDLERS_ONCE;
        rig_bind(shop.rig, "governance.CreateServiceKey", raise_in_crowd);
        rig_bind(shop.rig, "governance.WatchEvents", watch);
        rig_bind(shop.rig, "membership.SignUp", sign_up);
        rig_bind_prepare(shop.rig, "membership.SignUp", hash_slowly);
        rig_open(shop.rig);
        shop.admin = rig_token(shop.rig, "boss", 1u << ROLE_ADMINISTRATOR);
        put_member(&shop);
        pipeline_start(shop.rig->pipeline);
        *state = &shop;
        return 0;
}

static int teardown(void **state)
{
        rig_free(((struct rig_shop *)*state)->rig);
        return 0;
}

/* Writes, and reads that must see what was written. */
static void *write_and_read(void *context)
{
        struct caller_thread *thread = context;
        ListServiceKeysRequest request = LIST_SERVICE_KEYS_REQUEST_INIT;

        for (int i = 0; i < CALLS_EACH; i++) {
                struct rpc_reply reply;

                caller_raise(thread);
                caller_run(thread, "governance.ListServiceKeys", &request, &reply);
                assert_null(reply.error);
                assert_true(reply.sequence >= thread->last_sequence);
        }
        return NULL;
}

static void calls_at_once_do_not_lose_updates(void **state)
{
        struct rig_shop *shop = *state;
        struct caller_thread threads[CALLERS];
        struct pipeline_stats stats;
        struct arena arena;

        for (size_t i = 0; i < CALLERS; i++) {
                caller_begin(&threads[i], shop, 100 + i);
                pthread_create(&threads[i].thread, NULL, write_and_read, &threads[i]);
        }
        for (size_t i = 0; i < CALLERS; i++) {
                pthread_join(threads[i].thread, NULL);
                arena_release(&threads[i].arena);
        }
        arena_init(&arena);
        struct txn *txn = txn_begin_read(shop->rig->store, &arena);
        ServiceKey *key = service_key_get(txn, "counter");

        assert_int_equal(key->expire_time->seconds, CALLERS * CALLS_EACH);
        txn_end(txn);
        arena_release(&arena);
        pipeline_stats(shop->rig->pipeline, &stats);
        assert_int_equal(stats.writes, CALLERS * CALLS_EACH);
        assert_int_equal(stats.reads, CALLERS * CALLS_EACH);
        assert_true(stats.groups <= stats.writes);
}

static void *write_only(void *context)
{
        for (int i = 0; i < CALLS_EACH; i++)
                caller_raise(context);
        return NULL;
}

/* Those that queue are one group, and the writer goes on while it is on its way to the disk. */
static void a_crowd_is_committed_beside_the_writer(void **state)
{
        struct rig_shop *shop = *state;
        struct caller_thread threads[CROWD];
        struct pipeline_stats stats;
        uint64_t before = store_sequence(shop->rig->store);

        atomic_store(&crowded, &shop->rig->pipeline->writes);
        for (size_t i = 0; i < CROWD; i++) {
                caller_begin(&threads[i], shop, 700 + i);
                pthread_create(&threads[i].thread, NULL, write_only, &threads[i]);
        }
        for (size_t i = 0; i < CROWD; i++) {
                pthread_join(threads[i].thread, NULL);
                arena_release(&threads[i].arena);
        }
        pipeline_stats(shop->rig->pipeline, &stats);
        assert_int_equal(stats.writes, CROWD * CALLS_EACH);
        assert_true(stats.groups <= stats.writes - CROWD + 1);
        assert_int_equal(store_sequence(shop->rig->store), before + CROWD * CALLS_EACH);
}

static void *wait_for_event(void *context)
{
        struct caller_thread *thread = context;
        WatchEventsRequest request = WATCH_EVENTS_REQUEST_INIT;
        int64_t start_us = clock_monotonic_us();
        struct rpc_reply reply;

        request.wait_ms = (int)thread->wait_ms;
        caller_run(thread, "governance.WatchEvents", &request, &reply);
        thread->took_us = clock_monotonic_us() - start_us;
        if (reply.error == NULL) {
                WatchEventsResponse *answer = decode_trusted(
                        &thread->arena, &shop__watch_events_response__descriptor, reply.response);

                thread->last_sequence = answer->last_number;
        }
        return NULL;
}

static void wait_until_parked(struct rig_shop *shop, size_t count)
{
        struct pipeline_stats stats;

        do {
                clock_sleep_us(1000);
                pipeline_stats(shop->rig->pipeline, &stats);
        } while (stats.parked < count);
}

/* ---- reads that are on record ---- */

static uint64_t records(struct rig_shop *shop)
{
        struct arena arena;

        arena_init(&arena);
        struct txn *txn = txn_begin_read(shop->rig->store, &arena);
        uint64_t count = txn_log_last(txn, &audit_record_table);

        txn_end(txn);
        arena_release(&arena);
        return count;
}

static void read_member(struct caller_thread *thread, struct rpc_reply *reply)
{
        GetMemberRequest request = GET_MEMBER_REQUEST_INIT;

        request.id = "alice";
        caller_run(thread, "membership.GetMember", &request, reply);
}

/* Each has its record when it is answered. */
static void *read_clear(void *context)
{
        struct caller_thread *thread = context;

        for (int i = 0; i < CALLS_EACH; i++) {
                struct rpc_reply reply;

                read_member(thread, &reply);
                assert_null(reply.error);
                assert_true(reply.sequence > thread->last_sequence);
                assert_true(reply.sequence <= store_sequence(thread->shop->rig->store));
                thread->last_sequence = reply.sequence;
        }
        return NULL;
}

static void reads_on_record_meet_the_writer(void **state)
{
        struct rig_shop *shop = *state;
        struct caller_thread threads[CALLERS];
        struct rpc_reply reply;

        uint64_t before = records(shop);

        for (size_t i = 0; i < CALLERS; i++) {
                caller_begin(&threads[i], shop, 200 + i);
                pthread_create(&threads[i].thread, NULL, read_clear, &threads[i]);
        }
        for (size_t i = 0; i < CALLERS; i++)
                pthread_join(threads[i].thread, NULL);
        assert_int_equal(records(shop), before + CALLERS * CALLS_EACH);
        /* What cannot be recorded any more is not answered. */
        pipeline_stop(shop->rig->pipeline);
        read_member(&threads[0], &reply);
        assert_non_null(reply.error);
        assert_string_equal(reply.error->reason, "SERVER_DRAINING");
        assert_int_equal(records(shop), before + CALLERS * CALLS_EACH);
        for (size_t i = 0; i < CALLERS; i++)
                arena_release(&threads[i].arena);
}

static void parked_calls_wake_after_a_commit(void **state)
{
        struct rig_shop *shop = *state;
        struct caller_thread waiting[CALLERS], writer;

        for (size_t i = 0; i < CALLERS; i++) {
                caller_begin(&waiting[i], shop, 200 + i);
                waiting[i].wait_ms = 60000;
                pthread_create(&waiting[i].thread, NULL, wait_for_event, &waiting[i]);
        }
        wait_until_parked(shop, CALLERS);
        caller_begin(&writer, shop, 300);
        caller_raise(&writer);
        arena_release(&writer.arena);
        for (size_t i = 0; i < CALLERS; i++) {
                pthread_join(waiting[i].thread, NULL);
                assert_int_equal(waiting[i].failed, 0);
                assert_int_equal(waiting[i].last_sequence, 1);
                assert_true(waiting[i].took_us < 30000000);
                arena_release(&waiting[i].arena);
        }
}

static void parked_calls_end_when_their_time_is_over(void **state)
{
        struct caller_thread thread;

        caller_begin(&thread, *state, 400);
        thread.wait_ms = 30;
        wait_for_event(&thread);
        assert_int_equal(thread.failed, 0);
        assert_int_equal(thread.last_sequence, 0);
        assert_true(thread.took_us >= 30000);
        arena_release(&thread.arena);
}

static void stopping_answers_who_is_parked(void **state)
{
        struct rig_shop *shop = *state;
        struct caller_thread thread;

        caller_begin(&thread, shop, 500);
        thread.wait_ms = 60000;
        pthread_create(&thread.thread, NULL, wait_for_event, &thread);
        wait_until_parked(shop, 1);
        pipeline_stop(shop->rig->pipeline);
        pthread_join(thread.thread, NULL);
        assert_true(thread.took_us < 30000000);
        arena_release(&thread.arena);
}

static void prepare_steps_run_before_the_transaction(void **state)
{
        struct rig_shop *shop = *state;
        SignUpRequest request = SIGN_UP_REQUEST_INIT;
        struct caller_thread thread;
        struct rpc_reply reply;

        caller_begin(&thread, shop, 600);
        request.email = "yes@example.org";
        request.password = "correct horse";
        caller_run(&thread, "membership.SignUp", &request, &reply);
        assert_null(reply.error);
        SessionGrant *grant =
                decode_trusted(&thread.arena, &shop__session_grant__descriptor, reply.response);

        assert_string_equal(grant->token, "yes@example.org");
        request.email = "no@example.org";
        caller_run(&thread, "membership.SignUp", &request, &reply);
        assert_non_null(reply.error);
        assert_string_equal(reply.error->reason, "NO");
        arena_release(&thread.arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(calls_at_once_do_not_lose_updates),
                TEST(a_crowd_is_committed_beside_the_writer),
                TEST(reads_on_record_meet_the_writer),
                TEST(parked_calls_wake_after_a_commit),
                TEST(parked_calls_end_when_their_time_is_over),
                TEST(stopping_answers_who_is_parked),
                TEST(prepare_steps_run_before_the_transaction),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
