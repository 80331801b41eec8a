#pragma once
/*
 * Reads records of comma-separated values with quotes (RFC 4180) from a plain, gzip or xz file,
 * told apart by their first bytes.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CSV_FIELDS_MAX 16

struct csv;

struct csv_record {
        uint32_t line; /* where it begins, from 1 */
        size_t count;
        const char *fields[CSV_FIELDS_MAX]; /* NUL-terminated; valid until the next record */
        const char *raw;                    /* the record as it stands, without its line end */
};

/* NULL with a sentence on standard error. */
struct csv *csv_open(const char *path);
/* False at the end; csv_failed tells whether it was the end of the file. */
bool csv_next(struct csv *csv, struct csv_record *record);
bool csv_failed(const struct csv *csv);
void csv_close(struct csv *csv);
