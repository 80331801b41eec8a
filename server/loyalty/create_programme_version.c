/*
 * Drafts a version. Custom because of what holds between its fields, and because its number is the
 * next one.
 */
#include "loyalty.handlers.h"
#include "server/change.h"
#include "server/loyalty/programme.h"

static int32_t next_number(struct call *call)
{
        const ProgrammeVersion *last =
                programme_version_next(programme_version_all_by_number_latest(call->txn));

        return last == NULL ? 1 : last->number + 1;
}

enum status loyalty_create_programme_version(
        struct call *call, const CreateProgrammeVersionRequest *request, ProgrammeVersion *response)
{
        ProgrammeVersion row = *request->programme_version;
        enum status status =
                change_check_new(call, &programme_version_table, &row, "programme_version");

        if (status == OK)
                status = programme_check(call, &row);
        if (status != OK)
                return status;
        row.number = next_number(call);
        row.state = PROGRAMME_STATE_DRAFT;
        call_respond(response, change_insert(call, &programme_version_table, &row));
        return OK;
}
