#pragma once
/* What tests of money ask of a stall: what a gateway might say, and what was booked. */
#include "payment.rows.h"
#include "tests/domain/stall.h"

const PaymentAttempt *till_attempt(struct stall *stall, const char *attempt_id);
/* The order's latest attempt of a kind; NULL: none. */
const PaymentAttempt *till_latest(struct stall *stall, const char *order_id, AttemptKind kind);

/* What the gateway says about an attempt, at any time; "SUCCEEDED". */
struct outcome till_tell(struct stall *stall, const char *attempt_id, const char *outcome,
        const char *amount_and_currency);
void till_say(struct stall *stall, const char *attempt_id, const char *outcome, int amount_minor);

int64_t till_booked(struct stall *stall, LedgerAccount account);
size_t till_tickets(struct stall *stall, const char *kind);
