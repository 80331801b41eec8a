/*
 * Who follows the event log. A follower's handler is its domain's, declared in the domain's header.
 */
#include "server/follow.h"

const struct follower followers[] = {
        {.name = NULL},
};
