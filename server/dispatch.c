/*
 * Runs the method. Where handlers are checked, a write runs twice from the same state: both runs
 * must change the same keys to the same bytes and answer alike, or the handler looked at something
 * that does not come with the call; and a write that changed rows must have told an event. Both
 * are our own bugs and stop the program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/schema/decode.h"
#include "server/fields.h"
#include "server/work.h"

static void handler_bug(const struct work *work, const char *what)
{
        fprintf(stderr, "handler of %s: %s\n", work->plan->method->name, what);
        abort();
}

/* A row as the answer of a custom method carries its etag like that of a Get. */
static void add_etag(struct work *work, void *response)
{
        struct call *call = &work->call;
        const struct schema_table *table = work->plan->method->response->table;
        struct key_value key[KEY_PARTS_MAX];
        char text[DECIMAL_SIZE];

        if (table == NULL || table->etag == SCHEMA_NONE || call->txn == NULL)
                return;
        const ProtobufCFieldDescriptor *etag = &table->message->descriptor->fields[table->etag];

        /* A row that was read has its own, and nothing changes in a snapshot. */
        if (!work->plan->writes && schema_count(response, etag) > 0)
                return;
        fields_key(table, response, key);
        for (uint16_t i = 0; i < table->key_count; i++)
                if (key[i].type == KEY_TEXT && key[i].text[0] == '\0')
                        return;
        uint64_t sequence = txn_row_sequence(call->txn, table, key);

        if (sequence != 0)
                fields_set_text(response, etag,
                        arena_copy(call->arena, text, decimal_text(sequence, text) + 1));
}

static enum status run_custom(struct work *work)
{
        struct call *call = &work->call;
        const struct schema_message *message = work->plan->method->response;
        void *response = arena_alloc(call->arena, message->descriptor->sizeof_message);

        schema_message_init(message, response);
        enum status status = work->plan->handler->run(call, work->request, response);

        if (status != OK)
                return status;
        if (work->answer.data != NULL) {
                work->response = work->stored ? response : NULL;
                answer_hide(work);
                return OK;
        }
        add_etag(work, response);
        if (work->plan->has_masked)
                fields_hide(message, response, fields_hidden(work->plan->method));
        work->response = response;
        work->answer = encode(call->arena, response);
        return OK;
}

static enum status run_method(struct work *work)
{
        return work->plan->method->kind == METHOD_CUSTOM ? run_custom(work) : standard_run(work);
}

static enum status run_prepare(struct work *work)
{
        return work->plan->handler->prepare(&work->call, work->request);
}

/*
 * Once its transaction stuck, by a write or by a row that is damaged, a handler does not come back
 * from its next read: rows that it knows to be there are not there any more. Refused: a look at
 * each of them, which one handler in five forgot.
 */
static enum status run_until_stuck(struct work *work, enum status (*run)(struct work *work))
{
        struct call *call = &work->call;
        jmp_buf stuck;

        if (setjmp(stuck) != 0) {
                txn_on_stuck(call->txn, NULL);
                call->error = *txn_error(call->txn);
                return call->error.code;
        }
        txn_on_stuck(call->txn, &stuck);
        enum status status = run(work);

        if (call->txn != NULL) /* it may have given its snapshot back */
                txn_on_stuck(call->txn, NULL);
        return status;
}

enum status dispatch_prepare(struct work *work)
{
        work_begin_run(work);
        return run_until_stuck(work, run_prepare);
}

static enum status run_once(struct work *work)
{
        work_begin_run(work);
        work->response = NULL;
        work->answer = (struct bytes){0};
        work->stored = false;
        enum status status = run_until_stuck(work, run_method);

        if (status != OK && work->call.error.code != status)
                handler_bug(work, "it returned a status without call_fail or call_refuse");
        return status;
}

static void check_event(const struct work *work, size_t changes)
{
        if (changes > work->private.exempt_changes && work->private.event_count == 0)
                handler_bug(work, "it changed rows and told no event");
}

static enum status run_checked(struct work *work)
{
        struct txn *txn = work->call.txn;
        size_t mark = txn_mark(txn);
        size_t changes = txn_change_count(txn);
        uint8_t first[32], second[32];
        enum status status = run_once(work);

        if (txn_status(txn) != OK)
                return status;
        struct bytes answer = work->answer;
        const char *reason = work->call.error.reason;
        bool refused = work->private.refused;

        txn_digest(txn, first);
        txn_rewind(txn, mark);
        enum status again = run_once(work);

        if (again != status || refused != work->private.refused ||
                (status != OK && strcmp(reason, work->call.error.reason) != 0))
                handler_bug(work, "its second run ended otherwise than the first");
        txn_digest(txn, second);
        if (memcmp(first, second, sizeof(first)) != 0)
                handler_bug(work, "its second run changed other rows than the first");
        if (!bytes_equal(answer, work->answer))
                handler_bug(work, "its second run answered otherwise than the first");
        if (status == OK || refused)
                check_event(work, txn_change_count(txn) - changes);
        return status;
}

enum status dispatch_method(struct work *work)
{
        if (work->plan->writes && work->private.pipeline->options.handlers == HANDLERS_CHECKED)
                return run_checked(work);
        return run_once(work);
}
