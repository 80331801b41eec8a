/*
 * Cohorts and churn of a range of months, from the counters of months. Rates are hundredths of a
 * percent, rounded half up.
 */
#include "insight.handlers.h"
#include "server/insight/definitions.h"
#include "server/insight/standing.h"

#define MONTHS_MAX 24

static const struct definition definitions[] = {
        {"cohort_months.member_count", "Members with an account whose first paid order was in the "
                                       "month cohort and who paid an order in month; days are the "
                                       "shop's. With month = cohort it is the cohort's size."},
        {"cohort_months.order_count", "Orders that they paid in month, before refunds."},
        {"cohort_months.repeat_count", "Those of them whose second order was paid in month."},
        {"churn.begin_count",
                "Members with a paid order, at the beginning of the month, less those "
                "who had churned."},
        {"churn.churned_count", "Members with a paid order who churned in the month: no order for "
                                "more than churn_days of the lifecycle policy."},
        {"churn.won_back_count", "Members who had churned after an order and ordered again in the "
                                 "month."},
        {"churn.churn_rate_bp", "churned_count / begin_count, in hundredths of a percent."},
        {"repurchase.repurchase_rate_bp", "Members of the cohort with a second paid order up to "
                                          "month_to, of all of them, in hundredths of a percent."},
        {NULL, NULL},
};

static enum status check_month(struct call *call, const char *field, int32_t month)
{
        if (month % 100 >= 1 && month % 100 <= 12)
                return OK;
        return call_fail_field(call, field, "NOT_A_MONTH", "%s: a year and a month, 201012", field);
}

static int32_t rate_bp(int64_t part, int64_t whole)
{
        return whole > 0 ? (int32_t)((part * 20000 + whole) / (whole * 2)) : 0;
}

static void fill_cohort(struct call *call, int32_t cohort, int32_t month_to, Retention *response)
{
        Repurchase *repurchase = call_new(call, Repurchase);

        *repurchase = (Repurchase)REPURCHASE_INIT;
        repurchase->cohort = cohort;
        for (int32_t month = cohort; month <= month_to; month = month_next(month)) {
                CohortMonth *row = cohort_month_get(call->txn, cohort, month);

                if (row == NULL)
                        continue;
                response->cohort_months[response->n_cohort_months++] = row;
                if (month == cohort)
                        repurchase->member_count = row->member_count;
                repurchase->repeat_count += row->repeat_count;
        }
        repurchase->repurchase_rate_bp =
                rate_bp(repurchase->repeat_count, repurchase->member_count);
        response->repurchase[response->n_repurchase++] = repurchase;
}

/* Who was there, month by month, from the first month of the shop on. */
static void fill_churn(struct call *call, const GetRetentionRequest *request, Retention *response)
{
        struct scan *scan = churn_month_all(call->txn);
        const ChurnMonth *row = churn_month_next(scan);
        int64_t there = 0;

        for (int32_t month = request->month_from; month <= request->month_to;
                month = month_next(month)) {
                Churn *churn = call_new(call, Churn);

                for (; row != NULL && row->month < month; row = churn_month_next(scan))
                        there += row->new_count - row->churned_count + row->won_back_count;
                *churn = (Churn)CHURN_INIT;
                churn->month = month;
                churn->begin_count = there;
                if (row != NULL && row->month == month) {
                        churn->churned_count = row->churned_count;
                        churn->won_back_count = row->won_back_count;
                }
                churn->churn_rate_bp = rate_bp(churn->churned_count, churn->begin_count);
                response->churn[response->n_churn++] = churn;
        }
}

enum status insight_get_retention(
        struct call *call, const GetRetentionRequest *request, Retention *response)
{
        size_t months = 0;
        enum status status = check_month(call, "month_from", request->month_from);

        if (status == OK)
                status = check_month(call, "month_to", request->month_to);
        if (status != OK)
                return status;
        for (int32_t month = request->month_from;
                month <= request->month_to && months <= MONTHS_MAX; month = month_next(month))
                months++;
        if (months == 0 || months > MONTHS_MAX)
                return call_fail_field(call, "month_to", "TOO_MANY_MONTHS",
                        "month_to: month_from or up to %d months later", MONTHS_MAX - 1);
        response->cohort_months = call_array(call, CohortMonth *, months * (months + 1) / 2);
        response->repurchase = call_array(call, Repurchase *, months);
        response->churn = call_array(call, Churn *, months);
        for (int32_t cohort = request->month_from; cohort <= request->month_to;
                cohort = month_next(cohort))
                fill_cohort(call, cohort, request->month_to, response);
        fill_churn(call, request, response);
        response->definitions = definitions_tell(call, definitions, &response->n_definitions);
        return OK;
}
