#pragma once
/*
 * How often each value was seen, to three digits, in the manner of HdrHistogram (G. Tene,
 * https://github.com/HdrHistogram/HdrHistogram): 2,048 steps of one, then 1,024 steps for every
 * doubling. Any number of threads may add at once.
 */
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

struct hdr {
        atomic_uint_fast64_t *counts;
        atomic_uint_fast64_t total;
        atomic_uint_fast64_t max;
};

void hdr_init(struct hdr *hdr);
void hdr_release(struct hdr *hdr);
/* What is above 2^36 counts as that. */
void hdr_add(struct hdr *hdr, uint64_t value);
/* The value that so many of a hundred do not exceed; 0 when there are none. */
uint64_t hdr_percentile(const struct hdr *hdr, double percentile);
uint64_t hdr_max(const struct hdr *hdr);
uint64_t hdr_total(const struct hdr *hdr);
/*
 * The percentile distribution as text, values divided by unit: the .hgrm form that
 * HdrHistogram's outputPercentileDistribution writes and its plotter reads
 * (https://hdrhistogram.github.io/HdrHistogram/plotFiles.html).
 */
void hdr_write(const struct hdr *hdr, double unit, FILE *out);
