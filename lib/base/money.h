#pragma once
/*
 * Arithmetic on amounts in minor units (ISO 4217 exponents 0 to 4). Integers only; every
 * operation checks for overflow and says so instead of wrapping. The rules are the published
 * commerce rules: rounding half away from zero (1), splitting by largest remainder (4).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/base/arena.h"

#define MONEY_MINOR_MAX ((INT64_C(1) << 53) - 1) /* rule 3 */

/* Each returns false, out untouched, on overflow. */
bool money_add(int64_t a, int64_t b, int64_t *out);
bool money_multiply(int64_t amount, int64_t quantity, int64_t *out);
/* round(amount x numerator / denominator), half away from zero; denominator > 0. */
bool money_scale(int64_t amount, int64_t numerator, int64_t denominator, int64_t *out);

/* An exact decimal fraction: units / 10^scale, scale 0..10. "0.19" is {19, 2}. */
struct decimal {
        int64_t units;
        int scale;
};

/* Parses digits with an optional sign and point, up to 10 decimals; false otherwise. */
bool decimal_parse(const char *text, struct decimal *out);
/* a + b exactly, at the larger scale; false on overflow. */
bool decimal_add(struct decimal a, struct decimal b, struct decimal *out);
bool money_times_decimal(int64_t amount, struct decimal rate, int64_t *out);
/* round(gross / (1 + rate)): what a price with tax included is without it (rule 2). rate > -1. */
bool money_without_rate(int64_t gross, struct decimal rate, int64_t *out);
/* round(amount x quantity x rate x 10^(to - from)), once (rule 14). Exponents as from
 * currency_exponent, 0 to 4. */
struct exchange {
        struct decimal rate; /* units of the target currency per unit of the source */
        int from_exponent;
        int to_exponent;
};
bool money_convert(int64_t amount, int64_t quantity, struct exchange exchange, int64_t *out);

/*
 * Splits total over count weights (none negative) by largest remainder, ties to the earlier one,
 * sign of total kept: {4300,1400,2300} / 299 = {161,52,86}. All weights zero: evenly.
 * The parts add up to total. count > 0.
 */
void money_split(int64_t total, const int64_t *weights, size_t count, int64_t *parts);

/*
 * As money_split, but part i never exceeds carry[i] (not negative, same sign convention as a
 * positive total); what one cannot carry is split anew over the others. Returns what nobody
 * could carry, 0 as a rule. total >= 0.
 */
int64_t money_split_within(int64_t total, const int64_t *weights, const int64_t *carry,
        size_t count, int64_t *parts);

/* Minor units per unit as a power of ten for an ISO 4217 code (JPY 0, EUR 2, BHD 3), or -1. */
int currency_exponent(const char *code);
/* "12.50 GBP", "-0.05 EUR", "400 JPY"; of a currency that is not known, minor units. */
char *money_text(struct arena *arena, int64_t minor, const char *currency_code);
