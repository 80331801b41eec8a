/*
 * One writer and several readers on one store: a reader sees whole groups only, its snapshot does
 * not move, sequences never go back. Meant for ThreadSanitizer, on the engine in memory.
 */
#include "tests/unit/store/fixture.h"
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include "lib/base/random.h"

#define READERS  4
#define ACCOUNTS 10
#define GROUPS   400
#define TOTAL    1000

struct shared {
        struct fixture *f;
        _Atomic bool done;
        _Atomic uint64_t reads;
};

static const char *const accounts[ACCOUNTS] = {
        "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9"};

static int64_t total(struct txn *txn)
{
        struct scan *scan = txn_scan(txn, &item_table, NULL, NULL, NULL, 0, ASCENDING);
        int64_t sum = 0;
        Item *item;

        while ((item = scan_next(scan)) != NULL)
                sum += item->price_minor;
        return sum;
}

static void *read_all(void *context)
{
        struct shared *shared = context;
        struct store *store = shared->f->store;
        struct arena arena;
        uint64_t last = 0;

        arena_init(&arena);
        while (!atomic_load(&shared->done)) {
                uint64_t seen = store_sequence(store);
                struct txn *txn = txn_begin_read(store, &arena);
                int64_t first = total(txn);

                assert(txn_sequence(txn) >= seen);
                assert(txn_sequence(txn) >= last);
                last = txn_sequence(txn);
                assert(first == TOTAL);
                assert(total(txn) == first);
                assert(txn_status(txn) == OK);
                txn_end(txn);
                arena_reset(&arena);
                atomic_fetch_add(&shared->reads, 1);
        }
        arena_release(&arena);
        return NULL;
}

static void transfer(struct txn *txn, struct random *random)
{
        Item *from = txn_get(txn, &item_table, &key_text(accounts[random_below(random, ACCOUNTS)]));
        int64_t amount = (int64_t)random_below(random, 50);

        from->price_minor -= amount;
        txn_update(txn, &item_table, from);
        Item *to = txn_get(txn, &item_table, &key_text(accounts[random_below(random, ACCOUNTS)]));
        to->price_minor += amount;
        txn_update(txn, &item_table, to);
}

static void write_groups(struct fixture *f)
{
        struct random random;
        struct arena arena;
        struct error error;

        arena_init(&arena);
        random_seed(&random, 1);
        for (int i = 0; i < GROUPS; i++) {
                struct group *group = group_begin(f->store);

                error_init(&error, &arena);
                for (int call = 0; call < 5; call++) {
                        struct txn *txn = group_txn(group, &arena);

                        transfer(txn, &random);
                        if (random_below(&random, 4) > 0)
                                txn_keep(txn);
                        else
                                txn_drop(txn);
                }
                assert_int_equal(group_commit(group, &error), OK);
                arena_reset(&arena);
        }
        arena_release(&arena);
}

static void test_readers_see_whole_groups(void **state)
{
        struct fixture *f = *state;
        struct shared shared = {.f = f};
        pthread_t threads[READERS];
        struct txn *txn = fixture_begin(f);

        for (int i = 0; i < ACCOUNTS; i++) {
                Item item = item_of(accounts[i], "", TOTAL / ACCOUNTS);
                txn_insert(txn, &item_table, &item);
        }
        fixture_commit(f);
        for (int i = 0; i < READERS; i++)
                pthread_create(&threads[i], NULL, read_all, &shared);
        write_groups(f);
        while (atomic_load(&shared.reads) < 50)
                ;
        atomic_store(&shared.done, true);
        for (int i = 0; i < READERS; i++)
                pthread_join(threads[i], NULL);
        assert_verified(f);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                {"in memory", test_readers_see_whole_groups, fixture_memory, fixture_end, NULL},
                {"on disk", test_readers_see_whole_groups, fixture_disk, fixture_end, NULL},
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
