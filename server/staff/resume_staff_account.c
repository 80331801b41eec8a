/* Opens a suspended account again. */
#include "server/staff/account.h"
#include "staff.handlers.h"

enum status staff_resume_staff_account(
        struct call *call, const ResumeStaffAccountRequest *request, StaffAccount *response)
{
        StaffAccount *account = staff_account_get(call->txn, request->id);

        if (account->state == STAFF_STATE_SUSPENDED) {
                staff_set_state(call, account, STAFF_STATE_ACTIVE);
                call_event(call, "staff_account.resumed", account->id, "", NULL);
        }
        call_respond(response, staff_account_get(call->txn, account->id));
        return OK;
}
