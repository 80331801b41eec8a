/*
 * An order's four states and the stock held for it, changed together. Whoever pays, ends or
 * cancels an order says what happened; which state, counter, movement and timer that touches is
 * known here only.
 *
 * Refused: letting each domain update "its" state of the order. Every pair of them would then have
 * to agree about the order in which stock, units and counters follow.
 */
#include "server/order/order.h"

#include <assert.h>
#include "server/loyalty/loyalty.h"
#include "server/order/units.h"
#include "server/reward/reward.h"
#include "server/supply/supply.h"

struct order_lines order_lines(struct call *call, const char *order_id)
{
        struct order_lines lines = {0};
        struct scan *scan = order_line_of(call->txn, order_id);
        size_t room = 0;

        for (OrderLine *line; (line = order_line_next(scan)) != NULL;) {
                if (lines.n == room) {
                        room = room == 0 ? 16 : 2 * room;
                        lines.at = arena_grow(call->arena, lines.at, lines.n * sizeof(*lines.at),
                                room * sizeof(*lines.at));
                }
                lines.at[lines.n++] = line;
        }
        return lines;
}

void order_store(struct call *call, Order *order)
{
        order_reckon(order);
        order->update_time = call_now(call);
        order_update(call->txn, order);
}

/* ---- paying ---- */

void order_payment_opened(struct call *call, Order *order, const char *attempt_id)
{
        order->open_attempt_id = attempt_id;
        order_store(call, order);
}

void order_payment_failed(struct call *call, Order *order)
{
        order->open_attempt_id = "";
        order_store(call, order);
}

/* One movement of everything that is held for a line. */
static enum status move_held(struct call *call, const OrderLine *line, MovementType type)
{
        for (size_t i = 0; i < line->n_allocations; i++) {
                const LineAllocation *held = line->allocations[i];
                enum status status = supply_move(call, type, line->variant_id, held->location_id,
                        held->quantity, line->order_id);

                if (status != OK)
                        return status;
        }
        return OK;
}

enum status order_allocate_line(struct call *call, const OrderLine *line)
{
        return move_held(call, line, MOVEMENT_TYPE_ALLOCATE);
}

enum status order_confirm(struct call *call, Order *order)
{
        struct order_lines lines = order_lines(call, order->id);

        assert(order->state == ORDER_STATE_PLACED);
        for (size_t i = 0; i < lines.n; i++) {
                enum status status = order_allocate_line(call, lines.at[i]);

                if (status != OK)
                        return status;
        }
        order->state = ORDER_STATE_CONFIRMED;
        order->open_attempt_id = "";
        /* Payment came before a cancellation that waited for it: what is paid stands. */
        order->end_reason = "";
        order->cancel_reason = "";
        order_store(call, order);
        call_unschedule(call, ORDER_EXPIRY_METHOD, order->id);
        coupon_used(call, order);
        loyalty_tender_take(call, order);
        return OK;
}

/* ---- ending without payment ---- */

enum status order_drop_line(struct call *call, OrderLine *line)
{
        enum status status = move_held(call, line, MOVEMENT_TYPE_RELEASE);

        if (status != OK)
                return status;
        units_move(call, line, UNIT_STATE_OPEN, UNIT_STATE_CANCELLED,
                units_in(line, UNIT_STATE_OPEN), NULL);
        line->n_allocations = 0;
        order_line_update(call->txn, line);
        return OK;
}

enum status order_end_unpaid(struct call *call, Order *order, OrderState state, const char *reason)
{
        struct order_lines lines = order_lines(call, order->id);

        assert(order->state == ORDER_STATE_PLACED);
        assert(state == ORDER_STATE_CANCELLED || state == ORDER_STATE_EXPIRED);
        for (size_t i = 0; i < lines.n; i++) {
                enum status status = order_drop_line(call, lines.at[i]);

                if (status != OK)
                        return status;
        }
        order->state = state;
        order->open_attempt_id = "";
        order->end_reason = reason;
        order_store(call, order);
        coupon_release(call, order);
        loyalty_tender_release(call, order);
        call_unschedule(call, ORDER_EXPIRY_METHOD, order->id);
        call_event(call, state == ORDER_STATE_EXPIRED ? "order.expired" : "order.cancelled",
                order->id, order->member_id, "gross_minor", order->gross_minor, NULL);
        return OK;
}

enum status order_end_closing(struct call *call, Order *order)
{
        if (order->end_reason[0] != '\0')
                return order_end_unpaid(call, order, ORDER_STATE_CANCELLED, order->end_reason);
        return order_end_unpaid(call, order, ORDER_STATE_EXPIRED, "NOT_PAID");
}

/* ---- cancelling units ---- */

/* Gives quantity units that are held back, from the location of least priority first, so that what
 * stays still leaves in as few parcels as can be. What is packed stays where it is. */
static enum status give_back(
        struct call *call, const Order *order, OrderLine *line, int64_t quantity)
{
        MovementType type = order->state == ORDER_STATE_PLACED ? MOVEMENT_TYPE_RELEASE
                                                               : MOVEMENT_TYPE_DEALLOCATE;
        size_t kept = 0;

