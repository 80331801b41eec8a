/* Takes somebody out of a team; who led it does so no longer. */
#include "server/staff/staff.h"

#include <string.h>
#include "staff.handlers.h"

enum status staff_remove_team_member(
        struct call *call, const RemoveTeamMemberRequest *request, Team *response)
{
        Team *team = team_get(call->txn, request->team_id);

        if (!team_member_has(call->txn, team->id, request->staff_id))
                return call_fail_absent(
                        call, "staff_id", "TEAM_MEMBER", "team member", request->staff_id);
        team_member_delete(call->txn, team->id, request->staff_id);
        call_event(call, "team.left", team->id, "", NULL);
        if (strcmp(team->lead_id, request->staff_id) == 0) {
                team->lead_id = "";
                team->update_time = call_now(call);
                team_update(call->txn, team);
        }
        *response = *team_get(call->txn, team->id);
        return OK;
}
