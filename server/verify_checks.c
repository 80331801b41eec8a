/*
 * The proofs of the domains: each reads rows and says where a figure is not the sum of its
 * movements. Declared in the domain's header.
 */
#include "server/verify.h"

const struct verify_check verify_checks[] = {
        {.name = NULL},
};
