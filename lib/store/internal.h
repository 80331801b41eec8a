#pragma once
/* What the files of this folder share and nobody else sees. */
#include <pthread.h>
#include <stdatomic.h>
#include "lib/base/id.h"
#include "lib/store/engine.h"
#include "lib/store/layout.h"
#include "lib/store/looked.h"
#include "lib/store/merge.h"
#include "lib/store/overlay.h"
#include "lib/store/proved.h"
#include "lib/store/shared.h"
#include "lib/store/store.h"

/* 1 had no commit log, 2 MACs behind its rows. Both are read; what is written is of the newest,
 * which older programs refuse. */
#define STORE_FORMAT    3
#define FORMAT_RECORD   "format"
#define TXN_CHANGES_MAX 40000
#define STORE_TREES     (TREE_LOG + SCHEMA_LOGS_MAX + 1) /* at most; the last is the commit log's */

_Static_assert(STORE_TREES <= ENGINE_TREES_MAX, "a tree for every log");

struct store {
        struct engine *engine;
        const struct schema *schema;
        const struct keyring *keyring;
        char *dir;  /* NULL: in memory */
        int dir_fd; /* locked while the store is open, or -1 */
        const struct schema_table *logs[SCHEMA_LOGS_MAX];
        size_t log_count;
        char log_names[SCHEMA_LOGS_MAX][16];
        const char *trees[STORE_TREES];
        _Atomic uint64_t sequence; /* of the last durable write */
        uint64_t written;          /* of the last one that the next group sees; the writer's */
        _Atomic bool unsynced;     /* a group is written and not synced */
        _Atomic uint64_t commits;
        _Atomic bool failed;         /* a write failed for good: no further ones */
        _Atomic uint32_t unfinished; /* indexes that are being built */
        struct proved *proved;       /* NULL in memory, where there is no disk */
        struct shared *shared;       /* the writer's */
        struct group *open_group;    /* the writer's */
        struct group *spare;         /* a closed one whose memory is used again */
        struct overlay overlays[2];  /* of the open group, and of the one before, which is the */
        struct arena arenas[2];      /* engine's until it is synced */
        struct overlay *before;      /* the latter's, or NULL */
        _Atomic bool head_stale;     /* chain.head is behind */
        pthread_mutex_t head_mutex;  /* over the file and the following */
        int64_t head_written_us;     /* monotonic */
};

struct fresh_key; /* owner_key.c */

struct group {
        struct store *store;
        struct overlay *overlay;          /* and its arena: for as long as the group */
        struct engine_snapshot *snapshot; /* NULL: the engine failed */
        struct txn *running;
        uint64_t sequence;            /* of the last kept call */
        struct fresh_key *fresh_keys; /* made since it began */
        struct looked looked;
        struct proved proved; /* what it has seen or made itself, and nothing older */
};

/* The owner's key that was used last. */
struct key_memo {
        bool known;
        bool erased;
        char owner[64];
        uint8_t key[SEAL_KEY_LEN];
};

/* Something sealed, and what is in it. */
struct opened {
        struct bytes sealed;
        struct bytes clear;
};
#define OPENED_MAX  4
#define NEW_IDS_MAX 16

struct txn {
        struct store *store;
        struct arena *arena;
        struct group *group;              /* NULL: for reading */
        struct engine_snapshot *snapshot; /* the group's, or its own */
        struct scan *scans;               /* whose cursors are to be closed */
        uint64_t sequence;                /* for reading: 0 until it was asked for */
        int64_t begin_us;                 /* monotonic */
        bool building;                    /* some index may be unfinished in this snapshot */
        struct key found;                 /* what was last found in a reader's snapshot: rows are */
        struct bytes found_value;         /* asked for by the pipeline and then by the handler */
        struct key_memo key_memo;
        struct opened opened[OPENED_MAX]; /* what was sealed last: rows are often read right after
                                             they were written */
        size_t opened_next;
        struct bytes document;     /* the one last made in a group, which is answered and */
        struct key document_key;   /* kept for its request id, or {NULL, 0} */
        uint64_t document_changes; /* that the overlay counted when it was made */
        struct bytes inserted;     /* the key of the last parent that the call inserted */
        char new_ids[NEW_IDS_MAX][ID_LEN + 1]; /* the call's own; the last ones */
        size_t new_id_count;
        struct error error;
        jmp_buf *on_stuck; /* or NULL */
};

/* ---- txn.c ---- */

/* Sticks unless something sticks already; returns the code that sticks. */
enum status txn_stick(struct txn *txn, enum status code, const char *reason, const char *format,
        ...) __attribute__((format(printf, 4, 5)));
/* True when nothing sticks. */
static inline bool txn_ok(const struct txn *txn)
{
        return txn->error.code == OK;
}
/* What a read of a row answers: does not return where that is NULL since something sticks, and
 * somebody said where to go. */
void *txn_row(struct txn *txn, void *row);
/* False when absent and when the engine failed (which sticks). The value is not copied; it stands
 * where it is for as long as the snapshot, or the group. */
bool txn_read(struct txn *txn, struct bytes key, struct bytes *value);
/* The same without remembering what was found. */
bool txn_look(struct txn *txn, struct bytes key, struct bytes *value);
/* The same as txn_read; what is fresh is looked for only among the changes of the group and of the
 * one before it that is not synced yet. */
