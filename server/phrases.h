#pragma once
/* What the shop says when it refuses, in the languages that it speaks beside English. */
#include "lib/base/status.h"

/* Adds the sentence for the error's reason in that language, with the error's facts and the first
 * refused field filled in. Nothing where there is none, or where it wants a fact that the error
 * lacks. */
void phrases_localize(struct error *error, const char *language);
