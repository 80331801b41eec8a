#pragma once
/*
 * UTF-8 as RFC 3629 defines it: shortest form, no surrogates, nothing above U+10FFFF.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/base/bytes.h"

/* Valid UTF-8 that holds no NUL. */
bool utf8_check(struct bytes text);

/* Takes the first code point off the front of *text; -1, nothing taken, when it is not valid. */
int32_t utf8_take(struct bytes *text);

/* How many bytes at the front are printable ASCII, from space to tilde. */
size_t utf8_printable(struct bytes text);

/* Code points of a valid text. */
size_t utf8_length(struct bytes text);
