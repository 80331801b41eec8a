#pragma once
/* A histogram of latencies, to which any thread may add. */
#include <stdatomic.h>
#include <stdint.h>

#define LATENCY_BUCKETS 512

struct latency {
        atomic_uint_fast32_t counts[LATENCY_BUCKETS];
};

void latency_clear(struct latency *latency);
void latency_note(struct latency *latency, int64_t us);
uint64_t latency_count(const struct latency *latency);
/* In microseconds, to 6 %; share is between 0 and 1. NAN when nothing was noted. */
double latency_at(const struct latency *latency, double share);
