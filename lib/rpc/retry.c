/*
 * The numbers are small because the shop is near: a restart takes a second, a full queue drains
 * in milliseconds. Jitter takes half of the delay, so that clients which failed together do not
 * come back together, and keeps the other half, so that the advice of the server is kept to.
 */
#include "lib/rpc/retry.h"

#include <string.h>

#define TOKENS_MILLI_MAX     10000
#define TOKENS_MILLI_SUCCESS 100
#define TOKENS_MILLI_FAILURE 1000
#define DELAY_US_FIRST       40000
#define DELAY_US_MAX         2000000

enum retry_verdict retry_judge(const struct error *error)
{
        if (error->code == UNAVAILABLE)
                return strcmp(error->reason, "REPLY_DEFERRED") == 0 ? RETRY_ALONE : RETRY_LATER;
        if (error->code == RESOURCE_EXHAUSTED && error->retry_after_ms > 0)
                return RETRY_LATER;
        return RETRY_NEVER;
}

void retry_budget_init(struct retry_budget *budget)
{
        budget->tokens_milli = TOKENS_MILLI_MAX;
}

void retry_budget_success(struct retry_budget *budget)
{
        budget->tokens_milli += TOKENS_MILLI_SUCCESS;
        if (budget->tokens_milli > TOKENS_MILLI_MAX)
                budget->tokens_milli = TOKENS_MILLI_MAX;
}

bool retry_budget_left(const struct retry_budget *budget)
{
        return budget->tokens_milli > TOKENS_MILLI_MAX / 2;
}

bool retry_budget_failure(struct retry_budget *budget)
{
        budget->tokens_milli -= TOKENS_MILLI_FAILURE;
        if (budget->tokens_milli < 0)
                budget->tokens_milli = 0;
        return retry_budget_left(budget);
}

int64_t retry_delay_us(int attempt, int64_t advised_ms, struct random *random)
{
        int64_t delay_us = DELAY_US_FIRST;

        for (int i = 1; i < attempt && delay_us < DELAY_US_MAX; i++)
                delay_us *= 2;
        if (delay_us > DELAY_US_MAX)
                delay_us = DELAY_US_MAX;
        delay_us = delay_us / 2 + (int64_t)random_below(random, (uint64_t)delay_us / 2);
        return advised_ms * 1000 + delay_us;
}
