/* Closes an account: its sessions are gone with this call's commit. Its grants stay, for the day
 * it is resumed. */
#include "server/session.h"
#include "server/staff/account.h"
#include "server/staff/grant.h"
#include "staff.handlers.h"

enum status staff_suspend_staff_account(
        struct call *call, const SuspendStaffAccountRequest *request, StaffAccount *response)
{
        StaffAccount *account = staff_account_get(call->txn, request->id);

        if (account->state == STAFF_STATE_ACTIVE) {
                if (grant_is_last_administrator(call, account->id))
                        return grant_refuse_last(call, "id");
                staff_set_state(call, account, STAFF_STATE_SUSPENDED);
                session_close_all(call, account->id);
                call_event(call, "staff_account.suspended", account->id, "", NULL);
        }
        call_respond(response, staff_account_get(call->txn, account->id));
        return OK;
}
