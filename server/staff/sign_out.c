/* Ends the session that the call came with. Open to everybody in the contract, since somebody who
 * lost their last post must still be able to sign out. */
#include "server/session.h"
#include "server/staff/account.h"
#include "staff.handlers.h"

enum status staff_sign_out(
        struct call *call, const StaffSignOutRequest *request, Google__Protobuf__Empty *response)
{
        if (!staff_account_has(call->txn, call->caller->id))
                return call_fail(call, FAILED_PRECONDITION, "NOT_STAFF",
                        "only people of the shop sign out here");
        session_close(call);
        call_event(call, "staff_account.signed_out", call->caller->id, "", NULL);
        return OK;
}
