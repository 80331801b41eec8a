#pragma once
/* What the administration port shows: /metrics, /healthz, /readyz. */
#include "server/admin_http.h"

struct pipeline;
struct rpc_server;

/* The context of the pages. */
struct admin_view {
        struct pipeline *pipeline;
        struct rpc_server *server;
};

extern const struct admin_page admin_pages[];
