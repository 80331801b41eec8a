#pragma once
/* Inside this domain: what redeeming and giving share. */
#include "server/call.h"
#include "reward.rows.h"

/* The timer that ends a coupon, by its id. */
#define COUPON_EXPIRY_METHOD "reward.ExpireCoupon"

/* One that cost nothing yet and is not stored. */
RewardRedemption *redemption_new(struct call *call, const Reward *reward, const char *member_id);
/* The coupon of it, which can be used from now on. */
void redemption_issue_coupon(struct call *call, const Reward *reward, RewardRedemption *row);
/* Stores it and counts it. */
void redemption_store_new(struct call *call, Reward *reward, RewardRedemption *row);
