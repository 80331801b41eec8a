/*
 * Who is let in: limits of principals and addresses, waiting calls, a writer that cannot keep up,
 * and who goes first. Functions of the pipeline without threads; this program is the transport, as
 * in test_service.c. Buckets here never fill again within a test: a unit takes a second.
 */
#include <stdlib.h>
#include <string.h>
#include "governance.rows.h"
#include "lib/base/clock.h"
#include "lib/rpc/compress.h"
#include "lib/schema/decode.h"
#include "membership.rows.h"
#include "server/session.h"
#include "server/work.h"
#include "tests/unit/server/rig.h"

#define BURST     200
#define CALLS_MAX 400
#define WRITE_US  1000
#define WAIT_US   20000

struct sent {
        struct rpc_call call;
        int answers;
        enum status status;
        char reason[64];
        char limit[64];
        long quota, used;
        char subject[16];
        int64_t retry_ms;
        int order; /* of the answer, from 1 */
};

static struct sent sent[CALLS_MAX];
static size_t sent_count;
static int answered;

void rpc_reply(struct rpc_call *call, const struct rpc_reply *reply)
{
        struct sent *one = call->message;

        one->answers++;
        one->order = ++answered;
        if (reply->error == NULL)
                return;
        one->status = reply->error->code;
        one->retry_ms = reply->error->retry_after_ms;
        strncpy(one->reason, reply->error->reason, sizeof(one->reason) - 1);
        for (const struct error_fact *at = reply->error->facts; at != NULL; at = at->next)
                if (strcmp(at->name, "limit") == 0)
                        strncpy(one->limit, at->value, sizeof(one->limit) - 1);
                else if (strcmp(at->name, "quota") == 0)
                        one->quota = strtol(at->value, NULL, 10);
                else if (strcmp(at->name, "used") == 0)
                        one->used = strtol(at->value, NULL, 10);
                else if (strcmp(at->name, "subject") == 0)
                        strncpy(one->subject, at->value, sizeof(one->subject) - 1);
}

static enum status read_nothing(struct call *call, const void *message, void *response)
{
        return OK;
}

static enum status write_slowly(struct call *call, const void *message, void *response)
{
        clock_sleep_us(WRITE_US);
        return OK;
}

static enum status wait_long(struct call *call, const void *message, void *response)
{
        return call_wait(call, 60000, NULL);
}

static int setup(void **state)
{
        struct rig *rig = rig_new();

        rig_bind(rig, "governance.WhoAmI", read_nothing);
        rig_bind(rig, "governance.CheckHealth", read_nothing);
        rig_bind(rig, "governance.SearchAudit", read_nothing);
        rig_bind(rig, "governance.WatchHealth", wait_long);
        rig_bind(rig, "membership.CreateGuest", write_slowly);
        rig->handlers = HANDLERS_ONCE;
        rig->write_wait_us = WAIT_US;
        rig->payer_limits = (struct payer_limits){1, BURST, 1, BURST, 3, 2, 4, 2};
        rig_open(rig);
        memset(sent, 0, sizeof(sent));
        sent_count = 0;
        answered = 0;
        *state = rig;
        return 0;
}

static int teardown(void **state)
{
        rig_free(*state);
        return 0;
}

/* One more call to be handed in. */
static struct sent *add(struct rig *rig, const char *token, const char *peer, const char *method)
{
        struct sent *one = &sent[sent_count++];

        assert_true(sent_count <= CALLS_MAX);
        one->call = (struct rpc_call){
                .method = bytes_of_text(method),
                .token = bytes_of_text(token),
                .request_id = bytes_of_text(rig_request_id(rig)),
                .peer = peer,
                .message = one,
        };
        return one;
}

/* Hands in what was added since from, as one batch of reads. */
static size_t read_all(struct rig *rig, size_t from)
{
        const struct rpc_service *service = pipeline_service(rig->pipeline);
        struct rpc_call *calls[CALLS_MAX];
        size_t good = 0;

        for (size_t i = from; i < sent_count; i++)
                calls[i - from] = &sent[i].call;
        for (size_t left = sent_count - from; left > 0;)
                left = service->read(
                        service->context, calls + (sent_count - from - left), left, 1000);
        for (size_t i = from; i < sent_count; i++) {
                assert_int_equal(sent[i].answers, 1);
                good += sent[i].status == OK;
        }
        return good;
}

