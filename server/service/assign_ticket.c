/* Gives an open ticket to somebody: one who serves, and of its team where it has one. */
#include "server/service/service.h"
#include "server/staff/staff.h"
#include "service.handlers.h"

enum status service_assign_ticket(
        struct call *call, const AssignTicketRequest *request, Ticket *response)
{
        Ticket *ticket = ticket_get(call->txn, request->id);

        if (ticket->state != TICKET_STATE_OPEN)
                return call_fail(call, FAILED_PRECONDITION, "TICKET_RESOLVED",
                        "ticket %s was resolved before", ticket->id);
        enum status status = staff_check_agent(call, request->agent_id, ticket->team_id);

        if (status != OK)
                return status;
        ticket->agent_id = request->agent_id;
        ticket->update_time = call_now(call);
        ticket_update(call->txn, ticket);
        call_event(call, "ticket.assigned", ticket->id, "", NULL);
        call_respond(response, ticket_get(call->txn, ticket->id));
        return OK;
}
