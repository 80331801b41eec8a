/*
 * Proves rewards: what a redemption cost was spent for it and, where it was cancelled, came back;
 * how often a reward was redeemed is counted right; and every coupon is one of a redemption, in a
 * state that goes with it. That gifts hold their units the proof of stock says.
 */
#include "server/reward/reward.h"

#include <string.h>
#include "loyalty.rows.h"

/* Points that its entries say it has. */
static int64_t spent_for(struct txn *txn, const RewardRedemption *row)
{
        struct scan *scan = point_entry_by_source_id(txn, row->id);
        int64_t points = 0;

        for (const PointEntry *entry; (entry = point_entry_next(scan)) != NULL;) {
                if (entry->source != POINT_SOURCE_REWARD)
                        continue;
                points += entry->to_account == POINT_ACCOUNT_REDEEMED ? entry->points : 0;
                points -= entry->from_account == POINT_ACCOUNT_REDEEMED ? entry->points : 0;
        }
        return points;
}

static bool coupon_matches(const Coupon *coupon, const RewardRedemption *row)
{
        bool cancelled = row->state == REDEMPTION_STATE_CANCELLED;

        return coupon != NULL && strcmp(coupon->redemption_id, row->id) == 0 &&
               (coupon->state == COUPON_STATE_CANCELLED) == cancelled &&
               (coupon->order_id[0] != '\0') ==
                       (coupon->state == COUPON_STATE_LOCKED || coupon->state == COUPON_STATE_USED);
}

/* An order has it exactly while it stands or waits for its payment. */
static bool order_matches(struct txn *txn, const Coupon *coupon)
{
        const Order *order = order_get(txn, coupon->order_id);

        if (coupon->order_id[0] == '\0')
                return true;
        return order != NULL && strcmp(order->coupon_id, coupon->id) == 0 &&
               order->state == (coupon->state == COUPON_STATE_LOCKED ? ORDER_STATE_PLACED
                                                                     : ORDER_STATE_CONFIRMED);
}

static void verify_redemption(
        struct verify_context *context, struct txn *txn, const RewardRedemption *row)
{
        int64_t wanted = row->state == REDEMPTION_STATE_CANCELLED ? 0 : row->points;
        int64_t spent = spent_for(txn, row);

        if (spent != wanted)
                verify_fault(context, "REDEMPTION_POINTS", "RewardRedemption", row->id,
                        "it cost %lld points, the ledger says %lld", (long long)wanted,
                        (long long)spent);
        const Coupon *coupon =
                row->kind == REWARD_KIND_COUPON ? coupon_get(txn, row->coupon_id) : NULL;

        if (coupon != NULL && !order_matches(txn, coupon))
                verify_fault(context, "COUPON_ORDER", "Coupon", coupon->id,
                        "the order that has it does not, or is in another state");
        if (row->kind == REWARD_KIND_COUPON && !coupon_matches(coupon, row))
                verify_fault(context, "REDEMPTION_COUPON", "RewardRedemption", row->id,
                        "its coupon is another's, or in a state that does not go with it");
}

/* A redemption is of exactly one reward, so that a reward's are counted by going through all of
 * them once; there are few rewards. */
struct tally {
        Reward *reward;
        int64_t count;
};

void reward_verify(struct verify_context *context, struct txn *txn)
{
        struct scan *scan = reward_all(txn);
        struct scan *redemptions = reward_redemption_all_by_state_create_time(txn);
        struct tally *tallies = NULL;
        size_t n = 0;

        for (Reward *reward; (reward = reward_next(scan)) != NULL; n++) {
                if ((n & (n - 1)) == 0)
                        tallies = arena_grow(txn_arena(txn), tallies, n * sizeof(*tallies),
                                (2 * n + 1) * sizeof(*tallies));
                tallies[n] = (struct tally){.reward = reward};
        }
        scan_fleeting(redemptions);
        for (const RewardRedemption *row; (row = reward_redemption_next(redemptions)) != NULL;) {
                struct txn_memory memory = txn_memory(txn);

                verify_redemption(context, txn, row);
                for (size_t i = 0; i < n; i++)
                        tallies[i].count += strcmp(tallies[i].reward->id, row->reward_id) == 0 &&
                                            row->state != REDEMPTION_STATE_CANCELLED;
                txn_forget(txn, memory);
        }
        for (size_t i = 0; i < n; i++)
                if (tallies[i].count != tallies[i].reward->redeemed)
                        verify_fault(context, "REWARD_COUNT", "Reward", tallies[i].reward->id,
                                "it was redeemed %lld times, not %lld", (long long)tallies[i].count,
                                (long long)tallies[i].reward->redeemed);
}
