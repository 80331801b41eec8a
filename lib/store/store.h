#pragma once
/*
 * Transactions over typed rows on an ordered key-value engine. Nothing above this folder knows
 * which engine it is. A handler uses the generated wrappers (order_get, order_insert,
 * order_by_state, ...); this header is what they call.
 *
 * A row is stored as [message][u64 sequence of its last change][u64 checksum]; one under an
 * owner also has a locator entry from its own key to the owner. Rows are decoded into the
 * transaction's arena and stay valid as long as that arena; changing one changes nothing until
 * it is given back with txn_update.
 *
 * Errors stick: the first failure of a transaction (a duplicate, a full disk, a bad checksum)
 * makes every later call on it do nothing, and txn_status tells. So a handler is get, get,
 * insert, return.
 */
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/schema/keys.h"
#include "lib/schema/schema.h"

struct store;
struct txn;
struct group;
struct scan;
struct keyring;

/* ---- the store ---------------------------------------------------------------------------- */

/* Steps of niceness (lib/base/processor.h) of the store's own thread and of those that write to it,
 * so that none of them waits long for another: what is read goes first. Beside as many checkouts as
 * the machine can do, reads keep more than half of their rate with ten and about half with two. */
#define STORE_NICE 10

struct store_options {
        const char *dir; /* NULL: in memory, nothing survives (tests) */
        const struct schema *schema;
        const struct keyring *keyring;
        uint64_t map_bytes; /* 0: 64 GiB of address space */
        uint64_t log_bytes; /* of the commit log; 0: 32 MiB */
};

/*
 * Opens or creates the database: compares the stored contract with the program's (equal: serve;
 * compatible: indexes that are new are built by store_build_step; newer or incompatible:
 * FAILED_PRECONDITION, CONTRACT_MISMATCH with the difference). DATA_LOSS when the chain's head
 * outside the database is not an ancestor of the one inside (HEAD_MISMATCH), when the file was
 * cut short (STORE_TRUNCATED), the commit log is missing, damaged or another database's
 * (LOG_MISMATCH), or one of them is not of this keyring (META_CHECKSUM). RESOURCE_EXHAUSTED,
 * STORE_FULL when there is no room for what the commit log holds. The directory is locked:
 * FAILED_PRECONDITION, STORE_IN_USE while another has it open.
 */
enum status store_open(
        struct store **out, const struct store_options *options, struct error *error);
void store_close(struct store *store);

/* Builds indexes that the stored contract lacked, about step_rows rows at a time, resumable after
 * a kill. True while there is more to do. Scans of an unfinished index fail with UNAVAILABLE. */
bool store_build_step(struct store *store, size_t step_rows, struct error *error);

/* The directory it was opened in; NULL in memory. */
const char *store_dir(const struct store *store);

/* The number of the last durable write. */
uint64_t store_sequence(const struct store *store);

struct store_stats {
        uint64_t sequence;
        uint64_t bytes_used;
        uint64_t bytes_map;
        uint64_t commits;
};
void store_stats(struct store *store, struct store_stats *out);

/* A small durable value of the store's own beside the rows (shop time, for instance): survives
 * restarts. Reading copies into the arena; {NULL,0} when absent. Written in a transaction. */
struct bytes txn_meta_get(struct txn *txn, const char *name);
void txn_meta_put(struct txn *txn, const char *name, struct bytes value);

/* ---- transactions -------------------------------------------------------------------------- */

/* A snapshot for reading. Cheap; never hold one while waiting for anything. */
struct txn *txn_begin_read(struct store *store, struct arena *arena);
void txn_end(struct txn *txn);
/*
 * A point in what a reading transaction holds in memory. What is read after it, rows and scans, is
 * gone with txn_forget; a fleeting scan that was begun before goes on and keeps its row. For going
 * through a database row by row, and for calls that share a snapshot. A failure that sticks is
 * kept, and everything with it.
 */
struct txn_memory {
        struct arena_mark arena;
        struct scan *scans;
};
struct txn_memory txn_memory(const struct txn *txn);
void txn_forget(struct txn *txn, struct txn_memory memory);

/*
 * Writing: one thread at a time begins a group, runs calls in it one after another, each in a
 * transaction that is kept (its changes become visible to the calls after it) or dropped, and
 * commits the group: all kept changes become durable together, or none (then the error says why
 * and every call of the group must be refused): RESOURCE_EXHAUSTED, STORE_FULL, after which the
 * store goes on; or UNAVAILABLE, STORE_FAILED, after which it takes no more writes.
 */
