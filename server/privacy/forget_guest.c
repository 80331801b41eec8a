/*
 * A guest who does not come back is forgotten, as if they had asked for it. Nobody but the holder
 * of the token could, and that has expired. Who still has business with the shop, or a session, is
 * looked at again later.
 */
#include "cart.rows.h"
#include "checkout.rows.h"
#include "lib/base/calendar.h"
#include "membership.rows.h"
#include "privacy.handlers.h"
#include "server/membership/membership.h"
#include "server/privacy/erasure.h"
#include "server/session.h"

#define LOOK_AGAIN_DAYS 7

static int64_t later(int64_t us, const Timestamp *time)
{
        return time_us(time) > us ? time_us(time) : us;
}

/* When they last filled a cart, or something happened to an order of theirs. */
static int64_t last_seen_us(struct call *call, const Member *guest)
{
        struct scan *carts = cart_of(call->txn, guest->id);
        struct scan *orders = order_of(call->txn, guest->id);
        int64_t us = time_us(guest->update_time);

        for (const Cart *cart; (cart = cart_next(carts)) != NULL;)
                us = later(us, cart->update_time);
        for (const Order *order; (order = order_next(orders)) != NULL;)
                us = later(us, order->update_time);
        return us;
}

static bool has_session(struct call *call, const Member *guest)
{
        struct scan *scan = member_session_by_member_id(call->txn, guest->id);

        for (const MemberSession *row; (row = member_session_next(scan)) != NULL;)
                if (time_us(row->expire_time) > session_now_us(call))
                        return true;
        return false;
}

static bool has_business(struct call *call, const Member *guest)
{
        bool has = erasure_check_business(call, guest->id) != OK;

        error_init(&call->error, call->arena);
        return has;
}

static void forget(struct call *call, const Member *guest)
{
        Erasure erasure = ERASURE_INIT;

        erasure.author_id = call->caller->id;
        erasure.reason = "idle";
        erasure_begin(call, guest->id, &erasure);
}

enum status privacy_forget_guest(
        struct call *call, const TimerRequest *request, Google__Protobuf__Empty *response)
{
        const Member *guest = member_get(call->txn, request->subject_id);
        int64_t look_us = calendar_days_end_us(call->now_us, LOOK_AGAIN_DAYS);

        if (guest == NULL || guest->kind != MEMBER_KIND_GUEST ||
                guest->joined_member_id[0] != '\0' || txn_owner_erased(call->txn, guest->id))
                return OK;
        int64_t idle_us = calendar_days_end_us(last_seen_us(call, guest), call->terms->guest_days);

        if (idle_us <= call->now_us && !has_session(call, guest) && !has_business(call, guest))
                forget(call, guest);
        else
                call_schedule(call, idle_us > look_us ? idle_us : look_us, GUEST_FORGET_METHOD,
                        guest->id);
        return OK;
}
