/* What people prove themselves by belongs to somebody. Whether an address is the one in the
 * member's row is not asked: the hash tells it to nobody without the key. */
#include "server/membership/membership.h"

#include "membership.rows.h"
#include "membership_internal.rows.h"

static void check_credentials(struct verify_context *context, struct txn *txn)
{
        struct scan *scan = credential_all(txn);
        const Credential *row;

        while ((row = credential_next(scan)) != NULL)
                if (!member_has(txn, row->member_id))
                        verify_fault(context, "CREDENTIAL_ORPHAN", "Credential", row->member_id,
                                "an address opens an account that is not there");
}

static void check_passwords(struct verify_context *context, struct txn *txn)
{
        struct scan *scan = member_password_all(txn);
        const MemberPassword *row;

        while ((row = member_password_next(scan)) != NULL) {
                const Member *member = member_get(txn, row->member_id);

                if (member == NULL || member->kind != MEMBER_KIND_MEMBER)
                        verify_fault(context, "PASSWORD_ORPHAN", "MemberPassword", row->member_id,
                                "a password of nobody who signed up");
        }
}

static void check_sessions(struct verify_context *context, struct txn *txn)
{
        struct scan *scan = member_session_all_by_expire_time(txn);
        const MemberSession *row;

        while ((row = member_session_next(scan)) != NULL)
                if (!member_has(txn, row->member_id))
                        verify_fault(context, "SESSION_ORPHAN", "MemberSession", row->id,
                                "a session of %s, who is not there", row->member_id);
}

/* A guest who signed in is somebody, and signs in no more as a guest. */
static void check_joined(struct verify_context *context, struct txn *txn)
{
        struct scan *scan = member_all(txn);

        scan_fleeting(scan);
        for (const Member *row; (row = member_next(scan)) != NULL;) {
                if (row->joined_member_id[0] == '\0')
                        continue;
                const Member *member = member_get(txn, row->joined_member_id);

                if (row->kind != MEMBER_KIND_GUEST || member == NULL ||
                        member->kind != MEMBER_KIND_MEMBER ||
                        member_session_next(member_session_of(txn, row->id)) != NULL)
                        verify_fault(context, "GUEST_JOINED", "Member", row->id,
                                "is no guest who signed in as %s", row->joined_member_id);
        }
}

void membership_verify(struct verify_context *context, struct txn *txn)
{
        check_credentials(context, txn);
        check_passwords(context, txn);
        check_sessions(context, txn);
        check_joined(context, txn);
}
