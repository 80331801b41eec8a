#pragma once
/*
 * The posts of staff, as their grants are now. A session of staff holds no posts of its own, so a
 * grant counts from the next call on, and so do its end and its revocation.
 */
#include "server/call.h"

struct posts {
        uint32_t roles;    /* bits 1 << enum role */
        uint32_t narrowed; /* those of them that reach no further than TEAM */
};

/* now_us: shop time. */
struct posts grants_of(struct txn *txn, const char *staff_id, int64_t now_us);
