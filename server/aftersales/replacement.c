/*
 * What replaces units of an order line (rule 11). Cart promotions play no part: nothing that the
 * replacement makes of an old cart could be told apart from a gift. Refused: pricing the same
 * variant anew and calling the difference zero, since its price may have changed and its units
 * would then refund another amount than what the customer paid.
 */
#include "server/aftersales/replacement.h"

#include <string.h>
#include "server/order/order.h"
#include "server/order/units.h"

static OrderLine *alike(struct call *call, const OrderLine *line, const ReturnLine *taken)
{
        OrderLine *made = order_line_new(call, line->order_id, taken->quantity);

        made->variant_id = line->variant_id;
        made->sku = line->sku;
        made->title = line->title;
        made->tax_country_code = line->tax_country_code;
        made->tax_class = line->tax_class;
        made->tax_status = line->tax_status;
        made->unit_price_minor = line->unit_price_minor;
        made->amount_minor = line->unit_price_minor * taken->quantity;
        made->gross_minor = taken->refund_minor;
        made->net_minor = taken->refund_minor - taken->refund_tax_minor;
        made->taxes = call_array(call, TaxAmount *, line->n_taxes);
        for (size_t i = 0; i < line->n_taxes; i++) {
                TaxAmount *tax = call_new(call, TaxAmount);

                *tax = *line->taxes[i];
                tax->amount_minor = 0;
                for (size_t k = 0; k < taken->n_units; k++)
                        tax->amount_minor += units_tax_of(
                                line, i, taken->units[k]->first, taken->units[k]->count);
                made->taxes[made->n_taxes++] = tax;
        }
        return made;
}

enum status replacement_make(
        struct call *call, const Order *order, const ReturnLine *taken, OrderLine **out)
{
        const OrderLine *line = order_line_get(call->txn, order->id, taken->order_line_number);

        if (order_check_owner(call, order) != OK)
                return call->error.code;
        if (strcmp(taken->replacement_variant_id, line->variant_id) != 0) {
                const struct priced_wish wish = {taken->replacement_variant_id, taken->quantity};
                enum status status = order_price_line(call, order, &wish, out);

                if (status != OK)
                        call_fact(call, "line", "%d", taken->number);
                return status;
        }
        *out = alike(call, line, taken);
        return OK;
}
