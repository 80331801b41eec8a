/*
 * Blocks are written over, never appended: a sync then carries data and nothing of the file
 * system's, which takes a third of the time of one that lengthens the file. For the same reason
 * the file is filled with zeros when it is made.
 *
 * There is no pointer to the end. A record is the next one when it stands where the next one
 * must be, has its number and names the checksum of the one before; older laps of the ring fail
 * at that. What does not fit before the end of the file begins again at its first block, and is
 * looked for there. Segment files that are made, synced, renamed and deleted were refused: each
 * is a change of the directory on the way of somebody's call.
 */
#include "lib/store/commit_log.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/store/layout.h"

#define FORMAT   1
#define HEAD_LEN 32 /* [16 name][u64 format][u64 checksum] */

static const char head_name[16] = "shop commit log";

/* The disk begins with it at once. That is a hint: what comes of it, the sync tells. */
static int file_write(void *context, int file, struct bytes bytes, uint64_t position)
{
        const off_t from = (off_t)position, len = (off_t)bytes.len;

        while (bytes.len > 0) {
                ssize_t written = pwrite(file, bytes.data, bytes.len, (off_t)position);

                if (written < 0 && errno == EINTR)
                        continue;
                if (written <= 0)
                        return written < 0 ? errno : EIO;
                bytes = bytes_of(bytes.data + written, bytes.len - (size_t)written);
                position += (uint64_t)written;
        }
        sync_file_range(file, from, len, SYNC_FILE_RANGE_WRITE);
        return 0;
}

static int file_sync(void *context, int file)
{
        return fdatasync(file) == 0 ? 0 : errno;
}

static const struct log_io system_io = {.write = file_write, .sync = file_sync};

static uint64_t blocks_of(uint64_t len)
{
        return (len + COMMIT_LOG_BLOCK - 1) / COMMIT_LOG_BLOCK * COMMIT_LOG_BLOCK;
}

/* ---- the file ---- */

static void head_make(const struct commit_log *log, uint8_t head[HEAD_LEN])
{
        memcpy(head, head_name, sizeof(head_name));
        layout_put_u64(head + 16, FORMAT);
        layout_put_u64(head + 24, seal_mac(log->options.keyring, 0, bytes_of_text(COMMIT_LOG_FILE),
                                          bytes_of(head, 24)));
}

static enum status head_check(const struct commit_log *log, struct error *error)
{
        uint8_t ours[HEAD_LEN];
        uint8_t head[HEAD_LEN] = {0};

        head_make(log, ours);
        if (pread(log->file, head, sizeof(head), 0) == sizeof(head) &&
                memcmp(head, ours, sizeof(ours)) == 0)
                return OK;
        if (memcmp(head, head_name, sizeof(head_name)) == 0 && layout_get_u64(head + 16) > FORMAT)
                return error_set(error, FAILED_PRECONDITION, "FORMAT_MISMATCH",
                        "%s/" COMMIT_LOG_FILE " is of a newer program", log->options.dir);
        return error_set(error, DATA_LOSS, "META_CHECKSUM",
                "%s/" COMMIT_LOG_FILE " is not what was written, or this is another store's key",
                log->options.dir);
}

/* Fills from the file's end to size with zeros and syncs. */
static int fill(int file, uint64_t size)
{
        static const uint8_t zeros[1 << 18];
        struct stat st;
        int rc = fstat(file, &st) == 0 ? 0 : errno;

        for (uint64_t at = rc == 0 ? (uint64_t)st.st_size : size; at < size && rc == 0;) {
                uint64_t len = size - at < sizeof(zeros) ? size - at : sizeof(zeros);

                rc = file_write(NULL, file, bytes_of(zeros, len), at);
                at += len;
        }
        if (rc == 0 && fsync(file) != 0)
                rc = errno;
        return rc;
}

static int dir_sync(const char *dir)
{
        int file = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (file < 0)
                return errno;
        int rc = fsync(file) == 0 ? 0 : errno;
        close(file);
        return rc;
}

