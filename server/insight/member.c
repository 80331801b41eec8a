/*
 * What follows when a customer's row changes, or only time has passed: stage, segments, and one
 * timer for the next instant at which any of that may change by itself. So nothing is swept every
 * night, and what is kept up to date is at every instant what an evaluation from the beginning
 * would find.
 */
#include "server/insight/member.h"

#include <string.h>
#include "membership.rows.h"
#include "server/insight/segment.h"
#include "server/loyalty/loyalty.h"

#define REVIEW_METHOD    "insight.ReviewMember"
#define SWEEP_JUDGEMENTS 1000 /* of a customer by a segment, in a step */

static void store(struct call *call, CustomerActivity *activity)
{
        activity->update_time = call_now(call);
        if (customer_activity_has(call->txn, activity->member_id))
                customer_activity_update(call->txn, activity);
        else
                customer_activity_insert(call->txn, activity);
}

static void look_again(struct call *call, const char *member_id, int64_t at_us)
{
        if (at_us == INT64_MAX)
                call_unschedule(call, REVIEW_METHOD, member_id);
        else
                call_schedule(call, at_us, REVIEW_METHOD, member_id);
}

void member_review(struct call *call, CustomerActivity *activity, int64_t event_us)
{
        const Member *member = member_get(call->txn, activity->member_id);
        struct stage_terms terms = stage_terms_of(lifecycle_policy_get(call->txn, LIFECYCLE_ID));
        const struct standing standing =
                standing_of(activity, rfm_scale_get(call->txn, RFM_ID), call->now_us);
        const struct profile profile = {
                .country_code = member->country_code,
                .language = member->language,
                .standing = &standing,
                .stage = standing_stage(&standing, terms),
                .tier_level = loyalty_tier_level(call, activity->member_id),
        };
        int64_t next_us = INT64_MAX;

        if (activity->has_account) {
                if (profile.stage != activity->stage)
                        stage_enter(call, activity, profile.stage, event_us);
                segments_review(call, &profile, &next_us);
                standing_note_stage(&standing, terms, &next_us);
                look_again(call, activity->member_id, next_us);
        }
        store(call, activity);
}

/* Each customer is judged by every segment: where there are many, a step has fewer customers. */
static size_t sweep_count(struct call *call)
{
        struct scan *scan = segment_all(call->txn);
        size_t segments = 1;

        while (segment_next(scan) != NULL)
                segments++;
        size_t count = SWEEP_JUDGEMENTS / segments;

        return count > SWEEP_COUNT ? SWEEP_COUNT : count > 0 ? count : 1;
}

const char *member_sweep(struct call *call, const char *after)
{
        const size_t most = sweep_count(call);
        struct key_value from = key_text(after);
        struct scan *scan = customer_activity_all(call->txn);
        CustomerActivity *activity;
        const char *last = "";
        size_t count = 0;

        scan_between(scan, &from, NULL);
        while (count < most && (activity = customer_activity_next(scan)) != NULL) {
                if (strcmp(activity->member_id, after) == 0)
                        continue;
                last = activity->member_id;
                member_review(call, activity, call->now_us);
                count++;
        }
        return count == most ? last : "";
}
