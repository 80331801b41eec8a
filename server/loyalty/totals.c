/*
 * What all members have together. Kept by addition, a small row an account and a tier: there is one
 * writer, so nobody waits for a row that everybody changes. Refused: a walk through all members for
 * every look, which takes seconds where there are a million; verify is that walk.
 */
#include "server/loyalty/totals.h"

#include "loyalty_internal.rows.h"
#include "server/loyalty/loyalty.h"

static void add_points(struct call *call, PointAccount account, int64_t points)
{
        PointTotal *total = point_total_get(call->txn, account);
        PointTotal first = POINT_TOTAL_INIT;

        first.account = account;
        if (total == NULL)
                point_total_insert(call->txn, total = &first);
        total->points += points;
        point_total_update(call->txn, total);
}

void totals_move(struct call *call, PointAccount from, PointAccount to, int64_t points)
{
        add_points(call, from, -points);
        add_points(call, to, points);
}

static void add_members(struct call *call, int32_t level, int64_t members)
{
        TierTotal *total = level == 0 ? NULL : tier_total_get(call->txn, level);
        TierTotal first = TIER_TOTAL_INIT;

        if (level == 0)
                return;
        first.level = level;
        if (total == NULL)
                tier_total_insert(call->txn, total = &first);
        total->member_count += members;
        tier_total_update(call->txn, total);
}

void totals_step(struct call *call, int32_t from_level, int32_t to_level)
{
        if (from_level == to_level)
                return;
        add_members(call, from_level, -1);
        add_members(call, to_level, 1);
}

int64_t loyalty_points_in(struct call *call, PointAccount account)
{
        const PointTotal *total = point_total_get(call->txn, account);

        return total == NULL ? 0 : total->points;
}

int64_t loyalty_members_at(struct call *call, int32_t level)
{
        const TierTotal *total = tier_total_get(call->txn, level);

        return total == NULL ? 0 : total->member_count;
}
