/*
 * Changes a draft. What counts or counted is what orders were promised, and stays.
 */
#include "loyalty.handlers.h"
#include "server/change.h"
#include "server/loyalty/programme.h"

enum status loyalty_update_programme_version(
        struct call *call, const UpdateProgrammeVersionRequest *request, ProgrammeVersion *response)
{
        ProgrammeVersion *after = change_row(
                call, &programme_version_table, request->programme_version, request->update_mask);

        if (after == NULL)
                return call->error.code;
        if (after->state != PROGRAMME_STATE_DRAFT)
                return call_fail(call, FAILED_PRECONDITION, "PROGRAMME_ACTIVE",
                        "version %d counts or counted and is never changed; draft another",
                        after->number);
        if (programme_check(call, after) != OK)
                return call->error.code;
        programme_version_update(call->txn, after);
        call_event(call, "programme_version.updated", after->id, "", NULL);
        *response = *after;
        return OK;
}
