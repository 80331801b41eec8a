/*
 * What replaces units of an order line (rule 11). Cart promotions play no part: nothing that the
 * replacement makes of an old cart could be told apart from a gift. Refused: pricing the same
 * variant anew and calling the difference zero, since its price may have changed and its units
 * would then refund another amount than what the customer paid.
 */
#include "server/aftersales/replacement.h"

#include <string.h>
#include "cart.rows.h"
#include "server/catalog/catalog.h"
#include "server/order/order.h"
#include "server/order/units.h"
#include "server/tax/taxed.h"

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

static enum status cannot(struct call *call, const ReturnLine *taken, const char *reason)
{
        call_fact(call, "line", "%d", taken->number);
        return call_fail(call, FAILED_PRECONDITION, reason,
                "what is wanted for line %d of the case cannot be sold: %s", taken->number, reason);
}

/* Where it is delivered, or billed where it is not delivered; the list's home where nobody said. */
static const char *zone_of(const Order *order, const Variant *variant, const PriceList *list)
{
        const PostalAddress *address = order->delivery_address;

        if (variant->not_delivered && order->billing_address != NULL)
                address = order->billing_address;
        return address != NULL ? address->country_code : list->home_country_code;
}

/* Taxed like a line of a quote of today. */
static enum status tax_line(struct call *call, const Order *order, const ReturnLine *taken,
        const PriceList *list, OrderLine *made)
{
        const Variant *variant = variant_get(call->txn, taken->replacement_variant_id);
        const char *zone = zone_of(order, variant, list);
        struct rate_cache cache = {
                .home_country = list->tax_included ? list->home_country_code : ""};
        struct class_rates *rates;
        struct tax_split split;
        enum status status =
                rates_of_class(call, &cache, zone, catalog_tax_class(call, variant), &rates);

        if (status != OK)
                return status;
        if (!rates->known)
                return cannot(call, taken, "TAX_CLASS_UNKNOWN");
        made->tax_country_code = zone;
        made->tax_class = rates->tax_class;
        made->tax_status = taxed_relief(member_get(call->txn, order->member_id), zone);
        if (!taxed_split(list, rates, made->tax_status, made->amount_minor, &split))
                return case_too_large(call);
        made->net_minor = split.net;
        made->gross_minor = split.gross;
        made->taxes = call_array(call, TaxAmount *, TAX_RATES_MAX);
        for (size_t i = 0; made->tax_status == TAX_STATUS_UNSPECIFIED && i < rates->there.n; i++) {
                TaxAmount *tax = taxed_row(call, rates->rows[i]);

                tax->amount_minor = split.taxes[i];
                made->taxes[made->n_taxes++] = tax;
        }
        return case_within(call, split.gross) ? OK : case_too_large(call);
}

static enum status another(
        struct call *call, const Order *order, const ReturnLine *taken, OrderLine **out)
{
        const Variant *variant = variant_get(call->txn, taken->replacement_variant_id);
        const Cart *cart = cart_get(call->txn, order->cart_id);
        const PriceList *list = price_list_get(call->txn, cart->price_list_id);
        OrderLine *made = order_line_new(call, order->id, taken->quantity);

        if (!catalog_on_sale(call, variant))
                return cannot(call, taken, "NOT_ON_SALE");
        if (!catalog_unit_price(
                    call, variant->id, list->id, taken->quantity, &made->unit_price_minor))
                return cannot(call, taken, "NO_PRICE");
        if (!money_multiply(made->unit_price_minor, taken->quantity, &made->amount_minor) ||
                !case_within(call, made->amount_minor))
                return case_too_large(call);
        made->variant_id = variant->id;
        made->sku = variant->sku;
        made->title = catalog_line_title(call, variant);
        *out = made;
        return tax_line(call, order, taken, list, made);
}

enum status replacement_make(
        struct call *call, const Order *order, const ReturnLine *taken, OrderLine **out)
{
        const OrderLine *line = order_line_get(call->txn, order->id, taken->order_line_number);

        if (strcmp(taken->replacement_variant_id, line->variant_id) != 0)
                return another(call, order, taken, out);
        *out = alike(call, line, taken);
        return OK;
}
