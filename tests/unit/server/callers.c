/* Each has an arena of its own: nothing but the pipeline is shared by their threads. */
#include "tests/unit/server/callers.h"

#include "governance.rows.h"
#include "lib/base/id.h"
#include "lib/schema/decode.h"

void caller_run(struct caller_thread *thread, const char *method, const void *request,
        struct rpc_reply *reply)
{
        char request_id[REQUEST_ID_LEN + 1];

        request_id_make(thread->shop->rig->real_us, &thread->random, request_id);
        const struct rpc_call call = {
                .method = bytes_of_text(method),
                .request = encode(&thread->arena, request),
                .token = bytes_of_text(thread->shop->admin),
                .request_id = bytes_of_text(request_id),
                .peer = "",
        };

        pipeline_run(thread->shop->rig->pipeline, &call, &thread->arena, reply);
        thread->failed += reply->error != NULL;
}

void caller_begin(struct caller_thread *thread, struct rig_shop *shop, uint64_t seed)
{
        *thread = (struct caller_thread){.shop = shop};
        arena_init(&thread->arena);
        random_seed(&thread->random, seed);
}

void caller_raise(struct caller_thread *thread)
{
        CreateServiceKeyRequest request = CREATE_SERVICE_KEY_REQUEST_INIT;
        Post posts[] = {POST_ANALYST};
        struct rpc_reply reply;

        request.title = "robot";
        request.posts = posts;
        request.n_posts = 1;
        caller_run(thread, "governance.CreateServiceKey", &request, &reply);
        assert_null(reply.error);
        assert_true(reply.sequence > thread->last_sequence);
        thread->last_sequence = reply.sequence;
}

enum status raise_counter(struct call *call, const void *message, void *response)
{
        CreateServiceKeyResponse *answer = response;
        ServiceKey *key = service_key_get(call->txn, "counter");
        Timestamp *count = call_time(call, 0);

        if (key == NULL) {
                key = call_new(call, ServiceKey);
                *key = (ServiceKey)SERVICE_KEY_INIT;
                key->id = "counter";
                key->expire_time = count;
                service_key_insert(call->txn, key);
        }
        count->seconds = key->expire_time->seconds + 1;
        key->expire_time = count;
        service_key_update(call->txn, key);
        call_event(call, COUNTER_TYPE, "counter", "", "value", count->seconds, NULL);
        answer->token = call_printf(call, "%lld", (long long)count->seconds);
        return OK;
}
