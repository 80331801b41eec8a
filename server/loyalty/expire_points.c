/*
 * The timer of a member's points: tells of those that will expire, once a lot, and lets expire
 * those whose day is over. One timer a member, set to whatever comes next; a timer a lot would be
 * thousands of rows for what is looked at once a month.
 */
#include "lib/base/calendar.h"
#include "loyalty.handlers.h"
#include "server/loyalty/points.h"
#include "server/loyalty/programme.h"
#include "server/notification/notification.h"

static int64_t expire_due(struct call *call, LoyaltyAccount *account, struct point_lots lots)
{
        int64_t points = 0;

        for (size_t i = 0; i < lots.n; i++)
                if (lots.at[i]->available > 0 && time_us(lots.at[i]->expire_time) <= call->now_us)
                        points += points_expire(call, account, lots.at[i]);
        return points;
}

/* Their last day. */
static const char *last_day(struct call *call, int64_t expire_us)
{
        const struct calendar_date day = calendar_date_of(expire_us - 1);

        return call_printf(call, "%04d-%02d-%02d", day.year, day.month, day.day);
}

/* Points that expire together. Others that expire on that day may come later, and are told of then:
 * the notice is that of this state of the account. */
static void tell(
        struct call *call, const LoyaltyAccount *account, int64_t points, int64_t expire_us)
{
        const char *member_id = account->member_id;

        const char *day = last_day(call, expire_us);

        notification_send(call,
                &(struct notification){.member_id = member_id,
                        .template_key = "points.expiring",
                        .dedupe_key = call_printf(call, "points.expiring:%s:%s:%lld", member_id,
                                day, (long long)account->entry_count),
                        .variables = {{"points", call_printf(call, "%lld", (long long)points)},
                                {"date", day}}});
        call_event(call, "points.expiring", member_id, member_id, "points", points, NULL);
}

/* Lots come soonest expiry first, so those of one day are neighbours. */
static void notice_due(struct call *call, const LoyaltyAccount *account, struct point_lots lots)
{
        const ProgrammeVersion *programme = programme_now(call);
        int32_t days = programme == NULL ? 0 : programme->notice_days;
        int64_t points = 0, told_us = 0;

        for (size_t i = 0; days > 0 && i < lots.n; i++) {
                PointLot *lot = lots.at[i];
                int64_t expire_us = time_us(lot->expire_time);

                if (lot->available == 0 || lot->noticed ||
                        points_notice_us(expire_us, days) > call->now_us)
                        continue;
                if (points > 0 && expire_us != told_us) {
                        tell(call, account, points, told_us);
                        points = 0;
                }
                lot->noticed = true;
                lot->update_time = call_now(call);
                point_lot_update(call->txn, lot);
                points += lot->available;
                told_us = expire_us;
        }
        if (points > 0)
                tell(call, account, points, told_us);
}

enum status loyalty_expire_points(struct call *call, const TimerRequest *request, Empty *response)
{
        LoyaltyAccount *account = loyalty_account_get(call->txn, request->subject_id);

        if (account == NULL)
                return OK;
        struct point_lots lots = points_lots(call, account->member_id);
        int64_t expired = expire_due(call, account, lots);

        notice_due(call, account, lots);
        if (expired > 0)
                call_event(call, "points.expired", account->member_id, account->member_id, "points",
                        expired, NULL);
        points_wake(call, account->member_id);
        return OK;
}
