/*
 * The pipeline as the transport uses it, without the transport: several threads hand in batches of
 * reads and submit everything else, answers come from whatever thread has them, and the pipeline
 * is stopped while calls still come. This program is the transport: rpc_reply is its own.
 *
 * A counter is raised by writes and read by reads, so that a sequence alone says what each call
 * must have seen: as many raises as there are writes up to it.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "governance.rows.h"
#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/schema/decode.h"
#include "membership.rows.h"
#include "server/work.h"
#include "tests/unit/server/rig.h"

#define SENDERS    4
#define ROUNDS     60
#define BATCH      12
#define CALLS_EACH (ROUNDS * BATCH)

enum answered { ANSWER_NONE, ANSWER_OK, ANSWER_ERROR };

/* One call on its way, and what was answered. */
struct sent {
        struct rpc_call call;
        char request_id[REQUEST_ID_LEN + 1];
        bool writes;
        bool taken; /* by the pipeline */
        atomic_int answers;
        enum answered answered;
        uint64_t sequence;
        int64_t value;
};

struct sender {
        struct rig *rig;
        const char *token;
        pthread_t thread;
        struct arena arena;
        struct random random;
        struct sent calls[CALLS_EACH];
        atomic_size_t *done; /* calls handed in, by all */
};

void rpc_reply(struct rpc_call *call, const struct rpc_reply *reply)
{
        struct sent *sent = call->message;

        sent->answered = reply->error == NULL ? ANSWER_OK : ANSWER_ERROR;
        sent->sequence = reply->sequence;
        if (reply->error == NULL && reply->response.len > 2) {
                char digits[24] = "";
                size_t len = reply->response.len - 2; /* one text field of less than 128 bytes */

                memcpy(digits, reply->response.data + 2, len < 23 ? len : 23);
                sent->value = atoll(digits);
        }
        /* The last touch: whoever sees it may look at the rest. */
        atomic_fetch_add(&sent->answers, 1);
}

/* ---- the methods ---- */

static int64_t counter(struct txn *txn)
{
        ServiceKey *key = service_key_get(txn, "counter");

        return key == NULL ? 0 : key->expire_time->seconds;
}

static enum status raise(struct call *call, const void *message, void *response)
{
        SessionGrant *answer = response;
        ServiceKey *key = call_new(call, ServiceKey);
        int64_t value = counter(call->txn) + 1;

        *key = (ServiceKey)SERVICE_KEY_INIT;
        key->id = "counter";
        key->expire_time = call_time(call, value * 1000000);
        if (value == 1)
                service_key_insert(call->txn, key);
        else
                service_key_update(call->txn, key);
        call_event(call, "counter.raised", "counter", "", NULL);
        answer->token = call_printf(call, "%lld", (long long)value);
        return OK;
}

static enum status look(struct call *call, const void *message, void *response)
{
        WhoAmIResponse *answer = response;

        answer->id = call_printf(call, "%lld", (long long)counter(call->txn));
        return OK;
}

static enum status think(struct call *call, const void *message)
{
        call_leave_snapshot(call);
        sched_yield();
        return OK;
}

static enum status wait_a_little(struct call *call, const void *message, void *response)
{
        const WatchEventsRequest *request = message;

        return call_wait(call, request->wait_ms, NULL);
}

/* ---- a sender ---- */

static void prepare(struct sender *sender, struct sent *sent, const char *method, const void *body)
{
        request_id_make(sender->rig->real_us, &sender->random, sent->request_id);
        sent->call = (struct rpc_call){
                .method = bytes_of_text(method),
                .request = encode(&sender->arena, body),
                .token = bytes_of_text(sender->token),
                .request_id = bytes_of_text(sent->request_id),
                .peer = "",
                .message = sent,
        };
}

static void prepare_any(struct sender *sender, struct sent *sent)
{
        WhoAmIRequest look_request = WHO_AM_IREQUEST_INIT;
        CreateGuestRequest raise_request = CREATE_GUEST_REQUEST_INIT;
        SignUpRequest slow_request = SIGN_UP_REQUEST_INIT;
        WatchEventsRequest wait_request = WATCH_EVENTS_REQUEST_INIT;
        uint64_t choice = random_below(&sender->random, 10);

        slow_request.email = "somebody@example.com";
        slow_request.password = "correct horse";
        wait_request.wait_ms = 3;
        sent->writes = choice < 5;
        if (choice < 4)
                prepare(sender, sent, "membership.CreateGuest", &raise_request);
        else if (choice == 4)
                prepare(sender, sent, "membership.SignUp", &slow_request);
        else if (choice == 5)
                prepare(sender, sent, "governance.WatchEvents", &wait_request);
        else
                prepare(sender, sent, "governance.WhoAmI", &look_request);
}

