/*
 * Products are taken in 128 bits and checked once at the end: two int64_t multiplied always fit,
 * so rounding sees the exact value and overflow is one comparison. Splitting is Hamilton's method
 * of largest remainders, with the remainders kept as exact integers.
 *
 * Refused: floating point anywhere, and splitting by rounding each part and putting the rest on
 * the last line, which lets one line carry up to half a unit for every other.
 */
#include "lib/base/money.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef __int128 wide;

#define DECIMAL_SCALE_MAX 10
#define SCRATCH           1024 /* enough for the parts of most orders */
#define TEXT_MAX          24   /* sign, digits and point of any amount */

static bool narrow(wide value, int64_t *out)
{
        if (value > INT64_MAX || value < INT64_MIN)
                return false;
        *out = (int64_t)value;
        return true;
}

/* Half away from zero; divisor > 0 and at most 2^126. */
static wide divide(wide value, wide divisor)
{
        wide quotient = value / divisor;
        wide rest = value % divisor;

        if (rest < 0)
                rest = -rest;
        if (rest < divisor - rest)
                return quotient;
        return value < 0 ? quotient - 1 : quotient + 1;
}

static wide power_of_ten(int exponent)
{
        wide power = 1;

        assert(exponent >= 0 && exponent <= 18);
        while (exponent-- > 0)
                power *= 10;
        return power;
}

bool money_add(int64_t a, int64_t b, int64_t *out)
{
        return narrow((wide)a + b, out);
}

bool money_multiply(int64_t amount, int64_t quantity, int64_t *out)
{
        return narrow((wide)amount * quantity, out);
}

bool money_scale(int64_t amount, int64_t numerator, int64_t denominator, int64_t *out)
{
        assert(denominator > 0);
        return narrow(divide((wide)amount * numerator, denominator), out);
}

bool decimal_parse(const char *text, struct decimal *out)
{
        bool negative = *text == '-';
        wide units = 0;
        int scale = 0;

        if (*text == '-' || *text == '+')
                text++;
        if (*text < '0' || *text > '9')
                return false;
        for (; *text >= '0' && *text <= '9'; text++) {
                units = units * 10 + (*text - '0');
                if (units > INT64_MAX)
                        return false;
        }
        if (*text == '.') {
                for (text++; *text >= '0' && *text <= '9'; text++) {
                        units = units * 10 + (*text - '0');
                        if (units > INT64_MAX || ++scale > DECIMAL_SCALE_MAX)
                                return false;
                }
                if (scale == 0)
                        return false;
        }
        if (*text != '\0')
                return false;
        *out = (struct decimal){.units = (int64_t)(negative ? -units : units), .scale = scale};
        return true;
}

bool decimal_add(struct decimal a, struct decimal b, struct decimal *out)
{
        int scale = a.scale > b.scale ? a.scale : b.scale;
        wide sum =
                a.units * power_of_ten(scale - a.scale) + b.units * power_of_ten(scale - b.scale);
        int64_t units;

        if (!narrow(sum, &units))
                return false;
        *out = (struct decimal){.units = units, .scale = scale};
        return true;
}

bool money_times_decimal(int64_t amount, struct decimal rate, int64_t *out)
{
        return narrow(divide((wide)amount * rate.units, power_of_ten(rate.scale)), out);
}

bool money_without_rate(int64_t gross, struct decimal rate, int64_t *out)
{
        wide one = power_of_ten(rate.scale);

        assert(one + rate.units > 0);
        return narrow(divide(gross * one, one + rate.units), out);
}

bool money_convert(int64_t amount, int64_t quantity, struct exchange exchange, int64_t *out)
{
        int shift = exchange.to_exponent - exchange.from_exponent;
        wide divisor = power_of_ten(exchange.rate.scale);
        int64_t total;
        wide product;

        if (!money_multiply(amount, quantity, &total))
                return false;
        if (shift < 0)
                divisor *= power_of_ten(-shift);
        else if (__builtin_mul_overflow((wide)total, power_of_ten(shift), &product) ||
                 !narrow(product, &total))
                return false;
        return narrow(divide((wide)total * exchange.rate.units, divisor), out);
}

struct remainder {
        wide rest;
        size_t place;
};

