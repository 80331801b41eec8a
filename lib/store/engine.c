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
