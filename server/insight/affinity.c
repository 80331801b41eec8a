/*
 * Sums by product are kept in an open hash table in the caller's arena. Ties are broken by id, so
 * that the same purchases give the same answer on every machine and in both runs of a handler.
 */
#include "server/insight/affinity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HALF_LIFE_US  (INT64_C(20) * 86400 * 1000000)
#define PURCHASE_HALF (INT64_C(90) * 86400 * 1000000)
#define VIEW_HALF     (INT64_C(7) * 86400 * 1000000)
#define VIEW_SHARE    0.5
#define PRIOR         0.3
#define ROOM_FIRST    64

/* ---- heat ---- */

static double half_lives(int64_t us, int64_t half_us)
{
        return (double)us / (double)half_us;
}

double affinity_heat_at(int64_t heat, int64_t now_us)
{
        if (heat == 0)
                return 0;
        return exp2((double)heat / AFFINITY_UNIT - half_lives(now_us, HALF_LIFE_US));
}

int64_t affinity_heat_add(int64_t heat, int64_t at_us)
{
        double sum = affinity_heat_at(heat, at_us) + 1;

        return llround((log2(sum) + half_lives(at_us, HALF_LIFE_US)) * AFFINITY_UNIT);
}

/* ---- sums ---- */

static uint64_t hash(const char *text)
{
        uint64_t value = UINT64_C(14695981039346656037);

        for (; *text != '\0'; text++)
                value = (value ^ (uint8_t)*text) * UINT64_C(1099511628211);
        return value;
}

static struct affinity_entry *slot(const struct affinity_sums *sums, const char *id)
{
        size_t at = hash(id) & (sums->room - 1);

        while (sums->at[at].id != NULL && strcmp(sums->at[at].id, id) != 0)
                at = (at + 1) & (sums->room - 1);
        return &sums->at[at];
}

void affinity_init(struct affinity_sums *sums, struct arena *arena)
{
        *sums = (struct affinity_sums){.arena = arena, .room = ROOM_FIRST};
        sums->at = arena_array(arena, struct affinity_entry, sums->room);
}

static void grow(struct affinity_sums *sums)
{
        const struct affinity_sums old = *sums;

        sums->room *= 4;
        sums->at = arena_array(sums->arena, struct affinity_entry, sums->room);
        for (size_t i = 0; i < old.room; i++)
                if (old.at[i].id != NULL)
                        *slot(sums, old.at[i].id) = old.at[i];
}

void affinity_add(
        struct affinity_sums *sums, const char *id, double weight, const char *of, int kind)
{
        if (sums->count * 2 >= sums->room)
                grow(sums);
        struct affinity_entry *entry = slot(sums, id);

        if (entry->id == NULL) {
                entry->id = id;
                sums->count++;
        }
        entry->count++;
        entry->weight += weight;
        if (weight <= entry->best)
                return;
        entry->best = weight;
        entry->best_of = of;
        entry->best_kind = kind;
}

const struct affinity_entry *affinity_find(const struct affinity_sums *sums, const char *id)
{
        const struct affinity_entry *entry = slot(sums, id);

        return entry->id == NULL ? NULL : entry;
}

static int stronger(const void *a, const void *b)
{
        const struct affinity_entry *x = a, *y = b;

        if (x->weight != y->weight)
                return x->weight > y->weight ? -1 : 1;
        return strcmp(x->id, y->id);
}

/* Without gaps, the strongest first. */
static struct affinity_entry *sorted(const struct affinity_sums *sums)
{
        struct affinity_entry *list =
                arena_array(sums->arena, struct affinity_entry, sums->count + 1);
        size_t n = 0;

        for (size_t i = 0; i < sums->room; i++)
                if (sums->at[i].id != NULL)
                        list[n++] = sums->at[i];
        qsort(list, n, sizeof(*list), stronger);
        return list;
}

/* ---- neighbours ---- */

double affinity_buyer_weight(size_t products)
{
        return pow((double)products, -0.75);
}

static double similarity(const struct affinity_entry *pair, double own_weight,
        const struct affinity_product *other, double weight_each)
{
        double weight = other->weight > 0 ? other->weight : other->buyers * weight_each;
        double lately = pow((other->heat + 0.1) / other->buyers, 0.3);

        return pair->weight / pow(own_weight, 0.3) / sqrt(weight) * lately * pair->count /
               (pair->count + 1);
}

/* In place: weights become similarities. */
static struct affinity_entry *rate(const struct affinity_sums *sums,
        const struct affinity_entry *own, affinity_lookup *lookup, void *context)
{
        struct affinity_entry *list = sorted(sums);

        for (size_t i = 0; i < sums->count; i++) {
                struct affinity_product other;
                bool there = strcmp(list[i].id, own->id) != 0 &&
                             lookup(context, list[i].id, &other) && other.buyers > 0;

                list[i].weight =
                        there ? similarity(&list[i], own->weight, &other, own->weight / own->count)
                              : 0;
        }
        qsort(list, sums->count, sizeof(*list), stronger);
        return list;
}

size_t affinity_neighbours(const struct affinity_sums *sums, const char *id,
        affinity_lookup *lookup, void *context, struct affinity_neighbour out[AFFINITY_NEIGHBOURS])
{
        const struct affinity_entry *own = affinity_find(sums, id);
        double sum = 0;
        size_t n = 0;

        if (own == NULL)
                return 0;
        const struct affinity_entry *list = rate(sums, own, lookup, context);

        while (n < AFFINITY_NEIGHBOURS && n < sums->count && list[n].weight > 0)
                sum += list[n++].weight;
        for (size_t i = 0; i < n; i++)
                out[i] = (struct affinity_neighbour){
                        list[i].id, (int32_t)llround(list[i].weight / sqrt(sum) * AFFINITY_UNIT)};
        return n;
}

/* ---- a customer ---- */

double affinity_purchase_weight(int64_t age_us)
{
        return exp2(-half_lives(age_us, PURCHASE_HALF));
}

double affinity_view_weight(int64_t age_us)
{
        return VIEW_SHARE * exp2(-half_lives(age_us, VIEW_HALF));
}

static void share_out(struct affinity_sums *sums)
{
        double sum = 0;

        for (size_t i = 0; i < sums->room; i++)
                sum += sums->at[i].weight;
        for (size_t i = 0; sum > 0 && i < sums->room; i++) {
                sums->at[i].weight /= sum;
                sums->at[i].best /= sum;
        }
}

struct affinity_entry *affinity_rank(struct affinity_sums *sums,
        const struct affinity_popular *popular, size_t count, double total_heat, int kind)
{
        share_out(sums);
        for (size_t i = 0; total_heat > 0 && i < count; i++)
                affinity_add(sums, popular[i].id, PRIOR * popular[i].heat / total_heat, "", kind);
        return sorted(sums);
}
