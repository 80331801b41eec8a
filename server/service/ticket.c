/*
 * Tickets are how the shop asks a person: a row and an event, never a message sent from inside a
 * call. Who watches tickets follows the events.
 */
#include "server/service/service.h"

#include <string.h>

static Ticket *told_before(
        struct call *call, const char *kind, const char *subject_id, const char *description)
{
        struct scan *scan = ticket_by_subject_id(call->txn, subject_id);

        for (Ticket *ticket; (ticket = ticket_next(scan)) != NULL;)
                if (ticket->state == TICKET_STATE_OPEN && strcmp(ticket->kind, kind) == 0 &&
                        strcmp(ticket->description, description) == 0)
                        return ticket;
        return NULL;
}

Ticket *service_open_ticket(
        struct call *call, const char *kind, const char *subject_id, const char *description)
{
        Ticket *ticket = told_before(call, kind, subject_id, description);

        if (ticket != NULL)
                return ticket;
        ticket = call_new(call, Ticket);
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
