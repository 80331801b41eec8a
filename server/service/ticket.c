/*
 * Tickets are how the shop asks a person: a row and an event, never a message sent from inside a
 * call. Who watches tickets follows the events.
 */
#include "server/service/service.h"

Ticket *service_open_ticket(
        struct call *call, const char *kind, const char *subject_id, const char *description)
{
        Ticket *ticket = call_new(call, Ticket);

        *ticket = (Ticket)TICKET_INIT;
        ticket->id = call_new_id(call);
        ticket->kind = kind;
        ticket->state = TICKET_STATE_OPEN;
        ticket->subject_id = subject_id;
        ticket->description = description;
        ticket->create_time = call_now(call);
        ticket->update_time = ticket->create_time;
        ticket_insert(call->txn, ticket);
        call_event(call, "ticket.opened", ticket->id, "", NULL);
        return ticket;
}
