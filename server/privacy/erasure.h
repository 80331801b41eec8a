#pragma once
/* Inside this domain: what stands against forgetting somebody, and how it begins. */
#include "server/call.h"
#include "privacy.rows.h"

/* ORDER_OPEN, MONEY_OWED, CASE_OPEN, PAYMENT_OPEN, GIFT_OPEN. */
enum status erasure_check_business(struct call *call, const char *member_id);
/* Destroys their key and has the rest deleted. erasure has an author and a reason, and is stored.
 */
void erasure_begin(struct call *call, const char *member_id, Erasure *erasure);
