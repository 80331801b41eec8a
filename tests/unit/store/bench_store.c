/*
 * How fast the store is on a directory's disk: reads of a row at large and under an owner on a
 * snapshot each and in batches, sealed and not, scans, and commits with 1 to 256 calls a group,
 * where a call writes what a checkout writes: a basket, four lines, two events. How long the
 * commits took says what a checkpoint beside them costs a call.
 *
 *      bench_store DIR|memory [ROWS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "tests/unit/store/fixture.h"

#define COMMITS_MAX 200000

struct bench {
        int64_t took_us[COMMITS_MAX];
        struct store *store;
        struct arena arena;
        struct random random;
        int rows;
        int baskets;
};

struct since {
        int64_t wall_us;
        clock_t used; /* by this process: what others do to the machine is not in it */
};

static struct since since_now(void)
{
        return (struct since){clock_monotonic_us(), clock()};
}

static void print_rate(const char *name, int count, struct since began)
{
        double seconds = (double)(clock_monotonic_us() - began.wall_us) / 1e6;
        double used_us = (double)(clock() - began.used) * 1e6 / CLOCKS_PER_SEC;

        printf("%-48s %10.0f /s %8.2f us of processor time\n", name, count / seconds,
                used_us / count);
}

static char *row_id(struct bench *bench, char kind, int number)
{
        return arena_printf(&bench->arena, "%c%07d0123456789abcdef01", kind, number);
}

static void commit(struct bench *bench, struct group *group)
{
        struct error error;

        error_init(&error, &bench->arena);
        if (group_commit(group, &error) != OK) {
                fprintf(stderr, "%s\n", error.message);
                exit(1);
        }
        arena_reset(&bench->arena);
}

static void fill(struct bench *bench)
{
        struct since began = since_now();

        for (int i = 0; i < bench->rows;) {
                struct group *group = group_begin(bench->store);

                for (int n = 0; n < 500 && i < bench->rows; n++, i++) {
                        struct txn *txn = group_txn(group, &bench->arena);
                        Item item = item_of(row_id(bench, 'i', i), "a category of things", i);
                        Person person = person_of(row_id(bench, 'p', i), "");

                        item.sku = row_id(bench, 's', i);
                        txn_insert(txn, &item_table, &item);
                        txn_insert(txn, &person_table, &person);
                        txn_keep(txn);
                }
                commit(bench, group);
        }
        print_rate("fill, rows with an index, 500 calls a group", 2 * bench->rows, began);
}

static void read_rows(struct bench *bench, const struct schema_table *table, char kind, int batch,
        const char *name)
{
        const int total = 400000;
        struct since began = since_now();

        for (int i = 0; i < total;) {
                struct txn *txn = txn_begin_read(bench->store, &bench->arena);

                for (int n = 0; n < batch; n++, i++) {
                        char id[32];
                        int number = (int)random_below(&bench->random, (uint64_t)bench->rows);

                        snprintf(id, sizeof(id), "%c%07d0123456789abcdef01", kind, number);
                        if (txn_get_bytes(txn, table, &key_text(id)).data == NULL)
                                exit(2);
                }
                txn_end(txn);
                arena_reset(&bench->arena);
        }
        print_rate(name, total, began);
}

/* A letter for everybody, once with an address that is sealed and once without one. */
static void write_letters(struct bench *bench, char kind, const char *street, const char *name)
{
        struct since began = since_now();

        for (int i = 0; i < bench->rows;) {
                struct group *group = group_begin(bench->store);

                for (int n = 0; n < 500 && i < bench->rows; n++, i++) {
                        struct txn *txn = group_txn(group, &bench->arena);
                        Letter letter = SHOP__LETTER__INIT;

                        letter.id = row_id(bench, kind, i);
                        letter.person_id = row_id(bench, 'p', i);
                        letter.subject = "what an order has beside its address, a hundred letters";
                        letter.street = street;
                        txn_insert(txn, &letter_table, &letter);
                        txn_keep(txn);
                }
                commit(bench, group);
        }
        print_rate(name, bench->rows, began);
}

static void scan_all(struct bench *bench)
{
        struct since began = since_now();
        struct txn *txn = txn_begin_read(bench->store, &bench->arena);
        const struct key_value category = key_text("a category of things");
        struct scan *scan =
                txn_scan(txn, &item_table, &item_table.indexes[0], NULL, &category, 1, ASCENDING);
        int count = 0;

        while (count < 100000 && scan_next_bytes(scan).data != NULL)
                count++;
        txn_end(txn);
        arena_reset(&bench->arena);
        print_rate("scan by index, rows", count, began);
}

