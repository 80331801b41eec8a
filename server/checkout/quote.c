/*
 * Rule 0 in its order: unit prices, line amounts, shipping, tax, totals. Everything is read once:
 * a line costs its variant and product, and what lines share (price list, tax rates by class) is
 * read per call.
 *
 * Refused: adding up as lines are edited and trusting the sum at checkout. A price, a rate or a
 * product may change without the cart.
 */
#include "server/checkout/quote.h"

#include <string.h>
#include "lib/base/money.h"
#include "server/catalog/catalog.h"
#include "server/checkout/rates.h"

/* What the steps share. */
struct making {
        struct call *call;
        const struct quote_wish *wish;
        const PriceList *list;
        struct rate_cache rates;
        struct quote *quote;
};

void quote_block(struct call *call, struct quote *quote, const char *reason, int32_t line)
{
        size_t size = quote->blocker_count * sizeof(*quote->blockers);

        /* Doubled whenever the count is a power of two. */
        if ((quote->blocker_count & (quote->blocker_count - 1)) == 0)
                quote->blockers = arena_grow(
                        call->arena, quote->blockers, size, 2 * size + sizeof(*quote->blockers));
        quote->blockers[quote->blocker_count++] =
                (struct quote_blocker){.reason = reason, .line = line};
}

static enum status too_large(struct call *call)
{
        int64_t most = call->terms->order_minor_max;

        call_fact(call, "limit", "%lld", (long long)most);
        return call_fail(call, FAILED_PRECONDITION, "AMOUNT_TOO_LARGE",
                "an order is at most %lld minor units", (long long)most);
}

static bool within(const struct call *call, int64_t amount)
{
        return amount >= 0 && amount <= call->terms->order_minor_max;
}

static enum status too_many_units(struct call *call, const QuoteLine *line)
{
        int64_t most = call->terms->line_units_max;

        call_fact(call, "line", "%d", line->number);
        call_fact(call, "limit", "%lld", (long long)most);
        return call_fail(call, FAILED_PRECONDITION, "TOO_MANY_UNITS",
                "line %d is more than %lld units", line->number, (long long)most);
}

static enum status too_many_lines(struct call *call)
{
        int64_t most = call->terms->order_lines_max;

        call_fact(call, "limit", "%lld", (long long)most);
        return call_fail(call, FAILED_PRECONDITION, "TOO_MANY_LINES",
                "an order has at most %lld lines", (long long)most);
}

static QuoteLine *add_line(struct making *making, LineKind kind)
{
        Quote *answer = making->quote->answer;
        QuoteLine *line = call_new(making->call, QuoteLine);

        *line = (QuoteLine)QUOTE_LINE_INIT;
        line->kind = kind;
        answer->lines[answer->n_lines++] = line;
        return line;
}

/* ---- tax ---- */

/* (e) What a line's amount is without and with tax. */
static enum status tax_line(struct making *making, QuoteLine *line, const char *tax_class)
{
        struct call *call = making->call;
        const PriceList *list = making->list;
        const struct class_rates *rates;
        struct tax_split split;
        enum status status = rates_of_class(call, &making->rates, tax_class, &rates);
        bool fits;

        if (status != OK)
                return status;
        if (!list->tax_included)
                fits = tax_excluded(line->amount_minor, &rates->there, &split);
        else if (list->gross_kept)
                fits = tax_included(line->amount_minor, &rates->there, &split);
        else
                fits = tax_across(line->amount_minor, &rates->home, &rates->there, &split);
        if (!fits || !within(call, split.gross))
                return too_large(call);
        line->net_minor = split.net;
        line->gross_minor = split.gross;
        line->taxes = call_array(call, TaxAmount *, rates->there.n);
        for (size_t i = 0; i < rates->there.n; i++) {
                TaxAmount *tax = call_new(call, TaxAmount);

                *tax = (TaxAmount)TAX_AMOUNT_INIT;
                tax->title = rates->rows[i]->title;
                tax->rate = rates->rows[i]->rate;
                tax->amount_minor = split.taxes[i];
                line->taxes[line->n_taxes++] = tax;
        }
        return OK;
}

/* ---- goods ---- */

/* (a), (b) and (e) of one line of the cart. */
static enum status quote_goods(struct making *making, const CartLine *wanted)
{
        struct call *call = making->call;
        struct quote *quote = making->quote;
        const Variant *variant = variant_get(call->txn, wanted->variant_id);
        QuoteLine *line = add_line(making, LINE_KIND_GOODS);

