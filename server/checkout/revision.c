/*
 * Revisions of an order. One that counts has changed the order; one that waits has only claimed
 * what it needs: its lines are there, reserved and not counted, and the units that it takes out are
 * LEAVING, so that neither is packed. Its payment or its end then only turns those over.
 *
 * Refused: keeping what is wanted and making it when the money comes. By then the stock may be
 * sold, the price another and the units in a parcel, and the customer has paid.
 */
#include "server/checkout/revision.h"

#include "server/checkout/checkout.h"
#include "server/payment/payment.h"

/* ---- the rows ---- */

static OrderRevision *new_row(struct call *call, const Order *order, int32_t number)
{
        OrderRevision *row = call_new(call, OrderRevision);

        *row = (OrderRevision)ORDER_REVISION_INIT;
        row->order_id = order->id;
        row->number = number;
        row->member_id = order->member_id;
        row->create_time = row->update_time = call_now(call);
        return row;
}

static void end_row(struct call *call, OrderRevision *row, RevisionState state)
{
        row->state = state;
        row->holder_id = "";
        row->end_time = row->update_time = call_now(call);
}

static void first(struct call *call, const Order *order, const char *author_id)
{
        OrderRevision *row = new_row(call, order, 1);

        row->author_id = author_id;
        row->added_minor = row->difference_minor = order->gross_minor;
        row->added_units = order->unit_count;
        end_row(call, row, REVISION_STATE_COUNTS);
        row->create_time = row->end_time = order->place_time;
        order_revision_insert(call->txn, row);
}

void revision_place(struct call *call, const Order *order)
{
        first(call, order, call->caller->id);
}

static RevisionChange *add_change(struct call *call, OrderRevision *row, int32_t line_number)
{
        RevisionChange *change = call_new(call, RevisionChange);

        *change = (RevisionChange)REVISION_CHANGE_INIT;
        change->line_number = line_number;
        row->changes[row->n_changes++] = change;
        return change;
}

static void note_changes(struct call *call, OrderRevision *row, const struct edit *edit)
{
        row->changes = call_array(call, RevisionChange *, edit->removal_count + edit->added_count);
        for (size_t i = 0; i < edit->removal_count; i++) {
                const struct edit_removal *removal = &edit->removals[i];
                RevisionChange *change = add_change(call, row, removal->line->number);

                change->quantity = -removal->quantity;
                change->gross_minor = -removal->refund.gross_minor;
        }
        for (size_t i = 0; i < edit->added_count; i++) {
                RevisionChange *change = add_change(call, row, edit->added[i]->number);

                change->quantity = edit->added[i]->quantity;
                change->gross_minor = edit->added[i]->gross_minor;
        }
}

static OrderRevision *row_of(
        struct call *call, const struct edit *edit, int32_t number, const char *reason)
{
        OrderRevision *row = new_row(call, edit->order, number);

        row->author_id = call->caller->id;
        row->reason = reason;
        row->address_changed = edit->address != NULL;
        row->added_minor = edit->added_minor;
        row->added_units = edit->added_units;
        row->removed_minor = edit->removed.gross_minor;
        row->points_minor = edit->removed.points_minor;
        row->removed_units = edit->removed_units;
        row->difference_minor = edit_difference(edit);
        note_changes(call, row, edit);
        return row;
}

static void tell(struct call *call, const char *type, const OrderRevision *row)
{
        call_event(call, type, row->order_id, row->member_id, "number", (int64_t)row->number,
                "difference_minor", row->difference_minor, "added", row->added_units, "removed",
                row->removed_units, NULL);
}

/* ---- it is made ---- */

static enum status add_lines(struct call *call, const struct edit *edit, int32_t number)
{
        for (size_t i = 0; i < edit->added_count; i++) {
                OrderLine *line = edit->added[i];
                enum status status;

                line->revision = number;
                line->uncounted = edit->waits;
                status = order_add_line(call, edit->order, line);
                if (status != OK)
                        return status;
        }
        return OK;
}

static enum status remove_units(struct call *call, const struct edit *edit)
{
        struct order_cancelled done = {0};
        enum status status = OK;

