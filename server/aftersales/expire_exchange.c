/*
 * The timer of an approved exchange (rule 11): its stock waits for the parcel so long. When it did
 * not come the customer keeps what they have, and the replacement is free for others.
 */
#include "aftersales.handlers.h"
#include "server/aftersales/exchange.h"

enum status exchange_expire(struct call *call, ReturnCase *row)
{
        enum status status = exchange_give_up(call, row);

        if (status != OK)
                return status;
        case_give_back(call, row);
        case_step(call, row, RETURN_STATE_EXPIRED);
        case_store(call, row, call_new(call, ReturnCase));
        case_settle_order(call, row->order_id);
        case_event(call, "return.expired", row);
        return OK;
}

enum status aftersales_expire_exchange(
        struct call *call, const TimerRequest *request, Empty *response)
{
        ReturnCase *row = return_case_get(call->txn, request->subject_id);

        if (row == NULL || row->type != RETURN_TYPE_EXCHANGE || row->state != RETURN_STATE_APPROVED)
                return OK;
        return exchange_expire(call, row);
}
