#pragma once
/* A stall with a loyalty programme: what tests of points, tiers and rewards share. */
#include "loyalty.rows.h"
#include "membership.rows.h"
#include "reward.rows.h"
#include "tests/domain/stall.h"

/*
 * A version that counts from now on: 1 point and 1 growth a pound, points for a year with notice 14
 * days before, reviews at 20 with a cap of 50 a month, tiers of 12 months at 100 and 500 growth
 * with 10 days of grace. more: further fields in JSON with single quotes, "" or
 * ",'pending_days':2".
 */
const ProgrammeVersion *club_open(struct stall *stall, const char *more);

/* The same with so many points a pound. */
const ProgrammeVersion *club_open_at(struct stall *stall, const char *rate, const char *more);

/* Finance gives or takes points. */
void club_give(struct stall *stall, const char *member_id, int points);

/* Rewards: a ware, or pounds off goods of at least so much; their ids. Then one redeemed. */
const char *club_gift(struct stall *stall, const char *slug, enum ware ware, int points);
const char *club_coupon(
        struct stall *stall, const char *slug, int points, int amount, int goods_min);
const RewardRedemption *club_redeem(struct stall *stall, struct persona who, const char *reward_id);

/* The member's account as stored, or empty. */
LoyaltyAccount club_account(struct stall *stall, const char *member_id);
void club_assert(struct stall *stall, const char *member_id, int64_t available, int64_t pending);
/* Moves on until no return of what was delivered is possible any more. */
void club_pass_window(struct stall *stall);
