/*
 * Tickets are how the shop asks a person: a row and an event, never a message sent from inside a
 * call. Who watches tickets follows the events.
 *
 * A ticket of a member waits in the queue of their agent and of their team; while the agent cannot
 * serve, in the team's alone. Tickets of nobody, and of members without a team, wait where every
 * team looks.
 */
#include "server/service/service.h"

#include <string.h>
#include "membership.rows.h"
#include "server/loyalty/loyalty.h"
#include "server/staff/staff.h"

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

/* True where that changed the ticket. */
static bool route(struct call *call, Ticket *ticket)
{
        const Member *member =
                ticket->member_id[0] == '\0' ? NULL : member_get(call->txn, ticket->member_id);
        const char *team = member == NULL ? "" : member->team_id;
        const char *agent = member == NULL || member->agent_id[0] == '\0' ||
                                            !staff_serves(call, member->agent_id)
                                    ? ""
                                    : member->agent_id;

        if (strcmp(ticket->team_id, team) == 0 && strcmp(ticket->agent_id, agent) == 0)
                return false;
        ticket->team_id = team;
        ticket->agent_id = agent;
        return true;
}

void service_reroute(struct call *call, const char *member_id)
{
        struct scan *scan = ticket_by_member_id_state(call->txn, member_id, TICKET_STATE_OPEN);

        for (Ticket *ticket; (ticket = ticket_next(scan)) != NULL;) {
                if (!route(call, ticket))
                        continue;
                ticket->update_time = call_now(call);
                ticket_update(call->txn, ticket);
                call_event(call, "ticket.routed", ticket->id, "", NULL);
        }
}

Ticket *service_open_ticket(struct call *call, const char *kind, const char *subject_id,
        const char *member_id, const char *description)
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
        ticket->member_id = member_id;
        ticket->description = description;
        ticket->queue_rank = -(int32_t)privilege_of(call, member_id, PRIVILEGE_QUEUE_PRIORITY);
        ticket->create_time = call_now(call);
        ticket->update_time = ticket->create_time;
        route(call, ticket);
        ticket_insert(call->txn, ticket);
        call_event(call, "ticket.opened", ticket->id, "", NULL);
        return ticket;
}
