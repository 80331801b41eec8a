/*
 * Grants end by the shop's clock, not the machine's as sessions do. How long somebody stands in for
 * a colleague is the shop's business; shop time never goes back, so a machine whose clock is set
 * back gives no post back; and a timer ends the grant with an event in order with all others. A
 * call looks at the time itself all the same: a timer may be a moment late.
 */
#include "server/grants.h"

#include "staff.rows.h"

struct posts grants_of(struct txn *txn, const char *staff_id, int64_t now_us)
{
        struct scan *scan = role_grant_by_staff_id_state(txn, staff_id, GRANT_STATE_ACTIVE);
        struct posts posts = {0};

        for (const RoleGrant *grant; (grant = role_grant_next(scan)) != NULL;) {
                if (grant->expire_time != NULL && time_us(grant->expire_time) <= now_us)
                        continue;
                posts.roles |= UINT32_C(1) << grant->post;
                if (grant->reach == GRANT_REACH_TEAM)
                        posts.narrowed |= UINT32_C(1) << grant->post;
        }
        return posts;
}