        for (size_t i = 0; i < edit->removal_count && status == OK; i++) {
                struct edit_removal *removal = &edit->removals[i];

                if (edit->waits)
                        order_take_out(call, removal->line, removal->quantity);
                else
                        status = order_cancel_units(
                                call, edit->order, removal->line, removal->quantity, &done);
        }
        if (status == OK)
                order_unearn(call, edit->order, &done);
        return status;
}

/* Nothing is due any more of an order that was not paid yet. */
static enum status confirm_settled(struct call *call, Order *order)
{
        enum status status;

        if (order->state != ORDER_STATE_PLACED || order_owed(order) > 0)
                return OK;
        status = order_confirm(call, order);
        if (status == OK)
                order_book(call, order, (struct order_money){0});
        return status;
}

/* Lines and units are as the revision has them: totals, states and money follow. */
static enum status count(struct call *call, Order *order, struct order_worth removed)
{
        order_recount(call, order);
        order_settle(call, order);
        payment_give_back(call, order, removed, order->id);
        return confirm_settled(call, order);
}

static enum status wait(struct call *call, Order *order, OrderRevision *row)
{
        row->state = REVISION_STATE_PENDING;
        row->holder_id = row->member_id;
        order_revision_insert(call->txn, row);
        return payment_due_raise(call, order,
                &(struct due_wish){.kind = DUE_KIND_REVISION,
                        .document_id = order->id,
                        .amount_minor = row->difference_minor,
                        .expire_us = call->now_us + call->terms->hold_minutes * TERMS_MINUTE_US});
}

enum status revision_make(struct call *call, const struct edit *edit, const char *reason)
{
        Order *order = edit->order;

        /* It was placed before revisions were counted. */
        if (order->revision_count == 0) {
                first(call, order, "");
                order->revision_count = 1;
        }
        int32_t number = ++order->revision_count;
        OrderRevision *row = row_of(call, edit, number, reason);
        enum status status = add_lines(call, edit, number);

        if (status == OK)
                status = remove_units(call, edit);
        if (status != OK)
                return status;
        tell(call, "order.edited", row);
        if (edit->waits)
                return wait(call, order, row);
        if (edit->address != NULL)
                order->delivery_address = (PostalAddress *)edit->address;
        end_row(call, row, REVISION_STATE_COUNTS);
        order_revision_insert(call->txn, row);
        return count(call, order, edit->removed);
}

/* ---- what became of one that waited ---- */

/* Whether the revision counts or not. */
static enum status turn_line(struct call *call, Order *order, OrderLine *line,
        const OrderRevision *row, struct order_cancelled *done)
{
        bool leaves = units_in(line, UNIT_STATE_LEAVING) > 0;
        bool counts = row->state == REVISION_STATE_COUNTS;
        enum status status = OK;

        if (line->revision == row->number) {
                if (!counts)
                        return order_drop_line(call, line);
                line->uncounted = false;
                order_line_update(call->txn, line);
                return order_allocate_line(call, line);
        }
        if (!leaves)
                return OK;
        if (counts) {
                status = order_cancel_leaving(call, order, line, done);
        } else {
                units_move(call, line, UNIT_STATE_LEAVING, UNIT_STATE_OPEN,
                        units_in(line, UNIT_STATE_LEAVING), NULL);
                order_line_update(call->txn, line);
        }
        return status;
}

static enum status turn(
        struct call *call, const char *order_id, RevisionState state, const char *event)
{
        Order *order = order_get(call->txn, order_id);
        OrderRevision *row = order_revision_get(call->txn, order_id, order->revision_count);
        struct order_lines lines = order_lines(call, order_id);
        struct order_cancelled done = {0};

        end_row(call, row, state);
        order_revision_update(call->txn, row);
        tell(call, event, row);
        for (size_t i = 0; i < lines.n; i++) {
                enum status status = turn_line(call, order, lines.at[i], row, &done);

                if (status != OK)
                        return status;
        }
        order_unearn(call, order, &done);
        return count(call, order, done.refund);
}

enum status checkout_revision_paid(struct call *call, const char *order_id)
{
        return turn(call, order_id, REVISION_STATE_COUNTS, "order.revision_counts");
}

enum status checkout_revision_expired(struct call *call, const char *order_id)
{
        return turn(call, order_id, REVISION_STATE_EXPIRED, "order.revision_expired");
}
