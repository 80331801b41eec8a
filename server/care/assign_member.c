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

enum status care_assign_member(
        struct call *call, const AssignMemberRequest *request, Member *response)
{
        Member *member = member_get(call->txn, request->member_id);
        enum status status = OK;

        if (request->agent_id[0] != '\0')
                status = staff_check_agent(call, request->agent_id, request->team_id);
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
        call_respond(response, member_get(call->txn, member->id));
        return OK;
}