/* So many reads of one batch; returns how many were good. */
static size_t read_batch_of(struct rig *rig, const char *token, const char *peer, size_t count)
{
        size_t from = sent_count;

        for (size_t i = 0; i < count; i++)
                add(rig, token, peer, "governance.WhoAmI");
        return read_all(rig, from);
}

static struct sent *submit_from(
        struct rig *rig, const char *token, const char *peer, const char *method)
{
        const struct rpc_service *service = pipeline_service(rig->pipeline);
        struct sent *one = add(rig, token, peer, method);

        assert_true(service->submit(
                service->context, service->lane(service->context, &one->call), &one->call));
        return one;
}

static struct sent *submit(struct rig *rig, const char *token, const char *method)
{
        return submit_from(rig, token, "1.1.1.1", method);
}

static void assert_refused(const struct sent *one, const char *reason, const char *limit)
{
        assert_int_equal(one->answers, 1);
        assert_int_equal(one->status, RESOURCE_EXHAUSTED);
        assert_string_equal(one->reason, reason);
        assert_string_equal(one->limit, limit);
        assert_true(one->retry_ms > 0);
}

static void a_caller_has_so_much_and_others_theirs(void **state)
{
        struct rig *rig = *state;
        const char *ann = rig_token(rig, "ann", 1u << ROLE_MEMBER);
        const char *bob = rig_token(rig, "bob", 1u << ROLE_MEMBER);
        const char *root = rig_token(rig, "root", 1u << ROLE_ADMINISTRATOR);

        /* The first call finds out who it is; the address has paid for it. */
        assert_int_equal(read_batch_of(rig, ann, "1.1.1.1", 1), 1);
        assert_int_equal(read_batch_of(rig, bob, "1.1.1.1", 1), 1);
        assert_int_equal(read_batch_of(rig, root, "1.1.1.1", 1), 1);
        assert_in_range(read_batch_of(rig, ann, "1.1.1.1", BURST + 20), BURST, BURST + 2);
        assert_refused(&sent[sent_count - 1], "RATE_LIMITED", "caller_rate");
        assert_int_equal(sent[sent_count - 1].quota, 1);
        assert_in_range(sent[sent_count - 1].used, BURST, BURST + 1);
        assert_string_equal(sent[sent_count - 1].subject, "caller");
        assert_in_range(sent[sent_count - 1].retry_ms, 1, 1001);
        assert_int_equal(read_batch_of(rig, ann, "2.2.2.2", 1), 0); /* from anywhere */
        assert_int_equal(read_batch_of(rig, bob, "1.1.1.1", 20), 20);
        assert_int_equal(read_batch_of(rig, root, "1.1.1.1", 20), 20);
        assert_int_equal(read_batch_of(rig, "", "1.1.1.1", 20), 20);
}

/* What a batch took for calls that came with another token, or did not come, is not lost. */
static void a_batch_pays_for_what_it_held(void **state)
{
        struct rig *rig = *state;
        const char *ann = rig_token(rig, "ann", 1u << ROLE_MEMBER);
        const char *bob = rig_token(rig, "bob", 1u << ROLE_MEMBER);

        read_batch_of(rig, ann, "1.1.1.1", 1);
        read_batch_of(rig, bob, "1.1.1.1", 1);
        size_t from = sent_count;

        for (size_t i = 0; i < 50; i++) {
                add(rig, ann, "1.1.1.1", "governance.WhoAmI");
                add(rig, bob, "1.1.1.1", "governance.WhoAmI");
        }
        assert_int_equal(read_all(rig, from), 100);
        assert_in_range(read_batch_of(rig, ann, "1.1.1.1", BURST), BURST - 50, BURST - 48);
}

