/* Gives up a revision that nobody will pay, so that another can be made before its time is over. */
#include "checkout.handlers.h"
#include "server/payment/payment.h"

enum status checkout_withdraw_order_revision(
        struct call *call, const WithdrawOrderRevisionRequest *request, Order *response)
{
        Order *order = order_get(call->txn, request->id);
        enum status status;

        if (order->due_kind != DUE_KIND_REVISION)
                return call_fail(call, FAILED_PRECONDITION, "NO_REVISION_WAITS",
                        "no revision of order %s waits for its payment", order->id);
        status = payment_due_end(call, order);
        if (status == OK)
                call_answer_document(call, response, request->id);
        return status;
}
