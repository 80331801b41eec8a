/*
 * The first administrator, and the way back in for one who forgot the password: asked for beside
 * the stopped server by somebody who may read its files, which is more than any post. So it needs
 * nobody's approval, and undoes what was done to the account.
 */
#include "server/session.h"
#include "server/staff/account.h"
#include "server/staff/grant.h"
#include "staff.handlers.h"

/* A grant that waits or that ends some day gives way to one that counts and stays. */
static void make_administrator(struct call *call, const StaffAccount *account)
{
        RoleGrant *held = grant_held(call, account->id, POST_ADMINISTRATOR);

        if (held != NULL && held->state == GRANT_STATE_ACTIVE && held->expire_time == NULL)
                return;
        if (held != NULL)
                grant_end(call, held, GRANT_STATE_REVOKED, "made beside the stopped server");
        RoleGrant *grant = grant_new(call, account->id, POST_ADMINISTRATOR);

        grant->reason = "made beside the stopped server";
        grant_start(call, grant);
        role_grant_insert(call->txn, grant);
        grant_tell(call, "role_grant.granted", grant);
}

enum status staff_open_administrator(
        struct call *call, const OpenAdministratorRequest *request, StaffAccount *response)
{
        StaffAccount *account = staff_account_get_by_login_name(call->txn, request->login_name);

        if (account == NULL)
                account = staff_open_account(call, request->login_name, "");
        if (account->state != STAFF_STATE_ACTIVE)
                staff_set_state(call, account, STAFF_STATE_ACTIVE);
        session_close_all(call, account->id);
        staff_keep_password(call, account->id, request->password_hash,
                session_now_us(call) + STAFF_ONE_TIME_US);
        make_administrator(call, account);
        call_event(call, "staff_account.administrator_opened", account->id, "", NULL);
        call_respond(response, staff_account_get(call->txn, account->id));
        return OK;
}
