/*
 * The store proves its own structure first; the domains' checks then read rows through a snapshot
 * as any handler does. A check reports and goes on: one fault never hides another.
 */
#include "server/verify.h"

#include <stdarg.h>

struct verify_context {
        verify_report *report;
        void *context;
        struct arena arena;
        size_t faults;
};

void verify_fault(struct verify_context *verify, const char *kind, const char *table,
        const char *key, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        const char *sentence = arena_vprintf(&verify->arena, format, args);

        va_end(args);
        verify->faults++;
        verify->report(verify->context, kind, table, key, sentence);
}

/* A check that could not read everything has proved nothing. */
static void check_read(
        struct verify_context *verify, const struct verify_check *check, const struct txn *txn)
{
        if (txn_status(txn) != OK)
                verify_fault(verify, txn_error(txn)->reason, check->name, "",
                        "the check could not read on: %s", txn_error(txn)->message);
}

size_t verify_run(struct store *store, verify_report *report, void *context)
{
        struct verify_context verify = {.report = report, .context = context};
        size_t faults = store_verify(store, report, context);

        arena_init(&verify.arena);
        for (const struct verify_check *check = verify_checks; check->name != NULL; check++) {
                struct arena arena;

                arena_init(&arena);
                struct txn *txn = txn_begin_read(store, &arena);

                check->run(&verify, txn);
                check_read(&verify, check, txn);
                txn_end(txn);
                arena_release(&arena);
        }
        arena_release(&verify.arena);
        return faults + verify.faults;
}
