/*
 * The timer of a member's points: tells of those that will expire, once a lot, and lets expire
 * those whose day is over. One timer a member, set to whatever comes next; a timer a lot would be
 * thousands of rows for what is looked at once a month.
 */
#include "loyalty.handlers.h"
#include "server/loyalty/points.h"
#include "server/loyalty/programme.h"

static int64_t expire_due(struct call *call, LoyaltyAccount *account, struct point_lots lots)
{
        int64_t points = 0;

        for (size_t i = 0; i < lots.n; i++)
                if (lots.at[i]->available > 0 && time_us(lots.at[i]->expire_time) <= call->now_us)
                        points += points_expire(call, account, lots.at[i]);
        return points;
}

static int64_t notice_due(struct call *call, struct point_lots lots)
{
        const ProgrammeVersion *programme = programme_now(call);
        int32_t days = programme == NULL ? 0 : programme->notice_days;
        int64_t points = 0;

        for (size_t i = 0; days > 0 && i < lots.n; i++) {
                PointLot *lot = lots.at[i];

                if (lot->available == 0 || lot->noticed ||
                        points_notice_us(time_us(lot->expire_time), days) > call->now_us)
                        continue;
                lot->noticed = true;
                lot->update_time = call_now(call);
                point_lot_update(call->txn, lot);
                points += lot->available;
        }
        return points;
}

enum status loyalty_expire_points(struct call *call, const TimerRequest *request, Empty *response)
{
        LoyaltyAccount *account = loyalty_account_get(call->txn, request->subject_id);

        if (account == NULL)
                return OK;
        struct point_lots lots = points_lots(call, account->member_id);
        int64_t expired = expire_due(call, account, lots);
        int64_t noticed = notice_due(call, lots);

        if (expired > 0)
                call_event(call, "points.expired", account->member_id, account->member_id, "points",
                        expired, NULL);
        if (noticed > 0)
                call_event(call, "points.expiring", account->member_id, account->member_id,
                        "points", noticed, NULL);
        points_wake(call, account->member_id);
        return OK;
}
