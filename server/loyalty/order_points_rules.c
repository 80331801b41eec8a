/*
 * Rule 12's arithmetic: an order earns as a whole and is rounded once, so that three lines at 1.99
 * earn 5 points and not 3; what goes back is read off the split of that figure.
 */
#include "server/loyalty/order_points.h"

#include "lib/base/money.h"
#include "server/loyalty/points.h"

bool earning_of(struct call *call, const EarnRate *rate, int64_t points_max,
        const struct earning_line *lines, size_t count, struct earned *out)
{
        int exponent = currency_exponent(rate->currency_code);
        int64_t *weights = call_array(call, int64_t, count + 1);
        int64_t *parts = call_array(call, int64_t, count + 1);
        int64_t paid = 0;

        *out = (struct earned){.lines = call_array(call, struct earned_line, count + 1)};
        for (size_t i = 0; i < count; i++) {
                weights[i] = lines[i].paid_minor;
                paid += lines[i].paid_minor;
        }
        if (!points_for_amount(rate->points, paid, exponent, &out->points) ||
                !points_for_amount(rate->growth, paid, exponent, &out->growth))
                return false;
        if (points_max > 0 && out->points > points_max)
                out->points = points_max;
        if (count == 0)
                return true;
        money_split(out->points, weights, count, parts);
        for (size_t i = 0; i < count; i++)
                out->lines[i].points = parts[i];
        money_split(out->growth, weights, count, parts);
        for (size_t i = 0; i < count; i++)
                out->lines[i].growth = parts[i];
        return true;
}

int64_t earning_share(int64_t total, int64_t quantity, int64_t first, int64_t count)
{
        int64_t rest = total % quantity;
        int64_t before = first < rest ? first : rest;
        int64_t until = first + count < rest ? first + count : rest;

        return total / quantity * count + until - before;
}
