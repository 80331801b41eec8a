/*
 * Intervals are whole days of the shop between a customer's orders of a product. The customer's
 * own median counts once there are two; before that the product's, if enough of its customers buy
 * it again. Of a product they are counted in classes: a day each up to a month, sixteen days each
 * beyond, so that its row stays small and its median is a walk over 64 numbers.
 */
#include "server/insight/repurchase.h"

#include <stdlib.h>
#include <string.h>
#include "lib/base/calendar.h"
#include "server/insight/member.h"

#define DAY_US        (INT64_C(86400) * 1000000)
#define CLASSES       64
#define DAILY         32
#define COARSE_DAYS   16
#define REPEAT_MIN    5
#define REPEAT_SHARE  5 /* one in so many */
#define REMIND_METHOD "insight.RemindReplenishment"

static size_t class_of(int32_t days)
{
        size_t at = days < DAILY ? (size_t)days : DAILY + (size_t)(days - DAILY) / COARSE_DAYS;

        return at < CLASSES ? at : CLASSES - 1;
}

static int32_t days_of(size_t at)
{
        return at < DAILY ? (int32_t)at : (int32_t)(DAILY + (at - DAILY) * COARSE_DAYS);
}

static int64_t start_of(const Timestamp *time)
{
        return calendar_start_us(calendar_date_of(time_us(time)));
}

static void keep_interval(struct call *call, MemberProduct *row, int32_t days)
{
        int32_t *kept = call_array(call, int32_t, INTERVALS_KEPT);
        size_t drop = row->n_interval_days == INTERVALS_KEPT;
        size_t n = row->n_interval_days - drop;

        for (size_t i = 0; i < n; i++)
                kept[i] = row->interval_days[i + drop];
        kept[n] = days;
        row->interval_days = kept;
        row->n_interval_days = n + 1;
}

void repurchase_count(
        struct call *call, MemberProduct *row, Timestamp *paid, int32_t *interval_days)
{
        *interval_days = 0;
        if (row->order_count++ == 0)
                row->first_time = paid;
        else
                *interval_days =
                        (int32_t)((start_of(paid) - start_of(row->last_time) + DAY_US / 2) /
                                  DAY_US);
        if (*interval_days > 0)
                keep_interval(call, row, *interval_days);
        row->last_time = paid;
}

void repurchase_learn(struct call *call, ProductDemand *demand, int32_t interval_days)
{
        if (demand->n_interval_counts < CLASSES) {
                int32_t *counts = call_array(call, int32_t, CLASSES);

                demand->n_interval_counts = CLASSES;
                demand->interval_counts = counts;
        }
        demand->interval_counts[class_of(interval_days)]++;
}

int32_t repurchase_median(const ProductDemand *demand)
{
        int64_t total = 0, seen = 0;

        for (size_t i = 0; i < demand->n_interval_counts; i++)
                total += demand->interval_counts[i];
        for (size_t i = 0; i < demand->n_interval_counts; i++) {
                seen += demand->interval_counts[i];
                if (total > 0 && seen * 2 >= total)
                        return days_of(i);
        }
        return 0;
}

static int compare(const void *a, const void *b)
{
        return *(const int32_t *)a - *(const int32_t *)b;
}

/* The lower one of two in the middle. */
static int32_t own_median(struct call *call, const MemberProduct *row)
{
        size_t n = row->n_interval_days;
        int32_t *days = call_array(call, int32_t, n);

        memcpy(days, row->interval_days, n * sizeof(*days));
        qsort(days, n, sizeof(*days), compare);
        return days[(n - 1) / 2];
}

static int32_t expected_days(
        struct call *call, const MemberProduct *row, const ProductDemand *demand)
{
        if (row->n_interval_days >= 2)
                return own_median(call, row);
        if (demand->repeat_count < REPEAT_MIN ||
                demand->repeat_count * REPEAT_SHARE < demand->buyer_count)
                return 0;
        return repurchase_median(demand);
}

void repurchase_expect(struct call *call, MemberProduct *row, const ProductDemand *demand)
{
        const LifecyclePolicy *policy = lifecycle_policy_get(call->txn, LIFECYCLE_ID);
        const char *subject = call_printf(call, "%s:%s", row->member_id, row->product_id);
        int32_t days = expected_days(call, row, demand);

        row->next_time = NULL;
        if (days > 0)
                row->next_time =
                        call_time(call, calendar_start_us(calendar_add_days(
                                                calendar_date_of(time_us(row->last_time)), days)));
        if (days > 0 && policy != NULL && policy->remind_purchases > 0 &&
                row->order_count >= policy->remind_purchases &&
                time_us(row->next_time) > call->now_us)
                call_schedule(call, time_us(row->next_time), REMIND_METHOD, subject);
        else
                call_unschedule(call, REMIND_METHOD, subject);
}
