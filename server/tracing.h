#pragma once
/*
 * A call's place in its caller's trace: what the log says of it, and what a job that it creates
 * is told.
 */
#include "internal.rows.h"
#include "lib/rpc/trace.h"
#include "server/work.h"

/* A part of a trace: trace, who caused it, itself. Empty texts where there is no trace. */
struct tracing {
        struct trace trace;
        char span[SPAN_ID_LEN + 1];
};

/* False where the caller gave no traceparent, or none that is one. */
bool tracing_of_call(const struct work *work, struct tracing *out);
/* The same of an attempt at a job. */
bool tracing_of_job(const struct pipeline *pipeline, const Job *job, struct tracing *out);
/* What it tells those that it causes. */
void tracing_pass_on(const struct tracing *tracing, char out[TRACEPARENT_LEN + 1]);

#define AGENT_LOGGED_MAX 64
/* A caller's agent as a log may have it: short, and nothing but what names and versions have. */
const char *tracing_agent(struct bytes agent, char out[AGENT_LOGGED_MAX + 1]);
