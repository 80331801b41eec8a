/*
 * Proves what nobody may have got around: an administrator by one pair of eyes, a post held twice,
 * a lead who is not in the team, an account that no password opens.
 */
#include "server/staff/staff.h"

#include <string.h>
#include "server/verify.h"
#include "staff_internal.rows.h"

static void check_eyes(struct verify_context *context, const RoleGrant *grant)
{
        const char *asked = grant->granted_by, *approved = grant->approved_by;

        if (strcmp(asked, grant->staff_id) == 0 || strcmp(approved, grant->staff_id) == 0)
                verify_fault(context, "GRANT_TO_SELF", "RoleGrant", grant->id,
                        "%s gave a post to themselves", grant->staff_id);
        if (grant->post != POST_ADMINISTRATOR || grant->start_time == NULL ||
                strcmp(asked, "system") == 0)
                return;
        if (approved[0] == '\0' || strcmp(asked, approved) == 0)
                verify_fault(context, "GRANT_NOT_APPROVED", "RoleGrant", grant->id,
                        "an administrator that no second one approved");
}

static void check_twice(struct verify_context *context, struct txn *txn, const RoleGrant *grant)
{
        struct scan *scan = role_grant_by_staff_id_state(txn, grant->staff_id, grant->state);

        for (const RoleGrant *other; (other = role_grant_next(scan)) != NULL;)
                if (other->post == grant->post && strcmp(other->id, grant->id) != 0)
                        verify_fault(context, "GRANT_TWICE", "RoleGrant", grant->id,
                                "grant %s gives the same post", other->id);
}

static void check_grants(struct verify_context *context, struct txn *txn)
{
        struct scan *scan = role_grant_all(txn);

        for (const RoleGrant *grant; (grant = role_grant_next(scan)) != NULL;) {
                check_eyes(context, grant);
                if (grant->state == GRANT_STATE_ACTIVE || grant->state == GRANT_STATE_PENDING)
                        check_twice(context, txn, grant);
        }
}

void staff_verify(struct verify_context *context, struct txn *txn)
{
        struct scan *accounts = staff_account_all(txn);
        struct scan *teams = team_all(txn);

        check_grants(context, txn);
        for (const StaffAccount *account; (account = staff_account_next(accounts)) != NULL;)
                if (!staff_credential_has(txn, account->id))
                        verify_fault(context, "STAFF_PASSWORD", "StaffAccount", account->id,
                                "no password opens the account");
        for (const Team *team; (team = team_next(teams)) != NULL;)
                if (team->lead_id[0] != '\0' && !team_member_has(txn, team->id, team->lead_id))
                        verify_fault(context, "TEAM_LEAD", "Team", team->id,
                                "its lead %s is not in it", team->lead_id);
}
