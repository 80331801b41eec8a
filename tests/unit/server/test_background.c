/*
 * What the pipeline does by itself under the system's clock, with its threads: timers, jobs and
 * followers of events.
 */
#include <stdatomic.h>
#include <string.h>
#include "common.rows.h"
#include "governance.rows.h"
#include "lib/base/clock.h"
#include "server/follow.h"
#include "tests/unit/server/callers.h"

/* ---- timers and jobs ---- */

#define TIMER "checkout.ExpireOrder"

static atomic_int timers_run, jobs_run, answers_run;

static enum status set_timer(struct call *call, const void *message, void *response)
{
        call_schedule(call, call->now_us + 1000, TIMER, "timer");
        return OK;
}

static enum status on_timer(struct call *call, const void *message, void *response)
{
        const TimerRequest *request = message;

        if (strcmp(request->subject_id, "timer") == 0) {
                call_job(call, "test.effect", "subject", 0);
                atomic_fetch_add(&timers_run, 1);
        } else {
                atomic_fetch_add(&answers_run, 1);
        }
        return OK;
}

static enum status effect(struct performer_context *context, const Job *job)
{
        TimerRequest request = TIMER_REQUEST_INIT;

        atomic_fetch_add(&jobs_run, 1);
        request.subject_id = "answer";
        performer_answer(context, TIMER, &request);
        return OK;
}

static const struct job_kind kinds[] = {{.name = "test.effect", .perform = effect}, {.name = NULL}};

static void timers_and_jobs_run_by_themselves(void **state)
{
        struct rig_shop shop = {.rig = rig_new()};
        int64_t until_us = clock_monotonic_us() + 10000000;
        struct caller_thread thread;
        struct rig *rig = shop.rig;

        rig->handlers = HANDLERS_ONCE;
        rig->clock_mode = CLOCK_SYSTEM;
        rig->jobs = kinds;
        rig_bind(rig, "governance.CreateServiceKey", set_timer);
        rig_bind(rig, TIMER, on_timer);
        rig_open(rig);
        shop.admin = rig_token(rig, "boss", 1u << ROLE_ADMINISTRATOR);
        pipeline_start(rig->pipeline);
        caller_begin(&thread, &shop, 700);
        caller_raise(&thread);
        while (atomic_load(&answers_run) == 0 && clock_monotonic_us() < until_us)
                clock_sleep_us(1000);
        arena_release(&thread.arena);
        rig_free(rig);
        assert_int_equal(timers_run, 1);
        assert_int_equal(jobs_run, 1);
        assert_int_equal(answers_run, 1);
}

/* ---- followers ---- */

#define GATHER_US 10000 /* follow.c's */
#define BURST     10
#define BURSTS    20
#define COUNTING  "test.counting"

static atomic_int followed, failures, rounds;

static enum status follow_events_here(struct call *call, const void *message, void *response)
{
        const FollowEventsRequest *request = message;

        atomic_fetch_add(&rounds, strcmp(request->follower, COUNTING) == 0);
        return follow_events(call, message, response);
}

static enum status count_event(struct call *call, const Event *event)
{
        atomic_fetch_add(&followed, 1);
        return OK;
}

static enum status fail_always(struct call *call, const Event *event)
{
        atomic_fetch_add(&failures, 1);
        return call_fail(call, ABORTED, "NEVER", "never");
}

static const struct follower two[] = {
        {.name = "test.broken", .types = {COUNTER_TYPE}, .handle = fail_always},
        {.name = COUNTING, .types = {COUNTER_TYPE}, .handle = count_event},
        {.name = NULL},
};

static void wait_until(const atomic_int *counter, int least)
{
        int64_t until_us = clock_monotonic_us() + 20000000;

        while (clock_monotonic_us() < until_us && atomic_load(counter) < least)
                clock_sleep_us(1000);
        assert_true(atomic_load(counter) >= least);
}

/* How long it took to tell that many events. */
static int64_t raise_burst(struct caller_thread *thread)
{
        int64_t began_us = clock_monotonic_us();

        for (int i = 0; i < BURST; i++)
                caller_raise(thread);
        return clock_monotonic_us() - began_us;
}

/*
 * Under the system's clock: commits wake them, one that fails is in nobody's way, and what is told
 * while they gather is one commit. A busy machine may take longer to tell it: half of the bursts
 * that were quick enough, if there were ten, are followed so.
 */
static void followers_run_by_themselves(void **state)
{
        struct rig_shop shop = {.rig = rig_new()};
        int quick = 0, together = 0;
        struct caller_thread thread;
        struct rig *rig = shop.rig;

        rig->handlers = HANDLERS_ONCE;
        rig->clock_mode = CLOCK_SYSTEM;
        rig->followers = two;
        rig_bind(rig, "governance.CreateServiceKey", raise_counter);
        rig_bind(rig, "governance.FollowEvents", follow_events_here);
        rig_open(rig);
        shop.admin = rig_token(rig, "boss", 1u << ROLE_ADMINISTRATOR);
        pipeline_start(rig->pipeline);
        caller_begin(&thread, &shop, 800);
        for (int i = 1; i <= BURSTS; i++) {
                int before = atomic_load(&rounds);

                bool is_quick = raise_burst(&thread) < GATHER_US;
                wait_until(&followed, i * BURST);
                quick += is_quick;
                together += is_quick && atomic_load(&rounds) == before + 1;
                clock_sleep_us(2 * GATHER_US); /* they rest */
        }
        wait_until(&failures, 2); /* the second attempt came by itself */
        arena_release(&thread.arena);
        rig_free(rig);
        assert_true(quick < 10 || 2 * together >= quick);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(timers_and_jobs_run_by_themselves),
                cmocka_unit_test(followers_run_by_themselves),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
