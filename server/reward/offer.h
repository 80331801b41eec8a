#pragma once
/* Who knows of which reward, and when it is to be had; for this folder. */
#include "server/call.h"
#include "reward.rows.h"

/* It is within its times and was not ended. */
bool offer_is_open(const struct call *call, const Reward *reward);
/* It began, is to be had for points, and the caller is asked to it. Whoever is not is answered
 * offer_absent. */
bool offer_is_known(struct call *call, const Reward *reward);
enum status offer_absent(struct call *call, const char *field, const char *id);
