#pragma once
/* A store for one test: in memory or in a directory that disappears with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "lib/seal/seal.h"
#include "lib/store/store.h"
#include "tests/unit/store/rows.h"

struct fixture {
        struct arena arena;
        struct keyring *keyring;
        struct store *store;
        char dir[64]; /* "" in memory */
        struct group *group;
        struct txn *txn;
};

/* cmocka set-up and tear-down. */
int fixture_memory(void **state);
int fixture_disk(void **state);
int fixture_end(void **state);

/* Closes and opens again, the latter with another schema where it is not NULL. */
void fixture_close(struct fixture *fixture);
enum status fixture_open(struct fixture *fixture, const struct schema *schema, struct error *error);
void fixture_reopen(struct fixture *fixture);

/* One call in a group of its own. */
struct txn *fixture_begin(struct fixture *fixture);
uint64_t fixture_commit(struct fixture *fixture);
void fixture_drop(struct fixture *fixture);
struct txn *fixture_read(struct fixture *fixture);

/* Rows with a few fields set; texts are used as they are. */
Person person_of(const char *id, const char *email);
Item item_of(const char *id, const char *category, int64_t price_minor);
Basket basket_of(const char *id, const char *person_id, int64_t create_time);
BasketLine line_of(const char *basket_id, int32_t number, const char *item_id);
BasketUnit unit_of(const char *basket_id, int32_t line_number, int32_t number, const char *serial);

/* The faults that verify finds, printed; expects none. */
void assert_verified(struct fixture *fixture);
/* The store's file. */
char *fixture_path(struct fixture *fixture, const char *name);

/* A test on either engine. */
#define BOTH(test)                                                                                 \
        {#test " in memory", test, fixture_memory, fixture_end, NULL},                             \
        {                                                                                          \
#test " on disk", test, fixture_disk, fixture_end, NULL                            \
        }
