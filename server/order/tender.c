/*
 * Points that pay for an order (rules 12 and 16): those that come back for units, and the proof
 * that what an order says of its points is what the ledger of points says. An order keeps how many
 * points it was placed with and what they paid; how many come back for a part of that is read off
 * the two, so that all of it gives back all of them. Refused: points per line and unit, each
 * rounded, of which some would be left over.
 */
#include "server/order/tender.h"

#include <assert.h>
#include "loyalty.rows.h"
#include "server/loyalty/loyalty.h"
#include "server/order/order.h"

void order_worth_add(struct order_worth *sum, struct order_worth worth)
{
        sum->gross_minor += worth.gross_minor;
        sum->points_minor += worth.points_minor;
}

int64_t order_worth_money(struct order_worth worth)
{
        return worth.gross_minor - worth.points_minor;
}

int64_t order_points_back(struct call *call, Order *order, int64_t points_minor)
{
        if (points_minor == 0)
                return 0;
        int64_t minor = order->points_back_minor + points_minor;
        int64_t points = (int64_t)((__int128)order->points * minor / order->points_minor) -
                         order->points_back;

        assert(minor <= order->points_minor);
        if (points > 0)
                loyalty_tender_back(call, order, points);
        order->points_back_minor = minor;
        order->points_back += points;
        order_store(call, order);
        call_event(call, "order.points_back", order->id, order->member_id, "points", points,
                "amount_minor", points_minor, NULL);
        return points;
}

/* ---- proof ---- */

struct ledger {
        int64_t held, spent;
};

static void count(struct ledger *ledger, PointAccount account, int64_t points)
{
        ledger->held += account == POINT_ACCOUNT_HELD ? points : 0;
        ledger->spent += account == POINT_ACCOUNT_REDEEMED ? points : 0;
}

/* What the ledger of points has for the order. */
static struct ledger read_ledger(struct txn *txn, const char *order_id)
{
        struct scan *scan = point_entry_by_source_id(txn, order_id);
        struct ledger ledger = {0};

        for (const PointEntry *entry; (entry = point_entry_next(scan)) != NULL;) {
                if (entry->source != POINT_SOURCE_TENDER)
                        continue;
                count(&ledger, entry->from_account, -entry->points);
                count(&ledger, entry->to_account, entry->points);
        }
        return ledger;
}

/* Neither points nor money gave more than they paid. */
static bool within_tenders(const OrderLine *line)
{
        int64_t points = line->points_back_minor + line->exchanged_points_minor;
        int64_t all = line->refunded_minor + line->exchanged_minor + line->due_minor;

        return line->points_back_minor >= 0 && line->exchanged_points_minor >= 0 &&
               points <= line->points_minor &&
               all - points <= line->gross_minor - line->points_minor;
}

void tender_verify_line(
        struct verify_context *context, const OrderLine *line, struct tender *tender)
{
        OrderLine wanted = *line;
        /* What replaces or was added later has a splitting of its own. */
        bool placed = line->return_case_id[0] == '\0' && line->revision == 0;
        struct units_tender own = {line->points_minor, line->gross_minor};

        if (line->quantity < 1)
                return;
        if (line->number == 1)
                tender->left.gross_minor = line->gross_ahead_minor;
        wanted.points_minor = wanted.points_ahead_minor = wanted.gross_ahead_minor = 0;
        units_tender_line(placed ? &tender->left : &own, &wanted);
        if (line->points_minor != wanted.points_minor ||
                line->points_ahead_minor != wanted.points_ahead_minor ||
                line->gross_ahead_minor != wanted.gross_ahead_minor)
                verify_fault(context, "LINE_TENDER", "OrderLine", line->order_id,
                        "line %d: points pay %lld of it, by the splitting %lld", line->number,
                        (long long)line->points_minor, (long long)wanted.points_minor);
        if (!within_tenders(line))
                verify_fault(context, "LINE_TENDER", "OrderLine", line->order_id,
                        "line %d: more came back or was exchanged than points or money paid",
                        line->number);
        tender->points_minor += line->points_minor - line->exchanged_points_minor;
        tender->points_back_minor += line->points_back_minor;
}

void tender_verify_order(struct verify_context *context, struct txn *txn, const Order *order,
        const struct tender *tender)
{
        struct ledger ledger = {0};
        int64_t kept = order->points - order->points_back;

        if (order->points_minor != tender->points_minor ||
                order->points_back_minor != tender->points_back_minor ||
                order->points_minor > order->gross_minor)
                verify_fault(context, "ORDER_TENDER", "Order", order->id,
                        "points pay %lld and gave %lld back, by its lines %lld and %lld",
                        (long long)order->points_minor, (long long)order->points_back_minor,
                        (long long)tender->points_minor, (long long)tender->points_back_minor);
        if (order->points_minor == 0 && order->points == 0)
                return;
        if (tender->left.points_minor != 0 || tender->left.gross_minor != 0)
                verify_fault(context, "ORDER_TENDER", "Order", order->id,
                        "its lines do not split what it was placed with");
        ledger = read_ledger(txn, order->id);
        if (ledger.held != (order->state == ORDER_STATE_PLACED ? kept : 0) ||
                ledger.spent != (order->state == ORDER_STATE_CONFIRMED ? kept : 0))
                verify_fault(context, "ORDER_POINTS_HELD", "Order", order->id,
                        "%lld points pay for it; the ledger holds %lld and spent %lld",
                        (long long)kept, (long long)ledger.held, (long long)ledger.spent);
}
