/*
 * Tiers. Growth counts for the programme's months, whenever it came; a tier that it reaches counts
 * at once and is kept for the same months, whatever is taken back meanwhile. Then it is asked again
 * what the growth of those months deserves; where it deserves less, the grace lets it be saved.
 *
 * Growth that is taken back counts with the growth that it takes back, not a year after the return:
 * it would eat what was earned since.
 *
 * Refused: growth that starts at 0 with every period, which would punish those who reached a tier
 * early, and a downgrade in the middle, which rule 12 forbids.
 */
#include "server/loyalty/tier.h"

#include "lib/base/calendar.h"
#include "loyalty.handlers.h"
#include "server/loyalty/points.h"
#include "server/loyalty/programme.h"
#include "server/loyalty/totals.h"

/* When the growth came that an entry gives or takes back. */
static int64_t came_us(struct call *call, const GrowthEntry *entry)
{
        const OrderPoints *order = entry->growth < 0 && entry->source == POINT_SOURCE_ORDER
                                           ? order_points_get(call->txn, entry->source_id)
                                           : NULL;

        return time_us(order != NULL ? order->create_time : entry->time);
}

int64_t tier_growth(struct call *call, const char *member_id, const ProgrammeVersion *programme)
{
        int64_t from_us = programme_growth_from_us(programme, call->now_us);
        struct scan *scan = growth_entry_by_member_id_latest(call->txn, member_id);
        int64_t sum = 0;

        for (const GrowthEntry *entry; (entry = growth_entry_next(scan)) != NULL;) {
                if (time_us(entry->time) < from_us)
                        break;
                if (came_us(call, entry) >= from_us)
                        sum += entry->growth;
        }
        return sum;
}

/* ---- history ---- */

struct tier_step {
        TierChangeKind kind;
        int32_t to_level;
        int64_t growth;
        const ProgrammeVersion *programme;
};

static void note(struct call *call, LoyaltyAccount *account, struct tier_step step)
{
        static const char *const events[] = {
                [TIER_CHANGE_KIND_UPGRADED] = "tier.upgraded",
                [TIER_CHANGE_KIND_RENEWED] = "tier.renewed",
                [TIER_CHANGE_KIND_GRACE] = "tier.grace_began",
                [TIER_CHANGE_KIND_DOWNGRADED] = "tier.downgraded",
        };
        TierChange *change = call_new(call, TierChange);

        *change = (TierChange)TIER_CHANGE_INIT;
        change->member_id = account->member_id;
        change->number = ++account->change_count;
        change->time = call_now(call);
        change->kind = step.kind;
        change->from_level = account->tier_level;
        change->to_level = step.to_level;
        change->growth = step.growth;
        change->programme_version_id = step.programme->id;
        change->end_time = account->tier_end_time;
        tier_change_insert(call->txn, change);
        totals_step(call, change->from_level, change->to_level);
        call_event(call, events[step.kind], account->member_id, account->member_id, "from_level",
                (int64_t)account->tier_level, "to_level", (int64_t)step.to_level, "growth",
                step.growth, NULL);
        account->tier_level = step.to_level;
}

/* A new period of a tier, or none where there is no tier any more. */
static void begin_period(struct call *call, LoyaltyAccount *account, struct tier_step step)
{
        int64_t end_us = programme_tier_end_us(step.programme, call->now_us);

        if (step.kind != TIER_CHANGE_KIND_RENEWED)
                account->tier_time = call_now(call);
        account->tier_end_time = step.to_level == 0 ? NULL : call_time(call, end_us);
        account->grace_end_time = NULL;
        note(call, account, step);
        if (step.to_level == 0)
                call_unschedule(call, TIER_REVIEW_METHOD, account->member_id);
        else
                call_schedule(call, end_us, TIER_REVIEW_METHOD, account->member_id);
}

/* ---- what growth does ---- */

/* After growth came: a higher tier, or one in its grace that is deserved again. */
static void raise(struct call *call, LoyaltyAccount *account)
{
        struct tier_step step = {.programme = programme_now(call)};

        if (step.programme == NULL)
                return;
        step.growth = tier_growth(call, account->member_id, step.programme);
        step.to_level = programme_level(step.programme, step.growth);
        if (step.to_level > account->tier_level)
                step.kind = TIER_CHANGE_KIND_UPGRADED;
        else if (account->grace_end_time != NULL && step.to_level == account->tier_level)
                step.kind = TIER_CHANGE_KIND_RENEWED;
        else
                return;
        begin_period(call, account, step);
}

void tier_grow(struct call *call, LoyaltyAccount *account, int64_t growth, PointSource source,
        const char *source_id)
{
        GrowthEntry *entry = call_new(call, GrowthEntry);

        if (growth == 0)
                return;
        *entry = (GrowthEntry)GROWTH_ENTRY_INIT;
        entry->member_id = account->member_id;
        entry->number = ++account->growth_count;
        entry->time = call_now(call);
        entry->growth = growth;
        entry->source = source;
        entry->source_id = source_id;
        growth_entry_insert(call->txn, entry);
        account->growth += growth;
        if (growth > 0)
                raise(call, account);
        points_account_store(call, account);
}

/* ---- the end of a period ---- */

static void begin_grace(struct call *call, LoyaltyAccount *account, struct tier_step step)
{
        int64_t end_us = calendar_days_end_us(call->now_us - 1, step.programme->grace_days);

        step.kind = TIER_CHANGE_KIND_GRACE;
        step.to_level = account->tier_level;
        account->grace_end_time = call_time(call, end_us);
        note(call, account, step);
        call_schedule(call, end_us, TIER_REVIEW_METHOD, account->member_id);
}

static void review(struct call *call, LoyaltyAccount *account, const ProgrammeVersion *programme)
{
        struct tier_step step = {
                .programme = programme, .growth = tier_growth(call, account->member_id, programme)};

        step.to_level = programme_level(programme, step.growth);
        if (step.to_level >= account->tier_level) {
                step.kind = TIER_CHANGE_KIND_RENEWED;
                begin_period(call, account, step);
        } else if (account->grace_end_time == NULL && programme->grace_days > 0) {
                begin_grace(call, account, step);
        } else {
                step.kind = TIER_CHANGE_KIND_DOWNGRADED;
                begin_period(call, account, step);
        }
}

enum status loyalty_review_tier(struct call *call, const TimerRequest *request, Empty *response)
{
        LoyaltyAccount *account = loyalty_account_get(call->txn, request->subject_id);
        const ProgrammeVersion *programme = programme_now(call);

        if (account == NULL || account->tier_level == 0 || programme == NULL)
                return OK;
        review(call, account, programme);
        points_account_store(call, account);
        return OK;
}
