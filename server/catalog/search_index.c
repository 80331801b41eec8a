/*
 * Only listed products have terms, so a search never meets what it must not show, and a draft
 * costs nothing. What a product's terms were follows from its row as it was; therefore there is
 * no list of them to keep, and only the difference is written.
 */
#include "server/catalog/search_index.h"

#include <string.h>
#include "server/catalog/terms.h"
#include "catalog_internal.rows.h"

static struct terms terms_of(struct call *call, const Product *product)
{
        struct terms terms = {0};

        if (product->state != PRODUCT_STATE_LISTED)
                return terms;
        for (size_t i = 0; i < product->n_titles; i++)
                terms_add(call->arena, &terms, product->titles[i]->text, true);
        terms_add(call->arena, &terms, product->brand, false);
        terms_sort(&terms);
        return terms;
}

static void put_term(struct call *call, const Product *product, const struct term *term)
{
        SearchTerm row = SEARCH_TERM_INIT;

        row.term = term->text;
        row.product_id = product->id;
        row.in_title = term->in_title;
        search_term_insert(call->txn, &row);
}

void search_index_follow(struct call *call, const Product *before, const Product *after)
{
        struct terms old = terms_of(call, before), new = terms_of(call, after);
        size_t i = 0, j = 0;

        while (i < old.n || j < new.n) {
                int order = i == old.n   ? 1
                            : j == new.n ? -1
                                         : strcmp(old.at[i].text, new.at[j].text);
                bool same = order == 0 && old.at[i].in_title == new.at[j].in_title;

                if (order <= 0 && !same)
                        search_term_delete(call->txn, old.at[i].text, after->id);
                if (order >= 0 && !same)
                        put_term(call, after, &new.at[j]);
                i += order <= 0;
                j += order >= 0;
        }
}
