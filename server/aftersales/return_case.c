/*
 * What all steps of a return case share. A case remembers which units it took and where they were
 * (ReturnLine.units), so that giving them back restores exactly that, and what they paid is read
 * off the unit table once, when they are taken (rule 16): later steps only pass the figure on.
 *
 * Refused: a counter of units per case and line, from which nobody could tell afterwards whether
 * unit 3 was delivered or lost before.
 */
#include "server/aftersales/return_case.h"

#include <assert.h>
#include "server/loyalty/loyalty.h"
#include "server/order/order.h"
#include "server/order/units.h"

struct return_lines case_lines(struct call *call, const char *case_id)
{
        struct return_lines lines = {0};
        struct scan *scan = return_line_of(call->txn, case_id);
        size_t room = 0;

        for (ReturnLine *line; (line = return_line_next(scan)) != NULL;) {
                if (lines.n == room) {
                        room = room == 0 ? 8 : 2 * room;
                        lines.at = arena_grow(call->arena, lines.at, lines.n * sizeof(*lines.at),
                                room * sizeof(*lines.at));
                }
                lines.at[lines.n++] = line;
        }
        return lines;
}

void case_step(struct call *call, ReturnCase *row, ReturnState state)
{
        const ReturnStep *last = return_step_next(return_step_of_latest(call->txn, row->id));
        ReturnStep *step = call_new(call, ReturnStep);

        *step = (ReturnStep)RETURN_STEP_INIT;
        step->return_case_id = row->id;
        step->number = last == NULL ? 1 : last->number + 1;
        step->state = state;
        step->time = call_now(call);
        step->actor = call->caller->id;
        return_step_insert(call->txn, step);
        row->state = state;
}

void case_store(struct call *call, ReturnCase *row, ReturnCase *response)
{
        row->update_time = call_now(call);
        return_case_update(call->txn, row);
        call_respond(response, return_case_document(call->txn, row->id));
}

void case_event(struct call *call, const char *type, const ReturnCase *row)
{
        call_event(call, type, row->id, row->member_id, "units", row->unit_count, "refund_minor",
                row->refund_minor, "refund_tax_minor", row->refund_tax_minor, NULL);
}

enum status case_wrong_state(
        struct call *call, const ReturnCase *row, const char *reason, const char *wanted)
{
        call_fact(call, "state", "%s", case_state_name(row->state));
        return call_fail(call, FAILED_PRECONDITION, reason, "case %s is %s, not %s", row->id,
                case_state_name(row->state), wanted);
}

/* ---- units ---- */

static void move_out(struct call *call, OrderLine *line, const UnitRange *range, UnitState to)
{
        struct unit_range units = {.first = range->first, .count = range->count};
        bool moved = units_move_ranges(call, line, &units, 1, UNIT_STATE_IN_CASE, to);

        assert(moved);
}

void case_give_back(struct call *call, const ReturnCase *row)
{
        struct return_lines lines = case_lines(call, row->id);

        for (size_t i = 0; i < lines.n; i++) {
                const ReturnLine *taken = lines.at[i];
                OrderLine *line =
                        order_line_get(call->txn, row->order_id, taken->order_line_number);

                for (size_t k = 0; k < taken->n_units; k++)
                        move_out(call, line, taken->units[k], taken->units[k]->origin);
                order_line_update(call->txn, line);
        }
}

void case_use_up(struct call *call, const ReturnCase *row, struct return_lines lines)
{
        for (size_t i = 0; i < lines.n; i++) {
                const ReturnLine *taken = lines.at[i];
                OrderLine *line =
                        order_line_get(call->txn, row->order_id, taken->order_line_number);

                for (size_t k = 0; k < taken->n_units; k++)
                        move_out(call, line, taken->units[k], UNIT_STATE_RETURNED);
                order_line_update(call->txn, line);
        }
}

void case_settle_order(struct call *call, const char *order_id)
{
        struct scan *scan = return_case_by_order_id(call->txn, order_id);
        AftersalesState state = AFTERSALES_STATE_NONE;
        Order *order = order_get(call->txn, order_id);

        for (const ReturnCase *row; (row = return_case_next(scan)) != NULL;) {
                if (case_is_open(row->state))
                        state = AFTERSALES_STATE_OPEN;
                else if (state == AFTERSALES_STATE_NONE)
                        state = AFTERSALES_STATE_CLOSED;
        }
        if (order->aftersales_state == state)
                return;
        order->aftersales_state = state;
        order_store(call, order);
        loyalty_order_settled(call, order);
}

/* ---- pure rules ---- */

const char *case_state_name(ReturnState state)
{
        static const char *const names[] = {
                [RETURN_STATE_UNSPECIFIED] = "UNSPECIFIED",
                [RETURN_STATE_APPLIED] = "APPLIED",
                [RETURN_STATE_APPROVED] = "APPROVED",
                [RETURN_STATE_REJECTED] = "REJECTED",
                [RETURN_STATE_RECEIVED] = "RECEIVED",
                [RETURN_STATE_INSPECTED] = "INSPECTED",
                [RETURN_STATE_REFUNDED] = "REFUNDED",
                [RETURN_STATE_CLOSED] = "CLOSED",
                [RETURN_STATE_WITHDRAWN] = "WITHDRAWN",
                [RETURN_STATE_EXPIRED] = "EXPIRED",
        };

        return names[state];
}

bool case_is_open(ReturnState state)
{
        return state != RETURN_STATE_CLOSED && state != RETURN_STATE_WITHDRAWN &&
               state != RETURN_STATE_EXPIRED;
}

bool case_comes_back(ReturnType type)
{
        return type != RETURN_TYPE_REFUND_ONLY;
}

bool case_seller_at_fault(ReturnCause cause)
{
        return cause != RETURN_CAUSE_UNSPECIFIED && cause != RETURN_CAUSE_NOT_WANTED;
}
