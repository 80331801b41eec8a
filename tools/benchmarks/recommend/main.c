/*
 * How good recommendations are: learned from the first half of a file in the Online Retail format,
 * asked for ten items for every customer of it, and held against what they bought in the second
 * half and had not bought before. The scoring is the server's own, server/insight/affinity.c, with
 * the bounds that its rows have. Beside it stand popularity, plain (the best of customers and of
 * orders) and lately (the best of purchases that halve in 7 to 90 days), and the cosine of common
 * buyers without any bound.
 *
 * Recall is of all such purchases together, and the mean over customers. Items that nobody had
 * bought in the first half count as missed by all.
 */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "server/insight/affinity.h"
#include "tools/benchmarks/recommend/purchases.h"

#define SHOWN         10
#define PURCHASES_MAX 60 /* as server/insight/recommend.c */
#define DAY_US        (INT64_C(86400) * 1000000)

struct trial {
        struct purchases data;
        struct arena arena;
        struct affinity_product *products; /* as the rows of the server have them */
        struct affinity_neighbour (*neighbours)[AFFINITY_NEIGHBOURS];
        size_t *neighbour_counts;
        struct affinity_popular popular[AFFINITY_POPULAR];
        size_t popular_count;
        double total_heat;
        double *scores; /* of items, for one customer */
        char *owned;    /* by them */
        char *wanted;
};

struct result {
        double pooled;
        double mean;
        size_t customers;
};

/* Fills trial->scores for a customer. */
typedef void scorer(struct trial *trial, int32_t customer, const void *context);

static void *zeroed(size_t count, size_t size)
{
        void *memory = calloc(count, size);

        if (memory == NULL) {
                fprintf(stderr, "out of memory\n");
                exit(1);
        }
        return memory;
}

/* ---- the server's scoring ---- */

static bool look_up(void *context, const char *id, struct affinity_product *out)
{
        const struct trial *trial = context;

        *out = trial->products[atoi(id)];
        return out->buyers > 0;
}

/* Ids are the items' numbers: of one width, so that ties are broken by number. */
static char *id_of(struct trial *trial, int32_t item)
{
        return arena_printf(&trial->arena, "%06d", item);
}

static void add_buyers(struct trial *trial, struct affinity_sums *sums, char **ids, size_t item)
{
        const struct list *buyers = &trial->data.buyers[item];

        for (size_t i = 0; i < buyers->n && i < AFFINITY_BUYERS_MAX; i++) {
                const struct list *history = &trial->data.histories[buyers->at[i].customer];
                size_t n = history->n < AFFINITY_HISTORY_MAX ? history->n : AFFINITY_HISTORY_MAX;

                for (size_t k = 0; k < n; k++)
                        affinity_add(
                                sums, ids[history->at[k].item], affinity_buyer_weight(n), "", 0);
        }
}

/* Twice: the first time what each product's buyers weigh is not known yet. */
static void learn_neighbours(struct trial *trial, char **ids)
{
        for (int round = 0; round < 2; round++)
                for (size_t item = 0; item < trial->data.item_count; item++) {
                        struct arena arena;
                        struct affinity_sums sums;

                        arena_init(&arena);
                        affinity_init(&sums, &arena);
                        add_buyers(trial, &sums, ids, item);
                        const struct affinity_entry *own = affinity_find(&sums, ids[item]);

                        if (own != NULL && round == 0)
                                trial->products[item].weight = own->weight;
                        if (own != NULL && round == 1)
                                trial->neighbour_counts[item] = affinity_neighbours(
                                        &sums, ids[item], look_up, trial, trial->neighbours[item]);
                        arena_release(&arena);
                }
}

static int hotter(const void *a, const void *b)
{
        const struct affinity_popular *x = a, *y = b;

        if (x->heat != y->heat)
                return x->heat > y->heat ? -1 : 1;
        return strcmp(x->id, y->id);
}

/* Heat as the server has it: raised by each order. Purchases are not in order of time here, so
 * they are added up directly; the sum is the same. */
