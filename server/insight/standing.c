/*
 * Nothing here is stored: scores and stages are computed from figures that events change and from
 * boundaries that only a ranking or a policy changes, so that what was kept up to date and what is
 * computed from the beginning cannot differ. What changes with time alone says when.
 */
#include "server/insight/standing.h"

#include <string.h>
#include "lib/base/calendar.h"
#include "server/call.h"

#define DAY_US         (INT64_C(86400) * 1000000)
#define ACTIVE_DAYS    90
#define CHURN_DAYS     180
#define LOYAL_ORDERS   5
#define RECURRENT_FROM 2 /* orders; fewer is new */

static const char *const stage_names[] = {
        [LIFECYCLE_STAGE_UNSPECIFIED] = "",
        [LIFECYCLE_STAGE_NEW] = "NEW",
        [LIFECYCLE_STAGE_ACTIVE] = "ACTIVE",
        [LIFECYCLE_STAGE_LOYAL] = "LOYAL",
        [LIFECYCLE_STAGE_AT_RISK] = "AT_RISK",
        [LIFECYCLE_STAGE_CHURNED] = "CHURNED",
};

/* Whole days of the calendar; one is an hour longer or shorter where clocks change. */
static int64_t days_between(int64_t from_us, int64_t to_us)
{
        int64_t from = calendar_start_us(calendar_date_of(from_us));
        int64_t to = calendar_start_us(calendar_date_of(to_us));

        return (to - from + DAY_US / 2) / DAY_US;
}

struct standing standing_of(const CustomerActivity *activity, const RfmScale *scale, int64_t now_us)
{
        struct standing standing = {.activity = activity, .scale = scale, .now_us = now_us};

        standing.days_known = days_between(time_us(activity->begin_time), now_us);
        standing.days_since_order = -1;
        if (activity->order_count > 0)
                standing.days_since_order =
                        days_between(time_us(activity->last_order_time), now_us);
        return standing;
}

int64_t standing_spend_minor(const CustomerActivity *activity)
{
        return activity->paid_minor - activity->refunded_minor;
}

/* ---- scores ---- */

static bool is_ranked(const struct standing *standing)
{
        return standing->scale != NULL && standing->scale->n_recency_days == 4 &&
               standing->activity->has_account && standing->activity->order_count > 0;
}

static int32_t score_above(const int64_t *boundaries, int64_t value)
{
        int32_t score = 1;

        for (int i = 0; i < 4; i++)
                score += value > boundaries[i];
        return score;
}

int32_t standing_recency_score(const struct standing *standing)
{
        int32_t score = 1;

        if (!is_ranked(standing))
                return 0;
        for (int i = 0; i < 4; i++)
                score += standing->days_since_order <= standing->scale->recency_days[i];
        return score;
}

int32_t standing_frequency_score(const struct standing *standing)
{
        if (!is_ranked(standing))
                return 0;
        return score_above(standing->scale->order_counts, standing->activity->order_count);
}

int32_t standing_monetary_score(const struct standing *standing)
{
        if (!is_ranked(standing))
                return 0;
        return score_above(standing->scale->spends_minor, standing_spend_minor(standing->activity));
}

/* ---- stages ---- */

static int32_t or_default(int32_t value, int32_t fallback)
{
        return value != 0 ? value : fallback;
}

struct stage_terms stage_terms_of(const LifecyclePolicy *policy)
{
        if (policy == NULL)
                return (struct stage_terms){ACTIVE_DAYS, CHURN_DAYS, LOYAL_ORDERS};
        return (struct stage_terms){
                .active_days = or_default(policy->active_days, ACTIVE_DAYS),
                .churn_days = or_default(policy->churn_days, CHURN_DAYS),
                .loyal_orders = or_default(policy->loyal_orders, LOYAL_ORDERS),
        };
}

/* Days since they last showed themselves: ordered, or became known. */
static int64_t days_away(const struct standing *standing)
{
        return standing->days_since_order >= 0 ? standing->days_since_order : standing->days_known;
}

LifecycleStage standing_stage(const struct standing *standing, struct stage_terms terms)
{
        int64_t days = days_away(standing);

        if (!standing->activity->has_account)
                return LIFECYCLE_STAGE_UNSPECIFIED;
        if (days > terms.churn_days)
                return LIFECYCLE_STAGE_CHURNED;
        if (days > terms.active_days)
                return LIFECYCLE_STAGE_AT_RISK;
        if (standing->activity->order_count >= terms.loyal_orders)
                return LIFECYCLE_STAGE_LOYAL;
        if (standing->activity->order_count >= RECURRENT_FROM)
                return LIFECYCLE_STAGE_ACTIVE;
        return LIFECYCLE_STAGE_NEW;
}

const char *stage_name(LifecycleStage stage)
{
        return stage_names[stage];
}

LifecycleStage stage_named(const char *name)
{
        for (int stage = LIFECYCLE_STAGE_NEW; stage <= LIFECYCLE_STAGE_CHURNED; stage++)
                if (strcmp(stage_names[stage], name) == 0)
                        return (LifecycleStage)stage;
        return LIFECYCLE_STAGE_UNSPECIFIED;
}

/* ---- what time alone changes ---- */

static void note(int64_t base_us, int64_t days, int64_t passed, int64_t *next_us)
{
        if (days <= passed || days > STANDING_DAYS_MAX)
                return;
        int64_t at_us = calendar_start_us(calendar_add_days(calendar_date_of(base_us), days));

        if (at_us < *next_us)
                *next_us = at_us;
}

void standing_note_known(const struct standing *standing, int64_t days, int64_t *next_us)
{
        note(time_us(standing->activity->begin_time), days, standing->days_known, next_us);
}

void standing_note_since_order(const struct standing *standing, int64_t days, int64_t *next_us)
{
        if (standing->days_since_order >= 0)
                note(time_us(standing->activity->last_order_time), days, standing->days_since_order,
                        next_us);
}

static void note_away(const struct standing *standing, int64_t days, int64_t *next_us)
{
        if (standing->days_since_order >= 0)
                standing_note_since_order(standing, days, next_us);
        else
                standing_note_known(standing, days, next_us);
}

void standing_note_stage(
        const struct standing *standing, struct stage_terms terms, int64_t *next_us)
{
        note_away(standing, (int64_t)terms.active_days + 1, next_us);
        note_away(standing, (int64_t)terms.churn_days + 1, next_us);
}

void standing_note_recency(const struct standing *standing, int64_t *next_us)
{
        if (!is_ranked(standing))
                return;
        for (int i = 0; i < 4; i++)
                standing_note_since_order(standing, standing->scale->recency_days[i] + 1, next_us);
}

int32_t month_of(int64_t us)
{
        struct calendar_date date = calendar_date_of(us);

        return date.year * 100 + date.month;
}

int32_t month_next(int32_t month)
{
        return month % 100 == 12 ? month + 89 : month + 1;
}
