#pragma once
/* Everything that the server tells a scrape, in the text format of Prometheus. */
#include "lib/base/bytes.h"

struct pipeline;
struct rpc_server;

void metrics_write(struct buffer *out, struct pipeline *pipeline, struct rpc_server *server);
