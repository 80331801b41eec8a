/*
 * A month of points: what there was after the last entry before it, and its own entries added up.
 * Nothing is stored at the end of a month: entries are never changed, so a statement of a closed
 * month is the same whenever it is asked for.
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

/* What there was when it began. */
static void open_at(struct call *call, PointStatement *sums, int64_t start_us)
{
        const struct key_value before = key_int(start_us);
        struct scan *scan = point_entry_by_member_id_latest(call->txn, sums->member_id);

        scan_between(scan, NULL, &before);
        const PointEntry *last = point_entry_next(scan);

        if (last == NULL)
                return;
        sums->opening = last->balance;
        sums->pending_opening = last->pending_balance;
}

enum status loyalty_get_point_statement(
        struct call *call, const GetPointStatementRequest *request, PointStatement *response)
{
        const char *member_id =
                request->member_id[0] != '\0' ? request->member_id : call->caller->id;
        const struct calendar_date first = {
                .year = request->year, .month = request->month, .day = 1};
        const struct key_value from = key_int(calendar_start_us(first));
        const struct key_value before = key_int(calendar_start_us(calendar_add_months(first, 1)));
        struct scan *scan = point_entry_by_member_id(call->txn, member_id);

        response->member_id = call_text(call, member_id);
        response->start_time = call_time(call, from.number);
        response->end_time = call_time(call, before.number);
        open_at(call, response, from.number);
        response->closing = response->opening;
        response->pending_closing = response->pending_opening;
        scan_between(scan, &from, &before);
        for (const PointEntry *entry; (entry = point_entry_next(scan)) != NULL;) {
                response->closing += own_change(entry);
                response->pending_closing += pending_change(entry);
                add(response, entry);
        }
        return OK;
}
