/*
 * The contract that a database says it was written with. It is opened only where each of its lines
 * is also the program's, which is then what the database holds; otherwise the difference is told
 * and nothing is changed.
 */
#include "lib/store/internal.h"

#include "shop.schema.h"
#include "tests/fuzz/fuzz.h"

static struct keyring *keyring(void)
{
        static struct keyring *only; /* as the store below: made once, and no input changes it */

        if (only == NULL)
                only = keyring_from_seed(12);
        return only;
}

/* The beginning of the contract: the lines of all of it take milliseconds. */
static const struct schema *short_schema(void)
{
        static struct schema only;

        only = shop_schema;
        only.message_count = 12;
        only.enum_count = 4;
        only.table_count = 6;
        only.method_count = 6;
        return &only;
}

static struct store *empty_store(void)
{
        static struct store *only;

        if (only == NULL) {
                const struct store_options options = {
                        .schema = short_schema(), .keyring = keyring()};
                struct arena arena;
                struct error error;

                arena_init(&arena);
                error_init(&error, &arena);
                enum status status = store_open(&only, &options, &error);
                assert(status == OK);
                arena_release(&arena);
        }
        return only;
}

/* Whether each line of a text is one of another's. */
static bool lines_within(struct arena *arena, const char *text, struct bytes whole)
{
        const char *all = arena_printf(arena, "\n%.*s", (int)whole.len, (const char *)whole.data);

        for (const char *end; (end = strchr(text, '\n')) != NULL; text = end + 1)
                if (strstr(all, arena_printf(arena, "\n%.*s\n", (int)(end - text), text)) == NULL)
                        return false;
        return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct store *store = empty_store();
        struct group *group = group_begin(store);
        struct bytes ours, after;
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        struct txn *txn = group_txn(group, &arena);
        bool known = meta_read(txn, "declarations", &ours);
        assert(known);
        ours = bytes_of(arena_copy(&arena, ours.data, ours.len), ours.len);
        const char *text = arena_printf(&arena, "%.*s", (int)size, (const char *)data);
        meta_write(txn, "declarations", bytes_of(data, size));
        enum status status = contract_open(txn, &error);
        known = meta_read(txn, "declarations", &after);
        assert(known && txn_status(txn) == OK);
        if (status == OK) {
                assert(lines_within(&arena, text, ours));
                assert(bytes_equal(after, ours));
        } else {
                assert(status == FAILED_PRECONDITION && error.message[0] != '\0');
                assert(bytes_equal(after, bytes_of(data, size)));
        }
        txn_drop(txn);
        group_abandon(group);
        arena_release(&arena);
        return 0;
}
