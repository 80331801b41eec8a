/*
 * The time that callers give their calls. While a held call stands before it, a call's time runs
 * out in the queue of its lane: it is answered and never begun. A handler can ask what is left.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include "governance.rows.h"
#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/schema/decode.h"
#include "membership.rows.h"
#include "tests/unit/server/rig.h"

#define HOLDERS_MAX 3 /* as many as there are slow threads */
#define LATE_MS     30

/* Handlers have no context of their own. */
static atomic_int begun;
static atomic_bool held;
static atomic_llong left_ms;

static enum status hold(struct call *call)
{
        atomic_store(&left_ms, call_remaining_ms(call));
        atomic_fetch_add(&begun, 1);
        while (atomic_load(&held))
                clock_sleep_us(1000);
        return call_fail(call, ABORTED, "HELD", "it has been held");
}

static enum status hold_run(struct call *call, const void *request, void *response)
{
        return hold(call);
}

static enum status hold_prepare(struct call *call, const void *request)
{
        return hold(call);
}

static const char *token;

static struct rig *open_rig(void)
{
        struct rig *rig = rig_new();

        rig->handlers = HANDLERS_ONCE;
        rig_bind(rig, "governance.CreateServiceKey", hold_run);
        rig_bind(rig, "governance.WatchEvents", hold_run);
        rig_bind(rig, "membership.SignUp", hold_run);
        rig_bind_prepare(rig, "membership.SignUp", hold_prepare);
        rig_open(rig);
        token = rig_token(rig, "boss", 1u << ROLE_ADMINISTRATOR);
        pipeline_start(rig->pipeline);
        return rig;
}

struct caller_thread {
        struct rig *rig;
        pthread_t thread;
        struct arena arena;
        struct rpc_call call;
        struct rpc_reply reply;
};

static void *run(void *context)
{
        struct caller_thread *caller = context;

        pipeline_run(caller->rig->pipeline, &caller->call, &caller->arena, &caller->reply);
        return NULL;
}

static struct rpc_call call_of(struct rig *rig, const char *method, int64_t timeout_ms)
{
        CreateServiceKeyRequest key = CREATE_SERVICE_KEY_REQUEST_INIT;
        SignUpRequest sign_up = SIGN_UP_REQUEST_INIT;
        WatchEventsRequest watch = WATCH_EVENTS_REQUEST_INIT;
        const void *request = strcmp(method, "membership.SignUp") == 0        ? (void *)&sign_up
                              : strcmp(method, "governance.WatchEvents") == 0 ? (void *)&watch
                                                                              : (void *)&key;
        Post post = POST_ANALYST;

        key.posts = &post;
        key.n_posts = 1;
        key.title = "till";
        sign_up.email = "somebody@example.com";
        sign_up.password = "correct horse";
        return (struct rpc_call){
                .method = bytes_of_text(method),
                .request = encode(&rig->arena, request),
                .token = bytes_of_text(token),
                .request_id = bytes_of_text(rig_request_id(rig)),
                .deadline_us = clock_monotonic_us() + timeout_ms * 1000,
                .peer = "",
        };
}

static void begin(struct caller_thread *caller, struct rig *rig, const char *method, int timeout_ms)
{
        caller->rig = rig;
        arena_init(&caller->arena);
        caller->call = call_of(rig, method, timeout_ms);
        pthread_create(&caller->thread, NULL, run, caller);
}

static void expect(struct caller_thread *caller, enum status code)
{
        pthread_join(caller->thread, NULL);
        assert_non_null(caller->reply.error);
        assert_int_equal(caller->reply.error->code, code);
        arena_release(&caller->arena);
}

static void wait_begun(int count)
{
        for (int i = 0; i < 1000 && atomic_load(&begun) < count; i++)
                clock_sleep_us(10000);
        assert_int_equal(atomic_load(&begun), count);
}

static void late_in_queue(const char *method, int holders)
{
        struct rig *rig = open_rig();
        struct caller_thread holding[HOLDERS_MAX], late;

        atomic_store(&begun, 0);
        atomic_store(&held, true);
        for (int i = 0; i < holders; i++)
                begin(&holding[i], rig, method, 60000);
        wait_begun(holders);
        assert_in_range(atomic_load(&left_ms), 30000, 60000);
        begin(&late, rig, method, LATE_MS);
        clock_sleep_us(3 * LATE_MS * 1000);
        atomic_store(&held, false);
        expect(&late, DEADLINE_EXCEEDED);
        for (int i = 0; i < holders; i++)
                expect(&holding[i], ABORTED);
        assert_int_equal(atomic_load(&begun), holders);
        rig_free(rig);
}

static void test_late_in_the_queue_of_writes(void **state)
{
        late_in_queue("governance.CreateServiceKey", 1);
}

static void test_late_in_the_queue_of_slow_calls(void **state)
{
        late_in_queue("membership.SignUp", HOLDERS_MAX);
}

static void test_late_before_the_first_look(void **state)
{
        late_in_queue("governance.WatchEvents", 1);
}

static void test_what_is_left(void **state)
{
        static const struct {
                int64_t timeout_ms; /* INT64_MIN: none */
                long long least;
                long long most;
        } cases[] = {{INT64_MIN, -1, -1}, {60000, 30000, 60000}, {3600000, 3000000, 3600000}};
        struct rig *rig = open_rig();

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct rpc_call call = call_of(rig, "governance.CreateServiceKey", 0);
                struct rpc_reply reply;

                call.deadline_us = cases[i].timeout_ms == INT64_MIN
                                           ? 0
                                           : clock_monotonic_us() + cases[i].timeout_ms * 1000;
                pipeline_run(rig->pipeline, &call, &rig->arena, &reply);
                assert_int_equal(reply.error->code, ABORTED);
                assert_true(atomic_load(&left_ms) >= cases[i].least);
                assert_true(atomic_load(&left_ms) <= cases[i].most);
        }
        rig_free(rig);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_late_in_the_queue_of_writes),
                cmocka_unit_test(test_late_in_the_queue_of_slow_calls),
                cmocka_unit_test(test_late_before_the_first_look),
                cmocka_unit_test(test_what_is_left),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