        quote->variants[quote->answer->n_lines - 1] = variant;
        line->number = wanted->number;
        line->variant_id = variant->id;
        line->sku = variant->sku;
        line->title = catalog_line_title(call, variant);
        line->quantity = wanted->quantity;
        /* What staff price is sold by them, listed or not. */
        if (!wanted->staff_price && !catalog_on_sale(call, variant))
                quote_block(call, quote, "NOT_ON_SALE", line->number);
        if (!cart_line_price(call, making->wish->cart, wanted, &line->unit_price_minor))
                quote_block(call, quote, "NO_PRICE", line->number);
        if (line->quantity > call->terms->line_units_max)
                return too_many_units(call, line);
        if (!money_multiply(line->unit_price_minor, line->quantity, &line->amount_minor) ||
                !within(call, line->amount_minor))
                return too_large(call);
        quote->answer->goods_minor += line->amount_minor;
        if (!within(call, quote->answer->goods_minor))
                return too_large(call);
        return tax_line(making, line, catalog_tax_class(call, variant));
}

/* ---- shipping ---- */

static bool delivers_to(const ShippingMethod *method, const char *country)
{
        for (size_t i = 0; i < method->n_country_codes; i++)
                if (strcmp(method->country_codes[i], country) == 0)
                        return true;
        return method->n_country_codes == 0;
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

/* (d) The fee, a line of its own kind; nothing where the goods reach free_from. */
static enum status quote_shipping(struct making *making)
{
        struct call *call = making->call;
        Quote *answer = making->quote->answer;
        const ShippingMethod *method =
                shipping_method_get(call->txn, making->wish->shipping_method_id);
        const PriceList *list = price_list_get(call->txn, method->price_list_id);
        const char *tax_class = method->tax_class[0] != '\0' ? method->tax_class : "standard";
        const struct class_rates *rates;
        int64_t fee = method->fee_minor, free_from = method->free_from_minor;
        enum status status = rates_of_class(call, &making->rates, tax_class, &rates);
        QuoteLine *line;

        if (status != OK)
                return status;
        if (!delivers_to(method, making->rates.delivery_country) ||
                strcmp(list->currency_code, answer->currency_code) != 0) {
                quote_block(call, making->quote, "SHIPPING_NOT_POSSIBLE", 0);
                return OK;
        }
        if (!in_basis(making, list, rates, &fee) || !in_basis(making, list, rates, &free_from))
                return too_large(call);
        line = add_line(making, LINE_KIND_SHIPPING);
        line->title = catalog_text(call, method->titles, method->n_titles);
        line->quantity = 1;
        if (free_from == 0 || answer->goods_minor < free_from)
                line->unit_price_minor = fee;
        line->amount_minor = line->unit_price_minor;
        answer->shipping_minor = line->amount_minor;
        return tax_line(making, line, tax_class);
}

/* ---- totals ---- */

/* (f) */
static enum status add_up(struct making *making)
{
        Quote *answer = making->quote->answer;

        for (size_t i = 0; i < answer->n_lines; i++) {
                const QuoteLine *line = answer->lines[i];

                for (size_t t = 0; t < line->n_taxes; t++)
                        answer->tax_minor += line->taxes[t]->amount_minor;
                answer->payable_minor += line->gross_minor;
                if (!within(making->call, answer->payable_minor))
                        return too_large(making->call);
        }
        return OK;
}

static void begin(struct making *making)
{
        struct call *call = making->call;
        const struct quote_wish *wish = making->wish;
        struct quote *quote = making->quote;
        const char *country = wish->country_code;

        making->list = price_list_get(call->txn, wish->cart->price_list_id);
        if (country[0] == '\0')
                country = making->list->home_country_code;
        making->rates = (struct rate_cache){
                .home_country = making->list->home_country_code, .delivery_country = country};
        quote->lines = cart_lines(call, wish->cart->id);
        quote->variants = call_array(call, const Variant *, quote->lines.n + 1);
        quote->answer = call_new(call, Quote);
        *quote->answer = (Quote)QUOTE_INIT;
        quote->answer->lines = call_array(call, QuoteLine *, quote->lines.n + 1);
        quote->answer->cart_id = wish->cart->id;
        quote->answer->currency_code = making->list->currency_code;
        quote->answer->tax_included = making->list->tax_included;
}

enum status quote_make(struct call *call, const struct quote_wish *wish, struct quote *out)
{
        struct quote quote = {0};
        struct making making = {.call = call, .wish = wish, .quote = &quote};
        enum status status = OK;

        begin(&making);
        if ((int64_t)quote.lines.n > call->terms->order_lines_max)
                return too_many_lines(call);
        if (quote.lines.n == 0)
                quote_block(call, &quote, "CART_EMPTY", 0);
        /* Nobody knows whose tax it is: what is sold without would be owed by the shop. */
        if (making.rates.delivery_country[0] == '\0')
                quote_block(call, &quote, "COUNTRY_MISSING", 0);
        for (size_t i = 0; i < quote.lines.n && status == OK; i++)
                status = quote_goods(&making, quote.lines.at[i]);
        if (status == OK && wish->shipping_method_id[0] != '\0')
                status = quote_shipping(&making);
        if (status == OK)
                status = add_up(&making);
        if (status != OK)
                return status;
        quote.answer->fingerprint = quote_fingerprint(
                call, quote.answer, making.rates.delivery_country, wish->shipping_method_id);
        *out = quote;
        return OK;
}
