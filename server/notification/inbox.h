#pragma once
/* The end of a notice's way, for this folder. */
#include "server/call.h"
#include "notification.rows.h"

/* Fills in its words and makes it delivered, or suppressed where the member does not want it there;
 * the caller stores it. */
void inbox_put(struct call *call, Notification *row);
/* It is over: the row, its time and what is forgotten with it. The caller stores it. */
void inbox_end(struct call *call, Notification *row, NotificationState state, const char *reason);
/* The type of the event that tells its state. */
const char *inbox_event(const Notification *row);
