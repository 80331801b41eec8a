/*
 * Gives money without a payment behind it. It is a cost of its own account and never a refund
 * (rules 15 and 19): nothing of an order changes, and it is outside "refunds never exceed what was
 * captured".
 */
#include <string.h>
#include "aftersales.handlers.h"
#include "server/payment/payment.h"

static enum status answer_known(struct call *call, const GrantGoodwillRequest *request,
        const GoodwillCredit *known, GoodwillCredit *response)
{
        bool same = strcmp(known->member_id, request->member_id) == 0 &&
                    strcmp(known->currency_code, request->currency_code) == 0 &&
                    strcmp(known->reason, request->reason) == 0 &&
                    known->amount_minor == request->amount_minor;

        if (!same)
                return call_fail(call, ALREADY_EXISTS, "EXTERNAL_ID_TAKEN",
                        "external_id %s names credit %s, which is another one",
                        request->external_id, known->id);
        *response = *known;
        return OK;
}

enum status aftersales_grant_goodwill(
        struct call *call, const GrantGoodwillRequest *request, GoodwillCredit *response)
{
        if (request->external_id[0] != '\0') {
                const GoodwillCredit *known =
                        goodwill_credit_get_by_external_id(call->txn, request->external_id);

                if (known != NULL)
                        return answer_known(call, request, known, response);
        }
        response->id = call_new_id(call);
        response->external_id = request->external_id;
        response->member_id = request->member_id;
        response->currency_code = request->currency_code;
        response->amount_minor = request->amount_minor;
        response->reason = request->reason;
        response->create_time = call_now(call);
        goodwill_credit_insert(call->txn, response);
        payment_goodwill(call, response->member_id, response->amount_minor, response->currency_code,
                response->id);
        call_event(call, "goodwill.granted", response->id, response->member_id, "amount_minor",
                response->amount_minor, NULL);
        return OK;
}
