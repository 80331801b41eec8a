/*
 * What becomes of orders, parcels and refunds is told by following their events, so that nobody who
 * pays or ships waits for it, and no domain has to know that customers are told. What is long past
 * is not told any more: a shop that is imported would greet its customers with years of it.
 *
 * That an order was placed is told where it is: the order and whose it is are at hand there, and
 * reading them again cost more than the notice.
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

/* Whether anybody is there to read it: who was taken over from another system has no account. */
static bool has_reader(const Member *member)
{
        return member != NULL && (member->external_id[0] == '\0' || member->email[0] != '\0');
}

/* Of what, and to whom. */
struct news {
        const char *subject;
        const Member *member;
};

static void tell(struct call *call, const struct news *news, struct notification notification)
{
        notification.member_id = news->member->id;
        notification.member = news->member;
        notification.dedupe_key =
                call_printf(call, "%s:%s", notification.template_key, news->subject);
        notification_send(call, &notification);
}

void order_notices_placed(struct call *call, const Order *order, const Member *member)
{
        if (has_reader(member))
                tell(call, &(struct news){order->id, member},
                        (struct notification){.template_key = "order.placed",
                                .variables = {{"order_id", order->id},
                                        {"total", money_text(call->arena, order->gross_minor,
                                                          order->currency_code)},
                                        /* with money, and not yet */
                                        {"due", money_text(call->arena, order->due_minor,
                                                        order->currency_code)}}});
}

static void tell_order(struct call *call, const char *type, const struct news *news)
{
        const Order *order = order_get(call->txn, news->subject);
        struct notification notification = {
                .template_key = type,
                .variables = {{"order_id", news->subject}},
        };

        if (order == NULL)
                return;
        if (strcmp(type, "order.placed") == 0) { /* followed once, and parked */
                order_notices_placed(call, order, news->member);
                return;
        }
        if (strcmp(type, "order.paid") == 0)
                notification.variables[1] = (struct notification_value){
                        "total", money_text(call->arena, order->gross_minor, order->currency_code)};
        tell(call, news, notification);
}

static void tell_shipment(struct call *call, const char *type, const struct news *news)
{
        const Shipment *shipment = shipment_get(call->txn, news->subject);

        if (shipment != NULL)
                tell(call, news,
                        (struct notification){.template_key = type,
                                .variables = {{"order_id", shipment->order_id}}});
}

static void tell_refund(struct call *call, const struct news *news)
{
        const PaymentAttempt *attempt = payment_attempt_get(call->txn, news->subject);

        if (attempt == NULL || attempt->kind != ATTEMPT_KIND_REFUND ||
                attempt->state != ATTEMPT_STATE_SUCCEEDED)
                return;
        tell(call, news,
                (struct notification){.template_key = "payment.refunded",
                        .variables = {{"order_id", attempt->order_id},
                                {"amount", money_text(call->arena, attempt->amount_minor,
                                                   attempt->currency_code)}}});
}

enum status order_notices(struct call *call, const Event *event)
{
        struct news news = {.subject = event->subject};

        if (call->now_us - time_us(event->time) > TOO_LATE_US || event->owner[0] == '\0')
                return OK;
        news.member = member_get(call->txn, event->owner);
        if (!has_reader(news.member))
                return OK;
        if (strncmp(event->type, "order.", 6) == 0)
                tell_order(call, event->type, &news);
        else if (strncmp(event->type, "shipment.", 9) == 0)
                tell_shipment(call, event->type, &news);
        else
                tell_refund(call, &news);
        return OK;
}
