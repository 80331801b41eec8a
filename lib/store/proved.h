#pragma once
/*
 * Which rows' checksums were found right a moment ago: a checksum is there to notice what the disk
 * or the memory did to a row, and reckoning it at each of two hundred thousand reads a second was a
 * sixth of a read. A row is remembered by its address and by the checksum that stands behind it,
 * and forgotten after a quarter of a second at most, so that what is damaged while it is read all
 * the time is noticed as well. The engine's values do not change where they stand; what later
 * stands there has a checksum of its own.
 *
 * Any number of threads look and note without locks: a slot is one word, and a lost one only costs
 * another look at the row.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define PROVED_SLOT_BITS 14
#define PROVED_US_BITS   18 /* 2^18 us */

struct proved {
        _Atomic uint64_t marks[1 << PROVED_SLOT_BITS];
};

/* A value, of whose last checksum this is, in a while. */
struct proof {
        uint64_t mark;
        uint32_t slot;
};

/* Of readers a while is a quarter of a second. */
static inline uint64_t proved_while(int64_t monotonic_us)
{
        return (uint64_t)(monotonic_us >> PROVED_US_BITS);
}

static inline struct proof proof_of(const void *value, uint64_t checksum, uint64_t when)
{
        uint64_t place = (uint64_t)(uintptr_t)value * UINT64_C(0x9e3779b97f4a7c15);

        return (struct proof){checksum ^ place ^ when * UINT64_C(0xd1b54a32d192ed03),
                (uint32_t)(place >> (64 - PROVED_SLOT_BITS))};
}

static inline bool proved_has(const struct proved *proved, struct proof proof)
{
        return atomic_load_explicit(&proved->marks[proof.slot], memory_order_relaxed) == proof.mark;
}

static inline void proved_note(struct proved *proved, struct proof proof)
{
        atomic_store_explicit(&proved->marks[proof.slot], proof.mark, memory_order_relaxed);
}
