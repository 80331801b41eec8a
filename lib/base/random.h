#pragma once
/*
 * A deterministic stream of numbers from a seed (SplitMix64, Steele et al. 2014): everything
 * that a simulated shop calls random can be repeated. Never for secrets; those are lib/seal's.
 */
#include <stdint.h>

struct random {
        uint64_t state;
};

void random_seed(struct random *random, uint64_t seed);
uint64_t random_next(struct random *random);
/* Even over 0..bound-1; bound > 0. */
uint64_t random_below(struct random *random, uint64_t bound);
