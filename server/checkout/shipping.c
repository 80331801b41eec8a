/*
 * Rule 0 (d): the fee, a line of its own kind; nothing where the goods reach free_from, or what
 * the buyer's tier says where that is less. It has a
 * tax class of its own, or is split by rule 4 over the classes of what is delivered, each part with
 * the tax of its class. In the other price basis every part is converted by its own rates.
 */
#include "server/checkout/making.h"

#include <string.h>
#include "server/catalog/catalog.h"

struct fee_parts {
        const struct class_rates *rates[RATE_CLASSES_MAX];
        int64_t weights[RATE_CLASSES_MAX];
        size_t n;
};

static bool delivers_to(const ShippingMethod *method, const char *country)
{
        for (size_t i = 0; i < method->n_country_codes; i++)
                if (strcmp(method->country_codes[i], country) == 0)
                        return true;
        return method->n_country_codes == 0;
}

/* Of the method's fee: nearly always the list that the goods are priced by. */
static const PriceList *list_of(const struct making *making, const ShippingMethod *method)
{
        if (strcmp(method->price_list_id, making->list->id) == 0)
                return making->list;
        return price_list_get_shared(making->call->txn, method->price_list_id);
}

/* Whether it delivers there for a fee in the quote's currency. */
static bool offered(const struct making *making, const ShippingMethod *method)
{
        const PriceList *list = list_of(making, method);

        return delivers_to(method, making->delivery_country) &&
               strcmp(list->currency_code, making->list->currency_code) == 0;
}

static bool any_offered(const struct making *making)
{
        const struct rows methods = scan_shared(shipping_method_all(making->call->txn));

        for (size_t i = 0; i < methods.n; i++)
                if (offered(making, methods.at[i]))
                        return true;
        return false;
}

/* Whose rates the fee has. */
static enum status find_parts(
        struct making *making, const ShippingMethod *method, struct fee_parts *parts)
{
        const char *tax_class = method->tax_class[0] != '\0' ? method->tax_class : "standard";
        struct class_rates *own;
        enum status status;

        if (!method->tax_split) {
                status = rates_of_class(
                        making->call, &making->rates, making->delivery_country, tax_class, &own);
                if (status != OK)
                        return status;
                parts->rates[parts->n] = own;
                parts->weights[parts->n++] = 1;
                return OK;
        }
        for (size_t i = 0; i < making->rates.n; i++) {
                const struct class_rates *rates = &making->rates.at[i];

                if (!rates->delivers)
                        continue;
                parts->rates[parts->n] = rates;
                parts->weights[parts->n++] = rates->delivered_minor;
        }
        return OK;
}

/* Rule 0: an amount in the other price basis is converted by its own line's rates. */
static bool in_basis(const struct making *making, const PriceList *from,
        const struct class_rates *rates, int64_t *amount)
{
        struct tax_split split;

        if (from->tax_included == making->list->tax_included)
                return true;
        if (from->tax_included) {
                if (!tax_included(*amount, &rates->there, &split))
                        return false;
                *amount = split.net;
        } else {
                if (!tax_excluded(*amount, &rates->home, &split))
                        return false;
                *amount = split.gross;
        }
        return true;
}

/* An amount of the method's list split over the parts, in the quote's basis; false on overflow. */
static bool split_amount(const struct making *making, const PriceList *from,
        const struct fee_parts *parts, int64_t amount, struct tax_part *out)
{
        int64_t amounts[RATE_CLASSES_MAX];

        money_split(amount, parts->weights, parts->n, amounts);
        for (size_t i = 0; i < parts->n; i++) {
                if (!in_basis(making, from, parts->rates[i], &amounts[i]))
                        return false;
                out[i] = (struct tax_part){.amount = amounts[i], .rates = parts->rates[i]};
        }
        return true;
}

static int64_t sum_of(const struct tax_part *parts, size_t count)
{
        int64_t sum = 0;

        for (size_t i = 0; i < count; i++)
                sum += parts[i].amount;
        return sum;
}

/* What a method asks for, as a line that is not in the answer. */
struct fee {
        QuoteLine *line;
        bool known; /* no part of it is of a class without a rate */
};

