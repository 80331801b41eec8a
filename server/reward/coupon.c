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

static void store(struct call *call, Coupon *coupon, CouponState state, const char *event)
{
        coupon->state = state;
        coupon->update_time = call_now(call);
        coupon_update(call->txn, coupon);
        call_event(call, event, coupon->id, coupon->member_id, NULL);
}

void coupon_lock(struct call *call, const Order *order)
{
        Coupon *coupon =
                order->coupon_id[0] == '\0' ? NULL : coupon_get(call->txn, order->coupon_id);

        if (coupon == NULL)
                return;
        coupon->order_id = order->id;
        store(call, coupon, COUPON_STATE_LOCKED, "coupon.locked");
}

/* The order's coupon while the order has it; NULL. */
static Coupon *held_coupon(struct call *call, const Order *order)
{
        return order->coupon_id[0] == '\0' ? NULL
                                           : coupon_next(coupon_by_order_id(call->txn, order->id));
}

void coupon_used(struct call *call, const Order *order)
{
        Coupon *coupon = held_coupon(call, order);

        if (coupon != NULL)
                store(call, coupon, COUPON_STATE_USED, "coupon.used");
}

void coupon_release(struct call *call, const Order *order)
{
        Coupon *coupon = held_coupon(call, order);

        if (coupon == NULL)
                return;
        bool valid = time_us(coupon->expire_time) > call->now_us;

        coupon->order_id = "";
        store(call, coupon, valid ? COUPON_STATE_CLAIMED : COUPON_STATE_EXPIRED,
                valid ? "coupon.released" : "coupon.expired");
}

enum status reward_expire_coupon(struct call *call, const TimerRequest *request, Empty *response)
{
        Coupon *coupon = coupon_get(call->txn, request->subject_id);

        /* One that an order has locked is judged when the order lets it go. */
        if (coupon == NULL || coupon->state != COUPON_STATE_CLAIMED)
                return OK;
        store(call, coupon, COUPON_STATE_EXPIRED, "coupon.expired");
        return OK;
}