static int larger_first(const void *a, const void *b)
{
        const struct remainder *left = a;
        const struct remainder *right = b;

        if (left->rest != right->rest)
                return left->rest > right->rest ? -1 : 1;
        return left->place < right->place ? -1 : 1;
}

static void split(
        struct arena *arena, int64_t total, const int64_t *weights, size_t count, int64_t *parts)
{
        struct remainder *remainders = arena_array(arena, struct remainder, count);
        wide amount = total < 0 ? -(wide)total : total;
        wide left = amount;
        wide sum = 0;

        for (size_t i = 0; i < count; i++) {
                assert(weights[i] >= 0);
                sum += weights[i];
        }
        for (size_t i = 0; i < count; i++) {
                wide share = amount * (sum == 0 ? 1 : weights[i]);
                wide whole = sum == 0 ? (wide)count : sum;
                wide part = share / whole;

                remainders[i] = (struct remainder){.rest = share - part * whole, .place = i};
                left -= part;
                parts[i] = (int64_t)(total < 0 ? -part : part);
        }
        if (left == 0)
                return;
        qsort(remainders, count, sizeof(*remainders), larger_first);
        for (size_t i = 0; left > 0; i++, left--)
                parts[remainders[i].place] += total < 0 ? -1 : 1;
}

void money_split(int64_t total, const int64_t *weights, size_t count, int64_t *parts)
{
        _Alignas(16) uint8_t room[SCRATCH];
        struct arena scratch;

        assert(count > 0);
        arena_init_in(&scratch, room, sizeof(room));
        split(&scratch, total, weights, count, parts);
        arena_release(&scratch);
}

/* The parts that are still open in money_split_within: where they are and what they weigh. */
struct open_parts {
        size_t *places;
        int64_t *weights;
        int64_t *shares;
        size_t count;
};

/* Fixes the parts whose share is more than they can carry; returns what is left of total. */
static int64_t fix_overfull(
        struct open_parts *open, int64_t total, const int64_t *carry, int64_t *parts)
{
        size_t kept = 0;

        for (size_t i = 0; i < open->count; i++) {
                size_t place = open->places[i];

                parts[place] = open->shares[i];
                if (open->shares[i] > carry[place]) {
                        parts[place] = carry[place];
                        total -= carry[place];
                        continue;
                }
                open->places[kept] = place;
                open->weights[kept++] = open->weights[i];
        }
        open->count = kept;
        return total;
}

int64_t money_split_within(
        int64_t total, const int64_t *weights, const int64_t *carry, size_t count, int64_t *parts)
{
        _Alignas(16) uint8_t room[SCRATCH];
        struct arena scratch;
        struct open_parts open = {.count = count};
        size_t before;

        assert(total >= 0 && count > 0);
        arena_init_in(&scratch, room, sizeof(room));
        open.places = arena_array(&scratch, size_t, count);
        open.weights = arena_copy(&scratch, weights, count * sizeof(*weights));
        open.shares = arena_array(&scratch, int64_t, count);
        for (size_t i = 0; i < count; i++) {
                assert(carry[i] >= 0);
                open.places[i] = i;
        }
        do {
                before = open.count;
                split(&scratch, total, open.weights, open.count, open.shares);
                total = fix_overfull(&open, total, carry, parts);
        } while (open.count > 0 && open.count < before);
        arena_release(&scratch);
        return open.count > 0 ? 0 : total;
}

char *money_text(struct arena *arena, int64_t minor, const char *currency_code)
{
        int exponent = currency_exponent(currency_code);
        size_t code_size = strlen(currency_code) + 1;
        char *text = arena_alloc(arena, TEXT_MAX + 1 + code_size);
        uint64_t rest = minor < 0 ? -(uint64_t)minor : (uint64_t)minor;
        char *at = text + TEXT_MAX;

        *at = ' ';
        memcpy(at + 1, currency_code, code_size);
        for (int digits = 0; digits == 0 || digits <= exponent || rest > 0; digits++) {
                if (digits > 0 && digits == exponent)
                        *--at = '.';
                *--at = (char)('0' + rest % 10);
                rest /= 10;
        }
        if (minor < 0)
                *--at = '-';
        return at;
}