static QuoteLine *new_line(struct making *making, const ShippingMethod *method)
{
        QuoteLine *line = call_new(making->call, QuoteLine);

        *line = (QuoteLine)QUOTE_LINE_INIT;
        line->kind = LINE_KIND_SHIPPING;
        line->title = catalog_text(making->call, method->titles, method->n_titles);
        line->quantity = 1;
        line->tax_country_code = making->delivery_country;
        return line;
}

/* Whether goods of so much are delivered free: by the method (0: never) or by the buyer's tier. */
static bool is_free(const struct making *making, int64_t method_minor)
{
        int64_t goods = making->quote->answer->goods_minor - making->quote->answer->discount_minor;

        return (method_minor > 0 && goods >= method_minor) ||
               (making->tier_free_minor >= 0 && goods >= making->tier_free_minor);
}

static enum status make_fee(struct making *making, const ShippingMethod *method, struct fee *out)
{
        struct call *call = making->call;
        const PriceList *list = list_of(making, method);
        struct tax_part fee[RATE_CLASSES_MAX], least[RATE_CLASSES_MAX];
        struct fee_parts parts = {0};
        enum status status = find_parts(making, method, &parts);
        QuoteLine *line = new_line(making, method);

        if (status != OK)
                return status;
        if (!split_amount(making, list, &parts, method->fee_minor, fee) ||
                !split_amount(making, list, &parts, method->free_from_minor, least))
                return order_too_large(call);
        line->tax_class = method->tax_split ? "" : parts.rates[0]->tax_class;
        if (is_free(making, method->free_from_minor > 0 ? sum_of(least, parts.n) : 0))
                for (size_t i = 0; i < parts.n; i++)
                        fee[i].amount = 0;
        line->unit_price_minor = sum_of(fee, parts.n);
        line->amount_minor = line->unit_price_minor;
        *out = (struct fee){.line = line, .known = true};
        for (size_t i = 0; i < parts.n; i++)
                out->known &= parts.rates[i]->known;
        return making_tax_line(making, line, fee, parts.n);
}

/* The least that any method offered asks for, frozen in the order: what a return gives back of
 * delivery (rule 17) must not be judged by the methods of its own day. */
static enum status find_cheapest(struct making *making)
{
        const struct rows methods = scan_shared(shipping_method_all(making->call->txn));
        int64_t cheapest = INT64_MAX;

        for (size_t i = 0; i < methods.n; i++) {
                const ShippingMethod *method = methods.at[i];
                struct fee fee;

                if (!offered(making, method))
                        continue;
                enum status status = make_fee(making, method, &fee);

                if (status != OK)
                        return status;
                if (fee.known && fee.line->gross_minor < cheapest)
                        cheapest = fee.line->gross_minor;
        }
        making->quote->cheapest_shipping_minor = cheapest;
        return OK;
}

static enum status add_fee(struct making *making, const ShippingMethod *method)
{
        Quote *answer = making->quote->answer;
        struct fee fee;
        enum status status = make_fee(making, method, &fee);

        if (status != OK)
                return status;
        answer->lines[answer->n_lines++] = fee.line;
        answer->shipping_minor = fee.line->amount_minor;
        if (!fee.known)
                quote_block(making->call, making->quote, "TAX_CLASS_UNKNOWN", 0);
        return find_cheapest(making);
}

enum status making_ship(struct making *making)
{
        const struct quote_wish *wish = making->wish;
        struct call *call = making->call;

        if (wish->shipping_method_id[0] != '\0') {
                const ShippingMethod *method =
                        shipping_method_get_shared(call->txn, wish->shipping_method_id);

                if (making->delivers && offered(making, method))
                        return add_fee(making, method);
                quote_block(call, making->quote,
                        making->delivers || making->quote->lines.n == 0 ? "SHIPPING_NOT_POSSIBLE"
                                                                        : "SHIPPING_NOT_NEEDED",
                        0);
                return OK;
        }
        /* Staff place what was agreed on elsewhere; without a country it is collected. */
        if (making->delivers && wish->country_code[0] != '\0' && !call_is_staff(call) &&
                any_offered(making))
                quote_block(call, making->quote, "SHIPPING_MISSING", 0);
        return OK;
}
