#pragma once
/* What the shop says when it refuses, in the languages that it speaks beside English. */
#include "lib/base/status.h"

/* Adds the sentences in that language for the error's reason and those of its violations, with the
 * error's facts and the refused field filled in. Nothing where there is none, or where it wants a
 * fact that the error lacks. */
void phrases_localize(struct error *error, const char *language);