/* A file of that size in the directory, under its name only when it is whole. */
static int make(const struct commit_log *log, const char *dir, uint64_t size)
{
        uint8_t head[HEAD_LEN];
        char path[4096];
        char fresh[4112];

        if (snprintf(path, sizeof(path), "%s/" COMMIT_LOG_FILE, dir) >= (int)sizeof(path))
                return ENAMETOOLONG;
        snprintf(fresh, sizeof(fresh), "%s.new", path);
        int file = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (file < 0)
                return errno;
        head_make(log, head);
        int rc = file_write(NULL, file, bytes_of(head, sizeof(head)), 0);
        if (rc == 0)
                rc = fill(file, size);
        close(file);
        if (rc == 0 && rename(fresh, path) != 0)
                rc = errno;
        if (rc != 0)
                unlink(fresh);
        return rc == 0 ? dir_sync(dir) : rc;
}

static enum status open_failed(const struct commit_log *log, int rc, struct error *error)
{
        if (rc == ENOSPC || rc == EDQUOT || rc == EFBIG)
                return error_set(error, RESOURCE_EXHAUSTED, "STORE_FULL",
                        "no room for %s/" COMMIT_LOG_FILE " of %" PRIu64 " bytes: %s",
                        log->options.dir, log->options.bytes, strerror(rc));
        return error_set(error, UNAVAILABLE, "STORE_FAILED",
                "%s/" COMMIT_LOG_FILE " cannot be opened: %s", log->options.dir, strerror(rc));
}

static enum status file_open(struct commit_log *log, enum log_open mode, struct error *error)
{
        char path[4096];
        int rc = 0;

        if (snprintf(path, sizeof(path), "%s/" COMMIT_LOG_FILE, log->options.dir) >=
                (int)sizeof(path))
                return open_failed(log, ENAMETOOLONG, error);
        log->file = open(path, O_RDWR | O_CLOEXEC);
        if (log->file < 0 && errno == ENOENT && mode == LOG_EXISTING)
                return error_set(error, DATA_LOSS, "LOG_MISMATCH",
                        "%s is missing: the last changes may be nowhere else", path);
        if (log->file < 0 && errno == ENOENT) {
                rc = make(log, log->options.dir, log->options.bytes);
                log->file = rc == 0 ? open(path, O_RDWR | O_CLOEXEC) : -1;
        }
        if (log->file < 0)
                return open_failed(log, rc != 0 ? rc : errno, error);
        return OK;
}

enum status commit_log_open(struct commit_log *log, const struct commit_log_options *options,
        enum log_open mode, struct error *error)
{
        struct stat st;

        *log = (struct commit_log){.options = *options, .file = -1};
        log->options.bytes = blocks_of(options->bytes);
        if (log->options.io == NULL)
                log->options.io = &system_io;
        enum status status = file_open(log, mode, error);
        if (status == OK)
                status = head_check(log, error);
        int rc = status == OK && fstat(log->file, &st) != 0 ? errno : 0;
        if (status == OK && rc == 0)
                log->size = (uint64_t)st.st_size;
        if (status == OK && rc == 0 && log->size < log->options.bytes) {
                log->size = log->options.bytes;
                rc = fill(log->file, log->size);
        }
        if (rc != 0)
                status = open_failed(log, rc, error);
        if (status != OK)
                commit_log_close(log);
        return status;
}

void commit_log_close(struct commit_log *log)
{
        if (log->file >= 0)
                close(log->file);
        log->file = -1;
        buffer_release(&log->record);
}

int commit_log_copy_empty(const struct commit_log *log, const char *dir)
{
        return make(log, dir, HEAD_LEN);
}

/* ---- appending ---- */

static uint64_t position_of(const struct commit_log *log, uint64_t len)
{
        return log->last.position + len <= log->size ? log->last.position : COMMIT_LOG_BLOCK;
}

uint64_t commit_log_cost(const struct commit_log *log, size_t record_len)
{
        uint64_t len = blocks_of(record_len);

        if (len > log->size - COMMIT_LOG_BLOCK)
                return 0;
        if (position_of(log, len) == log->last.position || log->last.position > log->size)
                return len;
        return len + log->size - log->last.position;
}

/* The next record, in memory; the mark is the one behind it. */
static struct log_mark record_make(
        struct commit_log *log, const struct engine_write *writes, size_t count)
{
        const struct commit_log_options *options = &log->options;
        struct record record = {
                .number = log->last.number + 1,
                .previous = log->last.checksum,
        };

