/*
 * Calls that wait for events: an event wakes those that it may concern and nobody else. Without
 * threads; this program is the transport, as in test_gate.c.
 */
#include <stdio.h>
#include <string.h>
#include "governance.rows.h"
#include "lib/base/clock.h"
#include "lib/schema/decode.h"
#include "server/work.h"
#include "tests/unit/server/rig.h"

#define WATCHERS   9000
#define LONG_MS    60000
#define SHORT_MS   30
#define STRANGE    3 /* events */
#define STARTS_MAX 8

struct sent {
        struct rpc_call call;
        int answers;
        uint64_t last_number;
};

static struct sent watches[WATCHERS];
static struct sent others[STARTS_MAX];
static size_t looks, gone_through; /* calls, and events by them */

void rpc_reply(struct rpc_call *call, const struct rpc_reply *reply)
{
        struct sent *sent = call->message;
        struct arena arena;

        assert_null(reply->error);
        sent->answers++;
        arena_init(&arena);
        if (bytes_equal(call->method, bytes_of_text("governance.WatchEvents"))) {
                const WatchEventsResponse *response = decode_trusted(
                        &arena, &shop__watch_events_response__descriptor, reply->response);

                sent->last_number = response->last_number;
        }
        arena_release(&arena);
}

static bool is_wanted(const Event *event, const WatchEventsRequest *request)
{
        return (request->owner[0] == '\0' || strcmp(event->owner, request->owner) == 0) &&
               strncmp(event->type, request->type_prefix, strlen(request->type_prefix)) == 0;
}

/* As the shop's own, without sessions. */
static enum status watch(struct call *call, const void *message, void *response)
{
        const WatchEventsRequest *request = message;
        WatchEventsResponse *answer = response;
        uint64_t *seen = call_wait_mark(call);
        struct key_value from = key_uint(*seen + 1);
        struct scan *scan = event_all(call->txn);
        const Event *event;

        looks++;
        scan_between(scan, &from, NULL);
        while ((event = event_next(scan)) != NULL) {
                gone_through++;
                *seen = answer->last_number = event->number;
                if (is_wanted(event, request))
                        return OK;
        }
        answer->last_number = *seen;
        return call_wait(call, request->wait_ms,
                &(struct call_news){
                        .owners = &request->owner,
                        .owner_count = request->owner[0] != '\0',
                        .type_prefix = request->type_prefix,
                });
}

static enum status watch_state(struct call *call, const void *message, void *response)
{
        looks++;
        return call_serving(call) ? call_wait(call, LONG_MS, NULL) : OK;
}

/* The title is the event's type and its owner, with a space between. */
static enum status tell(struct call *call, const void *message, void *response)
{
        const CreateServiceKeyRequest *request = message;
        const char *owner = strchr(request->title, ' ') + 1;
        char *type = call_text(call, request->title);

        type[owner - 1 - request->title] = '\0';
        call_event(call, type, "subject", owner, NULL);
        return OK;
}

static int setup(void **state)
{
        struct rig *rig = rig_new();

        rig_bind(rig, "governance.WatchEvents", watch);
        rig_bind(rig, "governance.WatchHealth", watch_state);
        rig_bind(rig, "governance.CreateServiceKey", tell);
        rig_open(rig);
        memset(watches, 0, sizeof(watches));
        memset(others, 0, sizeof(others));
        looks = gone_through = 0;
        *state = rig;
        return 0;
}

static int teardown(void **state)
{
        struct rig *rig = *state;

        pipeline_end_waits(rig->pipeline);
        watch_poll(rig->pipeline);
        rig_free(rig);
        return 0;
}

static void submit(struct rig *rig, struct sent *sent, const char *method, const void *request)
{
        const struct rpc_service *service = pipeline_service(rig->pipeline);

        sent->call = (struct rpc_call){
                .method = bytes_of_text(method),
                .request = encode(&rig->arena, request),
                .token = bytes_of_text(rig_token(rig, "root", 1u << ROLE_ADMINISTRATOR)),
                .peer = "1.1.1.1",
                .message = sent,
        };
        service->lane(service->context, &sent->call);
        assert_true(service->submit(service->context, LANE_WAIT, &sent->call));
}

static void wait_for(struct rig *rig, struct sent *sent, const char *owner, const char *type_prefix)
{
        WatchEventsRequest request = WATCH_EVENTS_REQUEST_INIT;

        request.owner = owner;
        request.type_prefix = type_prefix;
        request.wait_ms = LONG_MS;
        submit(rig, sent, "governance.WatchEvents", &request);
}

