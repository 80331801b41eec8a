#pragma once
/* Inside this domain: the versions of an order (rule 9). */
#include "server/checkout/edit.h"

/* The first: its placement. The order is stored already; its revision_count is 1. */
void revision_place(struct call *call, const Order *order);

/* The next, by an edit that may be made. It counts at once, or waits for its difference:
 * OUT_OF_STOCK, TOO_MANY_LINES. Order and lines are stored. */
enum status revision_make(struct call *call, const struct edit *edit, const char *reason);