        buffer_clear(&log->record);
        record.checksum = record_append(
                &log->record, options->keyring, options->trees, &record, writes, count);
        size_t rest = blocks_of(log->record.len) - log->record.len;
        memset(buffer_reserve(&log->record, rest), 0, rest);
        log->record.len += rest;
        return (struct log_mark){.number = record.number,
                .position = position_of(log, log->record.len) + log->record.len,
                .checksum = record.checksum};
}

int commit_log_write(struct commit_log *log, const struct engine_write *writes, size_t count,
        struct log_mark *behind)
{
        const struct log_io *io = log->options.io;

        *behind = record_make(log, writes, count);
        struct bytes bytes = bytes_of(log->record.data, log->record.len);

        return io->write(io->context, log->file, bytes, behind->position - bytes.len);
}

int commit_log_sync(struct commit_log *log, const struct log_mark *behind)
{
        const struct log_io *io = log->options.io;
        int rc = io->sync(io->context, log->file);

        if (rc == 0)
                log->last = *behind;
        return rc;
}

/* ---- replay ---- */

static enum status read_whole(const struct commit_log *log, uint8_t *data, struct error *error)
{
        for (uint64_t at = 0; at < log->size;) {
                ssize_t len = pread(log->file, data + at, log->size - at, (off_t)at);

                if (len < 0 && errno == EINTR)
                        continue;
                if (len <= 0)
                        return error_set(error, UNAVAILABLE, "STORE_FAILED",
                                "%s/" COMMIT_LOG_FILE " cannot be read: %s", log->options.dir,
                                len < 0 ? strerror(errno) : "it was cut short");
                at += (uint64_t)len;
        }
        return OK;
}

/* Is the record behind the last one here? */
static bool next_at(
        const struct commit_log *log, struct bytes whole, uint64_t position, struct record *out)
{
        if (position >= whole.len || position % COMMIT_LOG_BLOCK != 0)
                return false;
        struct bytes rest = bytes_of(whole.data + position, whole.len - position);

        return record_number(rest) == log->last.number + 1 &&
               record_open(out, log->options.keyring, rest) && out->previous == log->last.checksum;
}

static bool next_find(
        const struct commit_log *log, struct bytes whole, struct record *out, uint64_t *position)
{
        *position = log->last.position;
        if (next_at(log, whole, *position, out))
                return true;
        *position = COMMIT_LOG_BLOCK;
        return next_at(log, whole, *position, out);
}

/* A whole record behind the end means that the one at the end was whole once, too. */
static enum status check_end(const struct commit_log *log, struct bytes whole, struct error *error)
{
        struct record record;

        for (uint64_t at = COMMIT_LOG_BLOCK; at < whole.len; at += COMMIT_LOG_BLOCK) {
                struct bytes rest = bytes_of(whole.data + at, whole.len - at);

                if (record_number(rest) <= log->last.number ||
                        !record_open(&record, log->options.keyring, rest))
                        continue;
                return error_set(error, DATA_LOSS, "LOG_MISMATCH",
                        "%s/" COMMIT_LOG_FILE " has group %" PRIu64
                        ", but what follows group %" PRIu64
                        " is damaged or the database is not the log's",
                        log->options.dir, record.number, log->last.number);
        }
        return OK;
}

enum status commit_log_replay(struct commit_log *log, const struct log_mark *from, log_visit *visit,
        void *context, struct error *error)
{
        uint8_t *data = malloc(log->size);
        struct bytes whole = bytes_of(data, log->size);
        struct record record;
        uint64_t position;
        enum status status = data != NULL ? read_whole(log, data, error)
                                          : error_set(error, RESOURCE_EXHAUSTED, "STORE_FAILED",
                                                    "no memory for the commit log");

        log->last = *from;
        while (status == OK && next_find(log, whole, &record, &position)) {
                log->last = (struct log_mark){
                        .number = record.number,
                        .position = position + blocks_of(RECORD_HEAD_LEN + record.body.len),
                        .checksum = record.checksum,
                };
                status = visit(context, &record, &log->last, error);
        }
        if (status == OK)
                status = check_end(log, whole, error);
        free(data);
        return status;
}