static void learn_heat(struct trial *trial, char **ids)
{
        size_t n = trial->data.item_count;
        struct affinity_popular *all = zeroed(n, sizeof(*all));

        for (size_t i = 0; i < n; i++) {
                const struct list *buyers = &trial->data.buyers[i];
                double heat = 0;

                for (size_t k = 0; k < buyers->n; k++)
                        heat += affinity_heat_at(
                                affinity_heat_add(0, buyers->at[k].last_us), trial->data.cut_us);
                trial->products[i].buyers = (double)buyers->n;
                trial->products[i].heat = heat;
                trial->total_heat += heat;
                all[i] = (struct affinity_popular){ids[i], heat};
        }
        qsort(all, n, sizeof(*all), hotter);
        trial->popular_count = n < AFFINITY_POPULAR ? n : AFFINITY_POPULAR;
        memcpy(trial->popular, all, trial->popular_count * sizeof(*all));
        free(all);
}

static void learn(struct trial *trial)
{
        size_t n = trial->data.item_count;
        char **ids = zeroed(n, sizeof(*ids));

        for (size_t i = 0; i < n; i++)
                ids[i] = id_of(trial, (int32_t)i);
        trial->products = zeroed(n, sizeof(*trial->products));
        trial->neighbours = zeroed(n, sizeof(*trial->neighbours));
        trial->neighbour_counts = zeroed(n, sizeof(*trial->neighbour_counts));
        learn_heat(trial, ids);
        learn_neighbours(trial, ids);
        free(ids);
}

static void score_affinity(struct trial *trial, int32_t customer, const void *context)
{
        const struct list *history = &trial->data.histories[customer];
        struct affinity_sums sums;
        struct arena arena;

        arena_init(&arena);
        affinity_init(&sums, &arena);
        for (size_t i = 0; i < history->n && i < PURCHASES_MAX; i++) {
                int32_t item = history->at[i].item;
                double weight =
                        affinity_purchase_weight(trial->data.cut_us - history->at[i].last_us);

                for (size_t k = 0; k < trial->neighbour_counts[item]; k++)
                        affinity_add(&sums, trial->neighbours[item][k].id,
                                weight * trial->neighbours[item][k].strength / AFFINITY_UNIT, "",
                                0);
        }
        const struct affinity_entry *list =
                affinity_rank(&sums, trial->popular, trial->popular_count, trial->total_heat, 0);

        for (size_t i = 0; i < sums.count; i++)
                trial->scores[atoi(list[i].id)] = list[i].weight;
        arena_release(&arena);
}

/* ---- what it is compared with ---- */

static void score_given(struct trial *trial, int32_t customer, const void *context)
{
        memcpy(trial->scores, context, trial->data.item_count * sizeof(double));
}

/* half_days 0: of all times. */
static double *popularity(const struct trial *trial, bool by_orders, double half_days)
{
        double *scores = zeroed(trial->data.item_count, sizeof(*scores));

        for (size_t i = 0; i < trial->data.first.n; i++) {
                const struct purchase *one = &trial->data.first.at[i];
                double age = (double)(trial->data.cut_us - one->last_us) / DAY_US;

                scores[one->item] += (by_orders ? one->orders : 1) *
                                     (half_days > 0 ? exp2(-age / half_days) : 1);
        }
        return scores;
}

/* common[i * n + k]: buyers of both. */
static float *common_buyers(const struct trial *trial)
{
        size_t n = trial->data.item_count;
        float *common = zeroed(n * n, sizeof(*common));

        for (size_t c = 0; c < trial->data.customer_count; c++) {
                const struct list *history = &trial->data.histories[c];

                for (size_t i = 0; i < history->n; i++)
                        for (size_t k = 0; k < history->n; k++)
                                common[(size_t)history->at[i].item * n +
                                        (size_t)history->at[k].item]++;
        }
        return common;
}

static void score_cosine(struct trial *trial, int32_t customer, const void *context)
{
        const float *common = context;
        size_t n = trial->data.item_count;
        const struct list *history = &trial->data.histories[customer];

        for (size_t i = 0; i < history->n; i++) {
                const float *row = &common[(size_t)history->at[i].item * n];
                double own = trial->products[history->at[i].item].buyers;

                for (size_t k = 0; k < n; k++)
                        if (row[k] > 0)
                                trial->scores[k] += row[k] / sqrt(own * trial->products[k].buyers);
        }
}

/* ---- measuring ---- */

/* How many of the ten best that are not owned were bought. */
static size_t count_hits(struct trial *trial)
{
        size_t hits = 0;

        for (int shown = 0; shown < SHOWN; shown++) {
                size_t best = trial->data.item_count;

                for (size_t i = 0; i < trial->data.item_count; i++)
                        if (!trial->owned[i] && trial->scores[i] > 0 &&
                                (best == trial->data.item_count ||
                                        trial->scores[i] > trial->scores[best]))
                                best = i;
                if (best == trial->data.item_count)
                        break;
                hits += trial->wanted[best] != 0;
                trial->scores[best] = 0;
        }
        return hits;
}

