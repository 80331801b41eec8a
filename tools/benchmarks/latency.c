/*
 * Buckets of constant relative width: sixteen to each power of two. Refused: keeping every value,
 * which at half a million a second costs the client more than the call it measures.
 */
#include "tools/benchmarks/latency.h"

#include <math.h>
#include <stddef.h>

#define SUB_BITS 4
#define SUB      (1 << SUB_BITS)

static size_t bucket_of(int64_t us)
{
        uint64_t value = us < 0 ? 0 : (uint64_t)us;

        if (value < SUB)
                return (size_t)value;
        int shift = 63 - __builtin_clzll(value) - SUB_BITS;
        size_t bucket = ((size_t)(shift + 1) << SUB_BITS) + ((value >> shift) & (SUB - 1));

        return bucket < LATENCY_BUCKETS ? bucket : LATENCY_BUCKETS - 1;
}

/* The middle of what falls into a bucket. */
static double middle_of(size_t bucket)
{
        if (bucket < SUB)
                return (double)bucket + 0.5;
        int shift = (int)(bucket >> SUB_BITS) - 1;
        uint64_t low = (uint64_t)(SUB + (bucket & (SUB - 1))) << shift;

        return (double)low + ldexp(0.5, shift);
}

void latency_clear(struct latency *latency)
{
        for (size_t i = 0; i < LATENCY_BUCKETS; i++)
                atomic_store(&latency->counts[i], 0);
}

void latency_note(struct latency *latency, int64_t us)
{
        atomic_fetch_add_explicit(&latency->counts[bucket_of(us)], 1, memory_order_relaxed);
}

uint64_t latency_count(const struct latency *latency)
{
        uint64_t total = 0;

        for (size_t i = 0; i < LATENCY_BUCKETS; i++)
                total += atomic_load(&latency->counts[i]);
        return total;
}

double latency_at(const struct latency *latency, double share)
{
        uint64_t total = latency_count(latency), seen = 0;

        for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
                seen += atomic_load(&latency->counts[i]);
                if (seen > 0 && (double)seen >= share * (double)total)
                        return middle_of(i);
        }
        return NAN;
}
