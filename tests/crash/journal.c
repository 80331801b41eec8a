/*
 * Kept in memory: the clients survive, only the server is killed. An answer with a sequence was
 * kept by the server; an error without one changed nothing and may come out otherwise next time.
 */
#include "tests/crash/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/live/daemon.h"

void journal_init(struct journal *journal)
{
        *journal = (struct journal){0};
        pthread_mutex_init(&journal->lock, NULL);
}

void journal_release(struct journal *journal)
{
        for (size_t i = 0; i < journal->count; i++) {
                free(journal->at[i]->request);
                free(journal->at[i]->answer);
                free(journal->at[i]);
        }
        free(journal->at);
        pthread_mutex_destroy(&journal->lock);
}

static void append(struct journal *journal, struct entry *entry)
{
        pthread_mutex_lock(&journal->lock);
        if (journal->count == journal->room) {
                journal->room = journal->room == 0 ? 1024 : 2 * journal->room;
                journal->at = realloc(journal->at, journal->room * sizeof(struct entry *));
        }
        journal->at[journal->count++] = entry;
        pthread_mutex_unlock(&journal->lock);
}

/* One sending and what came of it. */
struct sent {
        enum shop_status code;
        char reason[48];
        uint64_t sequence;
        uint8_t *answer;
        size_t answer_len;
};

static struct sent send_entry(
        const struct entry *entry, struct shop_channel *channel, int64_t timeout_ms)
{
        struct sent sent = {0};
        const struct shop_call_options options = {.timeout_ms = timeout_ms,
                .request_id = entry->request_id,
                .token = entry->token,
                .sequence = &sent.sequence};
        struct shop_error error = {0};

        sent.code =
                shop_invoke_bytes(channel, entry->method->name, entry->method->lane, entry->request,
                        entry->request_len, &options, &sent.answer, &sent.answer_len, &error);
        if (sent.code != SHOP_OK)
                snprintf(sent.reason, sizeof(sent.reason), "%s", error.reason);
        shop_error_release(&error);
        return sent;
}

/* The call may have been run, or may be run yet. */
static bool unheard(enum shop_status code)
{
        return code == SHOP_UNAVAILABLE || code == SHOP_DEADLINE_EXCEEDED ||
               code == SHOP_CANCELLED || code == SHOP_RESOURCE_EXHAUSTED;
}

static void take(struct entry *entry, struct sent *sent)
{
        if (unheard(sent->code))
                return;
        entry->outcome = sent->sequence > 0 ? OUTCOME_KEPT : OUTCOME_FAILED;
        entry->code = sent->code;
        memcpy(entry->reason, sent->reason, sizeof(entry->reason));
        entry->sequence = sent->sequence;
        entry->answer = sent->answer;
        entry->answer_len = sent->answer_len;
        if (sent->code == SHOP_OK && sent->sequence == 0)
                live_fail("%s succeeded without a sequence", entry->method->name);
        if (sent->code == SHOP_INTERNAL || sent->code == SHOP_UNKNOWN ||
                sent->code == SHOP_DATA_LOSS)
                live_fail("%s: %s %s", entry->method->name, shop_status_name(sent->code),
                        sent->reason);
}

struct entry *journal_call(
        struct journal *journal, struct shop_channel *channel, const struct write *write)
{
        struct entry *entry = calloc(1, sizeof(*entry));

        entry->method = write->method;
        shop_request_id(entry->request_id);
        snprintf(entry->token, sizeof(entry->token), "%s", write->token);
        entry->request_len = protobuf_c_message_get_packed_size(write->request);
        entry->request = malloc(entry->request_len + 1);
        protobuf_c_message_pack(write->request, entry->request);
        append(journal, entry);
        struct sent sent = send_entry(entry, channel, write->timeout_ms);

        take(entry, &sent);
        return entry;
}

static void *unpack(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t len)
{
        void *message = protobuf_c_message_unpack(type, NULL, len, data);

        if (message == NULL)
                live_fail("bytes that are no %s", type->name);
        return message;
}

