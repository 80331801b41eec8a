/*
 * Errors are values in the arena of the call that failed: nothing to free, nothing global, and
 * every violation of a request is kept, so that a form can mark all its fields at once.
 *
 * Refused: errno and exceptions in the manner of setjmp. A handler returns what it found.
 */
#include "lib/base/status.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

static const char *const names[STATUS_COUNT] = {
        [OK] = "OK",
        [CANCELLED] = "CANCELLED",
        [UNKNOWN] = "UNKNOWN",
        [INVALID_ARGUMENT] = "INVALID_ARGUMENT",
        [DEADLINE_EXCEEDED] = "DEADLINE_EXCEEDED",
        [NOT_FOUND] = "NOT_FOUND",
        [ALREADY_EXISTS] = "ALREADY_EXISTS",
        [PERMISSION_DENIED] = "PERMISSION_DENIED",
        [RESOURCE_EXHAUSTED] = "RESOURCE_EXHAUSTED",
        [FAILED_PRECONDITION] = "FAILED_PRECONDITION",
        [ABORTED] = "ABORTED",
        [OUT_OF_RANGE] = "OUT_OF_RANGE",
        [UNIMPLEMENTED] = "UNIMPLEMENTED",
        [INTERNAL] = "INTERNAL",
        [UNAVAILABLE] = "UNAVAILABLE",
        [DATA_LOSS] = "DATA_LOSS",
        [UNAUTHENTICATED] = "UNAUTHENTICATED",
};

const char *status_name(enum status status)
{
        return (unsigned)status < STATUS_COUNT ? names[status] : names[UNKNOWN];
}

int status_named(const char *name)
{
        for (int i = 0; i < STATUS_COUNT; i++)
                if (strcmp(names[i], name) == 0)
                        return i;
        return -1;
}

void error_init(struct error *error, struct arena *arena)
{
        *error = (struct error){.arena = arena, .code = OK};
}

enum status error_set(
        struct error *error, enum status code, const char *reason, const char *format, ...)
{
        va_list args;

        assert(code != OK && error->arena != NULL);
        va_start(args, format);
        error->message = arena_vprintf(error->arena, format, args);
        va_end(args);
        error->code = code;
        error->reason = arena_text(error->arena, reason);
        return code;
}

enum status error_violation(
        struct error *error, const char *field, const char *reason, const char *format, ...)
{
        struct violation **end = &error->violations;
        struct violation *violation;
        va_list args;

        assert(error->arena != NULL);
        violation = arena_new(error->arena, struct violation);
        va_start(args, format);
        violation->description = arena_vprintf(error->arena, format, args);
        va_end(args);
        violation->field = arena_text(error->arena, field);
        violation->reason = arena_text(error->arena, reason);
        if (error->violations == NULL) {
                error->code = INVALID_ARGUMENT;
                error->reason = violation->reason;
                error->message = violation->description;
        }
        while (*end != NULL)
                end = &(*end)->next;
        *end = violation;
        return INVALID_ARGUMENT;
}

void error_fact(struct error *error, const char *name, const char *format, ...)
{
        struct error_fact **end = &error->facts;
        struct error_fact *fact;
        va_list args;

        assert(error->arena != NULL);
        fact = arena_new(error->arena, struct error_fact);
        fact->name = arena_text(error->arena, name);
        va_start(args, format);
        fact->value = arena_vprintf(error->arena, format, args);
        va_end(args);
        while (*end != NULL)
                end = &(*end)->next;
        *end = fact;
}

static void clone_violations(struct error *to, const struct error *from)
{
        struct violation **end = &to->violations;

        for (const struct violation *at = from->violations; at != NULL; at = at->next) {
                struct violation *copy = arena_new(to->arena, struct violation);

                copy->field = arena_text(to->arena, at->field);
                copy->reason = arena_text(to->arena, at->reason);
                copy->description = arena_text(to->arena, at->description);
                if (at->locale != NULL) {
                        copy->locale = arena_text(to->arena, at->locale);
                        copy->localized = arena_text(to->arena, at->localized);
                }
                *end = copy;
                end = &copy->next;
        }
}

struct error *error_clone(const struct error *from, struct arena *arena)
{
        struct error *to = arena_new(arena, struct error);

        error_init(to, arena);
        clone_violations(to, from);
        error_set(to, from->code, arena_text(arena, from->reason), "%s", from->message);
        for (const struct error_fact *at = from->facts; at != NULL; at = at->next)
                error_fact(to, arena_text(arena, at->name), "%s", at->value);
        to->retry_after_ms = from->retry_after_ms;
        if (from->locale != NULL) {
                to->locale = arena_text(arena, from->locale);
                to->localized = arena_text(arena, from->localized);
        }
        if (from->detail_type != NULL) {
                to->detail_type = arena_text(arena, from->detail_type);
                to->detail = arena_copy(arena, from->detail, from->detail_len);
                to->detail_len = from->detail_len;
        }
        return to;
}
