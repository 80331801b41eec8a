/*
 * An index is a value's highest eleven bits and how far they were shifted. Refused: keeping every
 * latency and sorting; a step at half a million calls a second would be all memory.
 */
#include "tools/shopctl/bench/hdr.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define SUB_BITS    11
#define SUB_COUNT   (1u << SUB_BITS)
#define VALUE_BITS  36
#define VALUE_MAX   (UINT64_C(1) << VALUE_BITS)
#define SHIFT_MAX   (VALUE_BITS - SUB_BITS + 1)
#define INDEX_COUNT (SUB_COUNT + SHIFT_MAX * SUB_COUNT / 2)
#define HALF_TICKS  5 /* lines for each halving of what is left above */

void hdr_init(struct hdr *hdr)
{
        *hdr = (struct hdr){
                .counts = calloc(INDEX_COUNT, sizeof(*hdr->counts)),
        };
        assert(hdr->counts != NULL);
}

void hdr_release(struct hdr *hdr)
{
        free(hdr->counts);
        hdr->counts = NULL;
}

static size_t index_of(uint64_t value)
{
        if (value < SUB_COUNT)
                return (size_t)value;
        unsigned shift = 63u - (unsigned)__builtin_clzll(value) - (SUB_BITS - 1);

        return SUB_COUNT + (shift - 1) * (SUB_COUNT / 2) + (size_t)(value >> shift) - SUB_COUNT / 2;
}

/* The largest value of an index. */
static uint64_t value_of(size_t index)
{
        if (index < SUB_COUNT)
                return index;
        unsigned shift = (unsigned)(index - SUB_COUNT) / (SUB_COUNT / 2) + 1;
        uint64_t head = (index - SUB_COUNT) % (SUB_COUNT / 2) + SUB_COUNT / 2;

        return ((head + 1) << shift) - 1;
}

void hdr_add(struct hdr *hdr, uint64_t value)
{
        uint64_t max = atomic_load_explicit(&hdr->max, memory_order_relaxed);

        if (value > VALUE_MAX)
                value = VALUE_MAX;
        atomic_fetch_add_explicit(&hdr->counts[index_of(value)], 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&hdr->total, 1, memory_order_relaxed);
        while (value > max && !atomic_compare_exchange_weak(&hdr->max, &max, value))
                ;
}

uint64_t hdr_max(const struct hdr *hdr)
{
        return atomic_load(&hdr->max);
}

uint64_t hdr_total(const struct hdr *hdr)
{
        return atomic_load(&hdr->total);
}

/* No value is larger than the largest that was seen. */
static uint64_t value_seen(const struct hdr *hdr, size_t index)
{
        uint64_t value = value_of(index);

        return value < hdr_max(hdr) ? value : hdr_max(hdr);
}

uint64_t hdr_percentile(const struct hdr *hdr, double percentile)
{
        uint64_t total = hdr_total(hdr), seen = 0;
        double wanted = ceil((double)total * percentile / 100.0);

        if (total == 0)
                return 0;
        for (size_t i = 0; i < INDEX_COUNT; i++) {
                seen += atomic_load(&hdr->counts[i]);
                if (seen > 0 && (double)seen >= wanted)
                        return value_seen(hdr, i);
        }
        return hdr_max(hdr);
}

static void write_mean(const struct hdr *hdr, double unit, FILE *out)
{
        double total = (double)hdr_total(hdr), sum = 0, squares = 0;

        for (size_t i = 0; i < INDEX_COUNT; i++) {
                double value = (double)value_seen(hdr, i) / unit;
                double count = (double)atomic_load(&hdr->counts[i]);

                sum += value * count;
                squares += value * value * count;
        }
        double mean = total > 0 ? sum / total : 0;
        double variance = total > 0 ? squares / total - mean * mean : 0;

        fprintf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean,
                sqrt(variance > 0 ? variance : 0));
}

/* The next line's percentile: a fifth of the way to the next halving. */
static double next_level(double level)
{
        double half = pow(2, floor(log2(100.0 / (100.0 - level))) + 1);

        return level + 100.0 / (HALF_TICKS * half);
}

void hdr_write(const struct hdr *hdr, double unit, FILE *out)
{
        uint64_t total = hdr_total(hdr), seen = 0;
        double level = 0;

        fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
                "1/(1-Percentile)");
        for (size_t i = 0; i < INDEX_COUNT && seen < total; i++) {
                uint64_t count = atomic_load(&hdr->counts[i]);

                seen += count;
                while (count > 0 && 100.0 * (double)seen / (double)total >= level) {
                        fprintf(out, "%12.3f %2.12f %10llu %14.2f\n",
                                (double)value_seen(hdr, i) / unit, level / 100.0,
                                (unsigned long long)seen, 1.0 / (1.0 - level / 100.0));
                        level = next_level(level);
                        if (seen == total)
                                break;
                }
        }
        if (total > 0)
                fprintf(out, "%12.3f %2.12f %10llu\n", (double)hdr_max(hdr) / unit, 1.0,
                        (unsigned long long)total);
        write_mean(hdr, unit, out);
        fprintf(out, "#[Max     = %12.3f, Total count    = %12llu]\n", (double)hdr_max(hdr) / unit,
                (unsigned long long)total);
        fprintf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n", SHIFT_MAX + 1, SUB_COUNT);
}
