/*
 * Kills a process while it builds indexes that a newer contract has, and while it writes rows
 * beside it. Each shop is filled under a contract without the indexes; then children open it
 * under the whole contract, build in small steps, tell each write that they have committed, and
 * are killed, until one comes to the end. What was told must be there and the indexes must hold
 * exactly the rows.
 *
 * On the store alone, since only two programs with two contracts could do it through shopd.
 */
#include <errno.h>
#include <ftw.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "lib/seal/seal.h"
#include "lib/store/store.h"
#include "tests/unit/store/rows.h"

#define OLD_ROWS     4000
#define CATEGORIES   5
#define STEP_ROWS    25
#define KILL_US_MAX  100000
#define KILLS_MAX    200
#define ROUNDS_SHARE 10 /* rounds of the whole for one shop here */

struct builder {
        char dir[64];
        struct keyring *keyring;
        struct store *store;
        struct arena arena;
        struct random random;
        size_t kills, told;
};

static _Noreturn void give_up(const char *what, const char *why)
{
        fprintf(stderr, "FAILED: %s: %s\n", what, why);
        exit(1);
}

/* ---- the two contracts ---- */

static struct schema_table bare_item;
static const struct schema_table *older_tables[16];
static struct schema older;

static void make_older(void)
{
        older = rows_schema;
        bare_item = item_table;
        bare_item.index_count = 0;
        for (size_t i = 0; i < rows_schema.table_count; i++)
                older_tables[i] =
                        rows_schema.tables[i] == &item_table ? &bare_item : rows_schema.tables[i];
        older.tables = older_tables;
        older.descriptor_set = bytes_of("older", 5);
}

static void open_with(struct builder *builder, const struct schema *schema)
{
        const struct store_options options = {.dir = builder->dir,
                .schema = schema,
                .keyring = builder->keyring,
                .map_bytes = UINT64_C(1) << 30};
        struct error error;

        error_init(&error, &builder->arena);
        if (store_open(&builder->store, &options, &error) != OK)
                give_up("the store does not open", error.message);
}

static void insert(struct txn *txn, const struct schema_table *table, uint32_t number)
{
        static const char *const categories[CATEGORIES] = {"cup", "pot", "tea", "tin", "tray"};
        struct arena *arena = txn_arena(txn);
        Item item = SHOP__ITEM__INIT;

        item.id = arena_printf(arena, "i%08u", number);
        item.sku = arena_printf(arena, "S%08u", number);
        item.category = categories[number % CATEGORIES];
        item.etag = "";
        txn_insert(txn, table, &item);
}

static void commit(struct group *group, struct txn *txn)
{
        struct error error;

        error_init(&error, txn_arena(txn));
        if (txn_status(txn) != OK)
                give_up("a write", txn_error(txn)->message);
        txn_keep(txn);
        if (group_commit(group, &error) != OK)
                give_up("a commit", error.message);
}

static void fill(struct builder *builder)
{
        open_with(builder, &older);
        struct group *group = group_begin(builder->store);
        struct txn *txn = group_txn(group, &builder->arena);

        for (uint32_t i = 0; i < OLD_ROWS; i++)
                insert(txn, &bare_item, i);
        commit(group, txn);
        store_close(builder->store);
}

/* ---- the child ---- */

/* Inserts a row with the next number unless the one before left it behind; tells it. */
static void write_one(struct builder *builder, uint32_t number, int told)
{
        struct arena arena;

        arena_init(&arena);
        struct group *group = group_begin(builder->store);
        struct txn *txn = group_txn(group, &arena);
        const char *id = arena_printf(&arena, "i%08u", number);

        if (txn_has(txn, &item_table, &key_text(id))) {
                txn_drop(txn);
                group_abandon(group);
        } else {
                insert(txn, &item_table, number);
                commit(group, txn);
        }
        if (write(told, &number, sizeof(number)) != sizeof(number))
                give_up("telling", strerror(errno));
        arena_release(&arena);
}

static _Noreturn void build(struct builder *builder, uint32_t number, int told)
{
        struct error error;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        error_init(&error, &builder->arena);
        open_with(builder, &rows_schema);
        while (store_build_step(builder->store, STEP_ROWS, &error))
                write_one(builder, number++, told);
        if (error.code != OK)
                give_up("the build", error.message);
        store_close(builder->store);
        _exit(0);
}

/* ---- the parent ---- */

