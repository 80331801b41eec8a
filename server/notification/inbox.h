#pragma once
/* The end of a notice's way, for this folder. */
#include "server/call.h"
#include "membership.rows.h"
#include "notification.rows.h"

/* Fills in its words and makes it delivered, or suppressed where the member, whose it is, does not
 * want it there; the caller stores it. */
void inbox_put(struct call *call, Notification *row, const Member *member);
/* It is over: the row, its time and what is forgotten with it. The caller stores it. */
void inbox_end(struct call *call, Notification *row, NotificationState state, const char *reason);
/* The type of the event that tells its state. */
const char *inbox_event(const Notification *row);
