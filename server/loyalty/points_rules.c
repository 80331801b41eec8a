/*
 * The rules of points without a ledger: which movements there are, and what amounts and points are
 * worth in each other. Points are always rounded down, so that splitting an order never earns
 * more, and what the shop takes for missing points is never more than they were worth.
 */
#include "server/loyalty/points.h"

#include <stddef.h>
#include "lib/base/calendar.h"
#include "lib/base/money.h"

struct pair {
        PointAccount from, to;
};

static const struct pair pairs[] = {
        {POINT_ACCOUNT_ISSUED, POINT_ACCOUNT_PENDING},
        {POINT_ACCOUNT_ISSUED, POINT_ACCOUNT_AVAILABLE},
        {POINT_ACCOUNT_PENDING, POINT_ACCOUNT_AVAILABLE},
        {POINT_ACCOUNT_PENDING, POINT_ACCOUNT_CLAWED_BACK},
        {POINT_ACCOUNT_AVAILABLE, POINT_ACCOUNT_CLAWED_BACK},
        {POINT_ACCOUNT_AVAILABLE, POINT_ACCOUNT_ISSUED}, /* staff took them away */
        {POINT_ACCOUNT_AVAILABLE, POINT_ACCOUNT_HELD},
        {POINT_ACCOUNT_AVAILABLE, POINT_ACCOUNT_REDEEMED},
        {POINT_ACCOUNT_AVAILABLE, POINT_ACCOUNT_EXPIRED},
        {POINT_ACCOUNT_HELD, POINT_ACCOUNT_REDEEMED},
        {POINT_ACCOUNT_HELD, POINT_ACCOUNT_AVAILABLE},
        {POINT_ACCOUNT_REDEEMED, POINT_ACCOUNT_AVAILABLE},
};

bool points_pair_allowed(PointAccount from, PointAccount to)
{
        for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
                if (pairs[i].from == from && pairs[i].to == to)
                        return true;
        return false;
}

static __int128 power_of_ten(int exponent)
{
        __int128 power = 1;

        while (exponent-- > 0)
                power *= 10;
        return power;
}

bool points_for_amount(const char *rate, int64_t amount_minor, int exponent, int64_t *points)
{
        struct decimal decimal;

        *points = 0;
        if (rate[0] == '\0' || amount_minor <= 0)
                return true;
        if (!decimal_parse(rate, &decimal) || decimal.units < 0)
                return false;
        __int128 exact =
                (__int128)decimal.units * amount_minor / power_of_ten(decimal.scale + exponent);

        if (exact > MONEY_MINOR_MAX)
                return false;
        *points = (int64_t)exact;
        return true;
}

/* Nobody has more, so what is worth more is out of reach all the same. */
static int64_t within_reach(__int128 number)
{
        return number > INT64_MAX ? INT64_MAX : (int64_t)number;
}

int64_t points_worth_minor(int64_t points, int64_t unit_points, int exponent)
{
        return within_reach((__int128)points * power_of_ten(exponent) / unit_points);
}

int64_t points_to_pay(int64_t amount_minor, int64_t unit_points, int exponent)
{
        __int128 unit = power_of_ten(exponent);

        return within_reach(((__int128)amount_minor * unit_points + unit - 1) / unit);
}

int64_t points_within(int64_t amount_minor, int64_t unit_points, int exponent)
{
        return points_to_pay(amount_minor + 1, unit_points, exponent) - 1;
}

int64_t points_notice_us(int64_t expire_us, int32_t notice_days)
{
        /* Points expire at the end of a day, which is the first instant of the next. */
        return calendar_start_us(
                calendar_add_days(calendar_date_of(expire_us - 1), -(int64_t)notice_days));
}