/* Reads of a message stay together and come back until all are begun. */
static void send_batch(struct sender *sender, struct sent *first)
{
        const struct rpc_service *service = pipeline_service(sender->rig->pipeline);
        struct rpc_call *reads[BATCH];
        size_t count = 0, begun = 0;

        for (size_t i = 0; i < BATCH; i++) {
                struct rpc_call *call = &first[i].call;
                enum lane lane = service->lane(service->context, call);

                first[i].taken = true;
                if (lane == LANE_READ)
                        reads[count++] = call;
                else
                        first[i].taken = service->submit(service->context, lane, call);
        }
        while (begun < count)
                begun = count - service->read(service->context, reads + begun, count - begun, 5);
}

static void *send_all(void *context)
{
        struct sender *sender = context;

        for (size_t i = 0; i < CALLS_EACH; i += BATCH) {
                for (size_t j = 0; j < BATCH; j++)
                        prepare_any(sender, &sender->calls[i + j]);
                send_batch(sender, &sender->calls[i]);
                atomic_fetch_add(sender->done, BATCH);
        }
        return NULL;
}

/* ---- what came back ---- */

static int by_sequence(const void *a, const void *b)
{
        const struct sent *x = *(struct sent *const *)a, *y = *(struct sent *const *)b;

        if (x->sequence != y->sequence)
                return x->sequence < y->sequence ? -1 : 1;
        return (int)y->writes - (int)x->writes;
}

static size_t collect(struct sender *senders, struct sent **all)
{
        size_t count = 0;

        for (size_t i = 0; i < SENDERS * CALLS_EACH; i++) {
                struct sent *sent = &senders[i / CALLS_EACH].calls[i % CALLS_EACH];

                assert_int_equal(atomic_load(&sent->answers), sent->taken);
                if (sent->answered == ANSWER_OK && sent->value > 0)
                        all[count++] = sent;
        }
        return count;
}

/* Each taken call was answered once, and every answer is what its sequence says. */
static void check_answers(struct sender *senders)
{
        struct sent **all = calloc(SENDERS * CALLS_EACH, sizeof(*all));
        size_t count = collect(senders, all);
        uint64_t last = 0;
        int64_t value = 0;

        qsort(all, count, sizeof(struct sent *), by_sequence);
        for (size_t i = 0; i < count; i++) {
                if (all[i]->writes) {
                        assert_true(all[i]->sequence > last);
                        last = all[i]->sequence;
                        value++;
                }
                assert_int_equal(all[i]->value, value);
        }
        assert_true(value > 0);
        free(all);
}

static struct sender *senders_start(struct rig *rig, atomic_size_t *done)
{
        struct sender *senders = calloc(SENDERS, sizeof(*senders));
        const char *token = rig_token(rig, "boss", 1u << ROLE_ADMINISTRATOR);

        for (size_t i = 0; i < SENDERS; i++) {
                senders[i].rig = rig;
                senders[i].token = token;
                senders[i].done = done;
                arena_init(&senders[i].arena);
                random_seed(&senders[i].random, i + 1);
        }
        pipeline_start(rig->pipeline);
        for (size_t i = 0; i < SENDERS; i++)
                pthread_create(&senders[i].thread, NULL, send_all, &senders[i]);
        return senders;
}

static void senders_end(struct sender *senders)
{
        for (size_t i = 0; i < SENDERS; i++)
                arena_release(&senders[i].arena);
        free(senders);
}

static void join(struct sender *senders)
{
        for (size_t i = 0; i < SENDERS; i++)
                pthread_join(senders[i].thread, NULL);
}

static uint64_t histogram_count(const struct histogram *histogram)
{
        uint64_t count = 0;

        for (size_t i = 0; i <= HISTOGRAM_BOUNDS_MAX; i++)
                count += atomic_load(&histogram->counts[i]);
        return count;
}

