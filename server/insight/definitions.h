#pragma once
/* What figures mean, told with them. */
#include "server/call.h"
#include "insight.rows.h"

struct definition {
        const char *name; /* NULL ends a list */
        const char *text;
};

FigureDefinition **definitions_tell(
        struct call *call, const struct definition *definitions, size_t *count);
