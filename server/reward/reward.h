#pragma once
/* What other domains ask about coupons, and what verify proves of rewards. */
#include "server/call.h"
#include "server/verify.h"
#include "checkout.rows.h"
#include "reward.rows.h"

/*
 * What a coupon takes off goods of so much, never more than they cost; 0 with *reason set where it
 * cannot be used for them now by this member: COUPON_NOT_YOURS, COUPON_USED, COUPON_EXPIRED,
 * COUPON_CURRENCY, COUPON_MINIMUM.
 */
struct coupon_use {
        const char *member_id;
        const char *currency_code;
        int64_t goods_minor;
};
int64_t coupon_worth(
        struct call *call, const Coupon *coupon, const struct coupon_use *use, const char **reason);

/* Gives a member what the shop offers on an occasion: the id of a coupon, "" where it offers
 * nothing. Whether it was given before is the caller's to know. */
const char *reward_give(struct call *call, RewardOccasion occasion, const char *member_id);

/* The order that was placed with it has it; it was paid; it ended, or all of it was refunded: the
 * coupon can be used again while it is valid. Nothing where the order has none. */
void coupon_lock(struct call *call, const Order *order);
void coupon_used(struct call *call, const Order *order);
void coupon_release(struct call *call, const Order *order);

/* Every redemption has spent its points, gifts that wait hold their stock, figures of rewards are
 * the sums of their redemptions, and coupons belong to them. */
void reward_verify(struct verify_context *context, struct txn *txn);
