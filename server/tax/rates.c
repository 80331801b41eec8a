/*
 * Rates are rows with a time of their own, so that a change of law is entered before it happens.
 * An order of a thousand lines has two or three classes of goods: each is looked up once.
 */
#include "server/tax/rates.h"

#include <string.h>

static bool valid_at(const TaxRate *rate, int64_t now_us)
{
        return (rate->start_time == NULL || time_us(rate->start_time) <= now_us) &&
               (rate->end_time == NULL || now_us < time_us(rate->end_time));
}

bool rates_parse(const char *text, struct decimal *rate)
{
        int64_t of_one;

        return decimal_parse(text, rate) && rate->units >= 0 &&
               money_times_decimal(1, *rate, &of_one) && of_one < 100;
}

static enum status read_rates(struct call *call, const char *country, const char *tax_class,
        struct tax_rates *rates, const TaxRate **rows)
{
        struct rows of;

        if (country[0] == '\0')
                return OK;
        of = scan_shared(tax_rate_by_country_code_tax_class(call->txn, country, tax_class));
        for (size_t i = 0; i < of.n; i++) {
                const TaxRate *row = of.at[i];
                struct decimal rate;

                if (!valid_at(row, call->now_us))
                        continue;
                if (rates->n == TAX_RATES_MAX)
                        return call_fail(call, FAILED_PRECONDITION, "TOO_MANY_TAX_RATES",
                                "%s has more than %d rates for %s goods at a time", country,
                                TAX_RATES_MAX, tax_class);
                if (!rates_parse(row->rate, &rate))
                        return call_fail(call, FAILED_PRECONDITION, "TAX_RATE_MALFORMED",
                                "tax rate %s is not between 0 and 100: \"%s\"", row->id, row->rate);
                rows[rates->n] = row;
                rates->at[rates->n++] = rate;
        }
        return OK;
}

/* Whether a country has tax at all: one that never had a rate for anything is a zone without. One
 * whose last rate is over wants its next one, be it 0, rather than to be sold to without tax. */
static bool has_tax(struct call *call, const char *country)
{
        const struct rows of = scan_shared(tax_rate_by_country_code(call->txn, country));

        for (size_t i = 0; i < of.n; i++) {
                const TaxRate *row = of.at[i];

                if (row->start_time == NULL || time_us(row->start_time) <= call->now_us)
                        return true;
        }
        return false;
}

static bool covers(struct call *call, const char *country, const struct tax_rates *rates)
{
        return rates->n > 0 || country[0] == '\0' || !has_tax(call, country);
}

static struct class_rates *find(
        const struct rate_cache *cache, const char *zone, const char *tax_class)
{
        for (size_t i = 0; i < cache->n; i++)
                if (strcmp(cache->at[i].tax_class, tax_class) == 0 &&
                        strcmp(cache->at[i].zone, zone) == 0)
                        return &cache->at[i];
        return NULL;
}

enum status rates_of_class(struct call *call, struct rate_cache *cache, const char *zone,
        const char *tax_class, struct class_rates **out)
{
        struct class_rates *rates = find(cache, zone, tax_class);
        const TaxRate *home_rows[TAX_RATES_MAX];
        enum status status;

        if (rates != NULL) {
                *out = rates;
                return OK;
        }
        if (cache->at == NULL)
                cache->at = arena_room(call->arena, RATE_CLASSES_MAX * sizeof(*cache->at));
        if (cache->n == RATE_CLASSES_MAX)
                return call_fail(call, FAILED_PRECONDITION, "TOO_MANY_TAX_CLASSES",
                        "an order may hold goods of %d classes of tax", RATE_CLASSES_MAX);
        rates = &cache->at[cache->n];
        *rates = (struct class_rates){.tax_class = tax_class, .zone = zone};
        status = read_rates(call, zone, tax_class, &rates->there, rates->rows);
        if (strcmp(zone, cache->home_country) == 0)
                rates->home = rates->there;
        else if (status == OK)
                status = read_rates(call, cache->home_country, tax_class, &rates->home, home_rows);
        if (status != OK)
                return status;
        rates->known = covers(call, cache->home_country, &rates->home) &&
                       covers(call, zone, &rates->there);
        cache->n++;
        *out = rates;
        return OK;
}
