/*
 * Timers and jobs on a simulated clock: order, exactly once, what they cause, what failing does.
 * The tested timer is checkout.ExpireOrder, the tested answer payment's SYSTEM method.
 */
#include <stdlib.h>
#include <string.h>
#include "common.rows.h"
#include "governance.rows.h"
#include "internal.rows.h"
#include "server/due.h"
#include "tests/unit/server/rig.h"

#define SECOND_US INT64_C(1000000)
#define TIMER     "checkout.ExpireOrder"

#define CHANGES_MAX 40000 /* of a call */

struct seen {
        char subjects[32][32];
        int64_t times[32];
        size_t count;
        size_t performed;
        size_t fail_first;  /* attempts of a job that fail */
        size_t stuck_first; /* calls of a timer whose transaction fails */
};

/* What ran, in order. Handlers run once here, so that each notes itself once. */
static struct seen seen;

static void note(struct call *call, const char *subject)
{
        assert_true(seen.count < 32);
        strncpy(seen.subjects[seen.count], subject, 31);
        seen.times[seen.count++] = call->now_us;
}

/* What it writes cannot be: its transaction fails, whatever it answers. */
static void stick(struct call *call)
{
        ServiceKey key = SERVICE_KEY_INIT;

        seen.stuck_first--;
        key.id = "twice";
        service_key_insert(call->txn, &key);
        service_key_insert(call->txn, &key);
}

static enum status on_timer(struct call *call, const void *message, void *response)
{
        const TimerRequest *request = message;

        note(call, request->subject_id);
        call_event(call, "order.expired", request->subject_id, "", NULL);
        if (strcmp(request->subject_id, "chain") == 0)
                call_schedule(call, call->now_us + SECOND_US, TIMER, "link");
        if (strcmp(request->subject_id, "again") == 0 && seen.count < 3)
                call_schedule(call, call->now_us + SECOND_US, TIMER, "again");
        if (strcmp(request->subject_id, "cancel") == 0)
                call_unschedule(call, TIMER, "victim");
        if (strcmp(request->subject_id, "move") == 0)
                call_schedule(call, call->now_us + SECOND_US, TIMER, "moved");
        if (strcmp(request->subject_id, "job") == 0)
                call_job(call, "test.effect", "subject", 0);
        if (strcmp(request->subject_id, "broken") == 0)
                return call_fail(call, FAILED_PRECONDITION, "BROKEN", "it does not work");
        if (strcmp(request->subject_id, "stuck") == 0 && seen.stuck_first > 0)
                stick(call);
        for (int i = 0; strcmp(request->subject_id, "large") == 0 && i <= CHANGES_MAX; i++)
                call_event(call, "order.expired", "large", "", NULL);
        while (strcmp(request->subject_id, "brimful") == 0 &&
                txn_change_count(call->txn) < CHANGES_MAX)
                txn_meta_put(call->txn,
                        call_printf(call, "brimful %zu", txn_change_count(call->txn)),
                        bytes_of_text("x"));
        return OK;
}

/* Sets timers: the title is a list of "subject@seconds". */
static enum status set_timers(struct call *call, const void *message, void *response)
{
        const CreateServiceKeyRequest *request = message;
        char *text = call_text(call, request->title), *rest = NULL;

        for (char *word = strtok_r(text, " ", &rest); word != NULL;
                word = strtok_r(NULL, " ", &rest)) {
                char *at = strchr(word, '@');

                *at = '\0';
                if (strcmp(at + 1, "never") == 0)
                        call_unschedule(call, TIMER, word);
                else
                        call_schedule(call, call->now_us + atoi(at + 1) * SECOND_US, TIMER, word);
        }
        return OK;
}

static enum status effect(struct performer_context *context, const Job *job)
{
        TimerRequest request = TIMER_REQUEST_INIT;

        assert_string_equal(job->subject_id, "subject");
        assert_true(txn_sequence(performer_txn(context)) > 0);
        performer_leave(context);
        if (seen.performed++ < seen.fail_first)
                return performer_fail(context, UNAVAILABLE, "GATEWAY_DOWN");
        request.subject_id = "answered";
        performer_answer(context, TIMER, &request);
        return OK;
}

static const struct job_kind kinds[] = {
        {.name = "test.effect", .perform = effect},
        {.name = NULL},
};

struct shop {
        struct rig *rig;
        const char *admin;
};

