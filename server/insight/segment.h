#pragma once
/* Segments: whether their rules are right, who fulfils them, and who is in them. */
#include "server/call.h"
#include "server/insight/standing.h"

/* Judges every condition by its field; refused by its place, "segment.clauses[0].conditions[1]". */
enum status segment_check(struct call *call, const Segment *segment);
/* Every event of a customer asks all segments that have not ended, so there are not many. Whether
 * there may be one more. */
#define SEGMENTS_MAX 100
enum status segment_check_room(struct call *call);

/* Of whom it is asked. */
struct profile {
        const char *country_code;
        const char *language;
        const struct standing *standing;
        LifecycleStage stage;
        int32_t tier_level;
};
bool segment_fulfilled(const Segment *segment, const struct profile *profile);
/* When one of its conditions may change with time. */
void segment_note_times(const Segment *segment, const struct standing *standing, int64_t *next_us);
bool segment_uses_scores(const Segment *segment);

/* Puts a member into all segments that they fulfil and out of all others. */
void segments_review(struct call *call, const struct profile *profile, int64_t *next_us);
/* Begins to judge everybody. The caller stores the segment. */
void segment_evaluate(struct call *call, Segment *segment);
