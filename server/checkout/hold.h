#pragma once
/* How much stock the unpaid orders of one member may hold (rule 7). */
#include "server/call.h"
#include "checkout.rows.h"
#include "server/checkout/edit.h"

/* FAILED_PRECONDITION, TOO_MANY_UNITS_HELD where the member's unpaid orders and this new one, not
 * yet stored, would hold more. */
enum status hold_check(struct call *call, const Order *order);
/* The same of units that an edit adds to an order, where they are held before they are paid. */
enum status hold_check_more(struct call *call, const Order *order, const struct edit *edit);
