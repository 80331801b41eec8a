/*
 * A product's neighbours, computed from a snapshot by a job: its latest customers and what they
 * bought lately. That is thousands of rows, which the writer never reads; it is given the answer.
 */
#include <string.h>
#include "server/insight/affinity.h"
#include "server/insight/followers.h"
#include "insight_internal.rows.h"

struct sight {
        struct txn *txn;
        int64_t now_us;
};

static bool look_up(void *context, const char *id, struct affinity_product *out)
{
        const struct sight *sight = context;
        const ProductDemand *row = product_demand_get(sight->txn, id);

        if (row == NULL)
                return false;
        *out = (struct affinity_product){
                .buyers = (double)row->buyer_count,
                .heat = affinity_heat_at(row->heat, sight->now_us),
                .weight = (double)row->weight / AFFINITY_UNIT,
        };
        return true;
}

/* What one buyer has, the latest first. */
static void add_buyer(struct affinity_sums *sums, struct txn *txn, const char *member_id)
{
        const char *ids[AFFINITY_HISTORY_MAX];
        struct scan *scan = member_product_by_member_id_latest(txn, member_id);
        const MemberProduct *row;
        size_t n = 0;

        while (n < AFFINITY_HISTORY_MAX && (row = member_product_next(scan)) != NULL)
                ids[n++] = row->product_id;
        for (size_t i = 0; i < n; i++)
                affinity_add(sums, ids[i], affinity_buyer_weight(n), "", 0);
}

static void answer(struct performer_context *context, const char *product_id,
        const struct affinity_sums *sums, const struct sight *sight)
{
        struct arena *arena = performer_arena(context);
        const struct affinity_entry *own = affinity_find(sums, product_id);
        SetNeighboursRequest request = SET_NEIGHBOURS_REQUEST_INIT;
        struct affinity_neighbour found[AFFINITY_NEIGHBOURS];
        size_t n = affinity_neighbours(sums, product_id, look_up, (void *)sight, found);

        request.product_id = product_id;
        request.weight = own != NULL ? (int64_t)(own->weight * AFFINITY_UNIT) : 0;
        request.neighbours = arena_array(arena, Neighbour *, AFFINITY_NEIGHBOURS);
        for (; request.n_neighbours < n; request.n_neighbours++) {
                Neighbour *row = arena_new(arena, Neighbour);

                *row = (Neighbour)NEIGHBOUR_INIT;
                row->product_id = found[request.n_neighbours].id;
                row->strength = found[request.n_neighbours].strength;
                request.neighbours[request.n_neighbours] = row;
        }
        performer_answer(context, "insight.SetNeighbours", &request);
}

enum status insight_neighbours(struct performer_context *context, const Job *job)
{
        struct sight sight = {performer_txn(context), performer_now_us(context)};
        struct scan *buyers = member_product_by_product_id_latest(sight.txn, job->subject_id);
        const MemberProduct *row;
        struct affinity_sums sums;

        affinity_init(&sums, performer_arena(context));
        for (size_t n = 0; n < AFFINITY_BUYERS_MAX && (row = member_product_next(buyers)) != NULL;
                n++)
                add_buyer(&sums, sight.txn, row->member_id);
        answer(context, job->subject_id, &sums, &sight);
        return OK;
}
