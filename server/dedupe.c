/*
 * A write happens once per request id. Its outcome is kept in the write's own transaction under
 * (time inside the id, keyed hash of principal + method + id) and given again for the same
 * request; another request under the same id is an error of the caller.
 *
 * An answer that is a stored row is kept as its key: nothing personal lives outside its own row,
 * and a replay shows the row as it is now. Other answers that can tell something personal or secret
 * are sealed under the request, which is not kept.
 * Rows are in order of time, so forgetting is deleting from the front.
 */
#include <inttypes.h>
#include <string.h>
#include "internal.rows.h"
#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/rpc/frame.h"
#include "lib/schema/decode.h"
#include "lib/seal/wrap.h"
#include "server/fields.h"
#include "server/work.h"

#define KEPT_MS   (INT64_C(48) * 3600 * 1000)
#define AHEAD_MS  (INT64_C(24) * 3600 * 1000)
#define TIDY_ROWS 64

struct replay_key {
        int64_t time_ms;
        uint8_t hash[SEAL_HASH_LEN];
        uint8_t request_hash[SEAL_HASH_LEN];
        bool named; /* time and hash are set */
};

void dedupe_early(struct work *work)
{
        const struct keyring *keyring = work->private.pipeline->options.keyring;

        work->replay_key = arena_new(work->call.arena, struct replay_key);
        seal_hash(keyring, SEAL_REQUEST, &work->sent, 1, work->replay_key->request_hash);
}

const uint8_t *dedupe_hash(const struct work *work)
{
        const struct replay_key *key = work->replay_key;

        return key != NULL && key->named ? key->hash : NULL;
}

static const struct replay_key *make_key(struct work *work)
{
        const struct keyring *keyring = work->private.pipeline->options.keyring;
        const struct bytes name[] = {
                bytes_of_text(work->caller.id),
                bytes_of_text(work->plan->method->name),
                work->rpc->request_id,
        };
        char id[REQUEST_ID_LEN + 1] = "";

        if (work->replay_key == NULL)
                dedupe_early(work);
        struct replay_key *key = work->replay_key;

        memcpy(id, work->rpc->request_id.data, REQUEST_ID_LEN);
        request_id_check(id, &key->time_ms);
        seal_hash(keyring, SEAL_REQUEST, name, 3, key->hash);
        key->named = true;
        return key;
}

/* The id itself: there, a UUIDv7, neither too old nor from the future. */
static enum status check_id(struct work *work)
{
        struct error *error = &work->call.error;
        struct bytes given = work->rpc->request_id;
        char id[REQUEST_ID_LEN + 1] = "", now[CLOCK_TEXT_MAX];
        int64_t time_ms, now_ms = work->private.real_us / 1000;

        if (given.len == 0)
                return error_set(error, INVALID_ARGUMENT, "REQUEST_ID_MISSING",
                        "%s writes and needs a request_id", work->plan->method->name);
        if (given.len == REQUEST_ID_LEN)
                memcpy(id, given.data, REQUEST_ID_LEN);
        if (!request_id_check(id, &time_ms))
                return error_set(error, INVALID_ARGUMENT, "REQUEST_ID_MALFORMED",
                        "request_id must be a UUID of version 7");
        if (work->system || (time_ms >= now_ms - KEPT_MS && time_ms <= now_ms + AHEAD_MS))
                return OK;
        clock_format(work->private.real_us, now);
        error_set(error, FAILED_PRECONDITION,
                time_ms < now_ms ? "REQUEST_ID_EXPIRED" : "REQUEST_ID_AHEAD",
                "request_id is %s; the server's time is %s",
                time_ms < now_ms ? "older than 48 hours" : "from the future", now);
        error_fact(error, "server_time", "%s", now);
        return error->code;
}

/* ---- giving an answer again ---- */

/* The key under which an answer is kept. The request and its id are nowhere in the database, so
 * only who sends both again, and nobody who has all of the shop's files, gets the answer. */
static void answer_key(const struct work *work, uint8_t key[SEAL_KEY_LEN])
{
        const struct bytes parts[] = {
                bytes_of_text(work->caller.id),
                bytes_of_text(work->plan->method->name),
                work->rpc->request_id,
                work->sent,
        };

        seal_hash(work->private.pipeline->options.keyring, SEAL_ANSWER, parts, 4, key);
}

