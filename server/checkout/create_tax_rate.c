/*
 * Adds a tax rate. Custom because a rate can be neither changed nor taken away: one that no quote
 * can be made with, or one too many, would keep a whole country from buying for good.
 */
#include "server/change.h"
#include "checkout.handlers.h"
#include "server/tax/rates.h"

static bool overlap(const TaxRate *a, const TaxRate *b)
{
        return (a->end_time == NULL || b->start_time == NULL ||
                       time_us(b->start_time) < time_us(a->end_time)) &&
               (b->end_time == NULL || a->start_time == NULL ||
                       time_us(a->start_time) < time_us(b->end_time));
}

/* Room for one more beside those that are valid at some time together with it. Counted as if they
 * were all valid at once, which may refuse a fifth too early and never lets one in too late. */
static bool has_room(struct call *call, const TaxRate *rate)
{
        struct scan *scan =
                tax_rate_by_country_code_tax_class(call->txn, rate->country_code, rate->tax_class);
        size_t beside = 0;

        for (TaxRate *other; (other = tax_rate_next(scan)) != NULL;)
                beside += overlap(rate, other);
        return beside < TAX_RATES_MAX;
}

static enum status check_rate(struct call *call, const TaxRate *rate)
{
        struct decimal parsed;

        if (!rates_parse(rate->rate, &parsed))
                return call_fail_field(call, "tax_rate.rate", "OUT_OF_RANGE",
                        "tax_rate.rate: a rate is at least 0 and below 100; 0.2 is 20 %%");
        if (rate->start_time != NULL && rate->end_time != NULL &&
                time_us(rate->end_time) <= time_us(rate->start_time))
                return call_fail_field(call, "tax_rate.end_time", "OUT_OF_RANGE",
                        "tax_rate.end_time: a rate ends after it started");
        if (!has_room(call, rate))
                return call_fail(call, FAILED_PRECONDITION, "TOO_MANY_TAX_RATES",
                        "%s has %d rates for %s goods at that time, the most there can be",
                        rate->country_code, TAX_RATES_MAX, rate->tax_class);
        return OK;
}

enum status checkout_create_tax_rate(
        struct call *call, const CreateTaxRateRequest *request, TaxRate *response)
{
        enum status status = change_check_new(call, &tax_rate_table, request->tax_rate, "tax_rate");
        TaxRate rate = *request->tax_rate;

        if (status == OK)
                status = check_rate(call, &rate);
        if (status != OK)
                return status;
        call_respond(response, change_insert(call, &tax_rate_table, &rate));
        return OK;
}
