/*
 * Ends a case that was refunded or rejected. The customer may say how it went; nobody says it for
 * them, and a rating that was given stands. A case that staff closed first can still be rated:
 * otherwise they would choose which of their cases are.
 */
#include <string.h>
#include "aftersales.handlers.h"
#include "server/aftersales/return_case.h"

enum status aftersales_close_return(
        struct call *call, const CloseReturnRequest *request, ReturnCase *response)
{
        ReturnCase *row = return_case_get(call->txn, request->id);

        if (request->rating != NULL && call_is_staff(call))
                return call_fail(call, PERMISSION_DENIED, "RATING_NOT_OWN",
                        "only the customer of case %s may rate it", row->id);
        if (request->rating != NULL && row->rating != NULL)
                return call_fail(call, FAILED_PRECONDITION, "RETURN_ALREADY_RATED",
                        "case %s was rated before", row->id);
        row->rating = request->rating != NULL ? request->rating : row->rating;
        if (row->state == RETURN_STATE_CLOSED && request->rating != NULL) {
                case_store(call, row, response);
                case_event(call, "return.rated", row);
                return OK;
        }
        if (row->state != RETURN_STATE_REFUNDED && row->state != RETURN_STATE_REJECTED)
                return case_wrong_state(call, row, "RETURN_NOT_DECIDED", "REFUNDED or REJECTED");
        case_step(call, row, RETURN_STATE_CLOSED);
        case_store(call, row, response);
        case_settle_order(call, row->order_id);
        case_event(call, "return.closed", row);
        return OK;
}