bool entry_succeeded(const struct entry *entry)
{
        return entry->outcome == OUTCOME_KEPT && entry->code == SHOP_OK;
}

void *entry_answer(const struct entry *entry)
{
        return entry_succeeded(entry)
                       ? unpack(entry->method->response, entry->answer, entry->answer_len)
                       : NULL;
}

void *entry_request(const struct entry *entry)
{
        return unpack(entry->method->request, entry->request, entry->request_len);
}

bool entry_settle(struct entry *entry, struct shop_channel *channel)
{
        struct sent sent = send_entry(entry, channel, 0);

        take(entry, &sent);
        return entry->outcome != OUTCOME_UNKNOWN;
}

static const char *text_field(const void *message, const char *name)
{
        const ProtobufCMessageDescriptor *type = ((const ProtobufCMessage *)message)->descriptor;
        const ProtobufCFieldDescriptor *field =
                protobuf_c_message_descriptor_get_field_by_name(type, name);

        if (field == NULL || field->type != PROTOBUF_C_TYPE_STRING)
                return NULL;
        return *(const char *const *)((const char *)message + field->offset);
}

/* The same row, changed since: its etag is another. */
static bool row_moved_on(const struct entry *entry, const struct sent *sent)
{
        void *before = entry_answer(entry);
        void *after = unpack(entry->method->response, sent->answer, sent->answer_len);
        const char *key = text_field(before, "id") != NULL ? "id" : "member_id";
        const char *id = text_field(before, key), *etag = text_field(before, "etag");
        bool moved = id != NULL && etag != NULL && strcmp(id, text_field(after, key)) == 0 &&
                     strcmp(etag, text_field(after, "etag")) != 0;

        protobuf_c_message_free_unpacked(before, NULL);
        protobuf_c_message_free_unpacked(after, NULL);
        return moved;
}

/* A row that was just written and one that was read from the store may have their fields in another
 * order. */
static bool same_message(const struct entry *entry, const struct sent *sent)
{
        ProtobufCMessage *before = entry_answer(entry);
        ProtobufCMessage *after = unpack(entry->method->response, sent->answer, sent->answer_len);
        size_t len = protobuf_c_message_get_packed_size(before);
        uint8_t *bytes = malloc(2 * len + 1);
        bool same = protobuf_c_message_get_packed_size(after) == len;

        if (same) {
                protobuf_c_message_pack(before, bytes);
                protobuf_c_message_pack(after, bytes + len);
                same = memcmp(bytes, bytes + len, len) == 0;
        }
        free(bytes);
        protobuf_c_message_free_unpacked(before, NULL);
        protobuf_c_message_free_unpacked(after, NULL);
        return same;
}

static const char *difference(const struct entry *entry, const struct sent *sent)
{
        if (sent->code != entry->code || strcmp(sent->reason, entry->reason) != 0)
                return "another outcome";
        if (sent->sequence != entry->sequence)
                return "another sequence";
        if (sent->code != SHOP_OK)
                return NULL;
        return same_message(entry, sent) || row_moved_on(entry, sent) ? NULL : "another answer";
}

enum repeat entry_repeat(
        const struct entry *entry, struct shop_channel *channel, char *buffer, size_t size)
{
        struct sent sent = send_entry(entry, channel, 0);
        const char *what = difference(entry, &sent);

        if (what != NULL)
                snprintf(buffer, size, "%s %s was %s %s at %llu and repeated is %s %s at %llu: %s",
                        entry->method->name, entry->request_id, shop_status_name(entry->code),
                        entry->reason, (unsigned long long)entry->sequence,
                        shop_status_name(sent.code), sent.reason, (unsigned long long)sent.sequence,
                        what);
        free(sent.answer);
        if (unheard(sent.code))
                return REPEAT_UNHEARD;
        return what == NULL ? REPEAT_SAME : REPEAT_OTHER;
}
