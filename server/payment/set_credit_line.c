/*
 * Lets a member order by invoice. Lowering the limit touches no order there is.
 */
#include "payment.handlers.h"

#include "membership.rows.h"

enum status payment_set_credit_line(
        struct call *call, const SetCreditLineRequest *request, CreditLine *response)
{
        CreditLine *line = credit_line_get(call->txn, request->member_id);
        bool is_new = line == NULL;

        if (member_get(call->txn, request->member_id)->kind == MEMBER_KIND_GUEST)
                return call_fail_field(call, "member_id", "GUEST",
                        "member_id: %s is a guest; only members order by invoice",
                        request->member_id);
        if (is_new) {
                line = call_new(call, CreditLine);
                *line = (CreditLine)CREDIT_LINE_INIT;
                line->member_id = request->member_id;
                line->create_time = call_now(call);
        }
        line->limit_minor = request->limit_minor;
        line->currency_code = request->currency_code;
        line->update_time = call_now(call);
        if (is_new)
                credit_line_insert(call->txn, line);
        else
                credit_line_update(call->txn, line);
        call_event(call, "payment.credit_line_set", line->member_id, line->member_id, "limit_minor",
                line->limit_minor, NULL);
        call_respond(response, credit_line_get(call->txn, line->member_id));
        return OK;
}
