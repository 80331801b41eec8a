#pragma once
/* What the files of parked calls share; what others ask of them is in server/work.h. */
#include "server/call.h"
#include "server/work.h"

/* What the call waits for from now on; while it is not in the index. */
void watch_want(struct work *work, const struct call_news *news);
void watch_index_add(struct parked *parked, struct work *work);
void watch_index_remove(struct work *work);
/* Some call there that an event may concern, or NULL. */
struct work *watch_index_find(const struct parked *parked, const char *owner, const char *type);
