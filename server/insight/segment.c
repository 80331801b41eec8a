/*
 * Who is in a segment. Rules are judged by one function, whether an event of one customer asks or
 * an evaluation of all; memberships are rows, so that to be in one is a lookup for others and has a
 * time. Refused: a list of ids in the segment, which every join would write anew.
 */
#include "server/insight/segment.h"

#include <string.h>
#include "server/insight/insight.h"
#include "server/insight/member.h"

#define CONTINUE_METHOD "insight.ContinueEvaluation"

bool insight_segment_has(struct call *call, const char *segment_id, const char *member_id)
{
        return segment_member_has(call->txn, segment_id, member_id);
}

/* ---- rules ---- */

static bool is_one_of(const SegmentCondition *condition, const char *text)
{
        for (size_t i = 0; i < condition->n_texts; i++)
                if (strcmp(condition->texts[i], text) == 0)
                        return true;
        return false;
}

static bool bought_one_of(const SegmentCondition *condition, const CustomerActivity *activity)
{
        for (size_t i = 0; i < activity->n_category_ids; i++)
                if (is_one_of(condition, activity->category_ids[i]))
                        return true;
        return false;
}

static bool found(const SegmentCondition *condition, const struct profile *profile)
{
        switch ((int)condition->field) {
        case SEGMENT_FIELD_COUNTRY:
                return is_one_of(condition, profile->country_code);
        case SEGMENT_FIELD_LANGUAGE:
                return is_one_of(condition, profile->language);
        case SEGMENT_FIELD_CATEGORY:
                return bought_one_of(condition, profile->standing->activity);
        case SEGMENT_FIELD_STAGE:
                return is_one_of(condition, stage_name(profile->stage));
        default:
                return false;
        }
}

/* Below 0: there is no such number of them. */
static int64_t number_of(SegmentField field, const struct profile *profile)
{
        const struct standing *standing = profile->standing;
        int64_t spend_minor;

        switch ((int)field) {
        case SEGMENT_FIELD_ORDER_COUNT:
                return standing->activity->order_count;
        case SEGMENT_FIELD_SPEND_MINOR:
                spend_minor = standing_spend_minor(standing->activity);
                return spend_minor > 0 ? spend_minor : 0;
        case SEGMENT_FIELD_DAYS_SINCE_ORDER:
                return standing->days_since_order;
        case SEGMENT_FIELD_DAYS_KNOWN:
                return standing->days_known;
        case SEGMENT_FIELD_RECENCY_SCORE:
                return standing_recency_score(standing);
        case SEGMENT_FIELD_FREQUENCY_SCORE:
                return standing_frequency_score(standing);
        case SEGMENT_FIELD_MONETARY_SCORE:
                return standing_monetary_score(standing);
        case SEGMENT_FIELD_TIER:
                return profile->tier_level;
        default:
                return -1;
        }
}

static bool holds(const SegmentCondition *condition, const struct profile *profile)
{
        int64_t number;

        switch ((int)condition->operator_) {
        case SEGMENT_OPERATOR_AT_LEAST:
                return number_of(condition->field, profile) >= condition->value;
        case SEGMENT_OPERATOR_AT_MOST:
                number = number_of(condition->field, profile);
                return number >= 0 && number <= condition->value;
        case SEGMENT_OPERATOR_ONE_OF:
                return found(condition, profile);
        case SEGMENT_OPERATOR_NONE_OF:
                return !found(condition, profile);
        default:
                return false;
        }
}

bool segment_fulfilled(const Segment *segment, const struct profile *profile)
{
        if (segment->ended || !profile->standing->activity->has_account)
                return false;
        for (size_t i = 0; i < segment->n_clauses; i++) {
                const SegmentClause *clause = segment->clauses[i];
                size_t n = 0;

                while (n < clause->n_conditions && holds(clause->conditions[n], profile))
                        n++;
                if (n == clause->n_conditions)
                        return true;
        }
        return false;
}

/* A number that grows with the days passes "at least" on its day and "at most" on the next. */
static int64_t turning_day(const SegmentCondition *condition)
{
        return condition->value + (condition->operator_ == SEGMENT_OPERATOR_AT_MOST);
}

void segment_note_times(const Segment *segment, const struct standing *standing, int64_t *next_us)
{
        for (size_t i = 0; i < segment->n_clauses; i++)
                for (size_t n = 0; n < segment->clauses[i]->n_conditions; n++) {
                        const SegmentCondition *condition = segment->clauses[i]->conditions[n];

                        if (condition->field == SEGMENT_FIELD_DAYS_SINCE_ORDER)
                                standing_note_since_order(
                                        standing, turning_day(condition), next_us);
                        else if (condition->field == SEGMENT_FIELD_DAYS_KNOWN)
                                standing_note_known(standing, turning_day(condition), next_us);
                        else if (condition->field == SEGMENT_FIELD_RECENCY_SCORE)
                                standing_note_recency(standing, next_us);
                }
}

bool segment_uses_scores(const Segment *segment)
{
        for (size_t i = 0; i < segment->n_clauses; i++)
                for (size_t n = 0; n < segment->clauses[i]->n_conditions; n++) {
                        SegmentField field = segment->clauses[i]->conditions[n]->field;

                        if (field == SEGMENT_FIELD_RECENCY_SCORE ||
                                field == SEGMENT_FIELD_FREQUENCY_SCORE ||
                                field == SEGMENT_FIELD_MONETARY_SCORE)
                                return true;
                }
        return false;
}

/* ---- membership ---- */

static void join(struct call *call, Segment *segment, const char *member_id)
{
        SegmentMember row = SEGMENT_MEMBER_INIT;

        row.segment_id = segment->id;
        row.member_id = member_id;
        row.since_time = call_now(call);
        segment_member_insert(call->txn, &row);
        segment->member_count++;
        segment_update(call->txn, segment);
        call_event(call, "segment.entered", segment->id, member_id, NULL);
}

static void leave(struct call *call, Segment *segment, const char *member_id)
{
        segment_member_delete(call->txn, segment->id, member_id);
        segment->member_count--;
        segment_update(call->txn, segment);
        call_event(call, "segment.left", segment->id, member_id, NULL);
}

void segments_review(struct call *call, const struct profile *profile, int64_t *next_us)
{
        const char *member_id = profile->standing->activity->member_id;
        struct scan *scan = segment_all(call->txn);

        for (Segment *segment; (segment = segment_next(scan)) != NULL;) {
                bool is_in = segment_member_has(call->txn, segment->id, member_id);
                bool fulfilled = segment_fulfilled(segment, profile);

                if (fulfilled && !is_in)
                        join(call, segment, member_id);
                else if (!fulfilled && is_in)
                        leave(call, segment, member_id);
                if (!segment->ended)
                        segment_note_times(segment, profile->standing, next_us);
        }
}

void segment_evaluate(struct call *call, Segment *segment)
{
        segment->state = SEGMENT_STATE_EVALUATING;
        segment->evaluated_to = "";
        segment->update_time = call_now(call);
        call_schedule(call, call->now_us, CONTINUE_METHOD, segment->id);
}
