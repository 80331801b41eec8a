/*
 * What a source, an order or a redemption, did with lots, read off its entries: what it holds is
 * taken or let go, what it spent comes back. Refused: a row a use and lot beside the entries, which
 * would say the same once more.
 */
#include "server/loyalty/points_move.h"

#include <assert.h>
#include <string.h>
#include "lib/base/calendar.h"

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

static void move_held(struct call *call, LoyaltyAccount *account, const struct source_lot *held,
        struct points_movement movement, const struct points_cause *cause)
{
        if (movement.points == 0)
                return;
        movement.from = POINT_ACCOUNT_HELD;
        movement.origin_lot_id = "";
        points_move(call, account, point_lot_get(call->txn, held->lot_id), movement, cause);
}

/* In the order in which they were held, so that those held last come back first. */
void points_take_held(struct call *call, LoyaltyAccount *account, const struct points_cause *cause)
{
        struct source_lots held = source_has(call, cause, POINT_ACCOUNT_HELD);

        for (size_t i = 0; i < held.n; i++)
                move_held(call, account, &held.at[i],
                        (struct points_movement){
                                .to = POINT_ACCOUNT_REDEEMED, .points = held.at[i].points},
                        cause);
        points_account_store(call, account);
}

void points_release_held(struct call *call, LoyaltyAccount *account, int64_t points,
        const struct points_cause *cause)
{
        struct source_lots held = source_has(call, cause, POINT_ACCOUNT_HELD);

        for (size_t i = held.n; i > 0; i--) {
                int64_t of_lot = held.at[i - 1].points;
                int64_t back = of_lot < points ? of_lot : points;

                move_held(call, account, &held.at[i - 1],
                        (struct points_movement){.to = POINT_ACCOUNT_AVAILABLE, .points = back},
                        cause);
                points -= back;
        }
        assert(points == 0);
        points_account_store(call, account);
        /* Some may have come to their end meanwhile. */
        points_wake(call, account->member_id);
}

/* Points that came back and last for the least already. What a member takes back again and again
 * does not last longer each time; what the shop gives back for goods does (rule 12). */
static bool lasts_as_it_is(const PointLot *origin, const struct points_cause *cause)
{
        return cause->source == POINT_SOURCE_REWARD &&
               strncmp(origin->source_key, POINTS_BACK, strlen(POINTS_BACK)) == 0;
}

/* Into their lot, or, where that ends too soon or did, into that of all that came back on the day.
 */
static void give_back_of(struct call *call, LoyaltyAccount *account, PointLot *origin,
        int64_t points, const struct points_cause *cause)
{
        int64_t least_us = calendar_days_end_us(call->now_us, RETURNED_DAYS);
        PointLot *lot = origin;

        if (time_us(origin->expire_time) < least_us && !lasts_as_it_is(origin, cause))
                lot = points_lot_to_add(call, account,
                        &(struct points_issue){.points = points,
                                .expire_us = least_us,
                                .source_key = call_printf(call, POINTS_BACK "%s:%lld",
                                        account->member_id, (long long)least_us),
                                .activity = "",
                                .cause = *cause});
        points_move(call, account, lot,
                (struct points_movement){.from = POINT_ACCOUNT_REDEEMED,
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
