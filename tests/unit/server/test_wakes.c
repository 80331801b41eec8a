/*
 * Whom a commit wakes, under the system's clock. Each thread that wakes for nothing takes time from
 * the caller's next call, and tells it by nothing but the process's switches of threads.
 */
#include <stdatomic.h>
#include <sys/resource.h>
#include "governance.rows.h"
#include "lib/base/clock.h"
#include "server/call.h"
#include "server/follow.h"
#include "tests/unit/server/rig.h"

#define CALLS  300
#define FAR_US (INT64_C(3600) * 1000000)
#define TIMER  "checkout.ExpireOrder"
#define TOLD   "something.told"

#define GATHER_US 10000 /* follow.c's */
#define ROUND_US  2000  /* somebody tells something before the next could begin */
#define PAUSE_US  500   /* between events: fewer meanwhile than a follower's call may handle */

static enum status change_nothing(struct call *call, const void *message, void *response)
{
        return OK;
}

static enum status set_far_timer(struct call *call, const void *message, void *response)
{
        call_schedule(call, call->now_us + FAR_US, TIMER, "far");
        return OK;
}

static enum status tell(struct call *call, const void *message, void *response)
{
        call_event(call, TOLD, "subject", "", NULL);
        return OK;
}

static long switches(void)
{
        struct rusage usage;

        assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
        return usage.ru_nvcsw;
}

static struct rig *new_rig(
        enum status (*run)(struct call *call, const void *request, void *response))
{
        struct rig *rig = rig_new();

        rig->handlers = HANDLERS_ONCE;
        rig->clock_mode = CLOCK_SYSTEM;
        rig_bind(rig, "governance.CreateServiceKey", run);
        return rig;
}

/* So many calls, one after another. */
static void call_many(struct rig *rig, const char *token, int64_t pause_us)
{
        CreateServiceKeyRequest request = CREATE_SERVICE_KEY_REQUEST_INIT;
        Post posts[] = {POST_ANALYST};

        request.title = "robot";
        request.posts = posts;
        request.n_posts = 1;
        for (int i = 0; i < CALLS; i++) {
                rig_expect_ok(rig_call(rig, token, "governance.CreateServiceKey", &request));
                if (pause_us > 0)
                        clock_sleep_us(pause_us);
        }
}

static long switches_of(enum status (*run)(struct call *call, const void *request, void *response))
{
        struct rig *rig = new_rig(run);

        rig_open(rig);
        const char *token = rig_token(rig, "boss", 1u << ROLE_ADMINISTRATOR);

        pipeline_start(rig->pipeline);
        long before = switches();

        call_many(rig, token, 0);
        long during = switches() - before;

        rig_free(rig);
        return during;
}

static void timers_far_ahead_wake_nobody(void **state)
{
        long without = switches_of(change_nothing);
        long with = switches_of(set_far_timer);

        print_message("%ld switches without timers, %ld with\n", without, with);
        assert_true(with < without + 3 * CALLS); /* five threads */
}

/* ---- followers ---- */

static atomic_int rounds, followed;

static enum status count_round(struct call *call, const void *request, void *response)
{
        clock_sleep_us(ROUND_US);
        atomic_fetch_add(&rounds, 1);
        return follow_events(call, request, response);
}

static enum status count_event(struct call *call, const Event *event)
{
        atomic_fetch_add(&followed, 1);
        return OK;
}

/* Also when something is always told while they run. */
static void followers_gather_before_each_round(void **state)
{
        static const struct follower one[] = {
                {.name = "test.one", .types = {TOLD}, .handle = count_event}, {.name = NULL}};
        struct rig *rig = new_rig(tell);

        rig->followers = one;
        rig_bind(rig, "governance.FollowEvents", count_round);
        rig_open(rig);
        const char *token = rig_token(rig, "boss", 1u << ROLE_ADMINISTRATOR);

        pipeline_start(rig->pipeline);
        int64_t begun_us = clock_monotonic_us();

        call_many(rig, token, PAUSE_US);
        while (atomic_load(&followed) < CALLS && clock_monotonic_us() < begun_us + 20000000)
                clock_sleep_us(1000);
        int64_t took_us = clock_monotonic_us() - begun_us;

        rig_free(rig);
        assert_int_equal(followed, CALLS);
        /* A look may find what is told before its notice comes. */
        assert_in_range(rounds, 1, took_us * 3 / 2 / GATHER_US + 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(timers_far_ahead_wake_nobody),
                cmocka_unit_test(followers_gather_before_each_round),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
