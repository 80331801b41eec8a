/*
 * What the shop knows of its customers once they are replayed: it is asked for a ranking, segments
 * by RFM scores are made where they are not there, and their sizes, the cohorts and what a few
 * customers are recommended are read back. Asked again at the same shop time it writes nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "catalog.client.h"
#include "insight.client.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/schema/json.h"
#include "tools/shopctl/replay/replay.h"

#define CONDITIONS_MAX 3
#define CUSTOMERS_MAX  3
#define SHOWN          5
#define MONTHS_MAX     24

struct rule {
        Shop__SegmentField field;
        Shop__SegmentOperator operator;
        int64_t value;
};

static const struct kind {
        const char *slug;
        struct rule rules[CONDITIONS_MAX]; /* ended by a value of 0 */
} kinds[] = {
        {"champions", {{SHOP__SEGMENT_FIELD__SEGMENT_FIELD_RECENCY_SCORE,
                               SHOP__SEGMENT_OPERATOR__SEGMENT_OPERATOR_AT_LEAST, 4},
                              {SHOP__SEGMENT_FIELD__SEGMENT_FIELD_FREQUENCY_SCORE,
                                      SHOP__SEGMENT_OPERATOR__SEGMENT_OPERATOR_AT_LEAST, 4},
                              {SHOP__SEGMENT_FIELD__SEGMENT_FIELD_MONETARY_SCORE,
                                      SHOP__SEGMENT_OPERATOR__SEGMENT_OPERATOR_AT_LEAST, 4}}},
        {"slipping", {{SHOP__SEGMENT_FIELD__SEGMENT_FIELD_RECENCY_SCORE,
                              SHOP__SEGMENT_OPERATOR__SEGMENT_OPERATOR_AT_MOST, 2},
                             {SHOP__SEGMENT_FIELD__SEGMENT_FIELD_FREQUENCY_SCORE,
                                     SHOP__SEGMENT_OPERATOR__SEGMENT_OPERATOR_AT_LEAST, 3}}},
        {"big-spenders", {{SHOP__SEGMENT_FIELD__SEGMENT_FIELD_MONETARY_SCORE,
                                 SHOP__SEGMENT_OPERATOR__SEGMENT_OPERATOR_AT_LEAST, 5}}},
};
#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

/* How many are in the segment; *there false: it is not made yet. */
static bool find_segment(
        struct replay *replay, const char *slug, bool *there, int64_t *member_count)
{
        Shop__ListSegmentsRequest request = SHOP__LIST_SEGMENTS_REQUEST__INIT;
        Shop__ListSegmentsResponse *answer = NULL;

        request.slug = slug;
        if (shop_insight_list_segments(replay->channel, &request, NULL, &answer, &replay->error) !=
                SHOP_OK)
                return replay_failed(replay, "looking for segment %s", slug);
        *there = answer->n_segments > 0;
        *member_count = *there ? answer->segments[0]->member_count : 0;
        protobuf_c_message_free_unpacked(&answer->base, NULL);
        return true;
}

static bool make_segment(struct replay *replay, const struct kind *kind)
{
        Shop__SegmentCondition conditions[CONDITIONS_MAX], *list[CONDITIONS_MAX];
        Shop__SegmentClause clause = SHOP__SEGMENT_CLAUSE__INIT, *clauses[] = {&clause};
        Shop__Segment segment = SHOP__SEGMENT__INIT, *answer = NULL;
        Shop__CreateSegmentRequest request = SHOP__CREATE_SEGMENT_REQUEST__INIT;

        clause.conditions = list;
        for (size_t i = 0; i < CONDITIONS_MAX && kind->rules[i].value > 0; i++) {
                conditions[i] = (Shop__SegmentCondition)SHOP__SEGMENT_CONDITION__INIT;
                conditions[i].field = kind->rules[i].field;
                conditions[i].operator_ = kind->rules[i].operator;
                conditions[i].value = kind->rules[i].value;
                list[clause.n_conditions++] = &conditions[i];
        }
        segment.slug = kind->slug;
        segment.clauses = clauses;
        segment.n_clauses = 1;
        request.segment = &segment;
        if (shop_insight_create_segment(replay->channel, &request, NULL, &answer, &replay->error) !=
                SHOP_OK)
                return replay_failed(replay, "making segment %s", kind->slug);
        protobuf_c_message_free_unpacked(&answer->base, NULL);
        return true;
}

static bool make_segments(struct replay *replay)
{
        for (size_t i = 0; i < KIND_COUNT; i++) {
                int64_t member_count = 0;
                bool there = false;

                if (!find_segment(replay, kinds[i].slug, &there, &member_count) ||
                        (!there && !make_segment(replay, &kinds[i])))
                        return false;
        }
        return true;
}

static bool is_ranked(struct replay *replay, bool *ranked)
{
        Shop__GetRfmScoresRequest request = SHOP__GET_RFM_SCORES_REQUEST__INIT;
        Shop__RfmScores *answer = NULL;

        if (shop_insight_get_rfm_scores(replay->channel, &request, NULL, &answer, &replay->error) !=
                SHOP_OK)
                return replay_failed(replay, "reading the scale");
        *ranked = answer->scale != NULL && answer->scale->rank_time != NULL &&
                  timestamp_us(answer->scale->rank_time) == replay->shop_time_us;
        protobuf_c_message_free_unpacked(&answer->base, NULL);
        return true;
}

