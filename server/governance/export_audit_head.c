/* The audit log's head, or an earlier record's, linked anew and signed. */
#include <inttypes.h>
#include "governance.handlers.h"
#include "server/secret.h"
#include "server/session.h"

static ProtobufCBinaryData binary(struct call *call, const void *data, size_t len)
{
        return (ProtobufCBinaryData){.len = len, .data = arena_copy(call->arena, data, len)};
}

static enum status find_number(struct call *call, uint64_t asked, uint64_t *out)
{
        uint64_t last = txn_log_last(call->txn, &audit_record_table);

        *out = asked == 0 ? last : asked;
        if (*out >= 1 && *out <= last)
                return OK;
        call_fact(call, "last_number", "%" PRIu64, last);
        call_fail_field(call, "number", "AUDIT_RECORD_NOT_FOUND",
                "number: the audit log has %" PRIu64 " records", last);
        return call->error.code = OUT_OF_RANGE; /* the number may come to be there */
}

enum status governance_export_audit_head(
        struct call *call, const ExportAuditHeadRequest *request, AuditHead *response)
{
        struct seal_head head = {.time_us = session_now_us(call)};
        enum status status = find_number(call, request->number, &head.number);

        if (status != OK)
                return status;
        uint64_t holds = txn_chain_prove(call->txn, &audit_record_table, head.number, head.hash);

        if (holds < head.number) {
                call_fact(call, "number", "%" PRIu64, holds + 1);
                return call_fail(call, DATA_LOSS, "AUDIT_BROKEN",
                        "record %" PRIu64 " of the audit log does not continue the chain",
                        holds + 1);
        }
        secret_sign_head(call, &head);
        response->number = head.number;
        response->hash = binary(call, head.hash, sizeof(head.hash));
        response->time = call_time(call, head.time_us);
        response->public_key = binary(call, head.public_key, sizeof(head.public_key));
        response->signature = binary(call, head.signature, sizeof(head.signature));
        return OK;
}
