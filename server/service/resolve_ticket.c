/* Says once what was done about a ticket; a second answer would hide the first. */
#include "service.handlers.h"
#include "server/service/service.h"

enum status service_resolve_ticket(
        struct call *call, const ResolveTicketRequest *request, Ticket *response)
{
        Ticket *ticket = ticket_get(call->txn, request->id);

        if (ticket->state != TICKET_STATE_OPEN)
                return call_fail(call, FAILED_PRECONDITION, "TICKET_RESOLVED",
                        "ticket %s was resolved before", ticket->id);
        ticket->state = TICKET_STATE_RESOLVED;
        ticket->resolution = request->resolution;
        ticket->update_time = call_now(call);
        ticket_update(call->txn, ticket);
        call_event(call, "ticket.resolved", ticket->id, "", NULL);
        call_respond(response, ticket_get(call->txn, ticket->id));
        return OK;
}
