/*
 * Calls that leave a queue before their turn, because their caller's time is over or their caller
 * has gone, and what of them stays. Without threads; this program is the transport, as in
 * test_gate.c.
 */
#include <string.h>
#include "governance.rows.h"
#include "lib/base/clock.h"
#include "server/work.h"
#include "tests/unit/server/rig.h"

#define ROOM       2
#define TIMEOUT_US 20000

struct sent {
        struct rpc_call call;
        int answers;
        enum status status;
};

void rpc_reply(struct rpc_call *call, const struct rpc_reply *reply)
{
        struct sent *sent = call->message;

        sent->answers++;
        sent->status = reply->error == NULL ? OK : reply->error->code;
}

static enum status answer_nothing(struct call *call, const void *message, void *response)
{
        return OK;
}

static int setup(void **state)
{
        struct rig *rig = rig_new();

        rig_bind(rig, "membership.CreateGuest", answer_nothing);
        rig->handlers = HANDLERS_ONCE;
        rig->queue_max = ROOM;
        rig_open(rig);
        *state = rig;
        return 0;
}

static int teardown(void **state)
{
        rig_free(*state);
        return 0;
}

static void submit(struct rig *rig, struct sent *sent, int64_t deadline_us)
{
        const struct rpc_service *service = pipeline_service(rig->pipeline);

        *sent = (struct sent){.call = {
                                      .method = bytes_of_text("membership.CreateGuest"),
                                      .request_id = bytes_of_text(rig_request_id(rig)),
                                      .deadline_us = deadline_us,
                                      .peer = "1.1.1.1",
                                      .message = sent,
                              }};
        service->lane(service->context, &sent->call);
        assert_true(service->submit(service->context, LANE_WRITE, &sent->call));
}

static void run_everything(struct rig *rig)
{
        while (writer_group(rig->pipeline, 0))
                ;
}

/* The writer does nothing meanwhile: a place is free once the one who had it has no time left. */
static void late_calls_free_their_places(void **state)
{
        struct rig *rig = *state;
        int64_t deadline_us = clock_monotonic_us() + TIMEOUT_US;
        struct sent late, patient, third, fourth;

        submit(rig, &late, deadline_us);
        submit(rig, &patient, deadline_us + 60000000);
        submit(rig, &third, 0);
        assert_int_equal(third.answers, 1);
        assert_int_equal(third.status, RESOURCE_EXHAUSTED);
        while (clock_monotonic_us() <= deadline_us)
                clock_sleep_us(1000);
        submit(rig, &fourth, 0);
        assert_int_equal(late.answers, 1);
        assert_int_equal(late.status, DEADLINE_EXCEEDED);
        assert_int_equal(fourth.answers + patient.answers, 0);
        run_everything(rig);
        assert_int_equal(fourth.status, OK);
        assert_int_equal(patient.answers + fourth.answers + late.answers, 3);
}

static size_t count_records(struct rig *rig)
{
        struct txn *txn = txn_begin_read(rig->store, &rig->arena);
        struct scan *scan = audit_record_all(txn);
        size_t count = 0;

        while (audit_record_next(scan) != NULL)
                count++;
        txn_end(txn);
        return count;
}

/* What staff were refused is written down, though they hang up before it is. */
static void who_hangs_up_is_recorded_all_the_same(void **state)
{
        struct rig *rig = *state;
        const struct rpc_service *service = pipeline_service(rig->pipeline);
        struct sent sent = {
                .call = {
                        .method = bytes_of_text("governance.ListAccesses"),
                        .token = bytes_of_text(rig_token(rig, "packer", 1u << ROLE_WAREHOUSE)),
                        .connection = 7,
                        .peer = "1.1.1.1",
                        .message = &sent,
                }};
        struct rpc_call *calls[] = {&sent.call};

        service->lane(service->context, &sent.call);
        assert_int_equal(service->read(service->context, calls, 1, 1000000), 0);
        assert_int_equal(sent.answers, 0);
        service->drop(service->context, &(struct rpc_which){.connection = 7});
        run_everything(rig);
        assert_int_equal(sent.answers, 1);
        assert_int_equal(sent.status, PERMISSION_DENIED);
        assert_int_equal(count_records(rig), 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(late_calls_free_their_places, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        who_hangs_up_is_recorded_all_the_same, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
