#pragma once
/*
 * When a call is repeated: pure arithmetic, no clock and no socket. Reads may always be repeated;
 * writes carry a request id and may be too.
 */
#include <stdbool.h>
#include "lib/base/random.h"
#include "lib/base/status.h"

enum retry_verdict {
        RETRY_NEVER,
        RETRY_LATER, /* after a delay, if budget and attempts allow */
        RETRY_ALONE, /* at once, in a message of its own; costs nothing */
};

enum retry_verdict retry_judge(const struct error *error);

/*
 * Retries a channel may still make (gRPC proposal A6): a failure costs a token, a success earns a
 * tenth, and at half the tokens or fewer nothing is repeated. A server in trouble is not buried
 * under repetitions.
 */
struct retry_budget {
        int tokens_milli;
};

void retry_budget_init(struct retry_budget *budget);
void retry_budget_success(struct retry_budget *budget);
/* True when the failure may be repeated. */
bool retry_budget_failure(struct retry_budget *budget);
/* The same of a failure that costs nothing. */
bool retry_budget_left(const struct retry_budget *budget);

/* How long to wait before attempt + 1; attempt is 1 for the first. At least what the server
 * advised (0: nothing), doubling, half of it random. */
int64_t retry_delay_us(int attempt, int64_t advised_ms, struct random *random);
