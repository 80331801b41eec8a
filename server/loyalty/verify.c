/*
 * Proves the points: every entry is a movement that there is, of a lot that there is; lots and
 * accounts hold what their entries brought and took; orders earned what their lots got and gave
 * back what their entries say. Growth and the history of tiers have no gaps and end in the account.
 * One member at a time, so that it needs no more memory than one member's lots.
 */
#include "server/loyalty/loyalty.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "internal.rows.h"
#include "loyalty_internal.rows.h"
#include "membership.rows.h"
#include "server/loyalty/points_move.h"
#include "server/loyalty/tier.h"

/* A lot and what its entries say of it. */
struct lot_sums {
        const PointLot *lot;
        int64_t issued, pending, available, held;
};

/* All members together. */
struct totals {
        int64_t points[POINT_ACCOUNT_CLAWED_BACK + 1]; /* by account */
        int64_t members[LOYALTY_LEVEL_MAX + 1];        /* by tier */
};

struct books {
        struct verify_context *context;
        struct txn *txn;
        const char *member_id;
        const LoyaltyAccount *account; /* NULL: none */
        struct lot_sums *lots;         /* by id */
        size_t n;
        int64_t pending, available, held;
        struct totals *totals;
};

static int by_id(const void *key, const void *element)
{
        return strcmp(key, ((const struct lot_sums *)element)->lot->id);
}

static struct lot_sums *find_lot(const struct books *books, const char *lot_id)
{
        if (books->n == 0)
                return NULL;
        return bsearch(lot_id, books->lots, books->n, sizeof(*books->lots), by_id);
}

static void read_lots(struct books *books)
{
        struct scan *scan = point_lot_of(books->txn, books->member_id);

        for (const PointLot *lot; (lot = point_lot_next(scan)) != NULL; books->n++) {
                size_t n = books->n;

                if ((n & (n - 1)) == 0)
                        books->lots = arena_grow(txn_arena(books->txn), books->lots,
                                n * sizeof(*books->lots), (2 * n + 1) * sizeof(*books->lots));
                books->lots[n] = (struct lot_sums){.lot = lot};
        }
}

/* ---- points ---- */

static void count(struct lot_sums *sums, PointAccount account, int64_t points)
{
        sums->issued -= account == POINT_ACCOUNT_ISSUED ? points : 0;
        sums->pending += account == POINT_ACCOUNT_PENDING ? points : 0;
        sums->available += account == POINT_ACCOUNT_AVAILABLE ? points : 0;
        sums->held += account == POINT_ACCOUNT_HELD ? points : 0;
}

/* Whether the order that they pay for is the member's and knows of them; how many it has is its own
 * proof. */
static bool pays_for_something(const struct books *books, const PointEntry *entry)
{
        if (entry->source != POINT_SOURCE_TENDER)
                return true;
        const Order *order = order_get(books->txn, entry->source_id);

        return order != NULL && order->points > 0 &&
               strcmp(order->member_id, books->member_id) == 0;
}

/* What the member has after an entry. */
struct running {
        int64_t own, pending;
};

static void run(struct running *running, PointAccount account, int64_t points)
{
        if (account == POINT_ACCOUNT_AVAILABLE || account == POINT_ACCOUNT_HELD)
                running->own += points;
        else if (account == POINT_ACCOUNT_PENDING)
                running->pending += points;
}

