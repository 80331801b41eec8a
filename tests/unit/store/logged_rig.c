/*
 * The engine below is wrapped, since the interface of engines is all that the log knows of it;
 * nothing in the program itself exists for these tests but the two functions of struct log_io.
 */
#include "tests/unit/store/logged_rig.h"
#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/store/layout.h"

#define SECTOR     512
#define WRITES_MAX 40
#define VALUE_MAX  600

static const char *const trees[] = {"main", "entries", LOGGED_TREE};

/* ---- faults ---- */

static int come_to(struct rig *rig, enum rig_step step)
{
        int (*at)(struct rig *, enum rig_step) = rig->at;

        return at != NULL ? at(rig, step) : 0;
}

struct below {
        struct engine base;
        struct engine *engine;
        struct rig *rig;
};

static enum status below_apply(
        struct engine *engine, struct engine_write *writes, size_t count, const char **why)
{
        struct below *below = (struct below *)engine;
        struct rig *rig = below->rig;

        atomic_fetch_add(&rig->applies, 1);
        *why = "made to fail";
        if (rig->apply_status != OK)
                return (enum status)rig->apply_status;
        if (come_to(rig, RIG_APPLY) != 0)
                return UNAVAILABLE;
        enum status status = below->engine->ops->apply(below->engine, writes, count, why);
        come_to(rig, RIG_APPLIED);
        return status;
}

static struct engine_snapshot *below_snapshot_begin(struct engine *engine)
{
        struct below *below = (struct below *)engine;
        void (*before)(struct rig *) = below->rig->before_snapshot;

        if (before != NULL) {
                below->rig->before_snapshot = NULL;
                before(below->rig);
        }
        return below->engine->ops->snapshot_begin(below->engine);
}

static void below_snapshot_end(struct engine_snapshot *snapshot)
{
        snapshot->engine->ops->snapshot_end(snapshot);
}

static enum engine_found below_get(
        struct engine_snapshot *snapshot, struct bytes key, struct bytes *value)
{
        return snapshot->engine->ops->get(snapshot, key, value);
}

static void below_stats(struct engine *engine, struct engine_stats *out)
{
        struct below *below = (struct below *)engine;

        below->engine->ops->stats(below->engine, out);
        if (below->rig->below == RIG_MEMORY)
                out->bytes_map = UINT64_C(1) << 40;
}

static enum status below_copy(struct engine *engine, const char *dir, const char **why)
{
        struct below *below = (struct below *)engine;

        return below->engine->ops->copy(below->engine, dir, why);
}

static void below_close(struct engine *engine)
{
        struct below *below = (struct below *)engine;

        below->engine->ops->close(below->engine);
        free(below);
}

static const struct engine_ops below_ops = {
        .close = below_close,
        .snapshot_begin = below_snapshot_begin,
        .snapshot_end = below_snapshot_end,
        .get = below_get,
        .apply = below_apply,
        .stats = below_stats,
        .copy = below_copy,
};

/* What a power cut leaves of a write that was not synced: any of its sectors. */
static void write_torn(struct rig *rig, int file, struct bytes bytes, uint64_t position)
{
        for (size_t at = 0; at < bytes.len; at += SECTOR) {
                size_t len = bytes.len - at < SECTOR ? bytes.len - at : SECTOR;

                if (random_below(&rig->random, 2) == 0)
                        assert_int_equal(
                                pwrite(file, bytes.data + at, len, (off_t)(position + at)), len);
        }
}

static int rig_write(void *context, int file, struct bytes bytes, uint64_t position)
{
        struct rig *rig = context;
        int rc = come_to(rig, RIG_WRITE);

        if (rc == 0 && rig->torn)
                write_torn(rig, file, bytes, position);
        if (rc == 0)
                rc = come_to(rig, RIG_WRITE_TORN);
        if (rc != 0)
                return rc;
        assert_int_equal(pwrite(file, bytes.data, bytes.len, (off_t)position), bytes.len);
        return come_to(rig, RIG_WRITTEN);
}

static int rig_sync(void *context, int file)
{
        struct rig *rig = context;

        return come_to(rig, RIG_SYNCED);
}

/* ---- opening ---- */

void rig_init(struct rig *rig)
{
        *rig = (struct rig){.dir = "/tmp/shop-logged-XXXXXX",
                .log_bytes = 256 << 10,
                .map_bytes = UINT64_C(1) << 30};
        arena_init(&rig->arena);
        random_seed(&rig->random, 5);
        rig->keyring = keyring_from_seed(3);
        assert_non_null(mkdtemp(rig->dir));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
        return remove(path);
}

