/*
 * A new token for a key that stays what it is: its id in the books and its posts. Tokens before the
 * last end at once where they are still there, so that a key has two at most.
 */
#include "governance.handlers.h"
#include "server/session.h"

static enum status check(
        struct call *call, const ServiceKey *key, const RotateServiceKeyRequest *request)
{
        int64_t now_us = session_now_us(call);

        if (key->state == SERVICE_KEY_STATE_REVOKED)
                return call_fail(call, FAILED_PRECONDITION, "KEY_REVOKED",
                        "service key %s was revoked; make another", key->id);
        if (request->expire_time != NULL && time_us(request->expire_time) <= now_us)
                return call_fail_field(call, "expire_time", "TIME_IS_PAST",
                        "expire_time: a key must end in the future");
        if (request->expire_time == NULL && time_us(key->expire_time) <= now_us)
                return call_fail_field(call, "expire_time", "KEY_EXPIRED",
                        "expire_time: the key has expired; say when it is to end instead");
        return OK;
}

enum status governance_rotate_service_key(struct call *call, const RotateServiceKeyRequest *request,
        CreateServiceKeyResponse *response)
{
        ServiceKey *key = service_key_get(call->txn, request->id);
        uint32_t roles = 0;

        if (check(call, key, request) != OK)
                return call->error.code;
        if (request->expire_time != NULL)
                key->expire_time = call_time(call, time_us(request->expire_time));
        for (size_t i = 0; i < key->n_posts; i++)
                roles |= UINT32_C(1) << key->posts[i];
        session_outlive(call, key->id, request->overlap_seconds * INT64_C(1000));
        response->token = session_open(
                call, key->id, roles, (time_us(key->expire_time) - session_now_us(call)) / 1000);
        response->service_key = key;
        service_key_update(call->txn, key);
        call_event(call, "service_key.rotated", key->id, "", "overlap_seconds",
                (int64_t)request->overlap_seconds, NULL);
        return OK;
}
