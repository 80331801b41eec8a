/*
 * The files of keys are outside of any transaction, so they change here. Making asks for a key that
 * is newer than the one before the rotation, and retiring names the key that stays: whoever is
 * performed again after a kill finds done what was done. While a backup copies the file of keys,
 * both wait.
 */
#include "server/privacy/performers.h"

#include <string.h>
#include "lib/seal/wrap.h"
#include "privacy.rows.h"

#define HELD_US 1000000

static enum status wait_or_fail(
        struct performer_context *context, const Job *job, const struct error *error)
{
        if (strcmp(error->reason, "KEYS_HELD") != 0)
                return performer_fail(context, error->code, error->reason);
        performer_again(context, performer_now_us(context) + HELD_US, job->step + 1);
        return OK;
}

enum status privacy_make_key(struct performer_context *context, const Job *job)
{
        const KeyRotation *rotation = key_rotation_get(performer_txn(context), job->subject_id);
        RecordWrappingKeyRequest request = RECORD_WRAPPING_KEY_REQUEST_INIT;
        const struct keyring *keyring = performer_keyring(context);
        struct error error;

        if (rotation == NULL || rotation->state != ROTATION_STATE_MAKING)
                return OK;
        enum wrap_master master =
                rotation->kind == ROTATION_KIND_MASTER_KEY ? WRAP_NEW_MASTER : WRAP_SAME_MASTER;

        error_init(&error, performer_arena(context));
        if (keyring_wrap_after(keyring, rotation->old_wrap, master, &request.wrap, &error) != OK)
                return wait_or_fail(context, job, &error);
        request.rotation_id = rotation->id;
        request.master = keyring_wrap_master(keyring, request.wrap);
        performer_answer(context, "privacy.RecordWrappingKey", &request);
        return OK;
}

enum status privacy_retire_keys(struct performer_context *context, const Job *job)
{
        const KeyRotation *rotation = key_rotation_get(performer_txn(context), job->subject_id);
        RecordRetiredKeysRequest request = RECORD_RETIRED_KEYS_REQUEST_INIT;
        struct error error;

        if (rotation == NULL || rotation->state != ROTATION_STATE_RETIRING)
                return OK;
        error_init(&error, performer_arena(context));
        if (keyring_wrap_retire(performer_keyring(context), rotation->wrap, &error) != OK)
                return wait_or_fail(context, job, &error);
        request.rotation_id = rotation->id;
        performer_answer(context, "privacy.RecordRetiredKeys", &request);
        return OK;
}
