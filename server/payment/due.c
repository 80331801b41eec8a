/*
 * A difference that an order comes to owe after it was placed. The order itself stands, whatever
 * becomes of the difference; the document that raised it is told once, paid or expired, in the
 * transaction in which that happens. Refused: documents that watch attempts, each of which would
 * have to know late, double and contradicting answers.
 */
#include "server/payment/payment.h"

#include <assert.h>
#include "server/order/order.h"
#include "server/payment/ledger.h"

enum status payment_due_raise(struct call *call, Order *order, const struct due_wish *wish)
{
        assert(wish->amount_minor > 0 && wish->kind != DUE_KIND_UNSPECIFIED);
        if (order->state != ORDER_STATE_CONFIRMED)
                return call_fail(call, FAILED_PRECONDITION, "ORDER_NOT_CONFIRMED",
                        "order %s is not confirmed; nothing can be added to what it costs",
                        order->id);
        if (order->raised_minor > 0) {
                call_fact(call, "document_id", "%s", order->due_document_id);
                return call_fail(call, FAILED_PRECONDITION, "DUE_RAISED",
                        "order %s waits for %lld that %s raised", order->id,
                        (long long)order->raised_minor, order->due_document_id);
        }
        order->raised_minor = wish->amount_minor;
        order->due_kind = wish->kind;
        order->due_document_id = wish->document_id;
        order->due_expire_time = call_time(call, wish->expire_us);
        order_store(call, order);
        call_schedule(call, wish->expire_us, DUE_EXPIRY_METHOD, order->id);
        call_event(call, "payment.due_raised", order->id, order->member_id, "raised_minor",
                order->raised_minor, NULL);
        return OK;
}

/* Nothing is raised any more. An attempt that is still open pays nothing from now on. */
static void clear(struct call *call, Order *order)
{
        if (order->open_attempt_id[0] != '\0') {
                PaymentAttempt *attempt = payment_attempt_get(call->txn, order->open_attempt_id);

                if (!attempt->closing)
                        call_job(call, "payment.close", attempt->id, 0);
                attempt->closing = true;
                attempt->update_time = call_now(call);
                payment_attempt_update(call->txn, attempt);
                order->open_attempt_id = "";
        }
        order->raised_minor = 0;
        order->due_kind = DUE_KIND_UNSPECIFIED;
        order->due_document_id = "";
        order->due_expire_time = NULL;
        order_store(call, order);
        call_unschedule(call, DUE_EXPIRY_METHOD, order->id);
}

/* A document to tell, before the order forgets it. */
struct waiting {
        const struct due_document *document;
        const char *id;
};

static struct waiting waiting(struct call *call, const Order *order)
{
        assert(order->due_kind <= DUE_KIND_EXCHANGE);
        return (struct waiting){.document = &due_documents[order->due_kind],
                .id = call_text(call, order->due_document_id)};
}

enum status due_settle(struct call *call, Order *order)
{
        struct waiting told = waiting(call, order);

        if (order->raised_minor == 0 || order_due(order) > 0)
                return OK;
        call_event(call, "payment.due_paid", order->id, order->member_id, "raised_minor",
                order->raised_minor, NULL);
        clear(call, order);
        return told.document->paid != NULL ? told.document->paid(call, told.id) : OK;
}

enum status due_expire(struct call *call, Order *order)
{
        struct waiting told = waiting(call, order);

        call_event(call, "payment.due_expired", order->id, order->member_id, "raised_minor",
                order->raised_minor, NULL);
        clear(call, order);
        return told.document->expired != NULL ? told.document->expired(call, told.id) : OK;
}

void payment_due_withdraw(struct call *call, Order *order)
{
        assert(order->raised_minor > 0);
        call_event(call, "payment.due_withdrawn", order->id, order->member_id, "raised_minor",
                order->raised_minor, NULL);
        clear(call, order);
}

enum status payment_due_end(struct call *call, Order *order)
{
        return order->raised_minor == 0 ? OK : due_expire(call, order);
}
