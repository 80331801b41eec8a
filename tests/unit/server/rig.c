/* The pipeline with handlers of the test's own, on a store in memory. */
#include "tests/unit/server/rig.h"

#include <stdlib.h>
#include <string.h>
#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/schema/decode.h"
#include "lib/seal/seal.h"
#include "server/session.h"

struct rig *rig_new_in(const char *dir, uint64_t map_bytes)
{
        struct rig *rig = calloc(1, sizeof(*rig));
        struct error error;

        log_open(LOG_PLAIN, LOG_ERROR);
        arena_init(&rig->arena);
        error_init(&error, &rig->arena);
        random_seed(&rig->random, 7);
        clock_parse("2026-01-01T00:00:00Z", &rig->real_us);
        rig->keyring = keyring_from_seed(7);
        rig->handlers = HANDLERS_CHECKED;
        rig->clock_mode = CLOCK_SIMULATED;
        rig->methods = calloc(shop_schema.method_count, sizeof(*rig->methods));
        const struct store_options options = {
                .dir = dir,
                .schema = &shop_schema,
                .keyring = rig->keyring,
                .map_bytes = map_bytes,
                .log_bytes = 1 << 20,
        };

        if (store_open(&rig->store, &options, &error) != OK)
                fail_msg("the store did not open: %s", error.message);
        return rig;
}

struct rig *rig_new(void)
{
        return rig_new_in(NULL, 0);
}

static struct server_method *slot(struct rig *rig, const char *method)
{
        const struct schema_method *found = schema_method(&shop_schema, bytes_of_text(method));

        assert_non_null(found);
        return &rig->methods[found - shop_schema.methods];
}

void rig_bind(struct rig *rig, const char *method,
        enum status (*run)(struct call *call, const void *request, void *response))
{
        slot(rig, method)->run = run;
}

void rig_bind_prepare(struct rig *rig, const char *method,
        enum status (*prepare)(struct call *call, const void *request))
{
        slot(rig, method)->prepare = prepare;
}

void rig_open(struct rig *rig)
{
        int64_t start_us;

        clock_parse("2010-12-01T08:00:00Z", &start_us);
        rig->clock = clock_new(rig->clock_mode, rig->store, start_us);
        rig->pipeline = pipeline_new(&(struct pipeline_options){
                .schema = &shop_schema,
                .methods = rig->methods,
                .store = rig->store,
                .keyring = rig->keyring,
                .clock = rig->clock,
                .jobs = rig->jobs,
                .followers = rig->followers,
                .handlers = rig->handlers,
                .queue_max = rig->queue_max,
                .write_wait_us = rig->write_wait_us,
                .payer_limits = rig->payer_limits,
                .real_us = &rig->real_us,
        });
}

void rig_close_pipeline(struct rig *rig)
{
        pipeline_free(rig->pipeline);
        clock_free(rig->clock);
        rig->pipeline = NULL;
        rig->clock = NULL;
}

void rig_free(struct rig *rig)
{
        rig_close_pipeline(rig);
        store_close(rig->store);
        keyring_close(rig->keyring);
        free(rig->methods);
        arena_release(&rig->arena);
        free(rig);
}

const char *rig_token(struct rig *rig, const char *id, uint32_t roles)
{
        const char *token = arena_printf(&rig->arena, "token-of-%s", id);
        struct group *group = group_begin(rig->store);
        struct txn *txn = group_txn(group, &rig->arena);
        struct error error;

        error_init(&error, &rig->arena);
        session_open_for(txn, rig->keyring, token, id, roles);
        txn_keep(txn);
        assert_int_equal(group_commit(group, &error), OK);
        return token;
}

char *rig_request_id(struct rig *rig)
{
        char *id = arena_alloc(&rig->arena, REQUEST_ID_LEN + 1);

        request_id_make(rig->real_us, &rig->random, id);
        return id;
}

struct answer rig_call_id(struct rig *rig, const char *token, const char *method,
        const void *request, const char *request_id)
{
        const struct schema_method *known = schema_method(&shop_schema, bytes_of_text(method));
        const struct rpc_call call = {
                .method = bytes_of_text(method),
                .request = encode(&rig->arena, request),
                .token = bytes_of_text(token),
                .request_id = bytes_of_text(request_id),
                .peer = "",
        };
        struct answer answer = {0};
        struct rpc_reply reply;

        pipeline_run(rig->pipeline, &call, &rig->arena, &reply);
        answer.error = reply.error;
        answer.bytes = reply.response;
        answer.sequence = reply.sequence;
        if (reply.error == NULL)
                answer.message =
                        decode_trusted(&rig->arena, known->response->descriptor, reply.response);
        return answer;
}

struct answer rig_call(struct rig *rig, const char *token, const char *method, const void *request)
{
        return rig_call_id(rig, token, method, request, rig_request_id(rig));
}

void rig_expect(struct answer answer, enum status code, const char *reason)
{
        if (answer.error == NULL)
                fail_msg("expected %s %s, got success", status_name(code), reason);
        if (answer.error->code != code || strcmp(answer.error->reason, reason) != 0)
                fail_msg("expected %s %s, got %s %s: %s", status_name(code), reason,
                        status_name(answer.error->code), answer.error->reason,
                        answer.error->message);
}

void rig_expect_ok(struct answer answer)
{
        if (answer.error != NULL)
                fail_msg("expected success, got %s %s: %s", status_name(answer.error->code),
                        answer.error->reason, answer.error->message);
}
