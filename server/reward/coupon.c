/*
 * What a coupon is worth for an order, and the end of one that was not used. Judged by the quote
 * and again at placement, by the same function.
 */
#include <string.h>
#include "reward.handlers.h"
#include "server/reward/reward.h"

int64_t coupon_worth(
        struct call *call, const Coupon *coupon, const struct coupon_use *use, const char **reason)
{
        *reason = NULL;
        if (strcmp(coupon->member_id, use->member_id) != 0)
                *reason = "COUPON_NOT_YOURS";
        else if (coupon->state == COUPON_STATE_EXPIRED ||
                 time_us(coupon->expire_time) <= call->now_us)
                *reason = "COUPON_EXPIRED";
        else if (coupon->state != COUPON_STATE_CLAIMED)
                *reason = "COUPON_USED";
        else if (strcmp(coupon->currency_code, use->currency_code) != 0)
                *reason = "COUPON_CURRENCY";
        else if (use->goods_minor < coupon->goods_min_minor)
                *reason = "COUPON_MINIMUM";
        if (*reason != NULL)
                return 0;
        return coupon->amount_minor < use->goods_minor ? coupon->amount_minor : use->goods_minor;
}

enum status reward_expire_coupon(struct call *call, const TimerRequest *request, Empty *response)
{
        Coupon *coupon = coupon_get(call->txn, request->subject_id);

        /* One that an order has locked is judged when the order lets it go. */
        if (coupon == NULL || coupon->state != COUPON_STATE_CLAIMED)
                return OK;
        coupon->state = COUPON_STATE_EXPIRED;
        coupon->update_time = call_now(call);
        coupon_update(call->txn, coupon);
        call_event(call, "coupon.expired", coupon->id, coupon->member_id, NULL);
        return OK;
}
