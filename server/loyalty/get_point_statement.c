/*
 * A month of points, added up from the entries. Nothing is stored at the end of a month: entries
 * are never changed, so a statement of a closed month is the same whenever it is asked for.
 */
#include "lib/base/calendar.h"
#include "loyalty.handlers.h"

/* Whether an account is in the figures "available" of a statement: what orders hold is the
 * member's still. */
static bool is_own(PointAccount account)
{
        return account == POINT_ACCOUNT_AVAILABLE || account == POINT_ACCOUNT_HELD;
}

static int64_t own_change(const PointEntry *entry)
{
        return entry->points * ((int64_t)is_own(entry->to_account) - is_own(entry->from_account));
}

static int64_t pending_change(const PointEntry *entry)
{
        return entry->points * ((int64_t)(entry->to_account == POINT_ACCOUNT_PENDING) -
                                       (entry->from_account == POINT_ACCOUNT_PENDING));
}

/* An entry of the month goes into exactly one figure of each side that it changes. */
static void add(PointStatement *sums, const PointEntry *entry)
{
        int64_t own = own_change(entry), pending = pending_change(entry);

        if (entry->to_account == POINT_ACCOUNT_EXPIRED)
                sums->expired -= own;
        else if (entry->from_account == POINT_ACCOUNT_REDEEMED ||
                 entry->to_account == POINT_ACCOUNT_REDEEMED)
                sums->spent -= own;
        else if (own < 0)
                sums->taken_back -= own;
        else
                sums->received += own;
        if (pending > 0)
                sums->pending_earned += pending;
        else if (entry->to_account == POINT_ACCOUNT_AVAILABLE)
                sums->pending_released -= pending;
        else
                sums->pending_taken_back -= pending;
}

enum status loyalty_get_point_statement(
        struct call *call, const GetPointStatementRequest *request, PointStatement *response)
{
        const char *member_id =
                request->member_id[0] != '\0' ? request->member_id : call->caller->id;
        const struct calendar_date first = {
                .year = request->year, .month = request->month, .day = 1};
        int64_t start_us = calendar_start_us(first);
        int64_t end_us = calendar_start_us(calendar_add_months(first, 1));
        struct scan *scan = point_entry_by_member_id(call->txn, member_id);

        response->member_id = call_text(call, member_id);
        response->start_time = call_time(call, start_us);
        response->end_time = call_time(call, end_us);
        for (const PointEntry *entry; (entry = point_entry_next(scan)) != NULL;) {
                int64_t us = time_us(entry->time);

                if (us >= end_us)
                        break;
                response->closing += own_change(entry);
                response->pending_closing += pending_change(entry);
                if (us >= start_us) {
                        add(response, entry);
                        continue;
                }
                response->opening = response->closing;
                response->pending_opening = response->pending_closing;
        }
        return OK;
}
