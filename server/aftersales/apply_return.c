/*
 * Opens a case. Its units leave the customer's reach at once (IN_CASE), so that two cases never
 * hold the same unit, and what they paid is fixed here: a return refunds what its units paid and
 * runs no promotion again (rule 17).
 *
 * The window protects the shop from late returns of what was delivered; what never arrived has
 * none, and staff may be kind.
 *
 * A cancellation that a shipment was faster than opens a case too (rule 11), for units that may
 * still be in transit. Refused: an own kind of case for it; from its review on it is like any
 * other.
 */
#include <string.h>
#include "aftersales.handlers.h"
#include "lib/base/calendar.h"
#include "lib/base/clock.h"
#include "server/aftersales/aftersales.h"
#include "server/aftersales/exchange.h"
#include "server/aftersales/return_case.h"
#include "server/aftersales/taking.h"
#include "server/loyalty/loyalty.h"
#include "server/order/units.h"

static ReturnType type_of(const ApplyReturnRequest *request)
{
        if (request->type == RETURN_TYPE_UNSPECIFIED)
                return RETURN_TYPE_RETURN_AND_REFUND;
        return request->type;
}

/* Whoever reviewed the case may have found another cause. */
static bool same_cause(const ApplyReturnRequest *request, const ReturnCase *known)
{
        return known->cause == request->cause || known->state != RETURN_STATE_APPLIED;
}

static bool same_replacement(const ApplyReturnLine *asked, const ReturnLine *known)
{
        return asked->replacement_variant_id[0] == '\0' ||
               strcmp(asked->replacement_variant_id, known->replacement_variant_id) == 0;
}

static bool same_content(
        const ApplyReturnRequest *request, const ReturnCase *known, struct return_lines lines)
{
        if (strcmp(known->order_id, request->order_id) != 0 || known->type != type_of(request) ||
                strcmp(known->reason, request->reason) != 0 || !same_cause(request, known) ||
                lines.n != request->n_lines)
                return false;
        for (size_t i = 0; i < lines.n; i++)
                if (lines.at[i]->order_line_number != request->lines[i]->order_line_number ||
                        lines.at[i]->quantity != request->lines[i]->quantity ||
                        strcmp(lines.at[i]->line_key, request->lines[i]->line_key) != 0 ||
                        !same_replacement(request->lines[i], lines.at[i]))
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
        call_answer_document(call, response, known->id);
        return OK;
}

static bool may_name(const struct call *call)
{
        return call_has_role(call, ROLE_IMPORTER) || call_has_role(call, ROLE_ADMINISTRATOR);
}

static enum status check_window(struct call *call, ReturnType type, const Order *order)
{
        char closed[CLOCK_TEXT_MAX];

        if (call_is_staff(call) || !case_comes_back(type) || order->deliver_time == NULL)
                return OK;
        int64_t days = call->terms->return_window_days;
        int64_t end_us = calendar_days_end_us(time_us(order->deliver_time), days);

        if (call->now_us < end_us)
                return OK;
        clock_format(end_us, closed);
        call_fact(call, "closed", "%s", closed);
        call_fact(call, "limit", "%lld", (long long)days);
        return call_fail(call, FAILED_PRECONDITION, "RETURN_WINDOW_CLOSED",
                "order %s could be returned until %s", order->id, closed);
}

static int32_t next_number(struct call *call, const char *order_id)
{
        struct scan *scan = return_case_by_order_id(call->txn, order_id);
        int32_t number = 1;

        while (return_case_next(scan) != NULL)
                number++;
        return number;
}

static ReturnCase *new_case(
        struct call *call, const ApplyReturnRequest *request, const Order *order)
{
        ReturnCase *row = call_new(call, ReturnCase);

        *row = (ReturnCase)RETURN_CASE_INIT;
        row->id = call_new_id(call);
        row->external_id = request->external_id;
        row->order_id = order->id;
        row->number = next_number(call, order->id);
        row->member_id = order->member_id;
        row->type = type_of(request);
        row->state = RETURN_STATE_APPLIED;
        row->reason = request->reason;
        row->cause = request->cause;
        if (row->type == RETURN_TYPE_RETURN_AND_REFUND && !case_seller_at_fault(row->cause) &&
                privilege_of_order(call, order, PRIVILEGE_FREE_RETURNS) == 0)
                row->return_fee_minor = call->terms->return_fee_minor;
        row->currency_code = order->currency_code;
        row->create_time = call_now(call);
        row->update_time = call_now(call);
        return row;
}