static void an_address_pays_for_strangers(void **state)
{
        struct rig *rig = *state;
        const char *ann = rig_token(rig, "ann", 1u << ROLE_MEMBER);
        size_t from = sent_count;

        read_batch_of(rig, ann, "1.1.1.1", 1);
        for (size_t i = 0; i < BURST / 10; i++)
                add(rig, "", "1.1.1.1", "governance.WhoAmIt");
        read_all(rig, from + 1);
        assert_int_equal(sent[from + 1].status, UNIMPLEMENTED);
        assert_refused(&sent[sent_count - 1], "RATE_LIMITED", "stranger_rate");
        /* Made-up tokens are no way around it. */
        assert_in_range(read_batch_of(rig, "made up", "1.1.1.1", 12), 0, 0);
        assert_refused(&sent[sent_count - 1], "RATE_LIMITED", "stranger_rate");
        assert_int_equal(read_batch_of(rig, "", "2.2.2.2", 5), 5);
        assert_int_equal(read_batch_of(rig, ann, "1.1.1.1", 5), 5);
        from = sent_count;
        for (size_t i = 0; i < 10; i++)
                add(rig, "", "1.1.1.1", "governance.CheckHealth");
        assert_int_equal(read_all(rig, from), 10);
}

/* The next call after the token was ended is the address's again. */
static void an_ended_token_is_a_strangers(void **state)
{
        struct rig *rig = *state;
        const char *root = rig_token(rig, "root", 1u << ROLE_ADMINISTRATOR);
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        assert_int_equal(read_batch_of(rig, root, "1.1.1.1", 1), 1);
        struct group *group = group_begin(rig->store);
        struct txn *txn = group_txn(group, &arena);

        session_close_for(txn, "root");
        txn_keep(txn);
        assert_int_equal(group_commit(group, &error), OK);
        assert_int_equal(read_batch_of(rig, root, "1.1.1.1", 1), 0);
        assert_string_equal(sent[sent_count - 1].reason, "TOKEN_UNKNOWN");
        read_batch_of(rig, root, "1.1.1.1", BURST + 5);
        assert_refused(&sent[sent_count - 1], "RATE_LIMITED", "stranger_rate");
        arena_release(&arena);
}

static void end_waits(struct rig *rig)
{
        atomic_store(&rig->pipeline->stopping, true);
        watch_poll(rig->pipeline);
        atomic_store(&rig->pipeline->stopping, false);
}

/* Who balances load may show any token; it says nothing of the call behind with the same one. */
static void health_answers_anybody(void **state)
{
        struct rig *rig = *state;

        add(rig, "made up", "1.1.1.1", "governance.CheckHealth");
        add(rig, "made up", "1.1.1.1", "governance.WhoAmI");
        assert_int_equal(read_all(rig, 0), 1);
        assert_int_equal(sent[0].status, OK);
        assert_string_equal(sent[1].reason, "TOKEN_UNKNOWN");
        struct sent *watch = submit(rig, "made up", "governance.WatchHealth");

        assert_int_equal(watch->answers, 0);
        end_waits(rig);
        assert_int_equal(watch->answers, 1);
        assert_int_equal(watch->status, OK);
}

static void waiting_calls_are_few_for_each(void **state)
{
        struct rig *rig = *state;
        struct sent *first = submit(rig, "", "governance.WatchHealth");
        struct sent *second = submit(rig, "", "governance.WatchHealth");
        struct sent *third = submit(rig, "", "governance.WatchHealth");

        assert_refused(third, "TOO_MANY_WAITS", "stranger_waits");
        assert_int_equal(third->used, 2);
        assert_string_equal(third->subject, "address");
        assert_int_equal(first->answers + second->answers, 0);
        end_waits(rig);
        assert_int_equal(first->answers + second->answers, 2);
        struct sent *fourth = submit(rig, "", "governance.WatchHealth");

        assert_int_equal(fourth->answers, 0);
        end_waits(rig);
        assert_int_equal(fourth->status, OK);
}

