/*
 * A rotation waits > makes a key > wraps > retires > is done. Each arrow is a transaction that
 * leaves the job or timer of the next behind, so a kill anywhere goes on from there. Erasures that
 * come while one runs share the next: a key that was destroyed after the new wrapping key was made
 * may have been wrapped with that one, so they cannot share the one that runs.
 */
#include "server/privacy/rotation.h"

#include "server/privacy/performers.h"
#include "server/secret.h"

static KeyRotation *first_in(struct call *call, RotationState state)
{
        return key_rotation_next(key_rotation_by_state(call->txn, state));
}

static KeyRotation *running(struct call *call)
{
        KeyRotation *rotation = NULL;

        for (int state = ROTATION_STATE_MAKING; state < ROTATION_STATE_DONE && rotation == NULL;
                state++)
                rotation = first_in(call, (RotationState)state);
        return rotation;
}

static KeyRotation *waiting(struct call *call, RotationKind kind)
{
        struct scan *scan = key_rotation_by_state(call->txn, ROTATION_STATE_WAITING);
        KeyRotation *rotation;

        while ((rotation = key_rotation_next(scan)) != NULL && rotation->kind != kind)
                ;
        return rotation;
}

KeyRotation *rotation_pending(struct call *call, RotationKind kind)
{
        KeyRotation *rotation = running(call);

        return rotation != NULL && rotation->kind == kind ? rotation : waiting(call, kind);
}

void rotation_store(struct call *call, KeyRotation *rotation, RotationState state)
{
        rotation->state = state;
        key_rotation_update(call->txn, rotation);
        call_event(call, "privacy.rotation_advanced", rotation->id, "", "state", (int64_t)state,
                "keys", rotation->key_count, NULL);
}

void rotation_begin_next(struct call *call)
{
        KeyRotation *rotation = first_in(call, ROTATION_STATE_WAITING);

        if (rotation == NULL || running(call) != NULL)
                return;
        rotation->old_wrap = secret_wrap(call);
        rotation_store(call, rotation, ROTATION_STATE_MAKING);
        call_job(call, PRIVACY_MAKE_KEY, rotation->id, 0);
}

KeyRotation *rotation_ask(struct call *call, RotationKind kind)
{
        KeyRotation *rotation = waiting(call, kind);

        if (rotation == NULL) {
                rotation = call_new(call, KeyRotation);
                *rotation = (KeyRotation)KEY_ROTATION_INIT;
                rotation->id = call_new_id(call);
                rotation->kind = kind;
                rotation->state = ROTATION_STATE_WAITING;
                rotation->create_time = call_now(call);
                key_rotation_insert(call->txn, rotation);
        }
        rotation_begin_next(call);
        return key_rotation_get(call->txn, rotation->id);
}
