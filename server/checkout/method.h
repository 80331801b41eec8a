#pragma once
/* Who may pay how. */
#include "checkout.rows.h"
#include "server/call.h"

/* Whether the order that is being placed may be paid as it says. FAILED_PRECONDITION
 * METHOD_NOT_OFFERED, METHOD_LIMIT, NO_CREDIT_LINE or CREDIT_EXCEEDED with facts. */
enum status method_check(struct call *call, const Order *order);
/* The same where an order that stands comes to cost more_minor more. */
enum status method_check_more(struct call *call, const Order *order, int64_t more_minor);
