/*
 * From this instant on another version counts. There is no plan of versions to come: a timer in
 * somebody's calendar is easier to take back than one in the shop.
 */
#include "loyalty.handlers.h"
#include "server/loyalty/programme.h"

enum status loyalty_activate_programme_version(struct call *call,
        const ActivateProgrammeVersionRequest *request, ProgrammeVersion *response)
{
        ProgrammeVersion *row = programme_version_get(call->txn, request->id);
        const ProgrammeVersion *now = programme_now(call);

        if (row->state != PROGRAMME_STATE_DRAFT)
                return call_fail(call, FAILED_PRECONDITION, "PROGRAMME_ACTIVE",
                        "version %d counts or counted already", row->number);
        if (now != NULL) {
                ProgrammeVersion *before = programme_version_get(call->txn, now->id);

                before->state = PROGRAMME_STATE_ENDED;
                before->end_time = call_now(call);
                before->update_time = before->end_time;
                programme_version_update(call->txn, before);
        }
        row->state = PROGRAMME_STATE_ACTIVE;
        row->active_time = call_now(call);
        row->update_time = row->active_time;
        programme_version_update(call->txn, row);
        call_event(call, "programme_version.activated", row->id, "", "number", (int64_t)row->number,
                NULL);
        call_respond(response, programme_version_get(call->txn, row->id));
        return OK;
}
