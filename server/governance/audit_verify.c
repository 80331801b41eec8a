/*
 * Proves that who saw whose data is told the same twice: in the chain, which nobody changes
 * unnoticed, and with the member, where it is looked for.
 */
#include "server/governance/audit.h"

#include <inttypes.h>
#include <string.h>
#include "governance.rows.h"

static const char *place_text(struct arena *arena, const char *member_id, uint64_t number)
{
        return arena_printf(arena, "%s/%" PRIu64, member_id, number);
}

static void check_record(struct verify_context *verify, struct txn *txn, const AuditRecord *record)
{
        for (size_t i = 0; i < record->n_members; i++) {
                const DataAccess *access = data_access_get(txn, record->members[i], record->number);
                const char *key = place_text(txn_arena(txn), record->members[i], record->number);

                if (access == NULL)
                        verify_fault(verify, "ACCESS_MISSING", "DataAccess", key,
                                "the audit log has that %s was shown this member's data",
                                record->principal);
                else if (strcmp(access->principal, record->principal) != 0 ||
                         strcmp(access->method, record->method) != 0)
                        verify_fault(verify, "ACCESS_WRONG", "DataAccess", key,
                                "the audit log has %s by %s", record->method, record->principal);
        }
}

static bool names(const AuditRecord *record, const char *member_id)
{
        for (size_t i = 0; record != NULL && i < record->n_members; i++)
                if (strcmp(record->members[i], member_id) == 0)
                        return true;
        return false;
}

static void check_accesses(struct verify_context *verify, struct txn *txn)
{
        struct scan *scan = txn_scan(txn, &data_access_table, NULL, NULL, NULL, 0, ASCENDING);
        struct txn_memory memory;
        const DataAccess *access;

        scan_fleeting(scan);
        memory = txn_memory(txn);
        while ((access = data_access_next(scan)) != NULL) {
                if (!names(audit_record_get(txn, access->number), access->member_id))
                        verify_fault(verify, "ACCESS_UNRECORDED", "DataAccess",
                                place_text(txn_arena(txn), access->member_id, access->number),
                                "the audit log has no such read");
                txn_forget(txn, memory);
        }
}

void audit_verify(struct verify_context *verify, struct txn *txn)
{
        struct scan *scan = audit_record_all(txn);
        struct txn_memory memory;
        const AuditRecord *record;

        scan_fleeting(scan);
        memory = txn_memory(txn);
        while ((record = audit_record_next(scan)) != NULL) {
                check_record(verify, txn, record);
                txn_forget(txn, memory);
        }
        check_accesses(verify, txn);
}
