/* Takes somebody out of a team; who led it does so no longer. */
#include "server/staff/staff.h"

#include <string.h>
#include "membership.rows.h"
#include "staff.handlers.h"

static bool looks_after(struct call *call, const char *team_id, const char *staff_id)
{
        struct scan *scan = member_by_agent_id(call->txn, staff_id);

        for (const Member *member; (member = member_next(scan)) != NULL;)
                if (strcmp(member->team_id, team_id) == 0)
                        return true;
        return false;
}

enum status staff_remove_team_member(
        struct call *call, const RemoveTeamMemberRequest *request, Team *response)
{
        Team *team = team_get(call->txn, request->team_id);

        if (!team_member_has(call->txn, team->id, request->staff_id))
                return call_fail_absent(
                        call, "staff_id", "TEAM_MEMBER", "team member", request->staff_id);
        if (looks_after(call, team->id, request->staff_id)) {
                call_fail_field(call, "staff_id", "LOOKS_AFTER_MEMBERS",
                        "staff_id: members of the team have them as agent; assign another");
                return call_fail(call, FAILED_PRECONDITION, "LOOKS_AFTER_MEMBERS",
                        "staff_id: members of the team have them as agent; assign another");
        }
        team_member_delete(call->txn, team->id, request->staff_id);
        call_event(call, "team.left", team->id, "", NULL);
        if (strcmp(team->lead_id, request->staff_id) == 0) {
                team->lead_id = "";
                team->update_time = call_now(call);
                team_update(call->txn, team);
        }
        call_respond(response, team_get(call->txn, team->id));
        return OK;
}