static int setup(void **state)
{
        static struct shop shop;

        seen = (struct seen){0};
        shop.rig = rig_new();
        shop.rig->handlers = HANDLERS_ONCE;
        shop.rig->jobs = kinds;
        rig_bind(shop.rig, "governance.CreateServiceKey", set_timers);
        rig_bind(shop.rig, TIMER, on_timer);
        rig_open(shop.rig);
        shop.admin = rig_token(shop.rig, "boss", 1u << ROLE_ADMINISTRATOR);
        *state = &shop;
        return 0;
}

static int teardown(void **state)
{
        rig_free(((struct shop *)*state)->rig);
        return 0;
}

static void set(struct shop *shop, const char *timers)
{
        CreateServiceKeyRequest request = CREATE_SERVICE_KEY_REQUEST_INIT;
        Post posts[] = {POST_ANALYST};

        request.title = timers;
        request.posts = posts;
        request.n_posts = 1;
        rig_expect_ok(rig_call(shop->rig, shop->admin, "governance.CreateServiceKey", &request));
}

static struct clock_run advance(struct shop *shop, int64_t seconds)
{
        struct clock_run run;
        struct error error;

        error_init(&error, &shop->rig->arena);
        assert_int_equal(
                clock_advance(shop->rig->clock,
                        clock_now_us(shop->rig->clock) + seconds * SECOND_US, &run, &error),
                OK);
        return run;
}

static void expect_order(const char *const *subjects, size_t count)
{
        assert_int_equal(seen.count, count);
        for (size_t i = 0; i < count; i++)
                assert_string_equal(seen.subjects[i], subjects[i]);
}

static size_t count_jobs(struct shop *shop, JobState state)
{
        struct txn *txn = txn_begin_read(shop->rig->store, &shop->rig->arena);
        struct scan *scan = job_by_state(txn, state);
        size_t count = 0;

        while (job_next(scan) != NULL)
                count++;
        txn_end(txn);
        return count;
}

static void timers_run_in_order_at_their_time(void **state)
{
        struct shop *shop = *state;
        const char *const order[] = {"b", "c", "a", "d"};
        int64_t start_us = clock_now_us(shop->rig->clock);

        set(shop, "a@20 d@30 c@10 b@10 late@99");
        assert_int_equal(advance(shop, 40).timers, 4);
        expect_order(order, 4);
        assert_int_equal(seen.times[0], start_us + 10 * SECOND_US);
        assert_int_equal(seen.times[2], start_us + 20 * SECOND_US);
        assert_int_equal(clock_now_us(shop->rig->clock), start_us + 40 * SECOND_US);
        assert_int_equal(advance(shop, 0).timers, 0);
}

static void what_a_timer_causes_runs_before_time_moves_on(void **state)
{
        struct shop *shop = *state;
        const char *const order[] = {"chain", "link", "z"};

        set(shop, "chain@10 z@12");
        advance(shop, 60);
        expect_order(order, 3);
}

static void timers_move_and_go(void **state)
{
        struct shop *shop = *state;
        const char *const order[] = {"a", "again", "again"};

        set(shop, "a@10 b@10 again@20");
        set(shop, "a@15 b@never");
        advance(shop, 60);
        expect_order(order, 3);
}

/* All four are due and taken up together; what the first ones change still counts. */
static void timers_of_one_instant_see_each_other(void **state)
{
        struct shop *shop = *state;
        const char *const order[] = {"cancel", "move", "moved"};
        int64_t start_us = clock_now_us(shop->rig->clock);

        set(shop, "cancel@10 move@10 moved@10 victim@10");
        assert_int_equal(advance(shop, 60).timers, 3);
        expect_order(order, 3);
        assert_int_equal(seen.times[2], start_us + 11 * SECOND_US);
}

static void a_timer_that_fails_is_over(void **state)
{
        struct shop *shop = *state;
        const char *const order[] = {"broken", "fine"};

        set(shop, "broken@1 fine@2");
        assert_int_equal(advance(shop, 60).timers, 2);
        expect_order(order, 2);
        advance(shop, 60);
        expect_order(order, 2);
}

static ParkedTimer *parked_timer(struct shop *shop)
{
        struct txn *txn = txn_begin_read(shop->rig->store, &shop->rig->arena);
        ParkedTimer *parked = parked_timer_get(txn, TIMER, "stuck");

        txn_end(txn);
        return parked;
}

static void a_timer_that_sticks_is_tried_again(void **state)
{
        struct shop *shop = *state;
        const char *const order[] = {"stuck", "stuck", "fine", "stuck"};
        int64_t start_us = clock_now_us(shop->rig->clock);

        seen.stuck_first = 2;
        set(shop, "stuck@10 fine@12");
        advance(shop, 1000);
        expect_order(order, 4);
        assert_int_equal(seen.times[1], start_us + 11 * SECOND_US);
        assert_int_equal(seen.times[3], start_us + 13 * SECOND_US);
        assert_null(parked_timer(shop));
}

