/*
 * Positions, not splitting: version, trace, parent and flags have fixed places in every version
 * there will be, and only what follows them may differ. Upper-case digits are refused, as the
 * recommendation wants, so that one trace has one spelling in all logs.
 */
#include "lib/rpc/trace.h"

#include <inttypes.h>
#include <stdio.h>

enum { AT_VERSION = 0, AT_TRACE = 3, AT_PARENT = 36, AT_FLAGS = 53 };

static bool hex_at(struct bytes text, size_t at, size_t len)
{
        for (size_t i = at; i < at + len; i++)
                if (!(text.data[i] >= '0' && text.data[i] <= '9') &&
                        !(text.data[i] >= 'a' && text.data[i] <= 'f'))
                        return false;
        return true;
}

static bool zero_at(struct bytes text, size_t at, size_t len)
{
        for (size_t i = at; i < at + len; i++)
                if (text.data[i] != '0')
                        return false;
        return true;
}

static bool shape_ok(struct bytes text)
{
        if (text.len < TRACEPARENT_LEN || !hex_at(text, AT_VERSION, 2) ||
                !hex_at(text, AT_TRACE, TRACE_ID_LEN) || !hex_at(text, AT_PARENT, SPAN_ID_LEN) ||
                !hex_at(text, AT_FLAGS, 2))
                return false;
        if (text.data[AT_TRACE - 1] != '-' || text.data[AT_PARENT - 1] != '-' ||
                text.data[AT_FLAGS - 1] != '-')
                return false;
        if (zero_at(text, AT_VERSION, 2))
                return text.len == TRACEPARENT_LEN;
        return text.len == TRACEPARENT_LEN || text.data[TRACEPARENT_LEN] == '-';
}

bool trace_parse(struct bytes text, struct trace *out)
{
        if (!shape_ok(text) || memcmp(text.data, "ff", 2) == 0 ||
                zero_at(text, AT_TRACE, TRACE_ID_LEN) || zero_at(text, AT_PARENT, SPAN_ID_LEN))
                return false;
        char last = (char)text.data[AT_FLAGS + 1];
        int flags = last <= '9' ? last - '0' : last - 'a' + 10;

        *out = (struct trace){.sampled = flags & 1};
        memcpy(out->id, text.data + AT_TRACE, TRACE_ID_LEN);
        memcpy(out->parent, text.data + AT_PARENT, SPAN_ID_LEN);
        return true;
}

void trace_format(const struct trace *trace, const char parent[SPAN_ID_LEN + 1],
        char out[TRACEPARENT_LEN + 1])
{
        snprintf(out, TRACEPARENT_LEN + 1, "00-%s-%s-0%d", trace->id, parent, trace->sampled);
}

void trace_span(uint64_t number, char out[SPAN_ID_LEN + 1])
{
        snprintf(out, SPAN_ID_LEN + 1, "%016" PRIx64, number == 0 ? 1 : number);
}
