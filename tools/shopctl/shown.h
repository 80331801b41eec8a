#pragma once
/* What others wrote, on a terminal: shown, never obeyed. */
#include <stdio.h>
#include "lib/base/bytes.h"

enum output { OUTPUT_AUTO, OUTPUT_TEXT, OUTPUT_JSON };

/* A text on one line. */
void print_shown(FILE *file, const char *text);
/* One line of a list of methods: with the first sentence of what it does, or for programs. */
void print_method(FILE *file, enum output output, const char *name, const char *doc);
