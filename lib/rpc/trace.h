#pragma once
/*
 * W3C Trace Context (https://www.w3.org/TR/trace-context/): what a traceparent says. A caller
 * names its trace and its own part of it, the parent; who serves the call names its part, the
 * span, and passes that on as the parent of what it causes. Pure functions over text.
 */
#include <stdbool.h>
#include "lib/base/bytes.h"

#define TRACE_ID_LEN    32
#define SPAN_ID_LEN     16
#define TRACEPARENT_LEN 55

struct trace {
        char id[TRACE_ID_LEN + 1];
        char parent[SPAN_ID_LEN + 1];
        bool sampled; /* the caller records it and asks others to */
};

/* False, and out untouched, for what is no traceparent: it is then as if none had been given. Of
 * versions to come the part that this one knows is read. */
bool trace_parse(struct bytes text, struct trace *out);
/* With another parent, in version 00. */
void trace_format(const struct trace *trace, const char parent[SPAN_ID_LEN + 1],
        char out[TRACEPARENT_LEN + 1]);
/* A number as the name of a span; 0, which names none, becomes 1. */
void trace_span(uint64_t number, char out[SPAN_ID_LEN + 1]);