/* However many callers there are behind it, and whoever they are. */
static void waiting_calls_are_few_for_an_address(void **state)
{
        static const char method[] = "governance.WatchHealth";
        struct rig *rig = *state;
        const char *ann = rig_token(rig, "ann", 1u << ROLE_MEMBER);
        const char *bob = rig_token(rig, "bob", 1u << ROLE_MEMBER);
        const char *root = rig_token(rig, "root", 1u << ROLE_ADMINISTRATOR);

        read_batch_of(rig, ann, "1.1.1.1", 1);
        read_batch_of(rig, bob, "1.1.1.1", 1);
        read_batch_of(rig, root, "1.1.1.1", 1);
        for (size_t i = 0; i < 4; i++)
                assert_int_equal(submit(rig, i < 3 ? ann : bob, method)->answers, 0);
        assert_refused(submit(rig, bob, method), "TOO_MANY_WAITS", "address_waits");
        assert_int_equal(sent[sent_count - 1].quota, 4);
        assert_int_equal(sent[sent_count - 1].used, 4);
        assert_string_equal(sent[sent_count - 1].subject, "address");
        assert_refused(submit(rig, root, method), "TOO_MANY_WAITS", "address_waits");
        assert_int_equal(submit_from(rig, bob, "2.2.2.2", method)->answers, 0);
        end_waits(rig);
        for (size_t i = 0; i < 3; i++)
                assert_int_equal(submit(rig, bob, method)->answers, 0);
        assert_int_equal(submit(rig, root, method)->answers, 0);
        assert_refused(submit(rig, root, method), "TOO_MANY_WAITS", "address_waits");
        end_waits(rig);
}

static void run_everything(struct rig *rig)
{
        while (writer_group(rig->pipeline, 0))
                ;
}

static void run_slow(struct rig *rig)
{
        struct work *work;

        while ((work = queue_take(&rig->pipeline->slow)) != NULL)
                slow_work(work);
        run_everything(rig);
}

/* One storm of passwords is not everybody's, and what the shop's own programs ask is not counted.
 */
static void slow_calls_are_few_for_an_address(void **state)
{
        static const char method[] = "governance.SearchAudit";
        struct rig *rig = *state;
        const char *root = rig_token(rig, "root", 1u << ROLE_ADMINISTRATOR);
        const char *tokens[5]; /* each can pay for one */

        read_batch_of(rig, root, "1.1.1.1", 1);
        for (size_t i = 0; i < 5; i++) {
                tokens[i] = rig_token(rig, arena_printf(&rig->arena, "m%zu", i), 1u << ROLE_MEMBER);
                read_batch_of(rig, tokens[i], "1.1.1.1", 1);
        }
        const struct sent *first = submit(rig, tokens[0], method);
        const struct sent *second = submit(rig, tokens[1], method);

        assert_int_equal(first->answers + second->answers, 0);
        assert_refused(submit(rig, tokens[2], method), "TOO_MANY_AT_ONCE", "address_slow");
        assert_int_equal(sent[sent_count - 1].quota, 2);
        assert_int_equal(sent[sent_count - 1].used, 2);
        assert_int_equal(submit(rig, root, method)->answers, 0);
        const struct sent *elsewhere = submit_from(rig, tokens[3], "2.2.2.2", method);

        assert_int_equal(elsewhere->answers, 0);
        run_slow(rig);
        assert_true(first->order < elsewhere->order && elsewhere->order < second->order);
        assert_int_equal(submit(rig, tokens[4], method)->answers, 0);
        run_slow(rig);
        assert_int_equal(sent[sent_count - 1].answers, 1);
        assert_int_equal(sent[sent_count - 1].status, PERMISSION_DENIED);
}

static void a_writer_that_is_late_takes_no_more(void **state)
{
        struct rig *rig = *state;
        const char *root = rig_token(rig, "root", 1u << ROLE_ADMINISTRATOR);
        const char *tokens[10];

        read_batch_of(rig, root, "1.1.1.1", 1);
        for (size_t i = 0; i < 10; i++) {
                tokens[i] = rig_token(rig, arena_printf(&rig->arena, "m%zu", i), 1u << ROLE_MEMBER);
                read_batch_of(rig, tokens[i], "1.1.1.1", 1);
        }
        for (size_t i = 0; i < 100; i++)
                assert_int_equal(submit(rig, tokens[i % 10], "membership.CreateGuest")->answers, 0);
        writer_group(rig->pipeline, 0);
        assert_refused(submit(rig, tokens[0], "membership.CreateGuest"), "SERVER_OVERLOADED",
                "write_wait_ms");
        assert_int_equal(sent[sent_count - 1].retry_ms, WAIT_US / 2000);
        assert_int_equal(sent[sent_count - 1].quota, WAIT_US / 1000);
        assert_true(sent[sent_count - 1].used >= WAIT_US / 1000);
        assert_string_equal(sent[sent_count - 1].subject, "server");
        /* Before anybody looks at what is asked. */
        struct sent *garbage = add(rig, tokens[1], "1.1.1.1", "membership.CreateGuest");

        garbage->call.request = bytes_of_text("garbage");
        pipeline_service(rig->pipeline)->submit(rig->pipeline, LANE_WRITE, &garbage->call);
        assert_refused(garbage, "SERVER_OVERLOADED", "write_wait_ms");
        int before = answered;
        struct sent *first = submit(rig, root, "membership.CreateGuest");

        run_everything(rig);
        assert_int_equal(first->status, OK);
        assert_int_equal(first->order, before + 1);
        struct sent *later = submit(rig, tokens[0], "membership.CreateGuest");

        run_everything(rig);
        assert_int_equal(later->answers, 1);
        assert_int_equal(later->status, OK);
        struct pipeline_stats stats;

        pipeline_stats(rig->pipeline, &stats);
        assert_int_equal(stats.refused, 2);
}

