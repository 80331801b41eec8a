/*
 * A recommendation was followed. It counts once until it is bought or followed again; the latest
 * are kept, since only what was followed in the last 30 days can still be bought because of it.
 */
#include "insight.handlers.h"
#include "membership.rows.h"
#include "server/insight/recommend.h"
#include "server/insight/standing.h"

#define CREDIT_US (INT64_C(30) * 86400 * 1000000)

enum status recommend_check_caller(struct call *call)
{
        if (member_has(call->txn, call->caller->id))
                return OK;
        return call_fail(call, FAILED_PRECONDITION, "NOT_A_CUSTOMER",
                "only members and guests look at products and follow recommendations");
}

static RecommendationMonth *month_row(struct call *call, int64_t us, RecommendationReason reason)
{
        RecommendationMonth *row = recommendation_month_get(call->txn, month_of(us), reason);

        if (row != NULL)
                return row;
        row = call_new(call, RecommendationMonth);
        *row = (RecommendationMonth)RECOMMENDATION_MONTH_INIT;
        row->month = month_of(us);
        row->reason = reason;
        recommendation_month_insert(call->txn, row);
        return row;
}

void recommend_count_shown(struct call *call, RecommendationReason reason, int64_t count)
{
        RecommendationMonth *row = month_row(call, call->now_us, reason);

        row->show_count += count;
        recommendation_month_update(call->txn, row);
}

void recommend_count_click(struct call *call, RecommendationReason reason)
{
        RecommendationMonth *row = month_row(call, call->now_us, reason);

        row->click_count++;
        recommendation_month_update(call->txn, row);
}

void recommend_bought(
        struct call *call, const char *member_id, const char *product_id, int64_t paid_us)
{
        RecommendationClick *click = recommendation_click_get(call->txn, member_id, product_id);

        if (click == NULL || click->bought || time_us(click->click_time) > paid_us ||
                paid_us - time_us(click->click_time) > CREDIT_US)
                return;
        RecommendationMonth *row = month_row(call, paid_us, click->reason);

        click->bought = true;
        recommendation_click_update(call->txn, click);
        row->buy_count++;
        recommendation_month_update(call->txn, row);
}

static void make_room(struct call *call, const char *member_id)
{
        struct scan *scan = recommendation_click_by_member_id(call->txn, member_id);
        const RecommendationClick *oldest = NULL, *row;
        size_t n = 0;

        for (; (row = recommendation_click_next(scan)) != NULL; n++)
                if (n == 0)
                        oldest = row;
        if (n >= SIGHTS_MAX)
                recommendation_click_delete(call->txn, member_id, oldest->product_id);
}

enum status insight_record_recommendation_click(struct call *call,
        const RecordRecommendationClickRequest *request, RecommendationClick *response)
{
        const char *member_id = call->caller->id;
        if (recommend_check_caller(call) != OK)
                return call->error.code;
        bool again = recommendation_click_has(call->txn, member_id, request->product_id);
        RecommendationClick row = RECOMMENDATION_CLICK_INIT;

        if (!again)
                make_room(call, member_id);
        row.member_id = member_id;
        row.product_id = request->product_id;
        row.click_time = call_now(call);
        row.reason = request->reason;
        if (again)
                recommendation_click_update(call->txn, &row);
        else
                recommendation_click_insert(call->txn, &row);
        recommend_count_click(call, row.reason);
        call_event(call, "recommendation.followed", row.product_id, member_id, "reason",
                (int64_t)row.reason, NULL);
        *response = row;
        return OK;
}
