/*
 * Opens a case. Its units leave the customer's reach at once (IN_CASE), so that two cases never
 * hold the same unit, and what they paid is fixed here: a return refunds what its units paid and
 * runs no promotion again (rule 17).
 *
 * The window protects the shop from late returns of what was delivered; what never arrived has
 * none, and staff may be kind.
 */
#include <string.h>
#include "aftersales.handlers.h"
#include "lib/base/clock.h"
#include "server/aftersales/return_case.h"
#include "server/aftersales/taking.h"

static ReturnType type_of(const ApplyReturnRequest *request)
{
        if (request->type == RETURN_TYPE_UNSPECIFIED)
                return RETURN_TYPE_RETURN_AND_REFUND;
        return request->type;
}

static bool same_content(
        const ApplyReturnRequest *request, const ReturnCase *known, struct return_lines lines)
{
        if (strcmp(known->order_id, request->order_id) != 0 || known->type != type_of(request) ||
                strcmp(known->reason, request->reason) != 0 || lines.n != request->n_lines)
                return false;
        for (size_t i = 0; i < lines.n; i++)
                if (lines.at[i]->order_line_number != request->lines[i]->order_line_number ||
                        lines.at[i]->quantity != request->lines[i]->quantity ||
                        strcmp(lines.at[i]->line_key, request->lines[i]->line_key) != 0)
                        return false;
        return true;
}

static enum status answer_known(struct call *call, const ApplyReturnRequest *request,
        const ReturnCase *known, ReturnCase *response)
{
        if (!same_content(request, known, case_lines(call, known->id)))
                return call_fail(call, ALREADY_EXISTS, "EXTERNAL_ID_TAKEN",
                        "external_id %s names case %s, which is about something else",
                        request->external_id, known->id);
        *response = *return_case_document(call->txn, known->id);
        return OK;
}

static bool may_name(const struct call *call)
{
        return call_has_role(call, ROLE_IMPORTER) || call_has_role(call, ROLE_ADMINISTRATOR);
}

static enum status check_window(struct call *call, ReturnType type, const Order *order)
{
        char closed[CLOCK_TEXT_MAX];

        if (call_is_staff(call) || type != RETURN_TYPE_RETURN_AND_REFUND ||
                order->deliver_time == NULL)
                return OK;
        int64_t days = call->terms->return_window_days;
        int64_t end_us = case_window_end_us(time_us(order->deliver_time), days);

        if (call->now_us < end_us)
                return OK;
        clock_format(end_us, closed);
        call_fact(call, "closed", "%s", closed);
        call_fact(call, "limit", "%lld", (long long)days);
        return call_fail(call, FAILED_PRECONDITION, "RETURN_WINDOW_CLOSED",
                "order %s could be returned until %s", order->id, closed);
}

static ReturnCase *new_case(
        struct call *call, const ApplyReturnRequest *request, const Order *order)
{
        ReturnCase *row = call_new(call, ReturnCase);

        *row = (ReturnCase)RETURN_CASE_INIT;
        row->id = call_new_id(call);
        row->external_id = request->external_id;
        row->order_id = order->id;
        row->member_id = order->member_id;
        row->type = type_of(request);
        row->state = RETURN_STATE_APPLIED;
        row->reason = request->reason;
        row->currency_code = order->currency_code;
        row->create_time = call_now(call);
        row->update_time = call_now(call);
        return row;
}

enum status aftersales_apply_return(
        struct call *call, const ApplyReturnRequest *request, ReturnCase *response)
{
        if (request->external_id[0] != '\0') {
                if (!may_name(call))
                        return call_fail(call, PERMISSION_DENIED, "EXTERNAL_ID_NOT_ALLOWED",
                                "external_id is for importers");
                const ReturnCase *known =
                        return_case_get_by_external_id(call->txn, request->external_id);

                if (known != NULL)
                        return answer_known(call, request, known, response);
        }
        const Order *order = order_get(call->txn, request->order_id);
        enum status status = check_window(call, type_of(request), order);

        if (status != OK)
                return status;
        ReturnCase *row = new_case(call, request, order);

        return_case_insert(call->txn, row);
        status = taking_take(call, request, row);
        if (status != OK)
                return status;
        case_step(call, row, RETURN_STATE_APPLIED);
        case_store(call, row, response);
        case_settle_order(call, row->order_id);
        case_event(call, "return.applied", row);
        return OK;
}
