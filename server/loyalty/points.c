/*
 * The ledger of points. One function moves points, and it writes both sides, the lot and the
 * account together, so that a balance can only be wrong where a row was changed by something else,
 * which verify finds. Movements are told apart by their source: what an order holds or spent is
 * read off its entries.
 *
 * Refused: a balance alone, from which nobody could say what expires when; and one entry per side,
 * of which one could be missing.
 */
#include "server/loyalty/points_move.h"

#include <assert.h>
#include "server/loyalty/programme.h"
#include "server/loyalty/totals.h"

LoyaltyAccount *points_account(struct call *call, const char *member_id)
{
        LoyaltyAccount *account = loyalty_account_get(call->txn, member_id);

        if (account != NULL)
                return account;
        account = call_new(call, LoyaltyAccount);
        *account = (LoyaltyAccount)LOYALTY_ACCOUNT_INIT;
        account->member_id = call_text(call, member_id);
        account->create_time = call_now(call);
        account->update_time = account->create_time;
        loyalty_account_insert(call->txn, account);
        return account;
}

void points_account_store(struct call *call, LoyaltyAccount *account)
{
        account->update_time = call_now(call);
        loyalty_account_update(call->txn, account);
}

static void store_lot(struct call *call, PointLot *lot)
{
        bool open = lot->pending + lot->available + lot->held > 0;

        lot->open_member_id = open ? lot->member_id : "";
        lot->update_time = call_now(call);
        point_lot_update(call->txn, lot);
}

/* ---- one movement ---- */

/* The member's own three accounts, in a lot and in the account; NULL for the shop's. */
static int64_t *lot_figure(PointLot *lot, PointAccount account)
{
        switch ((int)account) {
        case POINT_ACCOUNT_PENDING:
                return &lot->pending;
        case POINT_ACCOUNT_AVAILABLE:
                return &lot->available;
        case POINT_ACCOUNT_HELD:
                return &lot->held;
        default:
                return NULL;
        }
}

static int64_t *account_figure(LoyaltyAccount *account, PointAccount which)
{
        switch ((int)which) {
        case POINT_ACCOUNT_PENDING:
                return &account->pending;
        case POINT_ACCOUNT_AVAILABLE:
                return &account->available;
        case POINT_ACCOUNT_HELD:
                return &account->held;
        default:
                return NULL;
        }
}

static void add(LoyaltyAccount *account, PointLot *lot, PointAccount which, int64_t points)
{
        int64_t *of_lot = lot_figure(lot, which), *of_account = account_figure(account, which);

        if (of_lot == NULL)
                return;
        *of_lot += points;
        *of_account += points;
        assert(*of_lot >= 0 && *of_account >= 0);
}

void points_move(struct call *call, LoyaltyAccount *account, PointLot *lot,
        struct points_movement movement, const struct points_cause *cause)
{
        PointEntry *entry = call_new(call, PointEntry);

        assert(movement.points > 0 && points_pair_allowed(movement.from, movement.to));
        *entry = (PointEntry)POINT_ENTRY_INIT;
        entry->member_id = account->member_id;
        entry->number = ++account->entry_count;
        entry->time = call_now(call);
        entry->from_account = movement.from;
        entry->to_account = movement.to;
        entry->points = movement.points;
        entry->lot_id = lot->id;
        entry->origin_lot_id = movement.origin_lot_id;
        entry->source = cause->source;
        entry->source_id = cause->source_id;
        entry->reason = cause->reason != NULL ? cause->reason : "";
        entry->author_id = cause->author_id != NULL ? cause->author_id : "";
        add(account, lot, movement.from, -movement.points);
        add(account, lot, movement.to, movement.points);
        entry->balance = account->available + account->held;
        entry->pending_balance = account->pending;
        point_entry_insert(call->txn, entry);
        totals_move(call, movement.from, movement.to, movement.points);
        store_lot(call, lot);
}

/* ---- points that come ---- */

PointLot *points_new_lot(
        struct call *call, const LoyaltyAccount *account, const struct points_issue *issue)
{
        PointLot *lot = call_new(call, PointLot);

        *lot = (PointLot)POINT_LOT_INIT;
        lot->id = call_new_id(call);
        lot->member_id = account->member_id;
        lot->source = issue->cause.source;
        lot->source_id = issue->cause.source_id;
        lot->source_key = issue->source_key;
        lot->activity = issue->activity;
        lot->points = issue->points;
        if (issue->expire_us != 0)
                lot->expire_time = call_time(call, issue->expire_us);
        lot->create_time = call_now(call);
        lot->update_time = lot->create_time;
        point_lot_insert(call->txn, lot);
        return lot;
}

PointLot *points_lot_to_add(
        struct call *call, const LoyaltyAccount *account, const struct points_issue *issue)
{
        PointLot *lot = point_lot_get_by_source_key(call->txn, issue->source_key);

        if (lot == NULL)
                return points_new_lot(call, account, issue);
        lot->points += issue->points;
        lot->noticed = false; /* of these they were not told */
        return lot;
}

static void come(
        struct call *call, LoyaltyAccount *account, PointLot *lot, const struct points_issue *issue)
{
        bool waits = issue->expire_us == 0;

        points_move(call, account, lot,
                (struct points_movement){.from = POINT_ACCOUNT_ISSUED,
                        .to = waits ? POINT_ACCOUNT_PENDING : POINT_ACCOUNT_AVAILABLE,
                        .points = issue->points,
                        .origin_lot_id = ""},
                &issue->cause);
        points_account_store(call, account);
        if (!waits)
                points_wake(call, account->member_id);
}

