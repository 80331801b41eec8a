/*
 * A consent that nobody can show was never given: the row that delivery asks is what its history
 * says last.
 */
#include "lib/store/store.h"
#include "membership.rows.h"
#include "profile.rows.h"
#include "server/call.h"
#include "server/profile/profile.h"

static bool is_last(struct txn *txn, const Consent *consent)
{
        struct scan *scan = consent_change_by_member_id_latest(txn, consent->member_id);

        for (const ConsentChange *row; (row = consent_change_next(scan)) != NULL;)
                if (row->purpose == consent->purpose && row->channel == consent->channel)
                        return row->state == consent->state &&
                               time_us(row->create_time) == time_us(consent->update_time);
        return false;
}

void profile_verify(struct verify_context *context, struct txn *txn)
{
        struct scan *members = member_all(txn);

        scan_fleeting(members);
        for (const Member *member; (member = member_next(members)) != NULL;) {
                struct txn_memory memory = txn_memory(txn);
                struct scan *scan = consent_of(txn, member->id);

                for (const Consent *row; (row = consent_next(scan)) != NULL;)
                        if (!is_last(txn, row))
                                verify_fault(context, "CONSENT_HISTORY", "Consent", row->member_id,
                                        "is not what was said last");
                txn_forget(txn, memory);
        }
}
