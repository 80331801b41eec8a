/*
 * The handler's side of a call. All of it works on the call's arena and on state that is set back
 * before a second run, so that a handler cannot tell the first from the second.
 *
 * Identifiers and chance follow from principal, method and request id: a retry that runs again
 * (its first attempt failed) makes the same ids. Refused: a counter in the store, which would make
 * handlers of one group depend on each other's order more than they must.
 */
#include "server/call.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/schema/decode.h"
#include "server/fields.h"
#include "server/watch.h"

enum status call_fail(
        struct call *call, enum status status, const char *reason, const char *format, ...)
{
        va_list args;

        assert(status != OK);
        va_start(args, format);
        const char *message = arena_vprintf(call->arena, format, args);

        va_end(args);
        return error_set(&call->error, status, reason, "%s", message);
}

enum status call_refuse(
        struct call *call, enum status status, const char *reason, const char *format, ...)
{
        va_list args;

        assert(status != OK);
        va_start(args, format);
        const char *message = arena_vprintf(call->arena, format, args);

        va_end(args);
        call->private->refused = true;
        return error_set(&call->error, status, reason, "%s", message);
}

enum status call_fail_field(
        struct call *call, const char *field, const char *reason, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        const char *message = arena_vprintf(call->arena, format, args);

        va_end(args);
        return error_violation(&call->error, field, reason, "%s", message);
}

enum status call_fail_absent(
        struct call *call, const char *field, const char *table, const char *words, const char *key)
{
        const char *reason = arena_printf(call->arena, "%s_NOT_FOUND", table);

        error_violation(&call->error, field, reason, "%s: no such %s: %s", field, words, key);
        return error_set(&call->error, NOT_FOUND, reason, "no such %s: %s", words, key);
}

void call_fact(struct call *call, const char *name, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        const char *value = arena_vprintf(call->arena, format, args);

        va_end(args);
        error_fact(&call->error, name, "%s", value);
}

void call_detail(struct call *call, const void *message)
{
        const ProtobufCMessage *base = message;
        struct bytes bytes = encode(call->arena, message);

        call->error.detail_type = base->descriptor->name;
        call->error.detail = bytes.data;
        call->error.detail_len = bytes.len;
}

void call_answer(struct call *call, struct stored row)
{
        struct work *work = call->private->work;

        assert(!work->plan->writes && row.table->message == call->method->response);
        work->answer = row.bytes;
}

void call_answer_document(struct call *call, void *response, const char *id)
{
        struct work *work = call->private->work;
        const struct schema_table *table = call->method->response->table;

        assert(work->plan->writes && table != NULL && table->key_count == 1);
        const ProtobufCFieldDescriptor *field = &table->message->descriptor->fields[table->key[0]];

        fields_set_text(response, field, id);
        work->answer = txn_document_bytes(call->txn, table, &key_text(id));
        work->stored = true;
}

void call_answer_each(struct call *call, uint32_t number, struct scan *scan)
{
        struct work *work = call->private->work;

        work->answer = scan_append(scan, work->answer, number);
}

enum status call_wait(struct call *call, int64_t wait_ms, const struct call_news *news)
{
        assert(call->method->lane == LANE_WAIT);
        watch_want(call->private->work, news);
        call->private->waiting = true;
        call->private->wait_ms = wait_ms;
        return OK;
}

uint64_t *call_wait_mark(struct call *call)
{
        assert(call->method->lane == LANE_WAIT);
        return &call->private->wait_mark;
}

int64_t call_remaining_ms(const struct call *call)
{
        int64_t deadline_us = call->private->work->rpc->deadline_us;
        int64_t left_us = deadline_us - clock_monotonic_us();

        if (deadline_us == 0)
                return -1;
        return left_us > 0 ? left_us / 1000 : 0;
}

const char *call_peer(const struct call *call)
{
        return call->private->work->rpc->peer;
}

void call_leave_snapshot(struct call *call)
{
        if (call->txn == NULL)
                return;
        assert(call->method->lane == LANE_SLOW);
        txn_end(call->txn);
        call->txn = NULL;
}

void call_respond(void *response, const void *row)
{
        const ProtobufCMessage *message = row;

        memcpy(response, row, message->descriptor->sizeof_message);
}

/* ---- memory, time, chance ---- */

char *call_text(struct call *call, const char *text)
{
        return arena_text(call->arena, text);
}

char *call_printf(struct call *call, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        char *text = arena_vprintf(call->arena, format, args);

        va_end(args);
        return text;
}

static struct random *random_of(struct call *call)
{
        struct call_private *private = call->private;

        if (!private->seeded) {
                const struct bytes parts[] = {
                        bytes_of_text(call->caller->id),
                        bytes_of_text(call->method->name),
                        private->work->rpc->request_id,
                };
                const uint8_t *known = dedupe_hash(private->work); /* of the same */
                uint8_t hash[SEAL_HASH_LEN];
                uint64_t seed;

                if (known == NULL)
                        seal_hash(private->pipeline->options.keyring, SEAL_REQUEST, parts, 3, hash);
                memcpy(&seed, known != NULL ? known : hash, sizeof(seed));
                random_seed(&private->random, seed);
                private->seeded = true;
        }
        return &private->random;
}

char *call_new_id(struct call *call)
{
        char *id = arena_alloc(call->arena, ID_LEN + 1);

        id_make(call->now_us, random_of(call), id);
        const struct work *work = call->private->work;

        /* What the shop does itself it may do again, with the same ids. */
        if (work->once && !work->system && call->txn != NULL)
                txn_id_is_new(call->txn, id);
        return id;
}

uint64_t call_random(struct call *call)
{
        return random_next(random_of(call));
}

Timestamp *call_now(struct call *call)
{
        return call_time(call, call->now_us);
}

Timestamp *call_time(struct call *call, int64_t us)
{
        Timestamp *time = call_new(call, Timestamp);
        int64_t rest = us % 1000000;

        google__protobuf__timestamp__init(time);
        time->seconds = us / 1000000;
        if (rest < 0) {
                rest += 1000000;
                time->seconds--;
        }
        time->nanos = (int32_t)(rest * 1000);
        return time;
}

int64_t time_us(const Timestamp *time)
{
        return time == NULL ? 0 : time->seconds * 1000000 + time->nanos / 1000;
}

/* ---- the server itself ---- */

struct store *call_store(struct call *call)
{
        return call->private->pipeline->options.store;
}

struct clock *call_clock(struct call *call)
{
        return call->private->pipeline->options.clock;
}

const struct schema *call_schema(struct call *call)
{
        return call->private->pipeline->options.schema;
}

bool call_serving(struct call *call)
{
        const struct pipeline *pipeline = call->private->pipeline;

        return !pipeline_draining(pipeline) && !pipeline_failed(pipeline);
}

void call_drain(struct call *call)
{
        pipeline_drain(call->private->pipeline);
}

enum status call_reload(struct call *call, struct rpc_certificate *out)
{
        const struct pipeline_reload *reload = &call->private->pipeline->options.reload;

        if (reload->run == NULL)
                return call_fail(
                        call, FAILED_PRECONDITION, "NOT_TLS", "this server has no certificate");
        return reload->run(reload->context, out, &call->error);
}
