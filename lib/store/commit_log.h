#pragma once
/*
 * The file that groups are made durable in: preallocated, used as a ring. A record begins on a
 * block and is synced before the next one is written, so a write that was cut short can damage
 * nothing that was acknowledged, and whatever lies behind the first record that is not whole was
 * never acknowledged.
 */
#include "lib/store/record.h"

#define COMMIT_LOG_FILE  "commit.log"
#define COMMIT_LOG_BLOCK 4096

/* Behind which group: the last one that was logged, or the last one that was applied. */
struct log_mark {
        uint64_t number;
        uint64_t position; /* where the next record begins, if it fits before the end */
        uint64_t checksum; /* of the group's record */
};
#define LOG_MARK_FIRST ((struct log_mark){.position = COMMIT_LOG_BLOCK})

/* How the file is written. 0 or an errno. Tests put failures here. */
struct log_io {
        int (*write)(void *context, int file, struct bytes bytes, uint64_t position);
        int (*sync)(void *context, int file);
        void *context;
};

struct commit_log_options {
        const char *dir; /* this, the keyring and the names outlive the log */
        uint64_t bytes;  /* of the file; it is not made smaller */
        const struct keyring *keyring;
        const char *const *trees;
        size_t tree_count;
        const struct log_io *io; /* NULL: the system's */
};

struct commit_log {
        struct commit_log_options options;
        int file;
        uint64_t size;
        uint64_t used; /* bytes that are still needed; the owner gives them back */
        struct log_mark last;
        struct buffer record; /* memory for the next */
};

/*
 * Opens the file, or makes it: with fresh where there is no database yet that could miss one.
 * DATA_LOSS, LOG_MISMATCH when it is missing; DATA_LOSS, META_CHECKSUM when its head is damaged or
 * of another keyring; FAILED_PRECONDITION, FORMAT_MISMATCH when it is a newer program's;
 * RESOURCE_EXHAUSTED, STORE_FULL when there is no room for it.
 */
enum log_open { LOG_EXISTING, LOG_FRESH };
enum status commit_log_open(struct commit_log *log, const struct commit_log_options *options,
        enum log_open mode, struct error *error);
void commit_log_close(struct commit_log *log);

/*
 * Visits every group behind the mark and leaves the log ready for the next one. DATA_LOSS,
 * LOG_MISMATCH when groups are missing before one that is there.
 */
typedef enum status log_visit(void *context, const struct record *record,
        const struct log_mark *behind, struct error *error);
enum status commit_log_replay(struct commit_log *log, const struct log_mark *from, log_visit *visit,
        void *context, struct error *error);

/* What the next record would take of the file, with what it leaves unused at the end; 0: more
 * than there ever is. */
uint64_t commit_log_cost(const struct commit_log *log, size_t record_len);
/*
 * Appends the next group in two steps: it is on its way to the disk, then it is there. The mark
 * behind it goes from the first to the second. 0, or an errno, after which nothing may be appended.
 */
int commit_log_write(struct commit_log *log, const struct engine_write *writes, size_t count,
        struct log_mark *behind);
int commit_log_sync(struct commit_log *log, const struct log_mark *behind);

/* An empty log beside the copy of a database. 0 or an errno. */
int commit_log_copy_empty(const struct commit_log *log, const char *dir);
