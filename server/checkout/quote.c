/*
 * Rule 0 in its order: unit prices, line amounts, shipping, tax, totals. Everything is read once:
 * a line costs its variant and product, and what lines share (price list, tax rates by class) is
 * read per call.
 *
 * Refused: adding up as lines are edited and trusting the sum at checkout. A price, a rate or a
 * product may change without the cart.
 */
#include "server/checkout/making.h"

#include "lib/base/money.h"
#include "server/catalog/catalog.h"
#include "server/loyalty/loyalty.h"

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

QuoteLine *making_add_line(struct making *making, LineKind kind)
{
        Quote *answer = making->quote->answer;
        QuoteLine *line = call_new(making->call, QuoteLine);

        *line = (QuoteLine)QUOTE_LINE_INIT;
        line->kind = kind;
        answer->lines[answer->n_lines++] = line;
        return line;
}

/* ---- goods ---- */

/* (e): goods are taxed where they are delivered, what is not delivered where it is billed. */
static enum status tax_goods(struct making *making, size_t i)
{
        struct call *call = making->call;
        const Variant *variant = making->quote->variants[i];
        QuoteLine *line = making->quote->answer->lines[i];
        const char *zone =
                variant->not_delivered ? making->billing_country : making->delivery_country;
        struct class_rates *rates;
        const char *tax_class = catalog_tax_class(making->quote->products[i]);
        enum status status = rates_of_class(call, &making->rates, zone, tax_class, &rates);

        if (status != OK)
                return status;
        line->tax_country_code = zone;
        line->tax_class = rates->tax_class;
        /* Nobody knows whose tax it is: what is sold without would be owed by the shop. */
        if (zone[0] == '\0' && !making->homeless)
                quote_block(call, making->quote, "COUNTRY_MISSING", 0);
        making->homeless |= zone[0] == '\0';
        if (!rates->known)
                quote_block(call, making->quote, "TAX_CLASS_UNKNOWN", line->number);
        if (!variant->not_delivered) {
                making->delivers = rates->delivers = true;
                rates->delivered_minor += line->amount_minor - line->discount_minor;
        }
        const struct tax_part whole = {
                .amount = line->amount_minor - line->discount_minor, .rates = rates};

        return making_tax_line(making, line, &whole, 1);
}

/* (a) and (b) of one line of the cart. */
static enum status quote_goods(struct making *making, const CartLine *wanted)
{
        struct call *call = making->call;
        struct quote *quote = making->quote;
        const Variant *variant = variant_get_shared(call->txn, wanted->variant_id);
        const Product *product = catalog_product(call, variant);
        QuoteLine *line = making_add_line(making, LINE_KIND_GOODS);

        quote->variants[quote->answer->n_lines - 1] = variant;
        quote->products[quote->answer->n_lines - 1] = product;
        line->number = wanted->number;
        line->variant_id = variant->id;
        line->sku = variant->sku;
        line->title = catalog_line_title(call, product, variant);
        line->quantity = wanted->quantity;
        /* What staff price is sold by them, listed or not. */
        if (!wanted->staff_price && !catalog_on_sale(product))
                quote_block(call, quote, "NOT_ON_SALE", line->number);
        if (!cart_line_price(call, &making->prices, wanted, &line->unit_price_minor))
                quote_block(call, quote, "NO_PRICE", line->number);
        if (line->quantity > call->terms->line_units_max)
                return too_many_units(call, line);
        if (!money_multiply(line->unit_price_minor, line->quantity, &line->amount_minor) ||
                !order_within(call, line->amount_minor))
                return order_too_large(call);
        quote->answer->goods_minor += line->amount_minor;
        return order_within(call, quote->answer->goods_minor) ? OK : order_too_large(call);
}

/* (a), (b), (c) and (e) of all lines of the cart. */
static enum status quote_cart(struct making *making)
{
        struct quote *quote = making->quote;
        enum status status = OK;

        for (size_t i = 0; i < quote->lines.n && status == OK; i++)
                status = quote_goods(making, quote->lines.at[i]);
        if (status != OK)
                return status;
        making_discount(making);
        for (size_t i = 0; i < quote->lines.n && status == OK; i++)
                status = tax_goods(making, i);
        return status;
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
                if (!order_within(making->call, answer->payable_minor))
                        return order_too_large(making->call);
        }
        return OK;
}

static void begin(struct making *making)
{
        struct call *call = making->call;
        const struct quote_wish *wish = making->wish;
        struct quote *quote = making->quote;

        making->list = price_list_get_shared(call->txn, wish->cart->price_list_id);
        making->prices = cart_price_lists(call, wish->cart);
        making->tier_free_minor =
                privilege_free_shipping(call, wish->cart->member_id, making->list->currency_code);
        making->buyer = member_get(call->txn, wish->cart->member_id);
        making->delivery_country = wish->country_code[0] != '\0' ? wish->country_code
                                                                 : making->list->home_country_code;
        making->billing_country = wish->billing_country_code[0] != '\0' ? wish->billing_country_code
                                                                        : making->delivery_country;
        if (making->list->tax_included)
                making->rates.home_country = making->list->home_country_code;
        quote->lines = cart_lines(call, wish->cart->id);
        quote->variants = call_array(call, const Variant *, quote->lines.n + 1);
        quote->products = call_array(call, const Product *, quote->lines.n + 1);
        quote->answer = call_new(call, Quote);
        *quote->answer = (Quote)QUOTE_INIT;
        quote->answer->lines = call_array(call, QuoteLine *, quote->lines.n + 1);
        quote->answer->cart_id = wish->cart->id;
        quote->answer->currency_code = making->list->currency_code;
        quote->answer->tax_included = making->list->tax_included;
        quote->buyer = making->buyer;
        if (making->buyer != NULL)
                quote->answer->tax_status = making->buyer->tax_status;
}

enum status quote_make(struct call *call, const struct quote_wish *wish, struct quote *out)
{
        struct quote quote = {0};
        struct making making = {
                .call = call, .wish = wish, .quote = &quote, .rates = {.home_country = ""}};
        enum status status;

        begin(&making);
        if ((int64_t)quote.lines.n > call->terms->order_lines_max)
                return too_many_lines(call);
        if (quote.lines.n == 0)
                quote_block(call, &quote, "CART_EMPTY", 0);
        status = quote_cart(&making);
        if (status == OK)
                status = making_ship(&making);
        if (status == OK)
                status = add_up(&making);
        if (status != OK)
                return status;
        making_points(&making);
        quote.answer->fingerprint = quote_fingerprint(
                call, quote.answer, making.delivery_country, wish->shipping_method_id);
        *out = quote;
        return OK;
}