static void checkout(struct bench *bench, struct txn *txn)
{
        int person = (int)random_below(&bench->random, (uint64_t)bench->rows);
        char *id = row_id(bench, 'b', bench->baskets++);
        Basket basket = basket_of(id, row_id(bench, 'p', person), bench->baskets);
        Happening event = SHOP__HAPPENING__INIT;

        txn_insert(txn, &basket_table, &basket);
        for (int n = 1; n <= 4; n++) {
                int item = (int)random_below(&bench->random, (uint64_t)bench->rows);
                BasketLine line = line_of(id, n, row_id(bench, 'i', item));

                line.quantity = n;
                txn_insert(txn, &basket_line_table, &line);
        }
        event.kind = "basket.made";
        event.subject = id;
        txn_append(txn, &happening_table, &event);
        txn_append(txn, &happening_table, &event);
        txn_keep(txn);
}

static int compare_us(const void *a, const void *b)
{
        const int64_t *left = a;
        const int64_t *right = b;

        return (*left > *right) - (*left < *right);
}

static void write_groups(struct bench *bench, int calls)
{
        struct since began = since_now();
        char name[64];
        int groups = 0;

        while (clock_monotonic_us() - began.wall_us < 3000000 && groups < COMMITS_MAX) {
                struct group *group = group_begin(bench->store);

                for (int n = 0; n < calls; n++)
                        checkout(bench, group_txn(group, &bench->arena));
                int64_t from_us = clock_monotonic_us();
                commit(bench, group);
                bench->took_us[groups++] = clock_monotonic_us() - from_us;
        }
        snprintf(name, sizeof(name), "commits, %d calls of 19 keys a group", calls);
        print_rate(name, groups, began);
        snprintf(name, sizeof(name), "calls, %d a group", calls);
        print_rate(name, groups * calls, began);
        qsort(bench->took_us, (size_t)groups, sizeof(bench->took_us[0]), compare_us);
        printf("%-44s %6.1f %6.1f %6.1f ms\n", "commit, median, 99 % and longest",
                (double)bench->took_us[groups / 2] / 1e3,
                (double)bench->took_us[groups - 1 - groups / 100] / 1e3,
                (double)bench->took_us[groups - 1] / 1e3);
}

int main(int argc, char **argv)
{
        static struct bench bench;
        struct keyring *keyring = keyring_from_seed(1);
        struct error error;

        bench.rows = argc > 2 ? atoi(argv[2]) : 100000;
        arena_init(&bench.arena);
        error_init(&error, &bench.arena);
        random_seed(&bench.random, 1);
        const struct store_options options = {
                .dir = argc > 1 && strcmp(argv[1], "memory") != 0 ? argv[1] : NULL,
                .schema = &rows_schema,
                .keyring = keyring};
        if (store_open(&bench.store, &options, &error) != OK) {
                fprintf(stderr, "%s\n", error.message);
                return 1;
        }
        fill(&bench);
        read_rows(&bench, &item_table, 'i', 1, "get bytes, a snapshot each");
        read_rows(&bench, &item_table, 'i', 64, "get bytes, 64 a snapshot");
        read_rows(&bench, &person_table, 'p', 64, "get bytes, owner in the key, 64 a snapshot");
        const char *address = "Beatrice Quimby, 1 Klickitat Street, flat 4, Leeds LS1 4AP, "
                              "+447700900123, second door on the left";
        write_letters(&bench, 'a', "", "insert, nothing sealed");
        write_letters(&bench, 'b', address, "insert, an address sealed, the owner's key made");
        write_letters(&bench, 'c', address, "insert, an address sealed");
        read_rows(&bench, &letter_table, 'a', 64, "get bytes, nothing sealed, 64 a snapshot");
        read_rows(&bench, &letter_table, 'c', 64, "get bytes, an address sealed, 64 a snapshot");
        scan_all(&bench);
        write_groups(&bench, 1);
        write_groups(&bench, 16);
        write_groups(&bench, 64);
        write_groups(&bench, 256);
        store_close(bench.store);
        keyring_close(keyring);
        arena_release(&bench.arena);
        return 0;
}
