/*
 * Decides about a case, once. A rejected case gives its units back to where they were: they are
 * the customer's again, and another case may ask for them with better reasons. An approved case
 * takes what was in transit when it was opened; while that is not delivered it cannot be approved,
 * and it stays as it is.
 */
#include "aftersales.handlers.h"
#include "server/aftersales/exchange.h"
#include "server/aftersales/taking.h"

static enum status grant(struct call *call, ReturnCase *row)
{
        if (row->type == RETURN_TYPE_EXCHANGE)
                return exchange_agree(call, row);
        return taking_take_awaited(call, row);
}

enum status aftersales_review_return(
        struct call *call, const ReviewReturnRequest *request, ReturnCase *response)
{
        ReturnCase *row = return_case_get(call->txn, request->id);
        bool granted = request->decision == REVIEW_DECISION_APPROVE;

        if (row->state != RETURN_STATE_APPLIED)
                return case_wrong_state(call, row, "RETURN_ALREADY_REVIEWED", "APPLIED");
        if (granted && request->reject_reason[0] != '\0')
                return call_fail_field(call, "reject_reason", "NOT_ALLOWED",
                        "reject_reason must be empty when a case is granted");
        if (!granted && request->reject_reason[0] == '\0')
                return call_fail_field(call, "reject_reason", "REQUIRED",
                        "reject_reason must say why the case is rejected");
        if (request->cause != RETURN_CAUSE_UNSPECIFIED)
                row->cause = request->cause;
        if (granted) {
                enum status status = grant(call, row);

                if (status != OK)
                        return status;
        } else {
                case_give_back(call, row);
        }
        row->reject_reason = request->reject_reason;
        case_step(call, row, granted ? RETURN_STATE_APPROVED : RETURN_STATE_REJECTED);
        case_store(call, row, response);
        case_event(call, granted ? "return.approved" : "return.rejected", row);
        return OK;
}
