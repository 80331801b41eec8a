/*
 * What engines share: the order of a set of changes. Trees take neighbouring keys one after another
 * at the price of one, so whoever has the time sorts.
 */
#include "lib/store/engine.h"

#include <stdlib.h>

static int compare_writes(const void *a, const void *b)
{
        const struct engine_write *left = a, *right = b;

        return bytes_compare(left->key, right->key);
}

void engine_sort(struct engine_write *writes, size_t count)
{
        if (count > 0)
                qsort(writes, count, sizeof(*writes), compare_writes);
}
