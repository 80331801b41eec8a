/*
 * Proves the revisions of every order: numbered without gaps, the last one waiting exactly while
 * its order waits for its difference, and lines and leaving units those that they say. That what a
 * line holds is reserved while it is not counted, and that totals are of counted lines, the order's
 * own proof says.
 */
#include "server/checkout/checkout.h"

#include <string.h>
#include "checkout.rows.h"
#include "server/order/units.h"

struct subject {
        struct verify_context *context;
        struct txn *txn;
        const Order *order;
};

static void row_fault(
        const struct subject *subject, const char *kind, int32_t number, const char *sentence)
{
        verify_fault(subject->context, kind, "OrderRevision", subject->order->id, "revision %d: %s",
                number, sentence);
}

/* A line that a revision added is as that one is. */
static bool stands(const OrderLine *line, const OrderRevision *row)
{
        UnitState only =
                row->state == REVISION_STATE_PENDING ? UNIT_STATE_OPEN : UNIT_STATE_CANCELLED;

        if (line->uncounted != (row->state != REVISION_STATE_COUNTS))
                return false;
        return !line->uncounted || units_in(line, only) == line->quantity;
}

static void verify_lines(const struct subject *subject, const OrderRevision *row)
{
        struct scan *scan = order_line_of(subject->txn, subject->order->id);
        int64_t added = 0, units = 0, leaving = 0;
        bool waits = row->state == REVISION_STATE_PENDING;

        for (const OrderLine *line; (line = order_line_next(scan)) != NULL;) {
                leaving += units_in(line, UNIT_STATE_LEAVING);
                if (line->revision != row->number)
                        continue;
                added += line->gross_minor;
                units += line->quantity;
                if (!stands(line, row))
                        row_fault(subject, "REVISION_LINE", row->number,
                                "a line that it added is not in its state");
        }
        if (added != row->added_minor || units != row->added_units ||
                (waits && leaving != row->removed_units))
                row_fault(subject, "REVISION_LINE", row->number,
                        "what it added or takes out is not what its lines say");
}

static void verify_row(const struct subject *subject, const OrderRevision *row)
{
        const Order *order = subject->order;
        bool waits = row->state == REVISION_STATE_PENDING;
        bool waited_for = order->due_kind == DUE_KIND_REVISION &&
                          row->number == order->revision_count &&
                          row->difference_minor == order->raised_minor;

        if (waits != waited_for)
                row_fault(subject, "REVISION_STATE", row->number,
                        "it waits and its order does not wait for it, or the other way round");
        if (strcmp(row->holder_id, waits ? order->member_id : "") != 0 ||
                strcmp(row->member_id, order->member_id) != 0)
                row_fault(subject, "REVISION_STATE", row->number, "it is another member's");
        if (row->added_minor - (row->removed_minor - row->points_minor) != row->difference_minor)
                row_fault(subject, "REVISION_SUM", row->number,
                        "its difference is not what it adds less what it takes out");
        if (row->number > 1)
                verify_lines(subject, row);
}

static void verify_order(const struct subject *subject)
{
        struct scan *scan = order_revision_of(subject->txn, subject->order->id);
        int32_t number = 0;

        for (const OrderRevision *row; (row = order_revision_next(scan)) != NULL;) {
                if (row->number != ++number)
                        row_fault(subject, "REVISION_NUMBER", row->number,
                                "one before it is missing");
                number = row->number;
                verify_row(subject, row);
        }
        if (number != subject->order->revision_count)
                row_fault(
                        subject, "REVISION_NUMBER", number, "its order has another number of them");
}

void checkout_verify(struct verify_context *context, struct txn *txn)
{
        struct scan *scan = order_all_by_place_time(txn);
        struct subject subject = {.context = context, .txn = txn};

        scan_fleeting(scan);
        while ((subject.order = order_next(scan)) != NULL) {
                struct txn_memory memory = txn_memory(txn);

                verify_order(&subject);
                txn_forget(txn, memory);
        }
}