/* What a scrape would tell agrees with what was sent, whichever threads counted. */
static void check_counters(const struct rig *rig, const struct sender *senders)
{
        const struct counters *counters = &rig->pipeline->counters;
        size_t methods = rig->pipeline->options.schema->method_count;
        uint64_t calls = 0, writes = 0, took = 0;

        for (size_t i = 0; i < SENDERS * CALLS_EACH; i++)
                writes += senders[i / CALLS_EACH].calls[i % CALLS_EACH].writes;
        for (size_t i = 0; i < (methods + 1) * STATUS_COUNT; i++)
                calls += atomic_load(&counters->calls[i]);
        for (int lane = LANE_READ; lane <= LANE_WAIT; lane++)
                took += histogram_count(&counters->took[lane]);
        assert_int_equal(calls, SENDERS * CALLS_EACH);
        assert_int_equal(took, SENDERS * CALLS_EACH);
        assert_true(histogram_count(&counters->took[LANE_WAIT]) > 0);
        assert_int_equal(histogram_count(&counters->took[LANE_WRITE]) +
                                 histogram_count(&counters->took[LANE_SLOW]),
                writes);
        assert_true(atomic_load(&counters->group_calls.sum) >= writes);
        assert_int_equal(histogram_count(&counters->commits), atomic_load(&counters->groups));
}

static void every_call_is_answered_once_and_in_order(void **state)
{
        struct rig *rig = *state;
        atomic_size_t done = 0;
        struct sender *senders = senders_start(rig, &done);

        join(senders);
        pipeline_stop(rig->pipeline);
        for (size_t i = 0; i < SENDERS * CALLS_EACH; i++)
                assert_int_equal(senders[i / CALLS_EACH].calls[i % CALLS_EACH].answered, ANSWER_OK);
        check_answers(senders);
        check_counters(rig, senders);
        senders_end(senders);
}

/* Its time is over before the writer asks who calls. */
static void a_late_write_is_answered(void **state)
{
        struct rig *rig = *state;
        const struct rpc_service *service = pipeline_service(rig->pipeline);
        struct sender *sender = calloc(1, sizeof(*sender));
        CreateGuestRequest request = CREATE_GUEST_REQUEST_INIT;

        sender->rig = rig;
        sender->token = rig_token(rig, "boss", 1u << ROLE_ADMINISTRATOR);
        arena_init(&sender->arena);
        for (size_t i = 0; i < 2; i++) {
                struct sent *sent = &sender->calls[i];

                prepare(sender, sent, "membership.CreateGuest", &request);
                sent->call.deadline_us = i == 0 ? 1 : 0;
                assert_true(service->submit(service->context, LANE_WRITE, &sent->call));
        }
        pipeline_start(rig->pipeline);
        pipeline_stop(rig->pipeline);
        assert_int_equal(sender->calls[0].answered, ANSWER_ERROR);
        assert_int_equal(sender->calls[1].answered, ANSWER_OK);
        arena_release(&sender->arena);
        free(sender);
}

static void a_writer_that_does_not_come_around_is_seen(void **state)
{
        struct rig *rig = *state;
        const int64_t minute_us = 60000000;

        pipeline_start(rig->pipeline);
        assert_true(pipeline_alive(rig->pipeline, minute_us));
        while (pipeline_readiness(rig->pipeline) != PIPELINE_READY)
                sched_yield(); /* the writer has looked for indexes */
        pipeline_stop(rig->pipeline);
        assert_int_equal(pipeline_readiness(rig->pipeline), PIPELINE_DRAINING);
        clock_sleep_us(2000);
        assert_true(pipeline_alive(rig->pipeline, minute_us));
        assert_false(pipeline_alive(rig->pipeline, 1000));
}

static void stopping_answers_what_was_taken(void **state)
{
        struct rig *rig = *state;
        atomic_size_t done = 0;
        struct sender *senders = senders_start(rig, &done);

        while (atomic_load(&done) < CALLS_EACH)
                sched_yield();
        pipeline_stop(rig->pipeline);
        join(senders);
        check_answers(senders);
        senders_end(senders);
}

static int setup(void **state)
{
        struct rig *rig = rig_new();

        rig->handlers = HANDLERS_ONCE;
        rig_bind(rig, "membership.CreateGuest", raise);
        rig_bind(rig, "membership.SignUp", raise);
        rig_bind_prepare(rig, "membership.SignUp", think);
        rig_bind(rig, "governance.WhoAmI", look);
        rig_bind(rig, "governance.WatchEvents", wait_a_little);
        rig_open(rig);
        *state = rig;
        return 0;
}

static int teardown(void **state)
{
        rig_free(*state);
        return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(every_call_is_answered_once_and_in_order),
                TEST(stopping_answers_what_was_taken),
                TEST(a_late_write_is_answered),
                TEST(a_writer_that_does_not_come_around_is_seen),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
