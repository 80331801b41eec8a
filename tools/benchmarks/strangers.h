#pragma once
/* What the time of an answer tells a stranger of the accounts that there are. */
#include "tools/benchmarks/bench.h"

struct shop_channel;

#define ACCOUNT_PASSWORD "correct horse battery"

/* An account whose address is proved. The channel is the administrator's. */
void account_make(struct shop_channel *channel, const char *email);

/* Adds two rows for each call that takes an address: its time for one that has an account beside
 * one that has none, and how sure it is that they differ. */
void strangers_compare(const struct bench_options *options, struct table *table);
