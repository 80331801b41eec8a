/* Proves that whoever looks after a member can reach them. Members are found by their agents, of
 * whom there are few, not the other way round. */
#include "server/care/care.h"

#include "membership.rows.h"
#include "server/verify.h"
#include "staff.rows.h"

void care_verify(struct verify_context *context, struct txn *txn)
{
        struct scan *accounts = staff_account_all(txn);

        for (const StaffAccount *account; (account = staff_account_next(accounts)) != NULL;) {
                struct scan *members = member_by_agent_id(txn, account->id);

                for (const Member *member; (member = member_next(members)) != NULL;)
                        if (member->team_id[0] != '\0' &&
                                !team_member_has(txn, member->team_id, account->id))
                                verify_fault(context, "MEMBER_AGENT", "Member", member->id,
                                        "their agent %s is not of their team", account->id);
        }
}
