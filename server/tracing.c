/*
 * Spans are not drawn but follow from what was called, so that a handler that runs twice gives its
 * job the same parent, and a call that is repeated after a lost connection is the same span.
 * Refused: a span for every call, traced or not; nobody would look for it, and reads would pay.
 */
#include "server/tracing.h"

#include <ctype.h>
#include <string.h>

static void name_span(const struct pipeline *pipeline, const struct bytes *parts, size_t count,
        struct tracing *out)
{
        uint8_t hash[SEAL_HASH_LEN];
        uint64_t number;

        seal_hash(pipeline->options.keyring, SEAL_REQUEST, parts, count, hash);
        memcpy(&number, hash, sizeof(number));
        trace_span(number, out->span);
}

bool tracing_of_call(const struct work *work, struct tracing *out)
{
        const struct rpc_call *rpc = work->rpc;

        *out = (struct tracing){0};
        if (rpc == NULL || rpc->traceparent.len == 0 || !trace_parse(rpc->traceparent, &out->trace))
                return false;
        const struct bytes parts[] = {rpc->traceparent, rpc->method, rpc->request_id};

        name_span(work->private.pipeline, parts, 3, out);
        return true;
}

bool tracing_of_job(const struct pipeline *pipeline, const Job *job, struct tracing *out)
{
        const struct bytes parts[] = {
                bytes_of_text(job->traceparent),
                bytes_of_text(job->id),
                bytes_of(&job->step, sizeof(job->step)),
                bytes_of(&job->attempts, sizeof(job->attempts)),
        };

        *out = (struct tracing){0};
        if (!trace_parse(parts[0], &out->trace))
                return false;
        name_span(pipeline, parts, 4, out);
        return true;
}

void tracing_pass_on(const struct tracing *tracing, char out[TRACEPARENT_LEN + 1])
{
        trace_format(&tracing->trace, tracing->span, out);
}

const char *tracing_agent(struct bytes agent, char out[AGENT_LOGGED_MAX + 1])
{
        size_t len = agent.len < AGENT_LOGGED_MAX ? agent.len : AGENT_LOGGED_MAX;

        for (size_t i = 0; i < len; i++) {
                char c = (char)agent.data[i];

                out[i] = isalnum((unsigned char)c) || (c != '\0' && strchr("./_+- ", c) != NULL)
                                 ? c
                                 : '?';
        }
        out[len] = '\0';
        return out;
}