static void verify_entries(struct books *books)
{
        struct scan *scan = point_entry_of(books->txn, books->member_id);
        struct running running = {0};
        int64_t number = 0;

        for (const PointEntry *entry; (entry = point_entry_next(scan)) != NULL;) {
                struct lot_sums *sums = find_lot(books, entry->lot_id);

                if (entry->number != ++number)
                        verify_fault(books->context, "POINT_ENTRY", "PointEntry", books->member_id,
                                "entry %lld: one before it is missing", (long long)entry->number);
                number = entry->number;
                if (sums == NULL || entry->points < 1 ||
                        !points_pair_allowed(entry->from_account, entry->to_account)) {
                        verify_fault(books->context, "POINT_ENTRY", "PointEntry", books->member_id,
                                "entry %lld is no movement between two accounts of a lot",
                                (long long)entry->number);
                        continue;
                }
                if (!pays_for_something(books, entry))
                        verify_fault(books->context, "POINT_TENDER", "PointEntry", books->member_id,
                                "entry %lld pays for no order", (long long)entry->number);
                count(sums, entry->from_account, -entry->points);
                count(sums, entry->to_account, entry->points);
                run(&running, entry->from_account, -entry->points);
                run(&running, entry->to_account, entry->points);
                if (entry->balance != running.own || entry->pending_balance != running.pending)
                        verify_fault(books->context, "POINT_RUNNING", "PointEntry",
                                books->member_id,
                                "entry %lld leaves %lld and %lld waiting; those before it say %lld "
                                "and %lld",
                                (long long)entry->number, (long long)entry->balance,
                                (long long)entry->pending_balance, (long long)running.own,
                                (long long)running.pending);
                books->totals->points[entry->from_account] -= entry->points;
                books->totals->points[entry->to_account] += entry->points;
        }
        if (number != (books->account == NULL ? 0 : books->account->entry_count))
                verify_fault(books->context, "POINT_ENTRY", "LoyaltyAccount", books->member_id,
                        "there are %lld entries, its account has another number",
                        (long long)number);
}

/* Points that came back as a lot of their own were not issued by it. */
static bool issued_matches(const struct lot_sums *sums)
{
        const PointLot *lot = sums->lot;
        int64_t came =
                strncmp(lot->source_key, POINTS_BACK, strlen(POINTS_BACK)) == 0 ? 0 : lot->points;

        /* What staff took away went back to whence it came. */
        return sums->issued <= came;
}

static void verify_lots(struct books *books)
{
        for (size_t i = 0; i < books->n; i++) {
                const struct lot_sums *sums = &books->lots[i];
                const PointLot *lot = sums->lot;
                int64_t left = lot->pending + lot->available + lot->held;

                if (lot->pending != sums->pending || lot->available != sums->available ||
                        lot->held != sums->held || !issued_matches(sums))
                        verify_fault(books->context, "POINT_LOT", "PointLot", lot->id,
                                "it holds %lld, %lld and %lld; its entries say %lld, %lld and %lld",
                                (long long)lot->pending, (long long)lot->available,
                                (long long)lot->held, (long long)sums->pending,
                                (long long)sums->available, (long long)sums->held);
                if (lot->pending < 0 || lot->available < 0 || lot->held < 0 || left > lot->points ||
                        strcmp(lot->open_member_id, left > 0 ? lot->member_id : "") != 0 ||
                        (lot->available > 0 && lot->expire_time == NULL))
                        verify_fault(books->context, "POINT_LOT", "PointLot", lot->id,
                                "its figures contradict each other");
                books->pending += sums->pending;
                books->available += sums->available;
                books->held += sums->held;
        }
}

static void verify_balance(const struct books *books)
{
        LoyaltyAccount none = LOYALTY_ACCOUNT_INIT;
        const LoyaltyAccount *account = books->account == NULL ? &none : books->account;

        if (account->pending != books->pending || account->available != books->available ||
                account->held != books->held)
                verify_fault(books->context, "POINT_BALANCE", "LoyaltyAccount", books->member_id,
                        "it has %lld, %lld and %lld; the ledger says %lld, %lld and %lld",
                        (long long)account->pending, (long long)account->available,
                        (long long)account->held, (long long)books->pending,
                        (long long)books->available, (long long)books->held);
}

/* ---- what orders earned ---- */

