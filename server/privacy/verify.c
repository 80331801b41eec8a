/*
 * What erasures and rotations promise: nobody who was erased has a key, a credential, a session or,
 * once they are deleted, rows that are no books; one rotation runs at a time; after one, no key is
 * wrapped with what it retired.
 */
#include "internal.rows.h"
#include "membership_internal.rows.h"
#include "privacy.rows.h"
#include "privacy_internal.rows.h"
#include "server/owned.h"
#include "server/privacy/privacy.h"
#include "shop.schema.h"

static void verify_erasure(struct verify_context *context, struct txn *txn, const Erasure *erasure)
{
        const char *member_id = erasure->member_id;
        const OwnerKey *key = owner_key_get(txn, member_id);

        if (key == NULL || key->wrap != 0)
                verify_fault(context, "ERASED_KEY", "Erasure", erasure->id,
                        "member %s was erased and has a key", member_id);
        if (credential_next(credential_by_member_id(txn, member_id)) != NULL ||
                member_password_has(txn, member_id))
                verify_fault(context, "ERASED_CREDENTIAL", "Erasure", erasure->id,
                        "member %s was erased and can sign in", member_id);
        if (session_next(session_by_principal_id(txn, member_id)) != NULL)
                verify_fault(context, "ERASED_SESSION", "Erasure", erasure->id,
                        "member %s was erased and is signed in", member_id);
        const char *table = erasure->state == ERASURE_STATE_DELETING
                                    ? NULL
                                    : owned_remains(txn, &shop_schema, member_id);

        if (table != NULL)
                verify_fault(context, "ERASED_ROW", "Erasure", erasure->id,
                        "member %s was erased and has a %s", member_id, table);
}

static uint64_t verify_rotations(struct verify_context *context, struct txn *txn)
{
        struct scan *scan = key_rotation_all(txn);
        const KeyRotation *rotation;
        uint64_t retired = 0;
        int running = 0;

        while ((rotation = key_rotation_next(scan)) != NULL) {
                bool runs = rotation->state >= ROTATION_STATE_MAKING &&
                            rotation->state < ROTATION_STATE_DONE;

                if (runs && ++running > 1)
                        verify_fault(context, "ROTATIONS_AT_ONCE", "KeyRotation", rotation->id,
                                "another rotation runs, too");
                if (rotation->state >= ROTATION_STATE_RETIRING && rotation->wrap > retired)
                        retired = rotation->wrap;
        }
        return retired;
}

void privacy_verify(struct verify_context *context, struct txn *txn)
{
        struct scan *erasures = erasure_all(txn);
        struct scan *keys = owned_all(txn, &owner_key_table);
        uint64_t retired = verify_rotations(context, txn);
        const Erasure *erasure;
        const OwnerKey *key;

        while ((erasure = erasure_next(erasures)) != NULL)
                verify_erasure(context, txn, erasure);
        scan_fleeting(keys);
        while ((key = owner_key_next(keys)) != NULL)
                if (key->wrap != 0 && key->wrap < retired)
                        verify_fault(context, "KEY_NOT_WRAPPED_ANEW", "OwnerKey", key->owner_id,
                                "it is wrapped with %llu, which was retired",
                                (unsigned long long)key->wrap);
}