struct group *group_begin(struct store *store);
struct txn *group_txn(struct group *group, struct arena *arena);
/* Gives the call its sequence. Only where txn_status is OK. */
uint64_t txn_keep(struct txn *txn);
void txn_drop(struct txn *txn);
enum status group_commit(struct group *group, struct error *error); /* frees the group */
void group_abandon(struct group *group);
/*
 * group_commit in two steps, so that the next group can run while the disk has this one: what is
 * written is seen by the next group and by nobody else, and may not be answered before it is
 * synced. Any thread may sync; the next group is written after that.
 */
enum status group_write(struct group *group, struct error *error); /* frees the group */
enum status store_sync(struct store *store, struct error *error);

/* What txn_keep will return: the sequence of this call. */
uint64_t txn_sequence(const struct txn *txn);
struct arena *txn_arena(struct txn *txn);
/* The sticky failure, OK if there is none. The error is the transaction's. */
enum status txn_status(const struct txn *txn);
const struct error *txn_error(const struct txn *txn);
/* Where a read of a row goes, by longjmp, instead of answering NULL since the transaction stuck, so
 * that callers need not look for a row that they know to be there. NULL, as at first: nowhere. What
 * reads meanwhile must hold nothing but memory of the arena. */
void txn_on_stuck(struct txn *txn, jmp_buf *to);
/* id, of ID_LEN characters, was made by chance for the running call, which happens once: nothing
 * that the call did not insert itself has a key, or an entry in a unique index, with a part that
 * ends with it. Keys that do are not looked for in the snapshot while the id is among the last few
 * that were told; a promise that is not true goes unnoticed. Of a reader nothing is noted.
 */
void txn_id_is_new(struct txn *txn, const char *id);
/* Keys changed so far. */
size_t txn_change_count(const struct txn *txn);
/* Undo points inside a call: what changed since the mark is forgotten. */
size_t txn_mark(struct txn *txn);
void txn_rewind(struct txn *txn, size_t mark);
/* A digest of everything that was changed, in order of keys: equal for equal changes. */
void txn_digest(const struct txn *txn, uint8_t out[32]);

/* ---- rows ---------------------------------------------------------------------------------- */

/*
 * key: table->key_count values. NULL when there is no such row. The row's etag field, where it
 * has one, is its sequence in decimal.
 */
void *txn_get(struct txn *txn, const struct schema_table *table, const struct key_value *key);
/* The message's bytes as stored (with the etag field appended), {NULL, 0} when absent. */
struct bytes txn_get_bytes(
        struct txn *txn, const struct schema_table *table, const struct key_value *key);
/* The row and all rows of its child tables as one encoded message. */
struct bytes txn_document_bytes(
        struct txn *txn, const struct schema_table *table, const struct key_value *key);
/* The same, decoded. */
void *txn_document(struct txn *txn, const struct schema_table *table, const struct key_value *key);
/* A row of which nothing is decoded but what is asked for: for answers that pass it on. bytes as
 * from txn_get_bytes. */
struct stored {
        const struct schema_table *table;
        struct bytes bytes;
};
struct stored txn_stored(
        struct txn *txn, const struct schema_table *table, const struct key_value *key);
/* What is in a field of the row that holds a number or an enum, by the field's number
 * (PRODUCT__STATE__NUMBER); 0 when the row is absent. */
int64_t stored_number(struct stored row, uint32_t number);
bool txn_has(struct txn *txn, const struct schema_table *table, const struct key_value *key);
/* Sequence of the row's last change, 0 when absent. */
uint64_t txn_row_sequence(
        struct txn *txn, const struct schema_table *table, const struct key_value *key);
/* The owner of the row with this key without decoding it; NULL when absent. For a child row the
 * parent's. */
const char *txn_owner(
        struct txn *txn, const struct schema_table *table, const struct key_value *key);

/*
 * Elements of child fields are not written: they are rows of their own. What sticks, with <TABLE>
 * and <FIELDS> in UPPER_SNAKE_CASE: insert of a key that exists ALREADY_EXISTS, <TABLE>_EXISTS; a
 * unique index's values ALREADY_EXISTS, <TABLE>_<FIELDS>_TAKEN with the field as violation;
 * update or delete of an absent row NOT_FOUND, <TABLE>_NOT_FOUND; a child without its parent
 * NOT_FOUND, <PARENT>_NOT_FOUND; INVALID_ARGUMENT, KEY_TOO_LONG; RESOURCE_EXHAUSTED,
 * CALL_TOO_LARGE beyond 40,000 keys.
 *
 * Under an owner: an update that changes the owner moves the row, its children and their entries;
 * a child's own owner field is set to its parent's. A delete takes the children with it.
 */
void txn_insert(struct txn *txn, const struct schema_table *table, const void *row);
void txn_update(struct txn *txn, const struct schema_table *table, const void *row);
void txn_delete(struct txn *txn, const struct schema_table *table, const struct key_value *key);
/* Appends to a log table. The row's number (its key field) is set in *row and returned; the
 * number is final since calls of a group run one after another. */