/* What the entries of the order say was taken back. */
static int64_t clawed_back(const struct books *books, const OrderPoints *row)
{
        struct scan *scan = point_entry_by_source_id(books->txn, row->order_id);
        int64_t points = 0;

        for (const PointEntry *entry; (entry = point_entry_next(scan)) != NULL;)
                if (entry->source == POINT_SOURCE_ORDER &&
                        entry->to_account == POINT_ACCOUNT_CLAWED_BACK)
                        points += entry->points;
        return points;
}

static void verify_order(const struct books *books, const OrderPoints *row)
{
        const struct lot_sums *lot = find_lot(books, row->lot_id);
        int64_t points = 0, growth = 0;

        for (size_t i = 0; i < row->n_lines; i++) {
                points += row->lines[i]->points;
                growth += row->lines[i]->growth;
        }
        if (points != row->points || growth != row->growth || row->points_back > row->points ||
                row->growth_back > row->growth ||
                (lot == NULL ? 0 : lot->lot->points) != row->points)
                verify_fault(books->context, "ORDER_POINTS", "OrderPoints", row->order_id,
                        "what it earned is not the sum of its lines or not what its lot got");
        if (clawed_back(books, row) != row->points_back - row->missing_points)
                verify_fault(books->context, "ORDER_POINTS", "OrderPoints", row->order_id,
                        "%lld points went back and %lld were missing; the ledger says otherwise",
                        (long long)row->points_back, (long long)row->missing_points);
        if (row->release_time != NULL && lot != NULL && lot->lot->pending > 0)
                verify_fault(books->context, "ORDER_POINTS", "OrderPoints", row->order_id,
                        "its points are available and wait");
}

/* ---- growth and tiers ---- */

static void verify_growth(const struct books *books)
{
        struct scan *scan = growth_entry_of(books->txn, books->member_id);
        LoyaltyAccount none = LOYALTY_ACCOUNT_INIT;
        const LoyaltyAccount *account = books->account == NULL ? &none : books->account;
        int64_t number = 0, growth = 0, last = 0;

        for (const GrowthEntry *entry; (entry = growth_entry_next(scan)) != NULL; number++) {
                growth += entry->growth;
                last = entry->number;
        }
        if (growth != account->growth || number != account->growth_count || last != number)
                verify_fault(books->context, "GROWTH_BALANCE", "LoyaltyAccount", books->member_id,
                        "its growth is %lld of %lld entries; the ledger says %lld of %lld",
                        (long long)account->growth, (long long)account->growth_count,
                        (long long)growth, (long long)number);
}

static void verify_tiers(const struct books *books)
{
        struct scan *scan = tier_change_of(books->txn, books->member_id);
        LoyaltyAccount none = LOYALTY_ACCOUNT_INIT;
        const LoyaltyAccount *account = books->account == NULL ? &none : books->account;
        int64_t number = 0;
        int32_t level = 0;

        for (const TierChange *change; (change = tier_change_next(scan)) != NULL;) {
                if (change->number != ++number || change->from_level != level)
                        verify_fault(books->context, "TIER_HISTORY", "TierChange", books->member_id,
                                "change %lld does not follow the one before it",
                                (long long)change->number);
                number = change->number;
                level = change->to_level;
        }
        if (level != account->tier_level || number != account->change_count ||
                (level > 0) != (account->tier_end_time != NULL))
                verify_fault(books->context, "TIER_HISTORY", "LoyaltyAccount", books->member_id,
                        "its tier is %d and its history ends with %d", account->tier_level, level);
}

/* ---- what waits for a day ---- */

/* Points that nothing wakes would never expire, and a tier would never end. */
static void verify_timers(const struct books *books)
{
        const LoyaltyAccount *account = books->account;
        const char *missing = NULL;

        if (account == NULL)
                return;
        if (account->available > 0 &&
                !scheduled_call_has(books->txn, POINTS_EXPIRY_METHOD, books->member_id))
                missing = POINTS_EXPIRY_METHOD;
        else if (account->tier_level > 0 &&
                 !scheduled_call_has(books->txn, TIER_REVIEW_METHOD, books->member_id))
                missing = TIER_REVIEW_METHOD;
        if (missing != NULL)
                verify_fault(books->context, "LOYALTY_STRANDED", "LoyaltyAccount", books->member_id,
                        "%s will never come", missing);
}

