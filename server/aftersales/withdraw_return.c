/*
 * The customer changes their mind before anything was received: the units are theirs again. Once a
 * parcel came back there is something to inspect and pay for, and it is too late.
 */
#include "aftersales.handlers.h"
#include "server/aftersales/exchange.h"

enum status aftersales_withdraw_return(
        struct call *call, const WithdrawReturnRequest *request, ReturnCase *response)
{
        ReturnCase *row = return_case_get(call->txn, request->id);

        if (row->state != RETURN_STATE_APPLIED && row->state != RETURN_STATE_APPROVED)
                return case_wrong_state(
                        call, row, "RETURN_NOT_WITHDRAWABLE", "APPLIED or APPROVED");
        if (row->type == RETURN_TYPE_EXCHANGE && row->state == RETURN_STATE_APPROVED) {
                enum status status = exchange_give_up(call, row);

                if (status != OK)
                        return status;
        }
        case_give_back(call, row);
        case_step(call, row, RETURN_STATE_WITHDRAWN);
        case_store(call, row, response);
        case_settle_order(call, row->order_id);
        case_event(call, "return.withdrawn", row);
        return OK;
}
