/*
 * Says who looks after a member. A person of another team could not even read the row, so they are
 * refused; and open tickets follow, or they would wait in the queue of somebody who has gone.
 */
#include <string.h>
#include "care.handlers.h"
#include "membership.rows.h"
#include "server/care/care.h"
#include "server/service/service.h"
#include "server/staff/staff.h"

static enum status check(struct call *call, const AssignMemberRequest *request)
{
        const char *team = request->team_id, *agent = request->agent_id;

        if (agent[0] == '\0')
                return OK;
        if (!staff_serves(call, agent))
                return call_fail_field(call, "agent_id", "NOT_AN_AGENT",
                        "agent_id: must be somebody with a post of service and an open account");
        if (team[0] != '\0' && !team_member_has(call->txn, team, agent))
                return call_fail_field(
                        call, "agent_id", "AGENT_NOT_IN_TEAM", "agent_id: must be one of the team");
        return OK;
}

enum status care_assign_member(
        struct call *call, const AssignMemberRequest *request, Member *response)
{
        Member *member = member_get(call->txn, request->member_id);
        enum status status = check(call, request);

        if (status != OK)
                return status;
        if (strcmp(member->team_id, request->team_id) != 0 ||
                strcmp(member->agent_id, request->agent_id) != 0) {
                member->team_id = request->team_id;
                member->agent_id = request->agent_id;
                member->update_time = call_now(call);
                member_update(call->txn, member);
                call_event(call, "member.assigned", member->id, member->id, NULL);
                service_reroute(call, member->id);
        }
        *response = *member_get(call->txn, member->id);
        return OK;
}
