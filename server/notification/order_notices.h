#pragma once
/* What customers are told of their orders. */
#include "server/follow.h"
#include "checkout.rows.h"
#include "membership.rows.h"

/* "notification.orders", by the name in server/followers.c. */
enum status order_notices(struct call *call, const Event *event);
/* That it was placed, in the same transaction. member: whose it is, or NULL. */
void order_notices_placed(struct call *call, const Order *order, const Member *member);
