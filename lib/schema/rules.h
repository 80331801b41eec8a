#pragma once
/*
 * Judges a decoded message by the rules of its contract. Every field that is refused is named;
 * nothing is changed.
 */
#include "lib/base/status.h"
#include "lib/schema/schema.h"

/*
 * Which behaviours a message is judged by besides its values: a request as it is; the row inside
 * a Create (output_only refused); the row inside an Update (output_only and immutable refused,
 * and only the fields of the mask are judged).
 */
enum rules_purpose { RULES_REQUEST, RULES_CREATE, RULES_UPDATE };

/* Reasons: REQUIRED, TOO_SHORT, TOO_LONG, TOO_FEW, TOO_MANY, TOO_SMALL, TOO_LARGE, BAD_FORMAT,
 * BAD_ENUM, OUTPUT_ONLY, IMMUTABLE. path is put before the names ("product"), "" for none.
 * mask: field positions judged in RULES_UPDATE, or NULL for all. */
enum status rules_check(const struct schema_message *message, const void *value, const char *path,
        enum rules_purpose purpose, const bool *mask, struct error *error);

bool rules_format_ok(enum schema_format format, const char *text);
