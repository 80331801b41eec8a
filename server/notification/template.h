#pragma once
/* What templates of one notice have in common, for this folder. */
#include "server/call.h"
#include "notification.rows.h"

/* Gives a new template the purpose and variables of its notice: the shop's own, or as its other
 * templates say. What the request says otherwise is refused by its field. */
enum status template_join(struct call *call, NotificationTemplate *row);
