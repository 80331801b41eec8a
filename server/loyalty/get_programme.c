/*
 * What the programme gives, for who earns by it. Versions are for staff: a draft is a plan that may
 * never count, and a member who read it would have been promised it.
 */
#include "loyalty.handlers.h"
#include "server/loyalty/programme.h"

enum status loyalty_get_programme(
        struct call *call, const GetProgrammeRequest *request, ProgrammeVersion *response)
{
        const ProgrammeVersion *programme = programme_now(call);

        if (programme == NULL)
                return call_fail(
                        call, NOT_FOUND, "PROGRAMME_NONE", "the shop has no loyalty programme now");
        *response = *programme;
        return OK;
}
