/*
 * Faults of rewards, for test_planted_faults.c.
 */
#include "tests/domain/planted.h"

#include "tests/domain/club.h"

void planted_rewards(struct world *world)
{
        struct stall *stall = &world->stall;
        struct persona bob = shop_mint(stall->shop, "bob", 1u << ROLE_MEMBER);

        world->gift_id = club_redeem(stall, bob, club_gift(stall, "mug", WARE_MUG, 10))->id;
        world->coupon_redemption_id =
                club_redeem(stall, bob, club_coupon(stall, "off", 10, 500, 0))->id;
}

void gift_not_held(struct world *world, struct txn *txn)
{
        RewardRedemption *row = reward_redemption_get(txn, world->gift_id);

        row->state = REDEMPTION_STATE_DONE;
        reward_redemption_update(txn, row);
}

void gift_for_nothing(struct world *world, struct txn *txn)
{
        RewardRedemption *row = reward_redemption_get(txn, world->gift_id);

        row->points++;
        reward_redemption_update(txn, row);
}

void coupon_of_another(struct world *world, struct txn *txn)
{
        RewardRedemption *row = reward_redemption_get(txn, world->coupon_redemption_id);
        Coupon *coupon = coupon_get(txn, row->coupon_id);

        coupon->redemption_id = world->gift_id;
        coupon_update(txn, coupon);
}

void reward_counted_wrong(struct world *world, struct txn *txn)
{
        Reward *reward = reward_get_by_slug(txn, "mug");

        reward->redeemed++;
        reward_update(txn, reward);
}

void coupon_used_by_no_order(struct world *world, struct txn *txn)
{
        RewardRedemption *row = reward_redemption_get(txn, world->coupon_redemption_id);
        Coupon *coupon = coupon_get(txn, row->coupon_id);

        coupon->state = COUPON_STATE_USED;
        coupon->order_id = world->open_id;
        coupon_update(txn, coupon);
}
