#pragma once
/* One customer: their row, and everything that follows when it changes. */
#include "server/call.h"
#include "insight.rows.h"

#define RFM_ID       "rfm"
#define LIFECYCLE_ID "lifecycle"
#define SWEEP_COUNT  50 /* customers of a step through all of them, at most */

/* The member's row, a new one not stored yet; NULL: there is no such member. */
CustomerActivity *activity_of(struct call *call, const char *member_id);

/* Stage, segments and the time to look again follow the row; stores it. event_us: when it changed.
 */
void member_review(struct call *call, CustomerActivity *activity, int64_t event_us);

/* Reviews the customers that follow one in the order of ids, at most SWEEP_COUNT. The last, or ""
 * when there are no more. */
const char *member_sweep(struct call *call, const char *after);

/* ---- lifecycle ---- */

/* They are in a stage from now on: counted, told, and acted upon. */
void stage_enter(
        struct call *call, CustomerActivity *activity, LifecycleStage stage, int64_t event_us);

/* ---- cohorts ---- */

/* An order of a member with an account was paid; before: the row without it. */
void cohort_count_order(
        struct call *call, const CustomerActivity *before, int64_t first_us, int64_t paid_us);
/* A guest with orders has an account from now on. */
void cohort_adopt(struct call *call, const CustomerActivity *activity);
void churn_count_stage(
        struct call *call, const CustomerActivity *activity, LifecycleStage to, int64_t at_us);
