/* Puts somebody into a team, or changes whether they lead it. */
#include "server/staff/staff.h"

#include <string.h>
#include "staff.handlers.h"

static void join(struct call *call, const SetTeamMemberRequest *request)
{
        TeamMember member = TEAM_MEMBER_INIT;

        if (team_member_has(call->txn, request->team_id, request->staff_id))
                return;
        member.team_id = request->team_id;
        member.staff_id = request->staff_id;
        member.create_time = call_now(call);
        team_member_insert(call->txn, &member);
        call_event(call, "team.joined", request->team_id, "", NULL);
}

enum status staff_set_team_member(
        struct call *call, const SetTeamMemberRequest *request, Team *response)
{
        Team *team = team_get(call->txn, request->team_id);
        bool leads = strcmp(team->lead_id, request->staff_id) == 0;

        if (staff_account_get(call->txn, request->staff_id)->state != STAFF_STATE_ACTIVE)
                return call_fail(call, FAILED_PRECONDITION, "ACCOUNT_SUSPENDED",
                        "account %s is suspended", request->staff_id);
        join(call, request);
        if (leads != (bool)request->lead) {
                team->lead_id = request->lead ? request->staff_id : "";
                team->update_time = call_now(call);
                team_update(call->txn, team);
                call_event(call, "team.lead_changed", team->id, "", NULL);
        }
        call_respond(response, team_get(call->txn, team->id));
        return OK;
}
