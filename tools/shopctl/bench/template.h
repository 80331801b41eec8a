#pragma once
/*
 * Requests that differ from call to call. In fields, JSON and the token's text stand
 *
 *      {n}       the number of the call, from 1
 *      {line}    a line of the data file, each in turn, the first again after the last
 *      {1}..{9}  a part of that line between tabs
 */
#include "lib/base/bytes.h"
#include "tools/shopctl/shopctl.h"

struct template
{
        struct settings *settings;
        const struct schema_method *method;
        char **words; /* the request as on the command line, -d @FILE read */
        int word_count;
        const char *token; /* NULL: the channel's */
        const char **lines;
        size_t line_count;
        struct template_call *kept; /* one per line, where a call's number matters to none */
        struct arena scratch;
};

/* One call's request, encoded, and its token. */
struct template_call {
        struct bytes request;
        const char *token;
};

/* data: path, or NULL. words: as invoke_request wants them, copied. Tries every line, so that a
 * mistake is told before the load begins. False with the error set. */
bool template_init(struct template *template, const char *data, struct error *error);
void template_release(struct template *template);
/* Of call n; valid until the next call of this function. False with the error set. */
bool template_make(
        struct template *template, uint64_t n, struct template_call *out, struct error *error);
