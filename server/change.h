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

/* Inserts a row that has no owner, as a Create does: with a new id and the times of now, and tells
 * the event. The row as it is stored; NULL where the storage failed. */
void *change_insert(struct call *call, const struct schema_table *table, void *row);

/* Judges a row to be stored by the rules of its table (server/row_rules.h). */
enum status change_check_row(
        struct call *call, const struct schema_table *table, const void *row, const char *path);

/* What an update asks for. */
struct change {
        const struct schema_table *table;
        const void *given;
        const char *path;  /* the request's field that holds the row, "price_list" */
        const bool *taken; /* by position: the fields that it changes */
        const bool *kept;  /* fields that were given, are not changed and must be as they are */
        const void
                *shown; /* the row as Get answers it, where that is more than is stored; or NULL */
};

/* Of a mask: its fields; of an empty one all writable ones that are set, of "*" all writable ones.
 * Without names in the mask nothing given is passed over in silence: what an update cannot change
 * is kept, so an answer may be changed and given back. False with the call's error set. */
bool change_of(struct call *call, const struct schema_table *table, const void *given,
        const Google__Protobuf__FieldMask *paths, struct change *out);
/* Judges the fields that it changes. */
enum status change_check(struct call *call, const struct change *change);
/* The stored row with those fields taken from given and a new update_time, for txn_update. It must
 * be there, the caller's, and unchanged where given has an etag; a kept field that is not as given
 * is refused by name. *row is NULL where the storage failed. */
enum status change_apply(struct call *call, const struct change *change, void **row);
/* All three, for an Update that goes on with the row; NULL, with the call's error where it is the
 * caller's. */
void *change_row(struct call *call, const struct schema_table *table, const void *given,
        const Google__Protobuf__FieldMask *paths);
