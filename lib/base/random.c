/*
 * SplitMix64: one 64-bit addition and a mixing function (Steele, Lea, Flood, "Fast splittable
 * pseudorandom number generators", OOPSLA 2014). Small state, no warm-up, every seed is good, and
 * it is the same on every machine, which is all that a simulation asks.
 *
 * Refused: random(3), whose stream belongs to the C library and to the whole process.
 */
#include "lib/base/random.h"

#include <assert.h>

void random_seed(struct random *random, uint64_t seed)
{
        random->state = seed;
}

uint64_t random_next(struct random *random)
{
        uint64_t mixed = random->state += UINT64_C(0x9E3779B97F4A7C15);

        mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
        return mixed ^ (mixed >> 31);
}

uint64_t random_below(struct random *random, uint64_t bound)
{
        uint64_t surplus, number;

        assert(bound > 0);
        surplus = -bound % bound; /* 2^64 mod bound: numbers that would make some more likely */
        do
                number = random_next(random);
        while (number < surplus);
        return number % bound;
}