/* Takes the request's lines at once; awaited has those whose units are still in transit. */
static enum status open_case(struct call *call, const ApplyReturnRequest *request,
        const ApplyReturnRequest *awaited, const Order *order, ReturnCase *response)
{
        ReturnCase *row = new_case(call, request, order);

        return_case_insert(call->txn, row);
        enum status status = taking_take(call, request, row);

        if (status == OK && row->type == RETURN_TYPE_EXCHANGE)
                status = exchange_propose(call, request, row);
        if (status != OK)
                return status;
        taking_await(call, awaited, row);
        case_step(call, row, RETURN_STATE_APPLIED);
        case_store(call, row, response);
        case_settle_order(call, row->order_id);
        case_event(call, "return.applied", row);
        return OK;
}

/* Only an exchange wants something else. */
static enum status check_replacements(struct call *call, const ApplyReturnRequest *request)
{
        for (size_t i = 0; i < request->n_lines; i++) {
                const char *field = call_printf(call, "lines[%zu].replacement_variant_id", i);

                if (request->type != RETURN_TYPE_EXCHANGE &&
                        request->lines[i]->replacement_variant_id[0] != '\0')
                        return call_fail_field(call, field, "NOT_ALLOWED",
                                "%s: only an exchange has replacements", field);
        }
        return OK;
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
        enum status status = check_replacements(call, request);

        if (status == OK)
                status = check_window(call, type_of(request), order);
        if (status != OK)
                return status;
        const ApplyReturnRequest nothing = APPLY_RETURN_REQUEST_INIT;

        return open_case(call, request, &nothing, order, response);
}

/* ---- what was shipped before it could be cancelled ---- */

static ApplyReturnRequest new_request(
        struct call *call, const Order *order, size_t room, const char *reason)
{
        ApplyReturnRequest request = APPLY_RETURN_REQUEST_INIT;

        request.order_id = order->id;
        request.type = RETURN_TYPE_RETURN_AND_REFUND;
        request.reason = reason;
        request.lines = arena_alloc(call->arena, room * sizeof(ApplyReturnLine *));
        return request;
}

static void ask(struct call *call, ApplyReturnRequest *request, int32_t number, int64_t quantity)
{
        ApplyReturnLine *line = call_new(call, ApplyReturnLine);

        if (quantity == 0)
                return;
        *line = (ApplyReturnLine)APPLY_RETURN_LINE_INIT;
        line->order_line_number = number;
        line->quantity = quantity;
        request->lines[request->n_lines++] = line;
}

static enum status asked_back(struct call *call, int32_t number)
{
        call_fact(call, "line", "%d", number);
        call_fact(call, "open", "0");
        return call_fail(call, FAILED_PRECONDITION, "UNITS_NOT_OPEN",
                "units of line %d that were shipped are asked back by another case", number);
}

static enum status check_size(struct call *call, size_t line_count)
{
        if (line_count <= CASE_LINES_MAX)
                return OK;
        call_fact(call, "limit", "%d", CASE_LINES_MAX);
        return call_fail(call, FAILED_PRECONDITION, "TOO_MANY_LINES",
                "the return would have %zu lines, %d is the most; name fewer", line_count,
                CASE_LINES_MAX);
}

enum status aftersales_request_return(struct call *call, const Order *order,
        const struct return_wish *wishes, size_t count, const char *reason)
{
        const int64_t *wished = taking_wished(call, order->id, INT32_MAX);
        ApplyReturnRequest now = new_request(call, order, count, reason);
        ApplyReturnRequest later = new_request(call, order, count, reason);
        enum status status = check_window(call, now.type, order);

        for (size_t i = 0; status == OK && i < count; i++) {
                const struct return_wish *wish = &wishes[i];
                const OrderLine *line = order_line_get(call->txn, order->id, wish->line_number);
                int64_t free = taking_free_now(line, wished);
                int64_t taken = wish->quantity < free ? wish->quantity : free;

                ask(call, &now, wish->line_number, taken);
                ask(call, &later, wish->line_number, wish->quantity - taken);
                if (wish->quantity > taking_free(line, wished))
                        status = asked_back(call, wish->line_number);
        }
        if (status == OK)
                status = check_size(call, now.n_lines + later.n_lines);
        return status != OK ? status
                            : open_case(call, &now, &later, order, call_new(call, ReturnCase));
}