/* What they bought anew; the next customer's begins at *at. */
static size_t mark(struct trial *trial, size_t *at)
{
        const struct list *second = &trial->data.second;
        int32_t customer = second->at[*at].customer;
        const struct list *history = &trial->data.histories[customer];
        size_t wanted = 0;

        memset(trial->owned, 0, trial->data.item_count);
        memset(trial->wanted, 0, trial->data.item_count);
        memset(trial->scores, 0, trial->data.item_count * sizeof(double));
        for (size_t i = 0; i < history->n; i++)
                trial->owned[history->at[i].item] = 1;
        for (; *at < second->n && second->at[*at].customer == customer; (*at)++)
                if (!trial->owned[second->at[*at].item]) {
                        trial->wanted[second->at[*at].item] = 1;
                        wanted++;
                }
        return history->n > 0 ? wanted : 0;
}

static struct result measure(struct trial *trial, scorer *score, const void *context)
{
        struct result result = {0};
        size_t hits = 0, all = 0;

        for (size_t at = 0; at < trial->data.second.n;) {
                int32_t customer = trial->data.second.at[at].customer;
                size_t wanted = mark(trial, &at);

                if (wanted == 0)
                        continue;
                score(trial, customer, context);
                size_t found = count_hits(trial);

                hits += found;
                all += wanted;
                result.mean += (double)found / (double)wanted;
                result.customers++;
        }
        result.pooled = all > 0 ? (double)hits / (double)all : 0;
        result.mean /= result.customers > 0 ? (double)result.customers : 1;
        return result;
}

static struct result better(struct result a, struct result b)
{
        return b.pooled > a.pooled ? b : a;
}

static struct result measure_popularity(struct trial *trial, const double *halves, size_t count)
{
        struct result best = {0};

        for (size_t i = 0; i < count; i++)
                for (int by_orders = 0; by_orders < 2; by_orders++) {
                        double *scores = popularity(trial, by_orders != 0, halves[i]);

                        best = better(best, measure(trial, score_given, scores));
                        free(scores);
                }
        return best;
}

static void print(const char *name, struct result result, struct result plain, bool json)
{
        if (json)
                printf("{\"name\":\"%s\",\"recall_at_10\":%.5f,\"mean_recall_at_10\":%.5f,"
                       "\"of_popularity\":%.3f,\"mean_of_popularity\":%.3f,\"customers\":%zu}\n",
                        name, result.pooled, result.mean, result.pooled / plain.pooled,
                        result.mean / plain.mean, result.customers);
        else
                printf("%-26s %10.4f %8.2f %14.4f %8.2f\n", name, result.pooled,
                        result.pooled / plain.pooled, result.mean, result.mean / plain.mean);
}

int main(int argc, char **argv)
{
        static const double always[] = {0}, lately[] = {7, 14, 20, 30, 60, 90};
        bool json = argc == 3 && strcmp(argv[2], "--json") == 0;
        struct trial trial = {0};

        if (argc != 2 && !json) {
                fprintf(stderr, "usage: tools/bench recommend FILE [--json]\n");
                return 2;
        }
        if (!purchases_read(&trial.data, argv[1]))
                return 1;
        arena_init(&trial.arena);
        trial.scores = zeroed(trial.data.item_count, sizeof(double));
        trial.owned = zeroed(trial.data.item_count, 1);
        trial.wanted = zeroed(trial.data.item_count, 1);
        learn(&trial);
        float *common = common_buyers(&trial);
        struct result plain = measure_popularity(&trial, always, 1);

        if (!json)
                printf("%zu customers; recall at %d of items new to them\n%-26s %10s %8s %14s "
                       "%8s\n",
                        plain.customers, SHOWN, "", "of all", "ratio", "mean of each", "ratio");
        print("plain popularity", plain, plain, json);
        print("popularity lately", measure_popularity(&trial, lately, 6), plain, json);
        print("cosine of common buyers", measure(&trial, score_cosine, common), plain, json);
        struct result own = measure(&trial, score_affinity, NULL);

        print("insight.Recommend", own, plain, json);
        return own.pooled >= 2 * plain.pooled ? 0 : 1;
}
