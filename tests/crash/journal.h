#pragma once
/*
 * What a client was told, and what it never heard: every write with its request id, its bytes and
 * its answer. After a crash the same bytes under the same id must be answered the same.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "client/shop.h"

enum outcome {
        OUTCOME_UNKNOWN, /* no answer: it happened or it did not */
        OUTCOME_KEPT,    /* an answer or a refusal that the server remembers */
        OUTCOME_FAILED,  /* an error that changed nothing and is not remembered */
};

struct entry {
        const struct shop_method *method;
        char request_id[SHOP_REQUEST_ID_SIZE];
        char token[128];
        uint8_t *request;
        size_t request_len;
        enum outcome outcome;
        bool heard; /* the server answered before it was killed */
        enum shop_status code;
        char reason[48];
        uint64_t sequence;
        uint8_t *answer; /* of success, or NULL */
        size_t answer_len;
};

struct journal {
        pthread_mutex_t lock;
        struct entry **at;
        size_t count;
        size_t room;
};

void journal_init(struct journal *journal);
void journal_release(struct journal *journal);

/* Writes it down, sends it, writes down what came, within timeout_ms (0: the channel's). The
 * entry is the journal's. */
struct write {
        const struct shop_method *method;
        const void *request;
        const char *token;
        int64_t timeout_ms;
};
struct entry *journal_call(
        struct journal *journal, struct shop_channel *channel, const struct write *write);

/* The answer decoded, for live_free; NULL unless it succeeded. */
void *entry_answer(const struct entry *entry);
/* The request decoded, for live_free. */
void *entry_request(const struct entry *entry);
bool entry_succeeded(const struct entry *entry);

/* An unanswered entry is sent again and takes the answer that comes. False: none came. */
bool entry_settle(struct entry *entry, struct shop_channel *channel);

enum repeat {
        REPEAT_SAME,
        REPEAT_OTHER,   /* told in buffer */
        REPEAT_UNHEARD, /* nobody answered */
};
/* A kept entry is sent again: answer and sequence must be the same. An answer that is a row may
 * show how the row changed since. */
enum repeat entry_repeat(
        const struct entry *entry, struct shop_channel *channel, char *buffer, size_t size);
