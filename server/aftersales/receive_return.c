/*
 * Books the parcel of an approved case. What came back is not for sale yet: it enters quarantine
 * at the location that received it (rule 7) and waits for the inspection.
 */
#include "aftersales.handlers.h"
#include "server/aftersales/exchange.h"
#include "server/supply/supply.h"

enum status aftersales_receive_return(
        struct call *call, const ReceiveReturnRequest *request, ReturnCase *response)
{
        ReturnCase *row = return_case_get(call->txn, request->id);
        struct return_lines lines = case_lines(call, row->id);

        if (!case_comes_back(row->type))
                return call_fail(call, FAILED_PRECONDITION, "RETURN_NOTHING_TO_RECEIVE",
                        "case %s refunds only; nothing is sent back for it", row->id);
        if (row->state != RETURN_STATE_APPROVED)
                return case_wrong_state(call, row, "RETURN_NOT_APPROVED", "APPROVED");
        for (size_t i = 0; i < lines.n; i++) {
                ReturnLine *line = lines.at[i];
                enum status status = OK;

                if (line->quantity > 0) /* none where all it waited for got lost */
                        status = supply_move(call, MOVEMENT_TYPE_RETURN, line->variant_id,
                                request->location_id, line->quantity, row->id);
                if (status != OK)
                        return status;
                line->location_id = request->location_id;
                return_line_update(call->txn, line);
        }
        call_unschedule(call, EXCHANGE_EXPIRY_METHOD, row->id);
        case_step(call, row, RETURN_STATE_RECEIVED);
        case_store(call, row, response);
        case_event(call, "return.received", row);
        return OK;
}
