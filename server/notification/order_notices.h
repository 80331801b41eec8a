#pragma once
/* What customers are told of their orders, by the name in server/followers.c. */
#include "server/follow.h"

/* "notification.orders" */
enum status order_notices(struct call *call, const Event *event);
