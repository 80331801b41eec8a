#pragma once
/* Scans from the inside: which rows, and where they were found. */
#include "lib/store/internal.h"

struct scan {
        struct txn *txn;
        const struct schema_table *table;
        const struct schema_index *index; /* NULL: by key */
        enum { SCAN_ROWS, SCAN_LOCATORS, SCAN_INDEX } type;
        struct bytes owner; /* encoded, of an index under an owner */
        struct bytes prefix;
        bool empty; /* nothing can be found */
        bool fleeting;
        struct arena rows; /* of a fleeting scan: the row last found */
        struct scan *next; /* of the same transaction */
        enum merge_direction direction;
        struct merge
                *merge;     /* NULL before it is begun, which most scans of shared rows never are */
        struct place place; /* of the row last found; not set before */
};

/* Finds the next row without decoding it: its place in scan->place. False at the end. */
bool scan_step(struct scan *scan, struct row_view *view);
/* That row, in an arena. NULL: it sticks. */
void *scan_decode(struct scan *scan, const struct row_view *view, struct arena *arena);
/* Rows of a table whose full keys begin with prefix. */
struct scan *scan_rows(struct txn *txn, const struct schema_table *table, struct bytes prefix,
        enum merge_direction direction);
void scans_close(struct txn *txn);
/* Those begun after this one, NULL: all. */
void scans_close_since(struct txn *txn, struct scan *last);
