/*
 * Edits an order as it was previewed: the edit is computed again, so that a price, a parcel or
 * another edit in between is seen, and refused with the new preview where anything differs.
 */
#include "checkout.handlers.h"

#include <string.h>
#include "server/checkout/edit.h"
#include "server/checkout/revision.h"

static enum status check_fingerprint(
        struct call *call, const EditOrderRequest *request, const struct edit *edit)
{
        if (strcmp(request->fingerprint, edit->fingerprint) == 0)
                return OK;
        call_detail(call, edit_preview(call, edit));
        return call_fail(call, ABORTED, "EDIT_CHANGED",
                "order, prices or taxes are not as previewed; the difference is now %lld %s",
                (long long)edit_difference(edit), edit->order->currency_code);
}

enum status checkout_edit_order(struct call *call, const EditOrderRequest *request, Order *response)
{
        Order *order = order_get(call->txn, request->id);
        struct edit edit;
        enum status status = edit_make(call, order, request->edit, &edit);

        if (status == OK)
                status = check_fingerprint(call, request, &edit);
        if (status == OK)
                status = revision_make(call, &edit, request->reason);
        if (status == OK)
                call_answer_document(call, response, request->id);
        return status;
}