/* ---- the programme ---- */

static void verify_programme(struct verify_context *context, struct txn *txn)
{
        struct scan *scan = programme_version_all_by_number(txn);
        int32_t number = 0;
        size_t active = 0;

        for (const ProgrammeVersion *row; (row = programme_version_next(scan)) != NULL;) {
                active += row->state == PROGRAMME_STATE_ACTIVE;
                if (row->number != ++number || active > 1 ||
                        (row->active_time != NULL) != (row->state != PROGRAMME_STATE_DRAFT) ||
                        (row->end_time != NULL) != (row->state == PROGRAMME_STATE_ENDED))
                        verify_fault(context, "PROGRAMME", "ProgrammeVersion", row->id,
                                "version %d is out of order, or two count at a time", row->number);
                number = row->number;
        }
}

/* ---- all together ---- */

static void verify_point_totals(
        struct verify_context *context, struct txn *txn, const struct totals *totals)
{
        char key[16];

        for (int account = POINT_ACCOUNT_ISSUED; account <= POINT_ACCOUNT_CLAWED_BACK; account++) {
                const PointTotal *row = point_total_get(txn, account);
                int64_t points = row == NULL ? 0 : row->points;

                if (points == totals->points[account])
                        continue;
                snprintf(key, sizeof(key), "%d", account);
                verify_fault(context, "POINT_TOTAL", "PointTotal", key,
                        "it is said to have %lld points; the ledgers of all members say %lld",
                        (long long)points, (long long)totals->points[account]);
        }
}

static void verify_tier_totals(
        struct verify_context *context, struct txn *txn, const struct totals *totals)
{
        char key[16];

        for (int32_t level = 1; level <= LOYALTY_LEVEL_MAX; level++) {
                const TierTotal *row = tier_total_get(txn, level);
                int64_t members = row == NULL ? 0 : row->member_count;

                if (members == totals->members[level])
                        continue;
                snprintf(key, sizeof(key), "%d", level);
                verify_fault(context, "TIER_TOTAL", "TierTotal", key,
                        "it is said to have %lld members, and has %lld", (long long)members,
                        (long long)totals->members[level]);
        }
}

static void verify_member(struct verify_context *context, struct txn *txn, const char *member_id,
        struct totals *totals)
{
        struct books books = {.context = context,
                .txn = txn,
                .totals = totals,
                .member_id = member_id,
                .account = loyalty_account_get(txn, member_id)};
        struct scan *orders = order_points_of(txn, member_id);

        read_lots(&books);
        verify_entries(&books);
        verify_lots(&books);
        verify_balance(&books);
        for (const OrderPoints *row; (row = order_points_next(orders)) != NULL;)
                verify_order(&books, row);
        verify_growth(&books);
        verify_tiers(&books);
        verify_timers(&books);
        if (books.account != NULL && books.account->tier_level > 0 &&
                books.account->tier_level <= LOYALTY_LEVEL_MAX)
                totals->members[books.account->tier_level]++;
}

void loyalty_verify(struct verify_context *context, struct txn *txn)
{
        struct scan *members = member_all(txn);
        struct totals totals = {0};

        verify_programme(context, txn);
        scan_fleeting(members);
        for (const Member *member; (member = member_next(members)) != NULL;) {
                struct txn_memory memory = txn_memory(txn);

                verify_member(context, txn, member->id, &totals);
                txn_forget(txn, memory);
        }
        verify_point_totals(context, txn, &totals);
        verify_tier_totals(context, txn, &totals);
}