void rig_release(struct rig *rig)
{
        rig_close(rig);
        nftw(rig->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        keyring_close(rig->keyring);
        arena_release(&rig->arena);
}

char *rig_path(struct rig *rig, const char *name)
{
        return arena_printf(&rig->arena, "%s/%s", rig->dir, name);
}

enum status rig_open(struct rig *rig, struct error *error)
{
        struct below *below = calloc(1, sizeof(*below));
        enum status status = OK;

        assert_non_null(below);
        below->base.ops = &below_ops;
        below->rig = rig;
        if (rig->below == RIG_LMDB)
                status = engine_lmdb_open(&below->engine,
                        &(struct engine_options){
                                .dir = rig->dir,
                                .map_bytes = rig->map_bytes,
                                .trees = trees,
                                .tree_count = 3,
                        },
                        error);
        else
                below->engine = engine_memory_open();
        if (status != OK) {
                free(below);
                return status;
        }
        rig->io = (struct log_io){.write = rig_write, .sync = rig_sync, .context = rig};
        status = engine_logged_open(&rig->engine, &below->base,
                &(struct logged_options){.log = {.dir = rig->dir,
                                                 .bytes = rig->log_bytes,
                                                 .keyring = rig->keyring,
                                                 .trees = trees,
                                                 .tree_count = 3,
                                                 .io = &rig->io}},
                error);
        if (status != OK)
                below_close(&below->base);
        return status;
}

void rig_open_well(struct rig *rig)
{
        struct error error;

        error_init(&error, &rig->arena);
        if (rig_open(rig, &error) != OK)
                fail_msg("%s", error.message);
}

void rig_close(struct rig *rig)
{
        if (rig->engine != NULL)
                rig->engine->ops->close(rig->engine);
        rig->engine = NULL;
}

/* ---- groups ---- */

static size_t main_key(uint8_t key[16], uint64_t number)
{
        return (size_t)snprintf((char *)key + 1, 15, "k%03u", (unsigned)number) + 1;
}

static size_t entry_key(uint8_t key[16], uint64_t number)
{
        key[0] = 1;
        layout_put_u64(key + 1, number);
        return 9;
}

/* What group number does to key index of the main tree: 0 nothing, 1 a value, 2 gone. */
static int change_of(uint64_t number, uint64_t index, struct random *random)
{
        random_seed(random, number * 1000 + index);
        if (index == 0)
                return 1; /* tells the number */
        if (random_below(random, RIG_KEYS) >= WRITES_MAX / 2)
                return 0;
        return random_below(random, 4) == 0 ? 2 : 1;
}

static struct bytes value_of(uint64_t number, struct random *random, uint8_t out[VALUE_MAX])
{
        size_t len = 8 + random_below(random, VALUE_MAX - 8);

        memset(out, (int)number & 255, len);
        layout_put_u64(out, number);
        return bytes_of(out, len);
}

/* Their keys and values are the thread's until it makes others. */
static size_t changes_of(uint64_t number, struct engine_write writes[RIG_KEYS + 2])
{
        static _Thread_local uint8_t keys[RIG_KEYS + 2][16];
        static _Thread_local uint8_t values[RIG_KEYS + 2][VALUE_MAX];
        struct random random;
        size_t count = 0;

        for (uint64_t i = 0; i < RIG_KEYS; i++) {
                int change = change_of(number, i, &random);

                if (change == 0)
                        continue;
                keys[count][0] = 0;
                writes[count] = (struct engine_write){
                        .key = bytes_of(keys[count], main_key(keys[count], i)),
                        .gone = change == 2,
                };
                if (change == 1)
                        writes[count].value = value_of(number, &random, values[count]);
                count++;
        }
        /* One entry is added and one removed, so that there are never more than ten. */
        for (uint64_t i = number > 10 ? 0 : 1; i < 2; i++) {
                uint64_t entry = i == 0 ? number - 10 : number;

                writes[count] = (struct engine_write){
                        .key = bytes_of(keys[count], entry_key(keys[count], entry)),
                        .gone = i == 0,
                        .append = i == 1,
                        .value = bytes_of("entry", i == 0 ? 0 : 5),
                };
                count++;
        }
        return count;
}

/* The engine takes them in any order. */
static void turn_around(struct engine_write *writes, size_t count)
{
        for (size_t i = 0; i < count / 2; i++) {
                struct engine_write first = writes[i];

                writes[i] = writes[count - 1 - i];
                writes[count - 1 - i] = first;
        }
}

enum status rig_group(struct rig *rig, uint64_t number, const char **why)
{
        struct engine_write writes[RIG_KEYS + 2];
        size_t count = changes_of(number, writes);

        turn_around(writes, count);

        return rig->engine->ops->apply(rig->engine, writes, count, why);
}

void rig_accepted(struct rig *rig, uint64_t number)
{
        static struct engine_write writes[RIG_KEYS + 2]; /* until it is synced */
        size_t count = changes_of(number, writes);
        const char *why = "";

        turn_around(writes, count);
        if (rig->engine->ops->accept(rig->engine, writes, count, &why) != OK)
                fail_msg("group %u: %s", (unsigned)number, why);
}

void rig_groups(struct rig *rig, uint64_t from, uint64_t to)
{
        const char *why = "";

        for (uint64_t number = from; number <= to; number++) {
                if (rig_group(rig, number, &why) != OK)
                        fail_msg("group %u: %s", (unsigned)number, why);
        }
}

uint64_t rig_number(struct engine_snapshot *snapshot)
{
        uint8_t key[16] = {0};
        struct bytes value = {NULL, 0};

        enum engine_found found =
                snapshot->engine->ops->get(snapshot, bytes_of(key, main_key(key, 0)), &value);
        return found == ENGINE_FOUND ? layout_get_u64(value.data) : 0;
}

/* Who wrote the key last as of group number; 0: it is not there. */
static uint64_t last_writer(uint64_t number, uint64_t index)
{
        struct random random;

        for (; number > 0; number--) {
                int change = change_of(number, index, &random);

                if (change != 0)
                        return change == 1 ? number : 0;
        }
        return 0;
}

static bool main_holds(struct engine_snapshot *snapshot, uint64_t number)
{
        const uint8_t tree = 0;
        struct engine_cursor *cursor =
                snapshot->engine->ops->cursor_open(snapshot, bytes_of(&tree, 1));
        enum engine_move move = ENGINE_FROM;
        bool good = true;

        for (uint64_t i = 0; i < RIG_KEYS && good; i++) {
                uint64_t writer = last_writer(number, i);
                uint8_t key[16] = {0}, value[VALUE_MAX];
                struct engine_entry entry;
                struct random random;

                if (writer == 0)
                        continue;
                good = cursor->ops->cursor_move(cursor, move, bytes_of(&tree, 1), &entry) ==
                       ENGINE_FOUND;
                move = ENGINE_NEXT;
                change_of(writer, i, &random);
                size_t len = main_key(key, i);
                good = good && bytes_equal(entry.key, bytes_of(key + 1, len - 1)) &&
                       bytes_equal(entry.value, value_of(writer, &random, value));
        }
        struct engine_entry more;
        good = good &&
               cursor->ops->cursor_move(cursor, move, bytes_of(&tree, 1), &more) == ENGINE_ABSENT;
        cursor->ops->cursor_close(cursor);
        return good;
}

static bool entries_hold(struct engine_snapshot *snapshot, uint64_t number)
{
        const uint8_t tree = 1, behind = 2;
        struct engine_cursor *cursor =
                snapshot->engine->ops->cursor_open(snapshot, bytes_of(&tree, 1));
        enum engine_move move = ENGINE_BEFORE;
        struct engine_entry entry;
        bool good = true;

        for (uint64_t i = number; i > 0 && i + 10 > number && good; i--) {
                uint8_t key[16];
                size_t len = entry_key(key, i);

                good = cursor->ops->cursor_move(cursor, move, bytes_of(&behind, 1), &entry) ==
                               ENGINE_FOUND &&
                       bytes_equal(entry.key, bytes_of(key + 1, len - 1));
                move = ENGINE_PREVIOUS;
        }
        good = good && cursor->ops->cursor_move(cursor, move, bytes_of(&behind, 1), &entry) ==
                               ENGINE_ABSENT;
        cursor->ops->cursor_close(cursor);
        return good;
}

bool rig_holds(struct engine_snapshot *snapshot)
{
        uint64_t number = rig_number(snapshot);

        return main_holds(snapshot, number) && entries_hold(snapshot, number);
}

uint64_t rig_check(struct rig *rig)
{
        struct engine_snapshot *snapshot = rig->engine->ops->snapshot_begin(rig->engine);

        assert_non_null(snapshot);
        uint64_t number = rig_number(snapshot);
        assert_true(rig_holds(snapshot));
        rig->engine->ops->snapshot_end(snapshot);
        return number;
}
