/*
 * Finds listed products that have all terms of a query. Every term gives a list of products; the
 * lists are intersected, and what is left is ranked: all terms in a title before some in the brand
 * only, then newest first, which for our ids is the greater id. Refused: scores by frequency,
 * which say little about names of five words.
 */
#include <stdlib.h>
#include <string.h>
#include "server/catalog/terms.h"
#include "catalog.handlers.h"
#include "catalog_internal.rows.h"

#define SEARCH_SIZE_DEFAULT 20
#define POSTINGS_MAX        20000 /* of one term; what is beyond is not looked at */

struct posting {
        const char *product_id;
        bool in_title;
};

struct postings {
        struct posting *at;
        size_t n;
};

static int compare_postings(const void *a, const void *b)
{
        return strcmp(
                ((const struct posting *)a)->product_id, ((const struct posting *)b)->product_id);
}

/* Where two words of a product begin alike, it is there once. */
static void unite(struct postings *found)
{
        size_t kept = 0;

        if (found->n == 0)
                return;
        qsort(found->at, found->n, sizeof(*found->at), compare_postings);
        for (size_t i = 1; i < found->n; i++) {
                if (strcmp(found->at[i].product_id, found->at[kept].product_id) == 0)
                        found->at[kept].in_title |= found->at[i].in_title;
                else
                        found->at[++kept] = found->at[i];
        }
        found->n = kept + 1;
}

static struct postings find(struct call *call, const struct term *term)
{
        struct postings found = {0};
        struct scan *scan;
        size_t room = 0;
        SearchTerm *row;

        if (term->whole) {
                scan = search_term_of(call->txn, term->text);
        } else {
                struct key_value from = key_text(term->text);
                /* Behind every word that begins like this one. */
                struct key_value before =
                        key_text(call_printf(call, "%s\xF4\x8F\xBF\xBF", term->text));

                scan = search_term_all(call->txn);
                scan_between(scan, &from, &before);
        }
        while (found.n < POSTINGS_MAX && (row = search_term_next(scan)) != NULL) {
                if (found.n == room) {
                        size_t more = room == 0 ? 64 : room * 2;

                        found.at = arena_grow(call->arena, found.at, room * sizeof(*found.at),
                                more * sizeof(*found.at));
                        room = more;
                }
                found.at[found.n++] = (struct posting){row->product_id, row->in_title};
        }
        unite(&found);
        return found;
}

static void intersect(struct postings *found, const struct postings *other)
{
        size_t kept = 0, j = 0;

        for (size_t i = 0; i < found->n; i++) {
                while (j < other->n && compare_postings(&other->at[j], &found->at[i]) < 0)
                        j++;
                if (j == other->n || compare_postings(&other->at[j], &found->at[i]) != 0)
                        continue;
                found->at[kept] = found->at[i];
                found->at[kept++].in_title &= other->at[j].in_title;
        }
        found->n = kept;
}

static int compare_rank(const void *a, const void *b)
{
        const struct posting *x = a, *y = b;

        if (x->in_title != y->in_title)
                return x->in_title ? -1 : 1;
        return strcmp(y->product_id, x->product_id);
}

enum status catalog_search_products(
        struct call *call, const SearchProductsRequest *request, SearchProductsResponse *response)
{
        struct terms terms = terms_of_query(call->arena, request->query);
        size_t size = request->page_size > 0 ? (size_t)request->page_size : SEARCH_SIZE_DEFAULT;
        struct postings found = {0};

        for (size_t i = 0; i < terms.n && (i == 0 || found.n > 0); i++) {
                struct postings of_term = find(call, &terms.at[i]);

                if (i == 0)
                        found = of_term;
                else
                        intersect(&found, &of_term);
        }
        if (found.n > 0)
                qsort(found.at, found.n, sizeof(*found.at), compare_rank);
        response->products = call_array(call, Product *, size);
        for (size_t i = 0; i < found.n && response->n_products < size; i++) {
                Product *product = product_get(call->txn, found.at[i].product_id);

                if (product != NULL)
                        response->products[response->n_products++] = product;
        }
        return OK;
}
