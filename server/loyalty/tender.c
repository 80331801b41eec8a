/*
 * Points as a tender of orders (rule 12): what may be spent on one, and where those points are
 * while it waits, is paid and gives back. Fewer points than pay a minor unit are left alone, so
 * that what an order spends is worth what it pays.
 *
 * Refused: judging the cap by all that is to be paid. Points would then pay more of the same goods
 * where they are sent further.
 */
#include "server/loyalty/loyalty.h"

#include <assert.h>
#include "lib/base/money.h"
#include "membership.rows.h"
#include "server/loyalty/points.h"
#include "server/loyalty/programme.h"

static struct points_cause cause_of(const Order *order)
{
        return (struct points_cause){.source = POINT_SOURCE_TENDER, .source_id = order->id};
}

/* ---- what may be spent ---- */

/* What the programme lets points pay of it. */
static int64_t most_minor(const ProgrammeVersion *programme, const struct tender_wish *wish)
{
        int64_t share;
        bool known = points_for_amount(programme->tender_share, wish->goods_minor, 0, &share);

        assert(known); /* a share is at most 1 */
        return share < wish->payable_minor ? share : wish->payable_minor;
}

/* So many points, or the most that may be, as far as they pay whole minor units. */
static void spend(const struct tender_wish *wish, const EarnRate *rate, struct tender_offer *offer)
{
        int exponent = currency_exponent(wish->currency_code);
        int64_t unit = programme_unit_points(rate), points = wish->points;

        if (wish->most)
                points = offer->available < offer->limit ? offer->available : offer->limit;
        else if (points > offer->available)
                offer->refused = "POINTS_NOT_AVAILABLE";
        else if (points > offer->limit)
                offer->refused = "POINTS_LIMIT";
        if (offer->refused != NULL)
                return;
        offer->amount_minor = points_worth_minor(points, unit, exponent);
        offer->points = points_to_pay(offer->amount_minor, unit, exponent);
}

struct tender_offer loyalty_tender_offer(struct call *call, const struct tender_wish *wish)
{
        const Member *member = member_get(call->txn, wish->member_id);
        const ProgrammeVersion *programme = programme_now(call);
        const EarnRate *rate =
                programme == NULL ? NULL : programme_rate(programme, wish->currency_code);
        struct tender_offer offer = {0};

        if (member == NULL || member->kind != MEMBER_KIND_MEMBER)
                offer.refused = "POINTS_GUEST";
        else if (rate == NULL || programme->tender_share[0] == '\0')
                offer.refused = "POINTS_NOT_OFFERED";
        if (offer.refused != NULL)
                return offer;
        const LoyaltyAccount *account = loyalty_account_get(call->txn, wish->member_id);

        offer.available = account == NULL ? 0 : points_spendable(call, account);
        offer.limit = points_within(most_minor(programme, wish), programme_unit_points(rate),
                currency_exponent(wish->currency_code));
        spend(wish, rate, &offer);
        return offer;
}

/* ---- where they are ---- */

void loyalty_tender_hold(struct call *call, const Order *order)
{
        const struct points_cause cause = cause_of(order);

        if (order->points == 0)
                return;
        bool held = points_spend(call, points_account(call, order->member_id), order->points,
                POINT_ACCOUNT_HELD, &cause);

        assert(held);
}

void loyalty_tender_take(struct call *call, const Order *order)
{
        const struct points_cause cause = cause_of(order);

        if (order->points > 0)
                points_take_held(call, points_account(call, order->member_id), &cause);
}

void loyalty_tender_release(struct call *call, const Order *order)
{
        const struct points_cause cause = cause_of(order);

        if (order->points > 0)
                points_release_held(call, points_account(call, order->member_id),
                        order->points - order->points_back, &cause);
}

void loyalty_tender_back(struct call *call, const Order *order, int64_t points)
{
        const struct points_cause cause = cause_of(order);
        LoyaltyAccount *account = points_account(call, order->member_id);

        if (order->state == ORDER_STATE_PLACED) {
                points_release_held(call, account, points, &cause);
                return;
        }
        bool back = points_give_back(call, account, points, &cause);

        assert(back);
}
