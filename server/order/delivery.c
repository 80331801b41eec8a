/*
 * Rule 17: what was paid for delivery goes back, at the fee of the cheapest method offered, when
 * all units are withdrawn from or the seller is at fault, and once. Refused: a share for every unit
 * that comes back; a parcel costs the same with fewer goods in it.
 */
#include "server/order/order.h"
#include "server/order/units.h"

bool order_is_withdrawn(struct order_lines lines)
{
        for (size_t i = 0; i < lines.n; i++) {
                const OrderLine *line = lines.at[i];

                if (line->kind == LINE_KIND_GOODS &&
                        units_in(line, UNIT_STATE_CANCELLED) + units_in(line, UNIT_STATE_RETURNED) <
                                line->quantity)
                        return false;
        }
        return true;
}

/* The tax in a part of a line: the part is split as the whole was, by rule 4. */
static int64_t tax_in(struct call *call, const OrderLine *line, int64_t part_minor)
{
        int64_t *weights = call_array(call, int64_t, line->n_taxes + 1);
        int64_t *parts = call_array(call, int64_t, line->n_taxes + 1);

        weights[0] = line->net_minor;
        for (size_t i = 0; i < line->n_taxes; i++)
                weights[i + 1] = line->taxes[i]->amount_minor;
        money_split(part_minor, weights, line->n_taxes + 1, parts);
        return part_minor - parts[0];
}

/* The tenders in a part of a line, in the same way. */
static struct order_worth part_of(const OrderLine *line, int64_t part_minor)
{
        const int64_t weights[] = {line->points_minor, line->gross_minor - line->points_minor};
        int64_t parts[2];

        money_split(part_minor, weights, 2, parts);
        return (struct order_worth){.gross_minor = part_minor, .points_minor = parts[0]};
}

struct delivery_refund order_refund_delivery(struct call *call, const Order *order)
{
        struct order_lines lines = order_lines(call, order->id);
        struct delivery_refund refund = {0};

        for (size_t i = 0; i < lines.n && refund.worth.gross_minor == 0; i++) {
                OrderLine *line = lines.at[i];
                int64_t left = line->gross_minor - line->refunded_minor;

                if (line->kind != LINE_KIND_SHIPPING || line->refunded_minor > 0 || left == 0)
                        continue;
                refund.worth = part_of(line, order->cheapest_shipping_minor < left
                                                     ? order->cheapest_shipping_minor
                                                     : left);
                refund.tax_minor = tax_in(call, line, refund.worth.gross_minor);
                line->refunded_minor += refund.worth.gross_minor;
                line->points_back_minor += refund.worth.points_minor;
                order_line_update(call->txn, line);
        }
        return refund;
}