/* True: the child came to the end. *next: the number after the last that was told. */
static bool build_and_kill(struct builder *builder, uint32_t *next)
{
        uint32_t number;
        int ends[2], status;

        if (pipe(ends) != 0)
                give_up("pipe", strerror(errno));
        pid_t child = fork();

        if (child == 0)
                build(builder, *next, ends[1]);
        close(ends[1]);
        clock_sleep_us((int64_t)random_below(&builder->random, KILL_US_MAX));
        kill(child, SIGKILL);
        while (read(ends[0], &number, sizeof(number)) == sizeof(number)) {
                *next = number + 1;
                builder->told++;
        }
        close(ends[0]);
        waitpid(child, &status, 0);
        if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
                give_up("the build", strsignal(WTERMSIG(status)));
        if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
                give_up("the build", "it failed");
        builder->kills += WIFSIGNALED(status);
        return WIFEXITED(status);
}

static void print_fault(
        void *context, const char *kind, const char *table, const char *key, const char *sentence)
{
        fprintf(stderr, "LOST: %s %s %s: %s\n", kind, table, key, sentence);
}

static size_t count_rows(struct txn *txn, const struct schema_index *index)
{
        struct scan *scan = txn_scan(txn, &item_table, index, NULL, NULL, 0, ASCENDING);
        size_t count = 0;

        while (scan_next(scan) != NULL)
                count++;
        return count;
}

/* Every row below next is there, and each index has all rows. Returns the faults. */
static size_t check(struct builder *builder, uint32_t next)
{
        size_t faults = store_verify(builder->store, print_fault, NULL);
        struct txn *txn = txn_begin_read(builder->store, &builder->arena);
        size_t rows = count_rows(txn, NULL);

        for (uint32_t i = 0; i < next; i++) {
                const char *id = arena_printf(&builder->arena, "i%08u", i);

                if (txn_has(txn, &item_table, &key_text(id)))
                        continue;
                fprintf(stderr, "LOST: row %s was told\n", id);
                faults++;
        }
        for (uint16_t i = 0; i < item_table.index_count; i++) {
                size_t found = count_rows(txn, &item_table.indexes[i]);

                if (found == rows && txn_status(txn) == OK)
                        continue;
                fprintf(stderr, "LOST: index %u has %zu of %zu rows\n",
                        item_table.indexes[i].number, found, rows);
                faults++;
        }
        txn_end(txn);
        return faults;
}

static void finish(struct builder *builder)
{
        struct error error;

        error_init(&error, &builder->arena);
        open_with(builder, &rows_schema);
        while (store_build_step(builder->store, STEP_ROWS, &error))
                ;
        if (error.code != OK)
                give_up("the build", error.message);
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *where)
{
        return remove(path);
}

/* One shop from its filling to the end of its build. Returns the faults. */
static size_t run(struct builder *builder)
{
        uint32_t next = OLD_ROWS;
        size_t faults;

        strcpy(builder->dir, "/tmp/shop-build-XXXXXX");
        if (mkdtemp(builder->dir) == NULL)
                give_up(builder->dir, strerror(errno));
        arena_init(&builder->arena);
        fill(builder);
        for (size_t i = 0; i < KILLS_MAX && !build_and_kill(builder, &next); i++)
                ;
        finish(builder);
        faults = check(builder, next);
        store_close(builder->store);
        arena_release(&builder->arena);
        if (faults == 0)
                nftw(builder->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
        return faults;
}

int main(int argc, char **argv)
{
        static const struct option known[] = {
                {"rounds", required_argument, NULL, 'r'},
                {"seed", required_argument, NULL, 's'},
                {"seconds", required_argument, NULL, 't'}, /* of the others, not of this */
                {0},
        };
        struct builder builder = {.keyring = keyring_from_seed(7)};
        uint64_t seed = (uint64_t)clock_real_us();
        long rounds = 20;
        size_t faults = 0;

        for (int flag; (flag = getopt_long(argc, argv, "", known, NULL)) != -1;) {
                if (flag == 'r')
                        rounds = atol(optarg);
                else if (flag == 's')
                        seed = strtoull(optarg, NULL, 10);
                else if (flag != 't')
                        return 2;
        }
        make_older();
        random_seed(&builder.random, seed);
        long shops = (rounds + ROUNDS_SHARE - 1) / ROUNDS_SHARE;

        for (long i = 0; i < shops; i++)
                faults += run(&builder);
        printf("index builds  %ld (%zu kills), %zu rows written beside them, %zu lost\n", shops,
                builder.kills, builder.told, faults);
        keyring_close(builder.keyring);
        return faults == 0 ? 0 : 1;
}
