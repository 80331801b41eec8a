#pragma once
/*
 * The outcome of anything that the caller or the world can get wrong. Codes, names and numbers
 * are gRPC's (https://grpc.github.io/grpc/core/md_doc_statuscodes.html). Our own bugs are asserts.
 */
#include <stddef.h>
#include <stdint.h>
#include "lib/base/arena.h"

enum status {
        OK = 0,
        CANCELLED = 1,
        UNKNOWN = 2,
        INVALID_ARGUMENT = 3,
        DEADLINE_EXCEEDED = 4,
        NOT_FOUND = 5,
        ALREADY_EXISTS = 6,
        PERMISSION_DENIED = 7,
        RESOURCE_EXHAUSTED = 8,
        FAILED_PRECONDITION = 9,
        ABORTED = 10,
        OUT_OF_RANGE = 11,
        UNIMPLEMENTED = 12,
        INTERNAL = 13,
        UNAVAILABLE = 14,
        DATA_LOSS = 15,
        UNAUTHENTICATED = 16,
};
#define STATUS_COUNT 17

/* "NOT_FOUND" and so on; "UNKNOWN" for a number that is none. */
const char *status_name(enum status status);
/* The status of a name; -1 (as an int) when it is none. */
int status_named(const char *name);

/* One field that was refused: its path ("lines[2].quantity"), a stable reason, a sentence. */
struct violation {
        const char *field;
        const char *reason;
        const char *description;
        const char *locale;    /* of the following, or NULL */
        const char *localized; /* the sentence in that language */
        struct violation *next;
};

/* A figure or name that a program may want beside the sentence: {"available", "3"}. */
struct error_fact {
        const char *name;
        const char *value;
        struct error_fact *next;
};

/*
 * What went wrong, told three ways: a code for the program's control flow, a stable
 * UPPER_SNAKE_CASE reason for its logic, a sentence for its reader. Memory is the arena's.
 * Out-parameters of a function that fails are untouched.
 */
struct error {
        struct arena *arena; /* set by error_init; holds all that hangs here */
        enum status code;
        const char *reason;
        const char *message;
        struct violation *violations; /* in the order found */
        struct error_fact *facts;
        int64_t retry_after_ms;      /* 0: the peer may choose */
        const char *detail_type;     /* full name of the message in detail, or NULL */
        const uint8_t *detail;
        size_t detail_len;
        const char *locale;    /* of the following, or NULL */
        const char *localized; /* the sentence in that language */
};

void error_init(struct error *error, struct arena *arena);

/* Sets code, reason and sentence; returns code, so that a caller can say return error_set(...). */
enum status error_set(struct error *error, enum status code, const char *reason,
        const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Adds a violation and makes the error INVALID_ARGUMENT with the first violation's reason and
 * sentence. Returns INVALID_ARGUMENT. */
enum status error_violation(struct error *error, const char *field, const char *reason,
        const char *format, ...) __attribute__((format(printf, 4, 5)));

/* An error, whole, in another arena. */
struct error *error_clone(const struct error *from, struct arena *arena);

void error_fact(struct error *error, const char *name, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