        for (size_t i = line->n_allocations; i > 0 && quantity > 0; i--) {
                LineAllocation *held = line->allocations[i - 1];
                int64_t free = held->quantity - held->packed;
                int64_t count = free < quantity ? free : quantity;
                enum status status;

                if (count == 0)
                        continue;
                status = supply_move(
                        call, type, line->variant_id, held->location_id, count, line->order_id);
                if (status != OK)
                        return status;
                held->quantity -= count;
                quantity -= count;
        }
        assert(quantity == 0);
        for (size_t i = 0; i < line->n_allocations; i++)
                if (line->allocations[i]->quantity > 0)
                        line->allocations[kept++] = line->allocations[i];
        line->n_allocations = kept;
        return OK;
}

static int64_t at_most(int64_t amount, int64_t most)
{
        return amount < most ? amount : most;
}

struct order_worth order_units_worth(const OrderLine *line, struct unit_ranges units)
{
        struct order_worth worth = {0};

        for (size_t i = 0; i < units.n; i++)
                worth.gross_minor += units_gross(line, units.at[i].first, units.at[i].count);
        worth.gross_minor = at_most(worth.gross_minor,
                line->gross_minor - line->exchanged_minor - line->refunded_minor);
        worth.points_minor = at_most(units_points_of(line, units),
                line->points_minor - line->exchanged_points_minor - line->points_back_minor);
        return worth;
}

static void note_earned(struct call *call, const OrderLine *line, struct unit_ranges moved,
        struct order_cancelled *done)
{
        size_t wanted = done->earned_count + moved.n;

        if (wanted > done->earned_room) {
                size_t room = 2 * wanted;

                done->earned = arena_grow(call->arena, done->earned,
                        done->earned_count * sizeof(*done->earned), room * sizeof(*done->earned));
                done->earned_room = room;
        }
        for (size_t i = 0; i < moved.n; i++)
                done->earned[done->earned_count++] =
                        (struct loyalty_units){.line_number = line->number,
                                .quantity = line->quantity,
                                .first = moved.at[i].first,
                                .count = moved.at[i].count,
                                .back_minor = 1,
                                .paid_minor = 1};
}

void order_unearn(struct call *call, const Order *order, const struct order_cancelled *done)
{
        /* Their points wait still, so nothing of them is missing. */
        if (done->earned_count > 0)
                loyalty_take_back(call, order->id, done->earned, done->earned_count, 0);
}

/* After quantity of its units became cancelled. */
static enum status take_back(struct call *call, const Order *order, OrderLine *line,
        struct unit_ranges moved, struct order_cancelled *done)
{
        struct order_worth refund = order_units_worth(line, moved);
        int64_t quantity = 0;

        for (size_t i = 0; i < moved.n; i++)
                quantity += moved.at[i].count;
        if (line->kind == LINE_KIND_GOODS) {
                enum status status = give_back(call, order, line, quantity);

                if (status != OK)
                        return status;
        }
        line->refunded_minor += refund.gross_minor;
        line->points_back_minor += refund.points_minor;
        order_line_update(call->txn, line);
        note_earned(call, line, moved, done);
        call_event(call, "order.units_cancelled", order->id, order->member_id, "line",
                (int64_t)line->number, "quantity", quantity, "refund_minor", refund.gross_minor,
                NULL);
        done->units += quantity;
        order_worth_add(&done->refund, refund);
        return OK;
}

enum status order_cancel_units(struct call *call, Order *order, OrderLine *line, int64_t quantity,
        struct order_cancelled *done)
{
        int64_t open = units_in(line, UNIT_STATE_OPEN);
        struct unit_ranges moved;

        if (!units_move(call, line, UNIT_STATE_OPEN, UNIT_STATE_CANCELLED, quantity, &moved)) {
                call_fact(call, "line", "%d", line->number);
                call_fact(call, "open", "%lld", (long long)open);
                return call_fail(call, FAILED_PRECONDITION, "UNITS_NOT_OPEN",
                        "line %d has %lld units that were not packed or shipped, not %lld; ask for "
                        "a return of the others",
                        line->number, (long long)open, (long long)quantity);
        }
        return take_back(call, order, line, moved, done);
}

void order_take_out(struct call *call, OrderLine *line, int64_t quantity)
{
        bool moved = units_move(call, line, UNIT_STATE_OPEN, UNIT_STATE_LEAVING, quantity, NULL);

        assert(moved);
        order_line_update(call->txn, line);
}

enum status order_cancel_leaving(
        struct call *call, Order *order, OrderLine *line, struct order_cancelled *done)
{
        struct unit_ranges moved;

        units_move(call, line, UNIT_STATE_LEAVING, UNIT_STATE_CANCELLED,
                units_in(line, UNIT_STATE_LEAVING), &moved);
        return take_back(call, order, line, moved, done);
}
