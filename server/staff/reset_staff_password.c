/*
 * A new one-time password for somebody who forgot theirs. Whoever resets it could sign in with it,
 * so it is refused for administrators, also for one to be: one person would be two pairs of eyes.
 */
#include "server/session.h"
#include "server/staff/account.h"
#include "server/staff/grant.h"
#include "staff.handlers.h"

enum status staff_reset_staff_password_prepare(
        struct call *call, const ResetStaffPasswordRequest *request)
{
        return staff_prepare_password(call);
}

enum status staff_reset_staff_password(
        struct call *call, const ResetStaffPasswordRequest *request, StaffPassword *response)
{
        StaffAccount *account = staff_account_get(call->txn, request->id);

        if (grant_held(call, account->id, POST_ADMINISTRATOR) != NULL) {
                call_fail_field(call, "id", "IS_ADMINISTRATOR",
                        "id: the password of an administrator is reset beside the stopped server");
                return call_fail(call, FAILED_PRECONDITION, "IS_ADMINISTRATOR",
                        "id: the password of an administrator is reset beside the stopped server");
        }
        session_close_all(call, account->id);
        staff_answer_password(call, account, response);
        call_event(call, "staff_account.password_reset", account->id, "", NULL);
        return OK;
}