bool txn_find(struct txn *txn, struct bytes key, bool fresh, struct bytes *value);
/* Where the value stands while the group lasts; NULL when something stuck. */
const uint8_t *txn_put(struct txn *txn, struct bytes key, struct bytes value);
void txn_erase(struct txn *txn, struct bytes key);
static inline struct overlay *txn_overlay(const struct txn *txn)
{
        return txn->group != NULL ? txn->group->overlay : NULL;
}
/* Ends a transaction of a group that keeps its changes without being a call. */
void txn_keep_quietly(struct txn *txn);

/* ---- meta.c: checksummed records beside the rows ---- */

bool meta_read(struct txn *txn, const char *name, struct bytes *value);
void meta_write(struct txn *txn, const char *name, struct bytes value);
void meta_erase(struct txn *txn, const char *name);

/* The head of one log. */
struct log_head {
        uint64_t number; /* of its last row, 0: none yet */
        uint64_t sequence;
        uint8_t link[LINK_LEN];
};
void log_head_read(struct txn *txn, const struct schema_table *table, struct log_head *out);
void log_head_write(struct txn *txn, const struct schema_table *table, const struct log_head *head);
/* What links a row to the ones before it. */
void log_link(const uint8_t previous[LINK_LEN], struct bytes message, uint64_t sequence,
        uint8_t out[LINK_LEN]);

/* ---- row.c ---- */

/* The value with this checksum is right where it stands: not reckoned again for a moment. */
void row_note_proved(struct txn *txn, const uint8_t *value, uint64_t checksum);

uint8_t store_tree(const struct store *store, const struct schema_table *table);
/* The encoded owner under whom the row with this key lives; false when nobody has it. */
bool row_owner(struct txn *txn, const struct schema_table *table, const struct key_value *values,
        struct key *owner);
/* Where the row with this key is or would be; false: no owner has it, or the key is too long. */
bool row_place(struct txn *txn, const struct schema_table *table, const struct key_value *values,
        struct place *out);
/* The row that an entry under its own key is, and its place. */
bool row_of_entry(struct txn *txn, const struct schema_table *table, struct bytes key,
        struct bytes value, struct place *place, struct row_view *view);
/* Is there a row at this place? */
bool row_at(struct txn *txn, const struct schema_table *table, const struct place *place,
        struct row_view *out);
bool row_find(struct txn *txn, const struct schema_table *table, const struct key_value *values,
        struct place *place, struct row_view *out);
/* Checks the envelope; a bad one sticks as DATA_LOSS. */
bool row_open(struct txn *txn, const struct schema_table *table, const struct place *place,
        struct bytes value, struct row_view *out);
/* NULL and {NULL, 0} when something stuck, which what is sealed may do. */
void *row_decode(struct txn *txn, const struct schema_table *table, const struct row_view *view,
        const struct place *place);
struct bytes row_bytes(struct txn *txn, const struct schema_table *table,
        const struct row_view *view, const struct place *place);
/* The same into room for view->message.len + ROW_ETAG_MAX bytes; the bytes written. */
#define ROW_ETAG_MAX 32
size_t row_write(uint8_t *out, struct txn *txn, const struct schema_table *table,
        const struct row_view *view, const struct place *place);
/* A row's key for people: "o1" or "o1/3". */
const char *row_key_text(
        struct arena *arena, const struct schema_table *table, struct bytes row_key);
/* "OrderLine" and "NOT_FOUND" to "ORDER_LINE_NOT_FOUND". */
const char *row_reason(struct arena *arena, const char *table, const char *what);
bool key_fits(struct txn *txn, const struct schema_table *table, const struct key *key);

/* ---- change.c ---- */

/* Stores a row again under the same sequence, with what is personal in it sealed. */
void row_reseal(struct txn *txn, const struct schema_table *table, const struct image *image,
        const struct row_view *view);
/* Writes the entry that this index should have for the row; a taken unique one sticks. */
void index_replace(struct txn *txn, const struct schema_table *table,
        const struct schema_index *index, const struct image *old, const struct image *new);

/* ---- fresh.c ---- */

/* The row is there now, and was not before the call. */
void row_note_inserted(
        struct txn *txn, const struct schema_table *table, const struct place *place);
/* Whether no snapshot can have a key with such a part; the call itself, or one before it in the
 * group, may. */
bool values_are_fresh(const struct txn *txn, const struct key_value *values, size_t count);
/* The same of the row itself. */
bool row_is_fresh(const struct txn *txn, const struct schema_table *table,
        const struct place *place, const struct key_value *values);
/* The same of the row's entry in a unique index. */
bool entry_is_fresh(const struct txn *txn, const struct schema_table *table,
        const struct schema_index *index, const void *row);

/* ---- contract.c, build.c, chain.c ---- */

/* Compares with what the database was written with and takes the program's over. */
enum status contract_open(struct txn *txn, struct error *error);
/* "build.17.2": there while index 2 of table 17 is unfinished; the value is how far it is. Number 0
 * are the rows themselves, while some may have in clear what became personal. */
#define BUILD_PREFIX "build."
void build_name(char out[32], uint16_t table, uint8_t index);
bool build_unfinished(
        struct txn *txn, const struct schema_table *table, const struct schema_index *index);
uint32_t build_count(struct txn *txn);

#define CHAIN_FILE "chain.head"
enum status chain_check(struct txn *txn, const char *dir, struct error *error);
/* Faults are told one by one instead. */
typedef void chain_fault(void *context, const struct schema_table *table, const char *sentence);
void chain_compare(struct txn *txn, const char *dir, chain_fault *fault, void *context);
/* Writes the heads of the transaction's snapshot; false when the file cannot be written. */
bool chain_write(struct txn *txn, const char *dir);