/* Commits an event, and returns how many calls were looked at for it. */
static size_t looks_for(struct rig *rig, const char *type_and_owner)
{
        CreateServiceKeyRequest request = CREATE_SERVICE_KEY_REQUEST_INIT;
        Post post = POST_ANALYST;
        size_t before = looks;

        request.title = type_and_owner;
        request.posts = &post;
        request.n_posts = 1;
        rig_expect_ok(rig_call(rig, rig_token(rig, "root", 1u << ROLE_ADMINISTRATOR),
                "governance.CreateServiceKey", &request));
        watch_poll(rig->pipeline);
        return looks - before;
}

static void an_event_wakes_only_its_owner(void **state)
{
        struct rig *rig = *state;
        char owner[16];

        for (size_t i = 0; i < WATCHERS; i++) {
                snprintf(owner, sizeof(owner), "m%zu", i);
                wait_for(rig, &watches[i], owner, "order.");
        }
        watch_poll(rig->pipeline);
        assert_int_equal(looks, WATCHERS);
        assert_int_equal(looks_for(rig, "order.placed nobody"), 0);
        assert_int_equal(looks_for(rig, "order.placed m4711"), 1);
        assert_int_equal(watches[4711].answers, 1);
        assert_int_equal(looks_for(rig, "order.placed m4711"), 0); /* it waits no more */
        assert_int_equal(looks_for(rig, "cart.filled m5"), 1);     /* and waits on */
        assert_int_equal(watches[5].answers, 0);
        assert_int_equal(looks_for(rig, "order.placed m5"), 1);
        assert_int_equal(watches[5].answers, 1);
}

static void a_beginning_of_a_type_wakes(void **state)
{
        static const char *const starts[] = {"", "order.", "order.p", "cart.", "order.placed.x"};
        struct rig *rig = *state;

        for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
                wait_for(rig, &others[i], "", starts[i]);
        watch_poll(rig->pipeline);
        assert_int_equal(looks_for(rig, "order.placed m1"), 3);
        assert_int_equal(others[0].answers + others[1].answers + others[2].answers, 3);
        assert_int_equal(looks_for(rig, "cart.filled m1"), 1);
        assert_int_equal(others[3].answers, 1);
        assert_int_equal(others[4].answers, 0);
}

/* What happened meanwhile was nobody's of theirs: they need not go through it again. */
static void marks_move_over_what_is_not_waited_for(void **state)
{
        struct rig *rig = *state;
        WatchEventsRequest request = WATCH_EVENTS_REQUEST_INIT;

        looks_for(rig, "cart.filled ann"); /* long ago */
        request.owner = "ann";
        request.type_prefix = "order.";
        request.wait_ms = SHORT_MS;
        submit(rig, &others[0], "governance.WatchEvents", &request);
        wait_for(rig, &others[1], "bob", "");
        watch_poll(rig->pipeline);
        gone_through = 0;
        for (size_t i = 0; i < STRANGE; i++)
                assert_int_equal(looks_for(rig, "order.placed eve"), 0);
        while (others[0].answers == 0) {
                clock_sleep_us(1000);
                watch_poll(rig->pipeline);
        }
        assert_int_equal(others[0].last_number, 1 + STRANGE);
        assert_int_equal(gone_through, 0);
        assert_int_equal(looks_for(rig, "order.placed bob"), 1);
        assert_int_equal(others[1].last_number, 1 + STRANGE + 1);
        assert_int_equal(gone_through, 1);
}

/* Calls that wait for the server's state are woken by nothing else, and by that all are. */
static void the_servers_state_wakes_all(void **state)
{
        struct rig *rig = *state;
        WatchHealthRequest request = WATCH_HEALTH_REQUEST_INIT;

        submit(rig, &others[0], "governance.WatchHealth", &request);
        wait_for(rig, &others[1], "ann", "");
        watch_poll(rig->pipeline);
        assert_int_equal(looks_for(rig, "order.placed bob"), 0);
        pipeline_drain(rig->pipeline);
        watch_poll(rig->pipeline);
        assert_int_equal(looks, 4);
        assert_int_equal(others[0].answers, 1);
        assert_int_equal(others[1].answers, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(an_event_wakes_only_its_owner),
                TEST(a_beginning_of_a_type_wakes),
                TEST(marks_move_over_what_is_not_waited_for),
                TEST(the_servers_state_wakes_all),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
