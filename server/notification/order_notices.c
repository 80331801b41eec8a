/*
 * Orders, parcels and refunds become notices by following their events, so that nobody who places
 * or ships waits for it, and no domain has to know that customers are told. What is long past is
 * not told any more: a shop that is imported would greet its customers with years of it.
 */
#include "server/notification/order_notices.h"

#include <string.h>
#include "checkout.rows.h"
#include "fulfilment.rows.h"
#include "lib/base/money.h"
#include "membership.rows.h"
#include "payment.rows.h"
#include "server/notification/notification.h"

#define TOO_LATE_US (INT64_C(3) * 86400 * 1000000)

/* "12.50 GBP" */
static const char *amount_text(struct call *call, int64_t minor, const char *currency_code)
{
        int exponent = currency_exponent(currency_code);
        int64_t scale = 1;

        for (int i = 0; i < exponent; i++)
                scale *= 10;
        if (exponent <= 0)
                return call_printf(call, "%lld %s", (long long)minor, currency_code);
        return call_printf(call, "%lld.%0*lld %s", (long long)(minor / scale), exponent,
                (long long)(minor % scale), currency_code);
}

/* Whether anybody is there to read it: who was taken over from another system has no account. */
static bool has_reader(struct call *call, const char *member_id)
{
        const Member *member = member_get(call->txn, member_id);

        return member != NULL && (member->external_id[0] == '\0' || member->email[0] != '\0');
}

static void tell(struct call *call, const Event *event, struct notification notification)
{
        notification.member_id = event->owner;
        notification.dedupe_key =
                call_printf(call, "%s:%s", notification.template_key, event->subject);
        notification_send(call, &notification);
}

static void tell_order(struct call *call, const Event *event)
{
        const Order *order = order_get(call->txn, event->subject);
        struct notification notification = {
                .template_key = event->type,
                .variables = {{"order_id", event->subject}},
        };

        if (order == NULL)
                return;
        bool placed = strcmp(event->type, "order.placed") == 0;

        if (placed || strcmp(event->type, "order.paid") == 0)
                notification.variables[1] = (struct notification_value){
                        "total", amount_text(call, order->gross_minor, order->currency_code)};
        if (placed) /* with money, and not yet */
                notification.variables[2] = (struct notification_value){
                        "due", amount_text(call, order->due_minor, order->currency_code)};
        tell(call, event, notification);
}

static void tell_shipment(struct call *call, const Event *event)
{
        const Shipment *shipment = shipment_get(call->txn, event->subject);

        if (shipment != NULL)
                tell(call, event,
                        (struct notification){.template_key = event->type,
                                .variables = {{"order_id", shipment->order_id}}});
}

static void tell_refund(struct call *call, const Event *event)
{
        const PaymentAttempt *attempt = payment_attempt_get(call->txn, event->subject);

        if (attempt == NULL || attempt->kind != ATTEMPT_KIND_REFUND ||
                attempt->state != ATTEMPT_STATE_SUCCEEDED)
                return;
        tell(call, event,
                (struct notification){.template_key = "payment.refunded",
                        .variables = {{"order_id", attempt->order_id},
                                {"amount", amount_text(call, attempt->amount_minor,
                                                   attempt->currency_code)}}});
}

enum status order_notices(struct call *call, const Event *event)
{
        if (call->now_us - time_us(event->time) > TOO_LATE_US || event->owner[0] == '\0' ||
                !has_reader(call, event->owner))
                return OK;
        if (strncmp(event->type, "order.", 6) == 0)
                tell_order(call, event);
        else if (strncmp(event->type, "shipment.", 9) == 0)
                tell_shipment(call, event);
        else
                tell_refund(call, event);
        return OK;
}
