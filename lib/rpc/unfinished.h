#pragma once
/*
 * Messages that have not come whole: the transport takes memory for one as its bytes come, and
 * whoever sends all but the last of them keeps it. Of all connections they are bounded together.
 */
#include <nng/nng.h>
#include "lib/rpc/connections.h"

struct unfinished;

/* Of more than bytes_max, those connections end on which no message was finished for longest. Not
 * those of ipc: who may open the path is the server's own user. */
struct unfinished *unfinished_new(struct connections *connections, size_t bytes_max);
/* Before the connections are gone; NULL is fine. */
void unfinished_free(struct unfinished *unfinished);