static void a_timer_that_always_sticks_is_put_aside(void **state)
{
        struct shop *shop = *state;
        int64_t start_us = clock_now_us(shop->rig->clock);

        seen.stuck_first = 1000;
        set(shop, "stuck@10");
        advance(shop, 100000);
        assert_int_equal(seen.count, TIMER_ATTEMPTS_MAX);
        ParkedTimer *parked = parked_timer(shop);

        assert_non_null(parked);
        assert_string_equal(parked->reason, "SERVICE_KEY_EXISTS");
        assert_int_equal(parked->attempts, TIMER_ATTEMPTS_MAX);
        assert_int_equal(time_us(parked->park_time), start_us + (10 + 511) * SECOND_US);
        /* Set again it has all of its attempts, and is put aside again. */
        set(shop, "stuck@10");
        advance(shop, 100000);
        assert_int_equal(seen.count, 2 * TIMER_ATTEMPTS_MAX);
        assert_true(time_us(parked_timer(shop)->park_time) > time_us(parked->park_time));
}

/* It asks for more than a call may change: no other timer waits for that. */
static void a_timer_that_asks_too_much_keeps_nobody_waiting(void **state)
{
        struct shop *shop = *state;
        const char *const order[] = {"large", "fine", "large"};

        set(shop, "large@10 fine@11");
        advance(shop, 12);
        expect_order(order, 3);
}

static void time_never_goes_back(void **state)
{
        struct shop *shop = *state;
        struct clock_run run;
        struct error error;

        advance(shop, 1000);
        int64_t now_us = clock_now_us(shop->rig->clock);

        error_init(&error, &shop->rig->arena);
        clock_advance(shop->rig->clock, 0, &run, &error);
        assert_int_equal(clock_now_us(shop->rig->clock), now_us);
        rig_close_pipeline(shop->rig);
        rig_open(shop->rig);
        assert_int_equal(clock_now_us(shop->rig->clock), now_us);
}

/* A call has no room for the time that it came at; what is tried again has. */
static void time_is_kept_behind_what_stuck(void **state)
{
        struct shop *shop = *state;

        set(shop, "brimful@10");
        advance(shop, 10);
        assert_int_equal(seen.count, 1);
        int64_t now_us = clock_now_us(shop->rig->clock);

        rig_close_pipeline(shop->rig);
        rig_open(shop->rig);
        assert_int_equal(clock_now_us(shop->rig->clock), now_us);
}

static void jobs_are_performed_and_answered(void **state)
{
        struct shop *shop = *state;
        const char *const order[] = {"job", "answered"};

        set(shop, "job@10");
        struct clock_run run = advance(shop, 10);

        assert_int_equal(run.timers, 1);
        assert_int_equal(run.jobs, 1);
        expect_order(order, 2);
        assert_int_equal(seen.performed, 1);
        assert_int_equal(count_jobs(shop, JOB_STATE_WAITING), 0);
}

static void jobs_are_tried_again_later(void **state)
{
        struct shop *shop = *state;
        const char *const order[] = {"job", "answered"};

        seen.fail_first = 2;
        set(shop, "job@10");
        advance(shop, 10);
        assert_int_equal(seen.performed, 1);
        assert_int_equal(count_jobs(shop, JOB_STATE_WAITING), 1);
        advance(shop, 10);
        assert_int_equal(seen.performed, 3);
        expect_order(order, 2);
}

static void jobs_that_always_fail_are_dead(void **state)
{
        struct shop *shop = *state;

        seen.fail_first = 1000;
        set(shop, "job@10");
        advance(shop, 100000);
        assert_int_equal(seen.performed, JOB_ATTEMPTS_MAX);
        assert_int_equal(count_jobs(shop, JOB_STATE_DEAD), 1);
        assert_int_equal(count_jobs(shop, JOB_STATE_WAITING), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(timers_run_in_order_at_their_time),
                TEST(what_a_timer_causes_runs_before_time_moves_on),
                TEST(timers_move_and_go),
                TEST(timers_of_one_instant_see_each_other),
                TEST(a_timer_that_fails_is_over),
                TEST(a_timer_that_sticks_is_tried_again),
                TEST(a_timer_that_always_sticks_is_put_aside),
                TEST(a_timer_that_asks_too_much_keeps_nobody_waiting),
                TEST(time_never_goes_back),
                TEST(time_is_kept_behind_what_stuck),
                TEST(jobs_are_performed_and_answered),
                TEST(jobs_are_tried_again_later),
                TEST(jobs_that_always_fail_are_dead),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
