#pragma once
/* How often values came, by size, counted from any thread without a lock. */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BOUNDS_MAX 20

/* bounds ascend; a value counts in the first bucket whose bound it does not exceed, or in the one
 * behind the last. */
struct histogram_scale {
        size_t count;
        int64_t bounds[HISTOGRAM_BOUNDS_MAX];
        int64_t unit; /* what is shown is value / unit */
};
extern const struct histogram_scale histogram_time; /* microseconds, shown as seconds */
extern const struct histogram_scale histogram_size;

struct histogram {
        atomic_uint_fast64_t counts[HISTOGRAM_BOUNDS_MAX + 1];
        atomic_uint_fast64_t sum;
};

void histogram_add(struct histogram *histogram, const struct histogram_scale *scale, int64_t value);
