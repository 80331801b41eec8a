/*
 * The heads of chained logs, once more, in a text file beside the database. A stale meta page
 * rolls LMDB back without a word; then the file knows of rows that the database does not. It may
 * be older than the database (it is written at most once a second) but never on another branch:
 * the row it names must be there with the same link. Put inside the database it would be rolled
 * back together with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>
#include "lib/store/internal.h"

#define LINE_FORMAT "%u %" PRIu64 " %s %" PRIu64 "\n"

struct outside_head {
        unsigned table;
        uint64_t number;
        char link[2 * LINK_LEN + 1];
        uint64_t sequence;
};

static bool sync_close(int fd, bool written)
{
        bool synced = written && fsync(fd) == 0;

        return close(fd) == 0 && synced;
}

static bool replace_file(const char *dir, struct bytes text)
{
        char path[4096];
        char fresh[4112];
        int fd;

        if (snprintf(path, sizeof(path), "%s/" CHAIN_FILE, dir) >= (int)sizeof(path))
                return false;
        snprintf(fresh, sizeof(fresh), "%s.new", path);
        fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd < 0)
                return false;
        return sync_close(fd, write(fd, text.data, text.len) == (ssize_t)text.len) &&
               rename(fresh, path) == 0;
}

bool chain_write(struct txn *txn, const char *dir)
{
        struct store *store = txn->store;
        struct buffer text = {0};
        char hex[2 * LINK_LEN + 1];
        bool written = true;

        for (size_t i = 0; i < store->log_count; i++) {
                struct log_head head;

                log_head_read(txn, store->logs[i], &head);
                if (!store->logs[i]->chained || head.number == 0)
                        continue;
                bytes_to_hex(bytes_of(head.link, LINK_LEN), hex);
                buffer_printf(&text, LINE_FORMAT, store->logs[i]->number, head.number, hex,
                        head.sequence);
        }
        if (text.len > 0 && txn_ok(txn))
                written = replace_file(dir, bytes_of(text.data, text.len));
        buffer_release(&text);
        return written;
}

static const struct schema_table *log_numbered(const struct store *store, unsigned number)
{
        for (size_t i = 0; i < store->log_count; i++) {
                if (store->logs[i]->number == number)
                        return store->logs[i];
        }
        return NULL;
}

/* What is wrong with one line of the file; NULL: nothing. */
static const char *head_fault(
        struct txn *txn, const struct schema_table *table, const struct outside_head *outside)
{
        char hex[2 * LINK_LEN + 1];
        struct key_value number = key_uint(outside->number);
        struct log_head inside;
        struct row_view view;
        struct place place;

        if (table == NULL)
                return "the file names a log that is not in the contract";
        log_head_read(txn, table, &inside);
        if (outside->number > inside.number)
                return arena_printf(txn->arena,
                        "outside the database the last row is %" PRIu64 ", inside it is %" PRIu64,
                        outside->number, inside.number);
        if (!row_find(txn, table, &number, &place, &view))
                return arena_printf(txn->arena,
                        "row %" PRIu64 " is named outside and missing or damaged", outside->number);
        bytes_to_hex(bytes_of(view.link, LINK_LEN), hex);
        if (strcmp(hex, outside->link) == 0 && view.sequence == outside->sequence)
                return NULL;
        return arena_printf(txn->arena,
                "row %" PRIu64 " is another one than the file outside names", outside->number);
}

void chain_compare(struct txn *txn, const char *dir, chain_fault *fault, void *context)
{
        struct outside_head outside;
        char path[4096];
        char line[256];

        snprintf(path, sizeof(path), "%s/" CHAIN_FILE, dir);
        FILE *file = fopen(path, "re");
        if (file == NULL) {
                if (errno != ENOENT)
                        fault(context, NULL, "the file " CHAIN_FILE " cannot be read");
                return;
        }
        while (fgets(line, sizeof(line), file) != NULL) {
                if (sscanf(line, "%u %" SCNu64 " %64[0-9a-f] %" SCNu64, &outside.table,
                            &outside.number, outside.link, &outside.sequence) != 4) {
                        fault(context, NULL, "the file " CHAIN_FILE " is damaged");
                        break;
                }
                const struct schema_table *table = log_numbered(txn->store, outside.table);
                const char *sentence = head_fault(txn, table, &outside);
                if (sentence != NULL)
                        fault(context, table, sentence);
        }
        fclose(file);
}

static void first_fault(void *context, const struct schema_table *table, const char *sentence)
{
        struct error *error = context;

        if (error->code == OK)
                error_set(error, DATA_LOSS, "HEAD_MISMATCH",
                        "the log %s has lost or changed rows: %s",
                        table != NULL ? table->name : "of the store", sentence);
}

enum status chain_check(struct txn *txn, const char *dir, struct error *error)
{
        chain_compare(txn, dir, first_fault, error);
        return error->code;
}
