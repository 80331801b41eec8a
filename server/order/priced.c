/*
 * What goods cost that come to an order after it was placed: a replacement, units that an edit
 * adds. Rule 9 prices nothing anew that is in the order and gives what is added the price of today,
 * so a line comes from the order's own list and zone, taxed like one of a quote of today. Refused:
 * a quote of a cart made for it, which would ask for delivery again and merge what is told apart.
 */
#include "server/order/order.h"

#include "cart.rows.h"
#include "lib/base/money.h"
#include "server/catalog/catalog.h"
#include "server/loyalty/loyalty.h"
#include "server/tax/taxed.h"

bool order_within(const struct call *call, int64_t amount_minor)
{
        return amount_minor >= 0 && amount_minor <= call->terms->order_minor_max;
}

enum status order_too_large(struct call *call)
{
        call_fact(call, "limit", "%lld", (long long)call->terms->order_minor_max);
        return call_fail(call, FAILED_PRECONDITION, "AMOUNT_TOO_LARGE",
                "an order is at most %lld minor units", (long long)call->terms->order_minor_max);
}

static enum status cannot(struct call *call, const Variant *variant, const char *reason)
{
        call_fact(call, "sku", "%s", variant->sku);
        return call_fail(call, FAILED_PRECONDITION, reason, "%s cannot be sold now: %s",
                variant->sku, reason);
}

static enum status too_many(struct call *call, const Variant *variant)
{
        int64_t most = call->terms->line_units_max;

        call_fact(call, "sku", "%s", variant->sku);
        call_fact(call, "limit", "%lld", (long long)most);
        return call_fail(call, FAILED_PRECONDITION, "TOO_MANY_UNITS",
                "%s: a line is at most %lld units", variant->sku, (long long)most);
}

/* Where it is delivered, or billed where it is not delivered; the list's home where nobody said. */
static const char *zone_of(const Order *order, const Variant *variant, const PriceList *list)
{
        const PostalAddress *address = order->delivery_address;

        if (variant->not_delivered && order->billing_address != NULL)
                address = order->billing_address;
        return address != NULL ? address->country_code : list->home_country_code;
}

/* What is sold: the variant, and the product it is one of. */
struct ware {
        const Variant *variant;
        const Product *product;
};

static enum status tax_line(struct call *call, const Order *order, const struct ware *ware,
        const PriceList *list, OrderLine *made)
{
        const char *zone = zone_of(order, ware->variant, list);
        struct rate_cache cache = {
                .home_country = list->tax_included ? list->home_country_code : ""};
        struct class_rates *rates;
        struct tax_split split;
        enum status status =
                rates_of_class(call, &cache, zone, catalog_tax_class(ware->product), &rates);

        if (status != OK)
                return status;
        if (!rates->known)
                return cannot(call, ware->variant, "TAX_CLASS_UNKNOWN");
        made->tax_country_code = zone;
        made->tax_class = rates->tax_class;
        made->tax_status = taxed_relief(member_get(call->txn, order->member_id), zone);
        if (!taxed_split(list, rates, made->tax_status, made->amount_minor, &split))
                return order_too_large(call);
        made->net_minor = split.net;
        made->gross_minor = split.gross;
        made->taxes = call_array(call, TaxAmount *, TAX_RATES_MAX);
        for (size_t i = 0; made->tax_status == TAX_STATUS_UNSPECIFIED && i < rates->there.n; i++) {
                TaxAmount *tax = taxed_row(call, rates->rows[i]);

                tax->amount_minor = split.taxes[i];
                made->taxes[made->n_taxes++] = tax;
        }
        return order_within(call, split.gross) ? OK : order_too_large(call);
}

/* Neither the cart whose prices were theirs nor an address to send it to is left. */
enum status order_check_owner(struct call *call, const Order *order)
{
        if (!txn_owner_erased(call->txn, order->member_id))
                return OK;
        return call_fail(call, FAILED_PRECONDITION, "MEMBER_ERASED",
                "order %s is of a member who was erased: nothing more is sent on it", order->id);
}

static const PriceList *list_of(struct call *call, const Order *order)
{
        const Cart *cart = cart_get(call->txn, order->cart_id);

        return price_list_get(call->txn, cart->price_list_id);
}

enum status order_price_line(
        struct call *call, const Order *order, const struct priced_wish *wish, OrderLine **out)
{
        if (order_check_owner(call, order) != OK)
                return call->error.code;
        const Variant *variant = variant_get(call->txn, wish->variant_id);
        const PriceList *list = list_of(call, order);
        const struct price_lists lists = privilege_price_lists(call, order->member_id, list->id);
        OrderLine *made = order_line_new(call, order->id, wish->quantity);
        const struct ware ware = {variant, catalog_product(call, variant)};

        if (!catalog_on_sale(ware.product))
                return cannot(call, variant, "NOT_ON_SALE");
        if (wish->quantity > call->terms->line_units_max)
                return too_many(call, variant);
        if (!catalog_listed_price(
                    call, variant->id, &lists, wish->quantity, &made->unit_price_minor))
                return cannot(call, variant, "NO_PRICE");
        if (!money_multiply(made->unit_price_minor, wish->quantity, &made->amount_minor) ||
                !order_within(call, made->amount_minor))
                return order_too_large(call);
        made->variant_id = variant->id;
        made->sku = variant->sku;
        made->title = catalog_line_title(call, ware.product, variant);
        *out = made;
        return tax_line(call, order, &ware, list, made);
}
