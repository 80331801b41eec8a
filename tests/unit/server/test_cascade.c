/*
 * A deadline goes on: a handler of one server calls another with the time that its own caller has
 * left, and what the other does ends with it. Two pipelines behind two servers, in one process.
 */
#include <stdatomic.h>
#include "governance.rows.h"
#include "lib/base/clock.h"
#include "lib/rpc/channel.h"
#include "lib/rpc/server.h"
#include "tests/unit/server/rig.h"

#define METHOD   "governance.SearchAudit" /* SLOW: it may wait for others */
#define FRONT    "inproc://cascade-front"
#define BACK     "inproc://cascade-back"
#define SHORT_MS 400
#define LONG_MS  20000
#define SOME_MS  5000 /* on a busy machine, from one server to the other */

struct house {
        struct rig *rig;
        struct rpc_server *server;
        struct channel *channel; /* to it */
        const char *token;
};

/* Handlers have no context of their own. */
static struct house front, back;
static atomic_llong back_left_ms;
static atomic_bool back_waits;
static atomic_int back_ended;
static atomic_int front_code;

static enum status work_at_back(struct call *call, const void *request, void *response)
{
        atomic_store(&back_left_ms, call_remaining_ms(call));
        while (atomic_load(&back_waits) && call_remaining_ms(call) > 0)
                clock_sleep_us(1000);
        bool late = call_remaining_ms(call) == 0;

        atomic_fetch_add(&back_ended, 1);
        return late ? call_fail(call, DEADLINE_EXCEEDED, "TOO_LATE", "nobody waits any more") : OK;
}

static enum status ask(const struct house *house, struct arena *arena, int64_t timeout_ms)
{
        const struct channel_call call = {
                .method = METHOD,
                .lane = LANE_SLOW,
                .token = house->token,
                .timeout_ms = timeout_ms,
        };
        struct rpc_answer answer;

        channel_call(house->channel, &call, arena, &answer);
        return answer.error == NULL ? OK : answer.error->code;
}

static enum status pass_on(struct call *call, const void *request, void *response)
{
        call_leave_snapshot(call);
        enum status status = ask(&back, call->arena, call_remaining_ms(call));

        atomic_store(&front_code, (int)status);
        return status == OK ? OK : call_fail(call, status, "BACK_FAILED", "the other server did");
}

static void open_house(struct house *house, const char *url,
        enum status (*run)(struct call *call, const void *request, void *response))
{
        const struct rpc_server_options options = {.url = url};
        const struct channel_options to_it = {.url = url};

        house->rig = rig_new();
        struct error *error = arena_new(&house->rig->arena, struct error);

        error_init(error, &house->rig->arena);
        rig_bind(house->rig, METHOD, run);
        rig_open(house->rig);
        house->token = rig_token(house->rig, "boss", 1u << ROLE_ADMINISTRATOR);
        pipeline_start(house->rig->pipeline);
        assert_int_equal(rpc_server_open(&house->server, &options,
                                 pipeline_service(house->rig->pipeline), error),
                OK);
        assert_int_equal(channel_open(&house->channel, &to_it, error), OK);
}

static void close_house(struct house *house)
{
        channel_close(house->channel);
        pipeline_end_waits(house->rig->pipeline);
        rpc_server_close(house->server);
        rig_free(house->rig);
}

static int setup(void **state)
{
        atomic_store(&back_left_ms, -1);
        atomic_store(&back_ended, 0);
        atomic_store(&front_code, -1);
        open_house(&back, BACK, work_at_back);
        open_house(&front, FRONT, pass_on);
        return 0;
}

static int teardown(void **state)
{
        close_house(&front);
        close_house(&back);
        return 0;
}

static void what_is_left_is_passed_on(void **state)
{
        struct arena arena;

        arena_init(&arena);
        atomic_store(&back_waits, false);
        assert_int_equal(ask(&front, &arena, LONG_MS), OK);
        assert_in_range(atomic_load(&back_left_ms), LONG_MS - SOME_MS, LONG_MS);
        arena_release(&arena);
}

static void a_deadline_ends_what_was_called_for_it(void **state)
{
        int64_t begun_us = clock_monotonic_us();
        struct arena arena;

        arena_init(&arena);
        atomic_store(&back_waits, true);
        assert_int_equal(ask(&front, &arena, SHORT_MS), DEADLINE_EXCEEDED);
        while (atomic_load(&back_ended) == 0 || atomic_load(&front_code) < 0)
                clock_sleep_us(1000);
        assert_in_range(atomic_load(&back_left_ms), 0, SHORT_MS);
        assert_int_equal(atomic_load(&front_code), DEADLINE_EXCEEDED);
        assert_true(clock_monotonic_us() - begun_us < (SHORT_MS + SOME_MS) * INT64_C(1000));
        arena_release(&arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(what_is_left_is_passed_on),
                TEST(a_deadline_ends_what_was_called_for_it),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
