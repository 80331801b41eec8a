/*
 * Fixed buckets, one relaxed addition each for bucket and sum. The count of all is the sum of the
 * buckets, worked out by who reads, so that a call pays two additions and the figures shown always
 * agree with each other. Refused: buckets by the bits of the value, which cost no search but whose
 * bounds nobody writes an alert for.
 */
#include "server/histogram.h"

const struct histogram_scale histogram_time = {
        .count = 18,
        .bounds = {10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
                500000, 1000000, 5000000, 30000000},
        .unit = 1000000,
};

const struct histogram_scale histogram_size = {
        .count = 11,
        .bounds = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024},
        .unit = 1,
};

void histogram_add(struct histogram *histogram, const struct histogram_scale *scale, int64_t value)
{
        size_t bucket = 0;

        if (value < 0)
                value = 0;
        while (bucket < scale->count && value > scale->bounds[bucket])
                bucket++;
        atomic_fetch_add_explicit(&histogram->counts[bucket], 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&histogram->sum, (uint64_t)value, memory_order_relaxed);
}
