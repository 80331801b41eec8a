/*
 * Whether rules mean something: each field has its kind of value and its operators. Judged when
 * they are saved, or a misspelt country would be a segment that nobody is in and nobody asks why.
 */
#include <string.h>
#include "catalog.rows.h"
#include "server/insight/segment.h"
#include "server/loyalty/loyalty.h"

enum kind { KIND_NUMBER, KIND_TEXT };

struct field {
        enum kind kind;
        int64_t max;
};

static const struct field fields[] = {
        [SEGMENT_FIELD_COUNTRY] = {.kind = KIND_TEXT},
        [SEGMENT_FIELD_LANGUAGE] = {.kind = KIND_TEXT},
        [SEGMENT_FIELD_ORDER_COUNT] = {.kind = KIND_NUMBER, .max = 1000000},
        [SEGMENT_FIELD_SPEND_MINOR] = {.kind = KIND_NUMBER, .max = INT64_C(9007199254740991)},
        [SEGMENT_FIELD_DAYS_SINCE_ORDER] = {.kind = KIND_NUMBER, .max = STANDING_DAYS_MAX},
        [SEGMENT_FIELD_DAYS_KNOWN] = {.kind = KIND_NUMBER, .max = STANDING_DAYS_MAX},
        [SEGMENT_FIELD_CATEGORY] = {.kind = KIND_TEXT},
        [SEGMENT_FIELD_RECENCY_SCORE] = {.kind = KIND_NUMBER, .max = 5},
        [SEGMENT_FIELD_FREQUENCY_SCORE] = {.kind = KIND_NUMBER, .max = 5},
        [SEGMENT_FIELD_MONETARY_SCORE] = {.kind = KIND_NUMBER, .max = 5},
        [SEGMENT_FIELD_STAGE] = {.kind = KIND_TEXT},
        [SEGMENT_FIELD_TIER] = {.kind = KIND_NUMBER, .max = LOYALTY_LEVEL_MAX},
};
#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

static bool is_lower(char c)
{
        return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
        return c >= 'A' && c <= 'Z';
}

/* "en", "en-GB": as profiles have it. */
static bool is_language(const char *text)
{
        size_t len = strlen(text);

        if (len != 2 && len != 5)
                return false;
        return is_lower(text[0]) && is_lower(text[1]) &&
               (len == 2 || (text[2] == '-' && is_upper(text[3]) && is_upper(text[4])));
}

static bool text_fits(struct call *call, SegmentField field, const char *text)
{
        switch ((int)field) {
        case SEGMENT_FIELD_COUNTRY:
                return strlen(text) == 2 && is_upper(text[0]) && is_upper(text[1]);
        case SEGMENT_FIELD_LANGUAGE:
                return is_language(text);
        case SEGMENT_FIELD_CATEGORY:
                return category_has(call->txn, text);
        case SEGMENT_FIELD_STAGE:
                return stage_named(text) != LIFECYCLE_STAGE_UNSPECIFIED;
        default:
                return false;
        }
}

static enum status check_texts(
        struct call *call, const SegmentCondition *condition, const char *path)
{
        if (condition->operator_ != SEGMENT_OPERATOR_ONE_OF &&
                condition->operator_ != SEGMENT_OPERATOR_NONE_OF)
                return call_fail_field(call, call_printf(call, "%s.operator", path),
                        "OPERATOR_UNFIT", "%s: texts are compared by ONE_OF and NONE_OF", path);
        if (condition->value != 0)
                return call_fail_field(call, call_printf(call, "%s.value", path), "VALUE_UNFIT",
                        "%s.value: this field has texts", path);
        if (condition->n_texts == 0)
                return call_fail_field(call, call_printf(call, "%s.texts", path), "REQUIRED",
                        "%s.texts: say which", path);
        for (size_t i = 0; i < condition->n_texts; i++)
                if (!text_fits(call, condition->field, condition->texts[i])) {
                        const char *field = call_printf(call, "%s.texts[%zu]", path, i);

                        return call_fail_field(call, field, "TEXT_UNKNOWN",
                                "%s: nobody can have %s", field, condition->texts[i]);
                }
        return OK;
}

static enum status check_number(
        struct call *call, const SegmentCondition *condition, const char *path)
{
        if (condition->operator_ != SEGMENT_OPERATOR_AT_LEAST &&
                condition->operator_ != SEGMENT_OPERATOR_AT_MOST)
                return call_fail_field(call, call_printf(call, "%s.operator", path),
                        "OPERATOR_UNFIT", "%s: numbers are compared by AT_LEAST and AT_MOST", path);
        if (condition->n_texts > 0)
                return call_fail_field(call, call_printf(call, "%s.texts", path), "TEXTS_UNFIT",
                        "%s.texts: this field is a number", path);
        if (condition->value > fields[condition->field].max)
                return call_fail_field(call, call_printf(call, "%s.value", path), "VALUE_TOO_LARGE",
                        "%s.value: at most %lld", path, (long long)fields[condition->field].max);
        return OK;
}

static enum status check_condition(
        struct call *call, const SegmentCondition *condition, const char *path)
{
        if ((size_t)condition->field >= FIELD_COUNT)
                return call_fail_field(call, call_printf(call, "%s.field", path), "FIELD_UNKNOWN",
                        "%s.field: no such field", path);
        if (fields[condition->field].kind == KIND_NUMBER)
                return check_number(call, condition, path);
        return check_texts(call, condition, path);
}

enum status segment_check_room(struct call *call)
{
        struct scan *scan = segment_all(call->txn);
        int live = 0;

        for (const Segment *segment; (segment = segment_next(scan)) != NULL;)
                live += !segment->ended;
        if (live < SEGMENTS_MAX)
                return OK;
        call_fail_field(call, "segment", "TOO_MANY_SEGMENTS",
                "segment: there are %d already; end another first", SEGMENTS_MAX);
        return call_fail(call, FAILED_PRECONDITION, "TOO_MANY_SEGMENTS",
                "there are at most %d segments; end another first", SEGMENTS_MAX);
}

enum status segment_check(struct call *call, const Segment *segment)
{
        for (size_t i = 0; i < segment->n_clauses; i++)
                for (size_t n = 0; n < segment->clauses[i]->n_conditions; n++) {
                        enum status status = check_condition(call,
                                segment->clauses[i]->conditions[n],
                                call_printf(call, "segment.clauses[%zu].conditions[%zu]", i, n));

                        if (status != OK)
                                return status;
                }
        return OK;
}
