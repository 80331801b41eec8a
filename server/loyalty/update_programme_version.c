/*
 * Changes a draft. What counts or counted is what orders were promised, and stays.
 */
#include "loyalty.handlers.h"
#include "server/change.h"
#include "server/loyalty/programme.h"

enum status loyalty_update_programme_version(
        struct call *call, const UpdateProgrammeVersionRequest *request, ProgrammeVersion *response)
{
        struct change change;
        void *row = NULL;

        if (!change_of(call, &programme_version_table, request->programme_version,
                    request->update_mask, &change))
                return call->error.code;
        enum status status = change_check(call, &change);

        if (status == OK)
                status = change_apply(call, &change, &row);
        if (status != OK || row == NULL)
                return status;
        ProgrammeVersion *after = row;

        if (after->state != PROGRAMME_STATE_DRAFT)
                return call_fail(call, FAILED_PRECONDITION, "PROGRAMME_ACTIVE",
                        "version %d counts or counted and is never changed; draft another",
                        after->number);
        status = programme_check(call, after);
        if (status != OK)
                return status;
        programme_version_update(call->txn, after);
        call_event(call, "programme_version.updated", after->id, "", NULL);
        *response = *after;
        return OK;
}
