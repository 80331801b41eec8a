/* Makes an account. The password is made and hashed before the transaction, whether or not the
 * name turns out to be free in it. */
#include "server/staff/account.h"
#include "staff.handlers.h"

enum status staff_create_staff_account_prepare(
        struct call *call, const CreateStaffAccountRequest *request)
{
        return staff_prepare_password(call);
}

enum status staff_create_staff_account(
        struct call *call, const CreateStaffAccountRequest *request, StaffPassword *response)
{
        if (staff_account_get_by_login_name(call->txn, request->login_name) != NULL) {
                call_fail_field(call, "login_name", "LOGIN_NAME_TAKEN",
                        "login_name: somebody has this name");
                return call_fail(call, ALREADY_EXISTS, "LOGIN_NAME_TAKEN",
                        "login_name: somebody has this name");
        }
        StaffAccount *account =
                staff_open_account(call, request->login_name, request->display_name);

        staff_answer_password(call, account, response);
        return OK;
}
