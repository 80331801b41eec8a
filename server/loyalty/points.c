/*
 * The ledger of points. One function moves points, and it writes both sides, the lot and the
 * account together, so that a balance can only be wrong where a row was changed by something else,
 * which verify finds. Movements are told apart by their source: what an order holds or spent is
 * read off its entries.
 *
 * Refused: a balance alone, from which nobody could say what expires when; and one entry per side,
 * of which one could be missing.
 */
#include "server/loyalty/points.h"

#include <assert.h>
#include <string.h>
#include "lib/base/calendar.h"
#include "server/loyalty/programme.h"

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

struct movement_of {
        PointAccount from, to;
        int64_t points;
        const char *origin_lot_id; /* "" */
};

/* Both sides at once. The lot is stored, the account by whoever ends the operation. */
static void move(struct call *call, LoyaltyAccount *account, PointLot *lot,
        struct movement_of movement, const struct points_cause *cause)
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
        point_entry_insert(call->txn, entry);
        add(account, lot, movement.from, -movement.points);
        add(account, lot, movement.to, movement.points);
        store_lot(call, lot);
}

/* ---- points that come ---- */

static PointLot *new_lot(
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

PointLot *points_issue(struct call *call, LoyaltyAccount *account, const struct points_issue *issue)
{
        if (point_lot_get_by_source_key(call->txn, issue->source_key) != NULL)
                return NULL;
        PointLot *lot = new_lot(call, account, issue);
        bool waits = issue->expire_us == 0;

        move(call, account, lot,
                (struct movement_of){.from = POINT_ACCOUNT_ISSUED,
                        .to = waits ? POINT_ACCOUNT_PENDING : POINT_ACCOUNT_AVAILABLE,
                        .points = issue->points,
                        .origin_lot_id = ""},
                &issue->cause);
        points_account_store(call, account);
        if (!waits)
                points_wake(call, account->member_id);
        return lot;
}

void points_release(struct call *call, LoyaltyAccount *account, PointLot *lot, int64_t expire_us,
        const struct points_cause *cause)
{
        if (lot->pending == 0)
                return;
        lot->expire_time = call_time(call, expire_us);
        move(call, account, lot,
                (struct movement_of){.from = POINT_ACCOUNT_PENDING,
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
        move(call, account, lot,
                (struct movement_of){.from = POINT_ACCOUNT_PENDING,
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
                move(call, account, lots.at[i],
                        (struct movement_of){.from = POINT_ACCOUNT_AVAILABLE,
                                .to = to,
                                .points = taken,
                                .origin_lot_id = ""},
                        cause);
                points -= taken;
        }
        points_account_store(call, account);
        return true;
}

/* ---- what a source did with lots ---- */

/* By lot in the order of its first entry: what it has of an account. */
struct source_lot {
        const char *lot_id;
        int64_t points;
};

struct source_lots {
        struct source_lot *at;
        size_t n, room;
};

static struct source_lot *lot_of(struct call *call, struct source_lots *lots, const char *lot_id)
{
        for (size_t i = 0; i < lots->n; i++)
                if (strcmp(lots->at[i].lot_id, lot_id) == 0)
                        return &lots->at[i];
        if (lots->n == lots->room) {
                size_t room = lots->room == 0 ? 8 : 2 * lots->room;

                lots->at = arena_grow(call->arena, lots->at, lots->n * sizeof(*lots->at),
                        room * sizeof(*lots->at));
                lots->room = room;
        }
        lots->at[lots->n] = (struct source_lot){.lot_id = lot_id};
        return &lots->at[lots->n++];
}

/* What the source has of an account, by the lots that it came from. */
static struct source_lots source_has(
        struct call *call, const struct points_cause *cause, PointAccount account)
{
        struct scan *scan = point_entry_by_source_id(call->txn, cause->source_id);
        struct source_lots lots = {0};

        for (const PointEntry *entry; (entry = point_entry_next(scan)) != NULL;) {
                bool back = entry->origin_lot_id[0] != '\0';

                if (entry->source != cause->source)
                        continue;
                if (entry->to_account == account)
                        lot_of(call, &lots, entry->lot_id)->points += entry->points;
                else if (entry->from_account == account)
                        lot_of(call, &lots, back ? entry->origin_lot_id : entry->lot_id)->points -=
                                entry->points;
        }
        return lots;
}

static void move_held(struct call *call, LoyaltyAccount *account, PointAccount to,
        const struct points_cause *cause)
{
        struct source_lots held = source_has(call, cause, POINT_ACCOUNT_HELD);

        for (size_t i = 0; i < held.n; i++) {
                if (held.at[i].points == 0)
                        continue;
                move(call, account, point_lot_get(call->txn, held.at[i].lot_id),
                        (struct movement_of){.from = POINT_ACCOUNT_HELD,
                                .to = to,
                                .points = held.at[i].points,
                                .origin_lot_id = ""},
                        cause);
        }
        points_account_store(call, account);
}

void points_take_held(struct call *call, LoyaltyAccount *account, const struct points_cause *cause)
{
        move_held(call, account, POINT_ACCOUNT_REDEEMED, cause);
}

void points_release_held(
        struct call *call, LoyaltyAccount *account, const struct points_cause *cause)
{
        move_held(call, account, POINT_ACCOUNT_AVAILABLE, cause);
        /* Some may have come to their end meanwhile. */
        points_wake(call, account->member_id);
}

/* Into their lot, or, where that ends too soon or did, into a lot of their own. */
static void give_back_of(struct call *call, LoyaltyAccount *account, PointLot *origin,
        int64_t points, const struct points_cause *cause)
{
        int64_t least_us = calendar_days_end_us(call->now_us, RETURNED_DAYS);
        PointLot *lot = origin;

        if (time_us(origin->expire_time) < least_us)
                lot = new_lot(call, account,
                        &(struct points_issue){.points = points,
                                .expire_us = least_us,
                                .source_key = call_printf(call, "BACK:%s:%lld", account->member_id,
                                        (long long)account->entry_count + 1),
                                .activity = "",
                                .cause = *cause});
        move(call, account, lot,
                (struct movement_of){.from = POINT_ACCOUNT_REDEEMED,
                        .to = POINT_ACCOUNT_AVAILABLE,
                        .points = points,
                        .origin_lot_id = lot == origin ? "" : origin->id},
                cause);
}

bool points_give_back(struct call *call, LoyaltyAccount *account, int64_t points,
        const struct points_cause *cause)
{
        struct source_lots spent = source_has(call, cause, POINT_ACCOUNT_REDEEMED);
        int64_t sum = 0;

        for (size_t i = 0; i < spent.n; i++)
                sum += spent.at[i].points;
        if (sum < points)
                return false;
        for (size_t i = spent.n; i > 0 && points > 0; i--) {
                int64_t of_lot = spent.at[i - 1].points;
                int64_t back = of_lot < points ? of_lot : points;

                if (back == 0)
                        continue;
                give_back_of(call, account, point_lot_get(call->txn, spent.at[i - 1].lot_id), back,
                        cause);
                points -= back;
        }
        points_account_store(call, account);
        points_wake(call, account->member_id);
        return true;
}

/* ---- the end of points ---- */

int64_t points_expire(struct call *call, LoyaltyAccount *account, PointLot *lot)
{
        const struct points_cause cause = {.source = POINT_SOURCE_EXPIRY, .source_id = lot->id};
        int64_t points = lot->available;

        if (points == 0)
                return 0;
        move(call, account, lot,
                (struct movement_of){.from = POINT_ACCOUNT_AVAILABLE,
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
