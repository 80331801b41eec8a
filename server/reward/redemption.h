#pragma once
/* Inside this domain. */

/* The timer that ends a coupon, by its id. */
#define COUPON_EXPIRY_METHOD "reward.ExpireCoupon"