PointLot *points_issue(struct call *call, LoyaltyAccount *account, const struct points_issue *issue)
{
        if (point_lot_get_by_source_key(call->txn, issue->source_key) != NULL)
                return NULL;
        PointLot *lot = points_new_lot(call, account, issue);

        come(call, account, lot, issue);
        return lot;
}

void points_add(struct call *call, LoyaltyAccount *account, const struct points_issue *issue)
{
        come(call, account, points_lot_to_add(call, account, issue), issue);
}

void points_release(struct call *call, LoyaltyAccount *account, PointLot *lot, int64_t expire_us,
        const struct points_cause *cause)
{
        if (lot->pending == 0)
                return;
        lot->expire_time = call_time(call, expire_us);
        points_move(call, account, lot,
                (struct points_movement){.from = POINT_ACCOUNT_PENDING,
                        .to = POINT_ACCOUNT_AVAILABLE,
                        .points = lot->pending,
                        .origin_lot_id = ""},
                cause);
        points_account_store(call, account);
        points_wake(call, account->member_id);
}

/* ---- points that go ---- */

int64_t points_cancel(struct call *call, LoyaltyAccount *account, PointLot *lot, int64_t points,
        const struct points_cause *cause)
{
        int64_t taken = points < lot->pending ? points : lot->pending;

        if (taken == 0)
                return 0;
        points_move(call, account, lot,
                (struct points_movement){.from = POINT_ACCOUNT_PENDING,
                        .to = POINT_ACCOUNT_CLAWED_BACK,
                        .points = taken,
                        .origin_lot_id = ""},
                cause);
        points_account_store(call, account);
        return taken;
}

struct point_lots points_lots(struct call *call, const char *member_id)
{
        struct scan *scan = point_lot_by_open_member_id(call->txn, member_id);
        struct point_lots lots = {0};
        size_t room = 0;

        for (PointLot *lot; (lot = point_lot_next(scan)) != NULL;) {
                if (lots.n == room) {
                        room = room == 0 ? 16 : 2 * room;
                        lots.at = arena_grow(call->arena, lots.at, lots.n * sizeof(*lots.at),
                                room * sizeof(*lots.at));
                }
                lots.at[lots.n++] = lot;
        }
        return lots;
}

static int64_t spendable_of(const struct call *call, const PointLot *lot)
{
        return time_us(lot->expire_time) > call->now_us ? lot->available : 0;
}

static int64_t spendable_in(const struct call *call, struct point_lots lots)
{
        int64_t sum = 0;

        for (size_t i = 0; i < lots.n; i++)
                sum += spendable_of(call, lots.at[i]);
        return sum;
}

int64_t points_spendable(struct call *call, const LoyaltyAccount *account)
{
        return spendable_in(call, points_lots(call, account->member_id));
}

bool points_spend(struct call *call, LoyaltyAccount *account, int64_t points, PointAccount to,
        const struct points_cause *cause)
{
        struct point_lots lots = points_lots(call, account->member_id);

        assert(points > 0);
        if (spendable_in(call, lots) < points)
                return false;
        for (size_t i = 0; i < lots.n && points > 0; i++) {
                int64_t of_lot = spendable_of(call, lots.at[i]);
                int64_t taken = of_lot < points ? of_lot : points;

                if (taken == 0)
                        continue;
                points_move(call, account, lots.at[i],
                        (struct points_movement){.from = POINT_ACCOUNT_AVAILABLE,
                                .to = to,
                                .points = taken,
                                .origin_lot_id = ""},
                        cause);
                points -= taken;
        }
        points_account_store(call, account);
        return true;
}

/* ---- the end of points ---- */

int64_t points_expire(struct call *call, LoyaltyAccount *account, PointLot *lot)
{
        const struct points_cause cause = {.source = POINT_SOURCE_EXPIRY, .source_id = lot->id};
        int64_t points = lot->available;

        if (points == 0)
                return 0;
        points_move(call, account, lot,
                (struct points_movement){.from = POINT_ACCOUNT_AVAILABLE,
                        .to = POINT_ACCOUNT_EXPIRED,
                        .points = points,
                        .origin_lot_id = ""},
                &cause);
        points_account_store(call, account);
        return points;
}

void points_wake(struct call *call, const char *member_id)
{
        struct scan *scan = point_lot_by_open_member_id(call->txn, member_id);
        const ProgrammeVersion *programme = programme_now(call);
        int32_t notice_days = programme == NULL ? 0 : programme->notice_days;
        int64_t next_us = INT64_MAX;

        for (const PointLot *lot; (lot = point_lot_next(scan)) != NULL;) {
                if (lot->available == 0)
                        continue;
                int64_t expire_us = time_us(lot->expire_time);

                next_us = expire_us < next_us ? expire_us : next_us;
                if (notice_days == 0)
                        break;
                if (lot->noticed)
                        continue;
                if (points_notice_us(expire_us, notice_days) < next_us)
                        next_us = points_notice_us(expire_us, notice_days);
                break;
        }
        if (next_us == INT64_MAX)
                call_unschedule(call, POINTS_EXPIRY_METHOD, member_id);
        else
                call_schedule(call, next_us > call->now_us ? next_us : call->now_us,
                        POINTS_EXPIRY_METHOD, member_id);
}
