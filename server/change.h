#pragma once
/*
 * What a custom Create or Update shares with the standard ones: the row inside the request is
 * judged by the same words of the contract, so that a method which does a little more than
 * standard does not do a little less.
 */
#include "google/protobuf/field_mask.pb-c.h"
#include "server/call.h"

/* Judges a row to be created: what only the shop sets is refused, and what is not valid. path is
 * the request's field, "price_list". */
enum status change_check_new(
        struct call *call, const struct schema_table *table, const void *row, const char *path);

/* The positions of the fields that an update changes: those of the mask, all writable ones that
 * are set where it is empty, all writable ones for "*". NULL with the call's error set. */
bool *change_mask(struct call *call, const struct schema_table *table, const void *given,
        const Google__Protobuf__FieldMask *paths);
/* Judges the fields of the mask. */
enum status change_check(struct call *call, const struct schema_table *table, const void *given,
        const bool *mask, const char *path);
/* The stored row with those fields taken from given and a new update_time, for txn_update. It must
 * be there, the caller's, and unchanged where given has an etag. *row is NULL where the storage
 * failed. */
enum status change_apply(struct call *call, const struct schema_table *table, const void *given,
        const bool *mask, void **row);