/* A request that is as large as one may be, and a few bytes on the wire: one text, said again and
 * again. */
static struct bytes large_request(struct rig *rig, uint32_t *len)
{
        struct buffer plain = {0}, packed = {0};

        while (plain.len + 14 <= 1u << 20)
                buffer_append(&plain,
                        "\x12\x0c"
                        "a telephone!",
                        14); /* device_name */
        *len = (uint32_t)plain.len;
        assert_true(compress_shrink(bytes_of(plain.data, plain.len), &packed));
        struct bytes request =
                bytes_of(arena_copy(&rig->arena, packed.data, packed.len), packed.len);

        buffer_release(&plain);
        buffer_release(&packed);
        return request;
}

static void compressed_requests_hold_so_much(void **state)
{
        struct rig *rig = *state;
        const struct rpc_service *service = pipeline_service(rig->pipeline);
        const char *tokens[66]; /* each can pay for one */
        uint32_t len;
        struct bytes request = large_request(rig, &len);
        struct sent *one = NULL;

        assert_true(request.len < 1000);
        for (size_t i = 0; i <= 65; i++) {
                tokens[i] = rig_token(rig, arena_printf(&rig->arena, "m%zu", i), 1u << ROLE_MEMBER);
                read_batch_of(rig, tokens[i], "1.1.1.1", 1);
        }
        for (size_t i = 0; i <= 65; i++) {
                one = add(rig, tokens[i], "1.1.1.1", "membership.CreateGuest");
                one->call.request = request;
                one->call.zstd_bytes = len;
                if (i < 65)
                        service->submit(service->context, LANE_WRITE, &one->call);
                assert_int_equal(one->answers, i == 64);
        }
        assert_refused(one - 1, "SERVER_OVERLOADED", "expanded_bytes");
        assert_int_equal((one - 1)->quota, 64 << 20);
        assert_true((one - 1)->used > 64 << 20);
        run_everything(rig);
        assert_int_equal((one - 2)->status, OK);
        service->submit(service->context, LANE_WRITE, &one->call);
        run_everything(rig);
        assert_int_equal(one->answers, 1);
        assert_int_equal(one->status, OK);
}

/* Health is free; what is to be expanded for it is not. */
static void compressed_requests_are_paid_for(void **state)
{
        struct rig *rig = *state;
        uint32_t len;
        struct bytes request = large_request(rig, &len);

        for (size_t i = 0; i < 4; i++) {
                struct sent *one = add(rig, "", "1.1.1.1", "governance.CheckHealth");

                one->call.request = request;
                one->call.zstd_bytes = len;
        }
        read_all(rig, 0);
        assert_int_equal(sent[2].status, INVALID_ARGUMENT); /* health has no such field */
        assert_refused(&sent[3], "RATE_LIMITED", "stranger_rate");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(a_caller_has_so_much_and_others_theirs),
                TEST(a_batch_pays_for_what_it_held),
                TEST(an_address_pays_for_strangers),
                TEST(an_ended_token_is_a_strangers),
                TEST(health_answers_anybody),
                TEST(waiting_calls_are_few_for_each),
                TEST(waiting_calls_are_few_for_an_address),
                TEST(slow_calls_are_few_for_an_address),
                TEST(a_writer_that_is_late_takes_no_more),
                TEST(compressed_requests_hold_so_much),
                TEST(compressed_requests_are_paid_for),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