bool insight_run(struct replay *replay)
{
        Shop__RankMembersRequest request = SHOP__RANK_MEMBERS_REQUEST__INIT;
        Shop__RfmScale *answer = NULL;
        bool ranked = false;

        if (!make_segments(replay) || !is_ranked(replay, &ranked))
                return false;
        if (ranked)
                return true;
        if (shop_insight_rank_members(replay->channel, &request, NULL, &answer, &replay->error) !=
                SHOP_OK)
                return replay_failed(replay, "ranking");
        protobuf_c_message_free_unpacked(&answer->base, NULL);
        return clock_move(replay, replay->shop_time_us);
}

/* ---- reading back ---- */

static bool write_segments(struct replay *replay, struct buffer *out)
{
        buffer_printf(out, ",\n  \"rfm_segments\": {");
        for (size_t i = 0; i < KIND_COUNT; i++) {
                int64_t member_count = 0;
                bool there = false;

                if (!find_segment(replay, kinds[i].slug, &there, &member_count))
                        return false;
                buffer_printf(
                        out, "%s\"%s\": %" PRId64, i > 0 ? ", " : "", kinds[i].slug, member_count);
        }
        buffer_printf(out, "}");
        return true;
}

static int32_t month_of(int64_t us)
{
        char text[CLOCK_TEXT_MAX];
        int year, month;

        clock_format(us, text);
        return sscanf(text, "%d-%d", &year, &month) == 2 ? year * 100 + month : 0;
}

/* 23 months before. */
static int32_t first_month(int32_t last)
{
        int32_t months = last / 100 * 12 + last % 100 - 1 - (MONTHS_MAX - 1);

        return months / 12 * 100 + months % 12 + 1;
}

static void write_cohorts(struct buffer *out, const Shop__Retention *retention)
{
        const char *comma = "";

        buffer_printf(out, ",\n  \"cohorts\": {");
        for (size_t i = 0; i < retention->n_cohort_months; i++) {
                const Shop__CohortMonth *row = retention->cohort_months[i];

                buffer_printf(out, "%s\"%d/%d\": %" PRId64, comma, row->cohort, row->month,
                        row->member_count);
                comma = ", ";
        }
        buffer_printf(out, "},\n  \"repurchase_rate_bp\": {");
        comma = "";
        for (size_t i = 0; i < retention->n_repurchase; i++) {
                const Shop__Repurchase *row = retention->repurchase[i];

                if (row->member_count == 0)
                        continue;
                buffer_printf(out, "%s\"%d\": %d", comma, row->cohort, row->repurchase_rate_bp);
                comma = ", ";
        }
        buffer_printf(out, "}");
}

static bool write_retention(struct replay *replay, struct buffer *out)
{
        Shop__GetRetentionRequest request = SHOP__GET_RETENTION_REQUEST__INIT;
        Shop__Retention *answer = NULL;

        request.month_to = month_of(replay->shop_time_us);
        request.month_from = first_month(request.month_to);
        if (shop_insight_get_retention(replay->channel, &request, NULL, &answer, &replay->error) !=
                SHOP_OK)
                return replay_failed(replay, "reading cohorts");
        write_cohorts(out, answer);
        protobuf_c_message_free_unpacked(&answer->base, NULL);
        return true;
}

/* The code that a product was replayed under. */
static bool write_code(struct replay *replay, struct buffer *out, const char *product_id)
{
        Shop__GetProductRequest request = SHOP__GET_PRODUCT_REQUEST__INIT;
        Shop__Product *answer = NULL;

        request.id = product_id;
        if (shop_catalog_get_product(replay->channel, &request, NULL, &answer, &replay->error) !=
                SHOP_OK)
                return replay_failed(replay, "reading product %s", product_id);
        json_write_text(out, answer->external_id);
        protobuf_c_message_free_unpacked(&answer->base, NULL);
        return true;
}

static bool write_customer(struct replay *replay, struct buffer *out, const char *member_id)
{
        Shop__RecommendRequest request = SHOP__RECOMMEND_REQUEST__INIT;
        Shop__RecommendResponse *answer = NULL;
        bool done = true;

        request.member_id = member_id;
        request.count = SHOWN;
        if (shop_insight_recommend(replay->channel, &request, NULL, &answer, &replay->error) !=
                SHOP_OK)
                return replay_failed(replay, "asking for recommendations");
        buffer_printf(out, "[");
        for (size_t i = 0; done && i < answer->n_recommendations; i++) {
                buffer_printf(out, "%s", i > 0 ? ", " : "");
                done = write_code(replay, out, answer->recommendations[i]->product_id);
        }
        buffer_printf(out, "]");
        protobuf_c_message_free_unpacked(&answer->base, NULL);
        return done;
}

static bool write_recommendations(struct replay *replay, struct buffer *out)
{
        bool done = true;

        buffer_printf(out, ",\n  \"recommendations\": {");
        for (size_t i = 0; done && i < CUSTOMERS_MAX && i < replay->plan->customer_count; i++) {
                buffer_printf(out, "%s", i > 0 ? ", " : "");
                json_write_text(out, replay->plan->customers[i].external_id);
                buffer_printf(out, ": ");
                done = write_customer(replay, out, replay->member_ids[i]);
        }
        buffer_printf(out, "}");
        return done;
}

bool insight_write(struct replay *replay, struct buffer *out)
{
        return write_segments(replay, out) && write_retention(replay, out) &&
               write_recommendations(replay, out);
}
