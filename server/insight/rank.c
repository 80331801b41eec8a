/*
 * Quintiles are of all customers together, so they are computed in one go, from a snapshot and
 * outside of the writer, as a job; its answer is four numbers a score. Between two rankings they
 * stay, and scores move by what a customer does. Refused: boundaries that follow every order, by
 * which everybody's segments would change with everybody else's orders.
 */
#include "server/insight/rank.h"

#include <stdlib.h>
#include "server/insight/followers.h"
#include "server/insight/member.h"
#include "server/insight/standing.h"

/* A job that failed for good answers nothing. */
#define LOST_US (INT64_C(3600) * 1000000)

struct ranking {
        int64_t *recency;
        int64_t *orders;
        int64_t *spends;
        size_t n;
        size_t room;
};

static int compare(const void *a, const void *b)
{
        int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

        return (x > y) - (x < y);
}

static int64_t *grown(struct arena *arena, const int64_t *from, size_t n, size_t room)
{
        int64_t *to = arena_array(arena, int64_t, room);

        for (size_t i = 0; i < n; i++)
                to[i] = from[i];
        return to;
}

static void add(struct ranking *ranking, struct arena *arena, const struct standing *standing)
{
        if (ranking->n == ranking->room) {
                ranking->room = ranking->room * 2 + 1024;
                ranking->recency = grown(arena, ranking->recency, ranking->n, ranking->room);
                ranking->orders = grown(arena, ranking->orders, ranking->n, ranking->room);
                ranking->spends = grown(arena, ranking->spends, ranking->n, ranking->room);
        }
        ranking->recency[ranking->n] = standing->days_since_order;
        ranking->orders[ranking->n] = standing->activity->order_count;
        ranking->spends[ranking->n] = standing_spend_minor(standing->activity);
        ranking->n++;
}

/* The k-th fifth ends at the ceil(k n / 5)-th smallest value. */
static void quintiles(struct arena *arena, int64_t *values, size_t n, int64_t **out)
{
        *out = arena_array(arena, int64_t, 4);
        qsort(values, n, sizeof(*values), compare);
        for (size_t k = 1; k <= 4; k++)
                (*out)[k - 1] = values[(k * n + 4) / 5 - 1];
}

enum status insight_rank(struct performer_context *context, const Job *job)
{
        struct arena *arena = performer_arena(context);
        struct txn *txn = performer_txn(context);
        struct scan *scan = customer_activity_all(txn);
        SetRfmScaleRequest request = SET_RFM_SCALE_REQUEST_INIT;
        struct ranking ranking = {0};

        scan_fleeting(scan);
        for (const CustomerActivity *row; (row = customer_activity_next(scan)) != NULL;) {
                struct standing standing = standing_of(row, NULL, performer_now_us(context));

                if (row->has_account && row->order_count > 0)
                        add(&ranking, arena, &standing);
        }
        performer_leave(context);
        if (ranking.n > 0) {
                quintiles(arena, ranking.recency, ranking.n, &request.recency_days);
                quintiles(arena, ranking.orders, ranking.n, &request.order_counts);
                quintiles(arena, ranking.spends, ranking.n, &request.spends_minor);
        } else {
                request.recency_days = arena_array(arena, int64_t, 4);
                request.order_counts = arena_array(arena, int64_t, 4);
                request.spends_minor = arena_array(arena, int64_t, 4);
        }
        request.n_recency_days = request.n_order_counts = request.n_spends_minor = 4;
        request.member_count = (int64_t)ranking.n;
        performer_answer(context, "insight.SetRfmScale", &request);
        return OK;
}

RfmScale *rank_ask(struct call *call)
{
        RfmScale *scale = rfm_scale_get(call->txn, RFM_ID);

        if (scale == NULL) {
                scale = call_new(call, RfmScale);
                *scale = (RfmScale)RFM_SCALE_INIT;
                scale->id = RFM_ID;
        }
        if (scale->ranking && call->now_us - time_us(scale->ask_time) < LOST_US)
                return scale;
        call_job(call, RANK_JOB, RFM_ID, 0);
        scale->ranking = true;
        scale->ask_time = call_now(call);
        return scale;
}

void rank_store(struct call *call, const RfmScale *scale, const char *type)
{
        if (rfm_scale_has(call->txn, RFM_ID))
                rfm_scale_update(call->txn, scale);
        else
                rfm_scale_insert(call->txn, scale);
        call_event(call, type, RFM_ID, "", "members", scale->member_count, NULL);
}
