#pragma once
/* Recommendations: what became of them, and how much of them there is. */
#include "server/call.h"
#include "insight.rows.h"
#include "insight_internal.rows.h"

#define TOTAL_ID   "total"
#define SIGHTS_MAX 50 /* views, and clicks, that are kept of somebody */

/* Only customers look and follow: FAILED_PRECONDITION, NOT_A_CUSTOMER. */
enum status recommend_check_caller(struct call *call);

/* A product was paid: was it one that a recommendation led to? */
void recommend_bought(
        struct call *call, const char *member_id, const char *product_id, int64_t paid_us);
/* So many were shown for a reason. */
void recommend_count_shown(struct call *call, RecommendationReason reason, int64_t count);
void recommend_count_click(struct call *call, RecommendationReason reason);
