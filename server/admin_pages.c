/*
 * The pages. Alive is that an answer comes at all; ready is that calls are taken and none is
 * refused for want of an index. Who is not ready says why, for the person behind the probe.
 */
#include "server/admin_pages.h"

#include "server/metrics.h"
#include "server/pipeline.h"

enum { HTTP_OK = 200, HTTP_UNAVAILABLE = 503 };

static unsigned write_metrics(void *context, struct buffer *out)
{
        const struct admin_view *view = context;

        metrics_write(out, view->pipeline, view->server);
        return HTTP_OK;
}

static unsigned write_health(void *context, struct buffer *out)
{
        buffer_append_text(out, "alive\n");
        return HTTP_OK;
}

static unsigned write_readiness(void *context, struct buffer *out)
{
        static const char *const words[] = {
                [PIPELINE_READY] = "ready\n",
                [PIPELINE_BUILDING] = "not ready: indexes are being built\n",
                [PIPELINE_DRAINING] = "not ready: draining\n",
                [PIPELINE_FAILED] = "not ready: the store failed\n",
        };
        const struct admin_view *view = context;
        enum pipeline_readiness readiness = pipeline_readiness(view->pipeline);

        buffer_append_text(out, words[readiness]);
        return readiness == PIPELINE_READY ? HTTP_OK : HTTP_UNAVAILABLE;
}

const struct admin_page admin_pages[] = {
        {"/metrics", "text/plain; version=0.0.4; charset=utf-8", write_metrics},
        {"/healthz", "text/plain", write_health},
        {"/readyz", "text/plain", write_readiness},
        {NULL, NULL, NULL},
};