static struct bytes answer_close(
        const struct work *work, const struct replay_key *key, struct bytes plain)
{
        uint8_t *sealed = arena_alloc(work->call.arena, plain.len + SEAL_OVERHEAD);
        uint8_t secret[SEAL_KEY_LEN];

        answer_key(work, secret);
        seal_close(secret, bytes_of(key->hash, sizeof(key->hash)), plain, sealed);
        return bytes_of(sealed, plain.len + SEAL_OVERHEAD);
}

static bool answer_open(const struct work *work, const struct replay_key *key, struct bytes *kept)
{
        uint8_t *plain = arena_alloc(work->call.arena, kept->len);
        uint8_t secret[SEAL_KEY_LEN];

        answer_key(work, secret);
        if (!seal_open(secret, bytes_of(key->hash, sizeof(key->hash)), *kept, plain))
                return false;
        *kept = bytes_of(plain, kept->len - SEAL_OVERHEAD);
        return true;
}

/* The row as it is now; a row that is gone is answered with its key alone. */
static struct bytes read_row(struct work *work, const Replay *replay, struct bytes kept)
{
        struct arena *arena = work->call.arena;
        const struct schema_table *table = work->plan->method->response->table;
        struct key_value key[KEY_PARTS_MAX];
        void *named = decode_trusted(arena, table->message->descriptor, kept);

        fields_key(table, named, key);
        struct bytes row = replay->kind == REPLAY_KIND_DOCUMENT
                                   ? txn_document_bytes(work->call.txn, table, key)
                                   : txn_get_bytes(work->call.txn, table, key);

        if (row.data == NULL)
                return kept;
        if (!work->plan->has_masked)
                return row;
        void *message = decode_trusted(arena, table->message->descriptor, row);

        fields_hide(table->message, message, fields_hidden(work->plan->method));
        return encode(arena, message);
}

static enum replay malformed(struct work *work)
{
        error_set(&work->call.error, DATA_LOSS, "REPLAY_MALFORMED",
                "the kept answer of this request id cannot be read");
        return REPLAY_REFUSED;
}

static enum replay replay_error(struct work *work, struct bytes kept)
{
        struct rpc_answer *answers;
        size_t count;
        struct error ignored;

        error_init(&ignored, work->call.arena);
        if (frame_read_replies(work->call.arena, kept, &answers, &count, &ignored) != OK ||
                count != 1 || answers[0].error == NULL)
                return malformed(work);
        work->call.error = *answers[0].error;
        return REPLAY_FOUND;
}

static enum replay give_again(struct work *work, const Replay *replay, const struct replay_key *key)
{
        struct bytes kept = bytes_of(replay->answer.data, replay->answer.len);

        work->replayed = true;
        work->sequence = replay->sequence;
        bool sealed = replay->kind == REPLAY_KIND_SEALED || replay->kind == REPLAY_KIND_ERROR;

        if (sealed && !answer_open(work, key, &kept))
                return malformed(work);
        if (replay->kind == REPLAY_KIND_ERROR)
                return replay_error(work, kept);
        if (replay->kind == REPLAY_KIND_ROW || replay->kind == REPLAY_KIND_DOCUMENT)
                kept = read_row(work, replay, kept);
        work->answer = kept;
        return REPLAY_FOUND;
}

enum replay dedupe_find(struct work *work)
{
        if (check_id(work) != OK)
                return REPLAY_REFUSED;
        const struct replay_key *key = make_key(work);
        Replay *replay = replay_get(
                work->call.txn, (uint64_t)key->time_ms, bytes_of(key->hash, sizeof(key->hash)));

        if (replay == NULL)
                return REPLAY_NONE;
        if (bytes_equal(bytes_of(key->request_hash, sizeof(key->request_hash)),
                    bytes_of(replay->request_hash.data, replay->request_hash.len)))
                return give_again(work, replay, key);
        error_set(&work->call.error, INVALID_ARGUMENT, "REQUEST_ID_REUSED",
                "request_id was used before for another request; make a new one per call");
        return REPLAY_REFUSED;
}

/* ---- keeping ---- */

