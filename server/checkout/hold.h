#pragma once
/* How long an unpaid order holds its stock, and how much of it one member may hold (rule 7). */
#include "server/call.h"
#include "checkout.rows.h"

#define HOLD_US        (30 * 60 * INT64_C(1000000))
#define HOLD_UNITS_MAX INT64_C(1000000) /* as much as one line may have */

/* FAILED_PRECONDITION, TOO_MANY_UNITS_HELD where the member's unpaid orders and this new one, not
 * yet stored, would hold more. */
enum status hold_check(struct call *call, const Order *order);