uint64_t txn_append(struct txn *txn, const struct schema_table *table, void *row);

/* The number of its last row; 0: none yet. */
uint64_t txn_log_last(struct txn *txn, const struct schema_table *table);
/* Links a chained log anew from its first row to the one with this number. The number up to which
 * it holds, and the hash of that row, which stands for all before it. */
uint64_t txn_chain_prove(
        struct txn *txn, const struct schema_table *table, uint64_t number, uint8_t link[32]);

/* By a unique index: NULL when there is none. index: one of table->indexes. */
void *txn_get_by(struct txn *txn, const struct schema_table *table,
        const struct schema_index *index, const struct key_value *values);

/* ---- owners -------------------------------------------------------------------------------- */

/*
 * What is personal in a row is stored sealed under the key of its owner, which is made with the
 * first such row. txn_owner_erase destroys the key: everything of that owner is read without its
 * personal fields from then on, and written without them; new rows of tables that forget an erased
 * owner are refused: FAILED_PRECONDITION, <TABLE>_OWNER_ERASED. Entries of blind indexes are not
 * touched: clear such fields before. The bytes of the wrapped key are destroyed with the wrapping
 * key (lib/seal/wrap.h), when all others are wrapped anew.
 */
void txn_owner_erase(struct txn *txn, const char *owner);
bool txn_owner_erased(struct txn *txn, const char *owner);
/* Wraps the keys that an older wrapping key than wrap wraps with the newest, in order of owners
 * from *after ("" at first), at most count at a time. Sets *after to the last that it looked at,
 * which the next step begins with; returns how many it looked at, fewer than count at the end. */
size_t txn_wrap_anew(struct txn *txn, uint64_t wrap, size_t count, const char **after);

/* ---- scans --------------------------------------------------------------------------------- */

enum direction { ASCENDING, DESCENDING };

/*
 * Rows whose key (index NULL) or index begins with the count values, in order. Stays correct
 * while the transaction changes rows: what is changed behind the scan's position is not seen
 * again. A primary scan over a table under owners sees the rows of the owner that is given, or,
 * where owner is NULL, everybody's in the order of keys (of a child table: those of the parent
 * that the first values name). An index under the owner takes the owner as its first value, or
 * from owner where there are no values; another index sees all rows.
 */
struct scan *txn_scan(struct txn *txn, const struct schema_table *table,
        const struct schema_index *index, const char *owner, const struct key_value *values,
        size_t count, enum direction direction);
/* Only rows whose next key part is at least from and below before (either may be NULL). Call
 * before the first scan_next. */
void scan_between(struct scan *scan, const struct key_value *from, const struct key_value *before);
/* Continue after a position that scan_position of an equal scan gave. */
void scan_after(struct scan *scan, struct bytes position);
/* Its rows are valid only until the next one: for going through whole tables in little memory. */
void scan_fleeting(struct scan *scan);
void *scan_next(struct scan *scan);              /* the next row, or NULL at the end */
struct bytes scan_next_bytes(struct scan *scan); /* the same as txn_get_bytes */
/* An encoded message, and behind it every row that is left as an element of a repeated field. */
struct bytes scan_append(struct scan *scan, struct bytes message, uint32_t field_id);
/* Opaque; the place of the row last returned. */
struct bytes scan_position(const struct scan *scan);

/* ---- rows that calls share ----------------------------------------------------------------- */

/*
 * Rows that nearly every call reads and few change, such as prices: decoded once, while nothing
 * changes in their table, for all calls of the writer. They are nobody's to change and last until
 * the call ends. Only of tables at large, and few of them: all are kept.
 */
struct rows {
        const void **at;
        size_t n;
};
/* All rows of a scan that has not begun, which goes upwards. */
struct rows scan_shared(struct scan *scan);
/* txn_get of such a row. */
const void *txn_get_shared(
        struct txn *txn, const struct schema_table *table, const struct key_value *key);

/* ---- proof --------------------------------------------------------------------------------- */

/* One fault that verify found. kind is stable: ROW_CHECKSUM, ROW_MALFORMED, INDEX_MISSING,
 * INDEX_DANGLING, LOCATOR_MISSING, CHAIN_BROKEN, LOG_GAP, HEAD_MISMATCH, CHILD_ORPHAN,
 * REF_DANGLING, ... */
typedef void verify_report(
        void *context, const char *kind, const char *table, const char *key, const char *sentence);

/* Reads the whole database within one snapshot; returns the number of faults. */
size_t store_verify(struct store *store, verify_report *report, void *context);

/* A copy of the running database in a directory that must not exist yet. */
enum status store_backup(struct store *store, const char *dir, struct error *error);
