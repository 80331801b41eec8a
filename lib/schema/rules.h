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
 * and only the fields of the mask are judged; the key names the row, so it is always judged, must
 * be set, and may be output_only or immutable).
 *
 * Messages inside are judged for the same purpose. In a request with a google.protobuf.FieldMask
 * a row is partial: what is not set in it is not judged (required, min and so on); whoever knows
 * the mask judges the row itself with RULES_UPDATE.
 */
enum rules_purpose { RULES_REQUEST, RULES_CREATE, RULES_UPDATE };

#define RULES_VIOLATIONS_MAX 64 /* then judging stops */

/*
 * Reasons: REQUIRED, TOO_SHORT, TOO_LONG, TOO_FEW, TOO_MANY, TOO_SMALL, TOO_LARGE, BAD_FORMAT,
 * BAD_ENUM, OUTPUT_ONLY, IMMUTABLE. path is put before the names ("product"), "" for none.
 * mask: field positions judged, or NULL for all. Numbers are judged by min and max also when they
 * are zero; a text that is empty is unset. A limit of 0 in the table is no limit. A Timestamp must
 * be within the years 1 to 9999 and whole in microseconds, and each path of a FieldMask "*" or of
 * the characters of field names (BAD_FORMAT).
 */
enum status rules_check(const struct schema_message *message, const void *value, const char *path,
        enum rules_purpose purpose, const bool *mask, struct error *error);

/* False also for an empty text where the format has no empty form. */
bool rules_format_ok(enum schema_format format, const char *text);
