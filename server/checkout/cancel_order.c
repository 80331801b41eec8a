/*
 * Cancelling is for units that were not packed (rule 11): of an unpaid order all of them, of a
 * paid one those that are named, refunded at once. A shipment that came first wins: what is named
 * and was shipped becomes one return case. Refused: doing that too where no units are named, as
 * "cancel what you can" would then ask back what the customer has unpacked. When no goods are left
 * what delivery cost goes back too.
 */
#include "checkout.handlers.h"
#include "server/aftersales/aftersales.h"
#include "server/order/order.h"
#include "server/order/units.h"
#include "server/payment/payment.h"

static const char *end_reason(const struct call *call)
{
        return call_is_staff(call) ? "SHOP" : "CUSTOMER";
}

static enum status cancel_unpaid(struct call *call, const CancelOrderRequest *request, Order *order)
{
        if (request->n_lines > 0)
                return call_fail(call, FAILED_PRECONDITION, "ORDER_NOT_PAID",
                        "order %s is not paid yet and is cancelled as a whole", order->id);
        order->cancel_reason = request->reason;
        if (order->open_attempt_id[0] == '\0')
                return order_end_unpaid(call, order, ORDER_STATE_CANCELLED, end_reason(call));
        /* Ends when the gateway has closed the attempt, unless it is paid first. */
        order->end_reason = end_reason(call);
        order_store(call, order);
        payment_close_attempt(call, order);
        call_event(call, "order.cancel_asked", order->id, order->member_id, NULL);
        return OK;
}

static OrderLine *line_numbered(struct order_lines lines, int32_t number)
{
        for (size_t i = 0; i < lines.n; i++)
                if (lines.at[i]->number == number && lines.at[i]->kind == LINE_KIND_GOODS)
                        return lines.at[i];
        return NULL;
}

/* What is asked for in one call; wishes has room for all of its lines. */
struct shipped {
        struct return_wish *wishes;
        size_t n;
};

static struct return_wish *wish_for(struct shipped *shipped, const OrderLine *line)
{
        for (size_t i = 0; i < shipped->n; i++)
                if (shipped->wishes[i].line_number == line->number)
                        return &shipped->wishes[i];
        shipped->wishes[shipped->n] = (struct return_wish){.line_number = line->number};
        return &shipped->wishes[shipped->n++];
}

/* How many of the units are cancelled; the others, if all of them were shipped, are wished back. */
static int64_t part_shipped(struct shipped *shipped, const OrderLine *line, int64_t quantity)
{
        int64_t open = units_in(line, UNIT_STATE_OPEN);

        if (quantity <= open)
                return quantity;
        struct return_wish *wish = wish_for(shipped, line);
        int64_t sent = units_in(line, UNIT_STATE_IN_TRANSIT) + units_in(line, UNIT_STATE_DELIVERED);

        if (quantity - open > sent - wish->quantity)
                return quantity; /* which is refused */
        wish->quantity += quantity - open;
        return open;
}

static enum status request_return(struct call *call, const CancelOrderRequest *request,
        const Order *order, const struct shipped *shipped)
{
        const char *reason =
                request->reason[0] != '\0' ? request->reason : "cancelled after shipping";

        if (shipped->n == 0)
                return OK;
        return aftersales_request_return(call, order, shipped->wishes, shipped->n, reason);
}

static enum status in_exchange(struct call *call, const OrderLine *line)
{
        call_fact(call, "line", "%d", line->number);
        return call_fail(call, FAILED_PRECONDITION, "LINE_HELD",
                "line %d is of exchange %s, which has not come back or is not paid; withdraw that",
                line->number, line->return_case_id);
}

static enum status cancel_named(struct call *call, const CancelOrderRequest *request, Order *order,
        struct order_lines lines, struct order_cancelled *done)
{
        struct shipped shipped = {
                .wishes = arena_alloc(call->arena, request->n_lines * sizeof(*shipped.wishes))};

        for (size_t i = 0; i < request->n_lines; i++) {
                const CancelOrderLine *wanted = request->lines[i];
                const char *field = call_printf(call, "lines[%zu].number", i);
                OrderLine *line = line_numbered(lines, wanted->number);
                enum status status = OK;

                if (line == NULL)
                        return call_fail_field(call, field, "NO_SUCH_LINE",
                                "%s: order %s has no line %d of goods", field, order->id,
                                wanted->number);
                if (order_line_held(line))
                        return in_exchange(call, line);
                int64_t quantity = part_shipped(&shipped, line, wanted->quantity);

                if (quantity > 0)
                        status = order_cancel_units(call, order, line, quantity, done);
                if (status != OK)
                        return status;
        }
        return request_return(call, request, order, &shipped);
}

