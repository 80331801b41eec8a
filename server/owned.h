#pragma once
/*
 * Everything that belongs to somebody, found through the contract's tables: rows whose owner they
 * are. Nothing here knows what the rows are; a table that is added is found with the others.
 */
#include "lib/store/store.h"
#include "server/call.h"

/* ---- going through them ---- */

/* Rows of one table that are an owner's. */
struct owned {
        struct txn *txn;
        const struct schema_table *table;
        const struct schema_table *holder; /* whose rows its keys begin with; NULL: it begins with
                                            * the owner */
        struct scan *holders;              /* the owner's */
        struct scan *rows;                 /* of one holder; NULL: of none yet */
        uint8_t before[KEY_LEN_MAX];       /* the place before that holder */
        size_t before_len;
        bool fleeting;
        struct txn_memory memory;
};
/* True where the table is to be gone through: keys are nobody's to see. */
bool owned_has(const struct schema *schema, const struct schema_table *table);
struct owned owned_begin(struct txn *txn, const struct schema_table *table, const char *owner);
/* Its rows are valid only until the next one: for reading many in little memory. Before the first
 * row. */
void owned_fleeting(struct owned *owned);
void *owned_next(struct owned *owned); /* NULL at the end */

/* Where an equal walk goes on behind the row that was the last: the place before its holder, if it
 * has one, and its own. The transaction's. */
struct owned_place {
        struct bytes before;
        struct bytes row;
};
struct owned_place owned_position(const struct owned *owned);
void owned_after(struct owned *owned, const struct owned_place *place);

/* Everybody's rows of a table that lies under owners, in the order of their keys: for proofs. */
struct scan *owned_all(struct txn *txn, const struct schema_table *table);

/* ---- giving them ---- */

/* Appends a JSON object with a member's rows of each kind, those of child tables as kinds of their
 * own, without what is never answered; or the next part of it. It stops behind the row with which
 * size_max is reached; all parts, joined, are the object. */
struct owned_part {
        struct buffer json;
        int64_t row_count;
        const char *next; /* the token of the next part; "" behind the last */
};
/* INVALID_ARGUMENT, BAD_PAGE_TOKEN where this caller and owner were not given the token. */
enum status owned_export(struct call *call, const char *member_id, const char *page_token,
        size_t size_max, struct owned_part *out);

/* ---- forgetting them ---- */

/* Clears what is personal in their rows of tables with blind indexes, so that nobody is found by
 * it. */
void owned_unlist(struct call *call, const char *owner);
/* Deletes rows of theirs in tables that say forget, until about so many keys were changed. */
enum owned_left { OWNED_NONE, OWNED_MORE };
enum owned_left owned_forget(
        struct call *call, const char *owner, size_t change_max, int64_t *row_count);
/* The name of a table that says forget and still has a row of theirs; NULL where none has. */
const char *owned_remains(struct txn *txn, const struct schema *schema, const char *owner);
