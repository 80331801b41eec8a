/* A key for a program. Its token is in the answer and, as a keyed hash, in a session row. No
 * program is an administrator: one of them could make a key and with it be a second one. */
#include "governance.handlers.h"
#include "server/session.h"

#define KEY_TTL_US (INT64_C(365) * 24 * 3600 * 1000000)

enum status governance_create_service_key(struct call *call, const CreateServiceKeyRequest *request,
        CreateServiceKeyResponse *response)
{
        ServiceKey *key = call_new(call, ServiceKey);
        int64_t now_us = session_now_us(call);
        int64_t expire_us =
                request->expire_time != NULL ? time_us(request->expire_time) : now_us + KEY_TTL_US;
        uint32_t roles = 0;

        if (expire_us <= now_us)
                return call_fail_field(call, "expire_time", "TIME_IS_PAST",
                        "expire_time: a key must end in the future");
        for (size_t i = 0; i < request->n_posts; i++) {
                if (request->posts[i] == POST_UNSPECIFIED || request->posts[i] == POST_GUEST ||
                        request->posts[i] == POST_MEMBER)
                        return call_fail_field(call, "posts", "NOT_A_STAFF_POST",
                                "posts: a program has staff posts, not a customer's");
                if (request->posts[i] == POST_ADMINISTRATOR)
                        return call_fail_field(call, "posts", "NOT_A_PERSON",
                                "posts: administrators are people, made by two others");
                roles |= UINT32_C(1) << request->posts[i];
        }
        *key = (ServiceKey)SERVICE_KEY_INIT;
        key->id = call_new_id(call);
        key->title = request->title;
        key->posts = request->posts;
        key->n_posts = request->n_posts;
        key->expire_time = call_time(call, expire_us);
        key->state = SERVICE_KEY_STATE_ACTIVE;
        key->create_time = call_now(call);
        service_key_insert(call->txn, key);
        response->token = session_open(call, key->id, roles, (expire_us - now_us) / 1000);
        response->service_key = key;
        call_event(call, "service_key.created", key->id, "", NULL);
        return OK;
}