static enum status cancel_open(
        struct call *call, Order *order, struct order_lines lines, struct order_cancelled *done)
{
        for (size_t i = 0; i < lines.n; i++) {
                OrderLine *line = lines.at[i];
                int64_t open = units_in(line, UNIT_STATE_OPEN);
                enum status status;

                if (line->kind != LINE_KIND_GOODS || open == 0 || order_line_held(line))
                        continue;
                status = order_cancel_units(call, order, line, open, done);
                if (status != OK)
                        return status;
        }
        if (done->units > 0)
                return OK;
        return call_fail(call, FAILED_PRECONDITION, "UNITS_NOT_OPEN",
                "all of order %s was packed or shipped; ask for a return", order->id);
}

/* Nothing is or was on its way: delivery costs nothing at all. */
static enum status cancel_shipping(
        struct call *call, Order *order, struct order_lines lines, struct order_cancelled *done)
{
        order->end_reason = end_reason(call);
        for (size_t i = 0; i < lines.n; i++) {
                OrderLine *line = lines.at[i];
                enum status status;

                if (line->kind != LINE_KIND_SHIPPING || units_in(line, UNIT_STATE_OPEN) == 0)
                        continue;
                status = order_cancel_units(call, order, line, line->quantity, done);
                if (status != OK)
                        return status;
        }
        return OK;
}

static bool all_cancelled(struct order_lines lines)
{
        for (size_t i = 0; i < lines.n; i++)
                if (lines.at[i]->kind == LINE_KIND_GOODS &&
                        units_in(lines.at[i], UNIT_STATE_CANCELLED) < lines.at[i]->quantity)
                        return false;
        return true;
}

/* What delivery cost goes back with the last unit that goes back (rule 17). */
static enum status end_shipping(
        struct call *call, Order *order, struct order_lines lines, struct order_cancelled *done)
{
        if (all_cancelled(lines))
                return cancel_shipping(call, order, lines, done);
        if (done->units > 0 && order_is_withdrawn(lines))
                order_worth_add(&done->refund, order_refund_delivery(call, order).worth);
        return OK;
}

/* A revision that waits ends first, so that what it takes out can be cancelled and what it adds is
 * not all that is left. */
static enum status give_up_revision(struct call *call, Order *order)
{
        return order->due_kind == DUE_KIND_REVISION ? payment_due_end(call, order) : OK;
}

static enum status cancel_paid(struct call *call, const CancelOrderRequest *request, Order *order)
{
        struct order_cancelled done = {0};
        enum status status = give_up_revision(call, order);

        if (status != OK)
                return status;
        struct order_lines lines = order_lines(call, order->id);

        order = order_get(call->txn, order->id);
        status = request->n_lines > 0 ? cancel_named(call, request, order, lines, &done)
                                      : cancel_open(call, order, lines, &done);

        /* Its after-sales state is another where a case was opened. */
        order = order_get(call->txn, order->id);
        if (status == OK)
                status = end_shipping(call, order, lines, &done);
        if (status != OK)
                return status;
        /* Where all is asked back, the reason is the case's. */
        if (done.units > 0)
                order->cancel_reason = request->reason;
        order_unearn(call, order, &done);
        /* In this order: what ends is not paid by what need not be paid any more. */
        order_settle(call, order);
        payment_give_back(call, order, done.refund, order->id);
        return order->state == ORDER_STATE_CANCELLED ? payment_due_end(call, order) : OK;
}

enum status checkout_cancel_order(
        struct call *call, const CancelOrderRequest *request, Order *response)
{
        Order *order = order_get(call->txn, request->id);
        enum status status;

        if (order->state != ORDER_STATE_PLACED && order->state != ORDER_STATE_CONFIRMED)
                return call_fail(call, FAILED_PRECONDITION, "ORDER_ENDED",
                        "order %s was cancelled or has expired", order->id);
        if (order->state == ORDER_STATE_PLACED)
                status = cancel_unpaid(call, request, order);
        else
                status = cancel_paid(call, request, order);
        if (status == OK)
                call_answer_document(call, response, order->id);
        return status;
}