static void set_answer(Replay *replay, struct bytes bytes)
{
        replay->answer = (ProtobufCBinaryData){.len = bytes.len, .data = (uint8_t *)bytes.data};
}

/* Whether children came with the row. */
static bool answered_document(const struct work *work, const struct schema_table *table)
{
        bool some = work->stored;

        for (uint16_t i = 0; i < table->child_count; i++)
                some |= fields_set(work->response,
                        &table->message->descriptor->fields[table->children[i].field]);
        return some;
}

/* Whether the answer is what the store would give. */
static bool answered_row(struct work *work, struct bytes row)
{
        const struct schema_message *message = work->plan->method->response;

        if (row.data == NULL || bytes_equal(row, work->answer))
                return row.data != NULL;
        void *stored = decode_trusted(work->call.arena, message->descriptor, row);

        if (work->plan->has_masked)
                fields_hide(message, stored, fields_hidden(work->plan->method));
        return bytes_equal(encode(work->call.arena, stored), work->answer);
}

/* The answer's key alone, where the answer is what the store would give for it. */
static bool keep_as_row(struct work *work, Replay *replay)
{
        const struct schema_message *message = work->plan->method->response;
        const struct schema_table *table = message->table;
        struct key_value key[KEY_PARTS_MAX];

        if (table == NULL || table->log || work->response == NULL)
                return false;
        fields_key(table, work->response, key);
        bool whole = answered_document(work, table);

        if (!answered_row(work, whole ? txn_document_bytes(work->call.txn, table, key)
                                      : txn_get_bytes(work->call.txn, table, key)))
                return false;
        char *named = arena_alloc(work->call.arena, message->descriptor->sizeof_message);

        schema_message_init(message, named);
        for (uint16_t i = 0; i < table->key_count; i++)
                fields_copy(named, work->response, &message->descriptor->fields[table->key[i]]);
        replay->kind = whole ? REPLAY_KIND_DOCUMENT : REPLAY_KIND_ROW;
        set_answer(replay, encode(work->call.arena, named));
        return true;
}

/* Sealed: a sentence or a detail may say what the caller said. */
static void keep_error(struct work *work, const struct replay_key *key, Replay *replay)
{
        struct buffer buffer = {0};
        const struct rpc_reply reply = {.error = &work->call.error};

        frame_write_reply(&buffer, 0, &reply);
        replay->kind = REPLAY_KIND_ERROR;
        set_answer(replay, answer_close(work, key, bytes_of(buffer.data, buffer.len)));
        buffer_release(&buffer);
}

void dedupe_keep(struct work *work)
{
        struct replay_key *key = work->replay_key;
        Replay replay = REPLAY_INIT;

        replay.time_ms = (uint64_t)key->time_ms;
        replay.hash = (ProtobufCBinaryData){.len = sizeof(key->hash), .data = key->hash};
        replay.request_hash =
                (ProtobufCBinaryData){.len = sizeof(key->request_hash), .data = key->request_hash};
        replay.sequence = txn_sequence(work->call.txn);
        if (work->private.refused) {
                keep_error(work, key, &replay);
        } else if (work->plan->method->secret || !keep_as_row(work, &replay)) {
                bool sealed = work->plan->method->secret || work->plan->method->personal;

                replay.kind = sealed ? REPLAY_KIND_SEALED : REPLAY_KIND_BYTES;
                set_answer(&replay, sealed ? answer_close(work, key, work->answer) : work->answer);
        }
        replay_insert(work->call.txn, &replay);
}

bool dedupe_tidy(struct pipeline *pipeline, struct txn *txn)
{
        struct key_value before =
                key_uint((uint64_t)(pipeline_real_us(pipeline) / 1000 - KEPT_MS - AHEAD_MS));
        struct scan *scan = txn_scan(txn, &replay_table, NULL, NULL, NULL, 0, ASCENDING);
        Replay *replay;
        size_t count = 0;

        scan_between(scan, NULL, &before);
        while (count < TIDY_ROWS && (replay = scan_next(scan)) != NULL) {
                replay_delete(txn, replay->time_ms, bytes_of(replay->hash.data, replay->hash.len));
                count++;
        }
        return count == TIDY_ROWS;
}
