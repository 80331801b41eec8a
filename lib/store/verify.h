#pragma once
/* The two halves of verify: the walk over everything, and one row with what belongs to it. */
#include "lib/store/scan.h"

struct verify {
        struct txn txn;     /* on one snapshot; made anew for every entry, so nothing sticks */
        struct arena arena; /* of one entry */
        uint64_t sequence;  /* of the snapshot */
        verify_report *report;
        void *context;
        size_t faults;
};

void proof_fault(struct verify *verify, const char *kind, const struct schema_table *table,
        const char *key, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Checks the envelope, then the row; false when the envelope is bad. */
bool verify_row(struct verify *verify, const struct schema_table *table, const struct place *place,
        struct bytes value, struct row_view *view);
void verify_locator(struct verify *verify, const struct schema_table *table,
        const struct place *place, struct bytes owner);
void verify_index_entry(struct verify *verify, const struct schema_table *table,
        const struct schema_index *index, const struct place *entry, struct bytes value);
