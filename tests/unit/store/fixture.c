/*
 * The same tests run on both engines: what differs between them is found here and not by a shop.
 */
#include "tests/unit/store/fixture.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fixture *fixture_new(void **state)
{
        struct fixture *fixture = calloc(1, sizeof(*fixture));

        assert_non_null(fixture);
        arena_init(&fixture->arena);
        fixture->keyring = keyring_from_seed(7);
        *state = fixture;
        return fixture;
}

enum status fixture_open(struct fixture *fixture, const struct schema *schema, struct error *error)
{
        const struct store_options options = {
                .dir = fixture->dir[0] != '\0' ? fixture->dir : NULL,
                .schema = schema != NULL ? schema : &rows_schema,
                .keyring = fixture->keyring,
                .map_bytes = UINT64_C(1) << 30,
                .log_bytes = 1 << 20,
        };

        return store_open(&fixture->store, &options, error);
}

static int fixture_first(struct fixture *fixture)
{
        struct error error;

        error_init(&error, &fixture->arena);
        if (fixture_open(fixture, NULL, &error) != OK)
                print_error("%s\n", error.message);
        return error.code;
}

int fixture_memory(void **state)
{
        return fixture_first(fixture_new(state));
}

int fixture_disk(void **state)
{
        struct fixture *fixture = fixture_new(state);

        strcpy(fixture->dir, "/tmp/shop-store-XXXXXX");
        assert_non_null(mkdtemp(fixture->dir));
        return fixture_first(fixture);
}

void fixture_close(struct fixture *fixture)
{
        if (fixture->store != NULL)
                store_close(fixture->store);
        fixture->store = NULL;
}

char *fixture_path(struct fixture *fixture, const char *name)
{
        return arena_printf(&fixture->arena, "%s/%s", fixture->dir, name);
}

int fixture_end(void **state)
{
        static const char *const names[] = {"data.mdb", "lock.mdb", "chain.head", "chain.head.new",
                "commit.log", "commit.log.new", "old.log", "old.mdb", "old.head", "b.head"};
        struct fixture *fixture = *state;

        fixture_close(fixture);
        for (size_t i = 0; fixture->dir[0] != '\0' && i < sizeof(names) / sizeof(names[0]); i++)
                unlink(fixture_path(fixture, names[i]));
        if (fixture->dir[0] != '\0')
                rmdir(fixture->dir);
        keyring_close(fixture->keyring);
        arena_release(&fixture->arena);
        free(fixture);
        return 0;
}

void fixture_reopen(struct fixture *fixture)
{
        struct error error;

        error_init(&error, &fixture->arena);
        fixture_close(fixture);
        if (fixture_open(fixture, NULL, &error) != OK)
                fail_msg("%s", error.message);
}

struct txn *fixture_begin(struct fixture *fixture)
{
        fixture->group = group_begin(fixture->store);
        fixture->txn = group_txn(fixture->group, &fixture->arena);
        return fixture->txn;
}

uint64_t fixture_commit(struct fixture *fixture)
{
        struct error error;
        uint64_t sequence;

        if (txn_status(fixture->txn) != OK)
                fail_msg("%s", txn_error(fixture->txn)->message);
        error_init(&error, &fixture->arena);
        sequence = txn_keep(fixture->txn);
        if (group_commit(fixture->group, &error) != OK)
                fail_msg("%s", error.message);
        assert_int_equal(store_sequence(fixture->store), sequence);
        return sequence;
}

void fixture_drop(struct fixture *fixture)
{
        txn_drop(fixture->txn);
        group_abandon(fixture->group);
}

struct txn *fixture_read(struct fixture *fixture)
{
        return txn_begin_read(fixture->store, &fixture->arena);
}

Person person_of(const char *id, const char *email)
{
        Person row = SHOP__PERSON__INIT;

        row.id = id;
        row.email = email;
        return row;
}

Item item_of(const char *id, const char *category, int64_t price_minor)
{
        Item row = SHOP__ITEM__INIT;

        row.id = id;
        row.category = category;
        row.price_minor = price_minor;
        return row;
}

Basket basket_of(const char *id, const char *person_id, int64_t create_time)
{
        Basket row = SHOP__BASKET__INIT;

        row.id = id;
        row.person_id = person_id;
        row.create_time = create_time;
        return row;
}

BasketLine line_of(const char *basket_id, int32_t number, const char *item_id)
{
        BasketLine row = SHOP__BASKET_LINE__INIT;

        row.basket_id = basket_id;
        row.number = number;
        row.item_id = item_id;
        return row;
}

BasketUnit unit_of(const char *basket_id, int32_t line_number, int32_t number, const char *serial)
{
        BasketUnit row = SHOP__BASKET_UNIT__INIT;

        row.basket_id = basket_id;
        row.line_number = line_number;
        row.number = number;
        row.serial = serial;
        return row;
}

static void print_fault(
        void *context, const char *kind, const char *table, const char *key, const char *sentence)
{
        print_error("%s %s %s: %s\n", kind, table, key, sentence);
}

void assert_verified(struct fixture *fixture)
{
        assert_int_equal(store_verify(fixture->store, print_fault, NULL), 0);
}
