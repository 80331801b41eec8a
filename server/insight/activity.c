/*
 * A customer's figures, from events: each adds to the row what it says, so that a customer of ten
 * thousand orders costs no more than a new one. An order counts when it is paid and at its own
 * time; refunds count when they begin. Amounts are those of the customer's first currency: sums
 * over currencies would mean nothing.
 */
#include <string.h>
#include "catalog.rows.h"
#include "checkout.rows.h"
#include "membership.rows.h"
#include "payment.rows.h"
#include "server/insight/followers.h"
#include "server/insight/member.h"

#define CATEGORIES_MAX 100

CustomerActivity *activity_of(struct call *call, const char *member_id)
{
        CustomerActivity *activity = customer_activity_get(call->txn, member_id);
        const Member *member = member_get(call->txn, member_id);

        if (member == NULL)
                return NULL;
        if (activity == NULL) {
                activity = call_new(call, CustomerActivity);
                *activity = (CustomerActivity)CUSTOMER_ACTIVITY_INIT;
                activity->member_id = member->id;
                activity->begin_time = member->create_time;
        }
        return activity;
}

static void know(struct call *call, CustomerActivity *activity)
{
        const Member *member = member_get(call->txn, activity->member_id);

        if (activity->has_account || member->kind != MEMBER_KIND_MEMBER)
                return;
        activity->has_account = true;
        cohort_adopt(call, activity);
}

static bool has_category(const CustomerActivity *activity, const char *category_id)
{
        for (size_t i = 0; i < activity->n_category_ids; i++)
                if (strcmp(activity->category_ids[i], category_id) == 0)
                        return true;
        return false;
}

static void add_category(struct call *call, CustomerActivity *activity, const char *category_id)
{
        if (category_id[0] == '\0' || activity->n_category_ids == CATEGORIES_MAX ||
                has_category(activity, category_id))
                return;
        const char **ids = call_array(call, const char *, activity->n_category_ids + 1);

        if (activity->n_category_ids > 0)
                memcpy(ids, activity->category_ids, activity->n_category_ids * sizeof(*ids));
        ids[activity->n_category_ids++] = category_id;
        activity->category_ids = ids;
}

static void add_categories(struct call *call, CustomerActivity *activity, const char *order_id)
{
        struct scan *scan = order_line_of(call->txn, order_id);

        for (const OrderLine *line; (line = order_line_next(scan)) != NULL;) {
                const Variant *variant = line->kind == LINE_KIND_GOODS
                                                 ? variant_get(call->txn, line->variant_id)
                                                 : NULL;
                const Product *product =
                        variant != NULL ? product_get(call->txn, variant->product_id) : NULL;

                if (product != NULL)
                        add_category(call, activity, product->category_id);
        }
}

static int64_t figure(const Event *event, const char *name)
{
        for (size_t i = 0; i < event->n_figures; i++)
                if (strcmp(event->figures[i]->name, name) == 0)
                        return event->figures[i]->value;
        return 0;
}

static void add_order(struct call *call, CustomerActivity *activity, const Event *event)
{
        const Order *order = order_get(call->txn, event->subject);
        const CustomerActivity before = *activity;

        if (order == NULL)
                return;
        if (activity->order_count++ == 0) {
                activity->first_order_time = event->time;
                activity->currency_code = order->currency_code;
        }
        activity->last_order_time = event->time;
        if (strcmp(activity->currency_code, order->currency_code) == 0)
                activity->paid_minor += figure(event, "captured_minor") +
                                        figure(event, "authorised_minor") +
                                        figure(event, "points_minor");
        add_categories(call, activity, order->id);
        if (activity->has_account)
                cohort_count_order(
                        call, &before, time_us(activity->first_order_time), time_us(event->time));
}

static void add_refund(
        struct call *call, CustomerActivity *activity, const char *order_id, const Event *event)
{
        const Order *order = order_get(call->txn, order_id);

        /* What was given up before it was paid is not in what was paid. */
        if (order == NULL || order->pay_time == NULL ||
                time_us(order->pay_time) > time_us(event->time) ||
                strcmp(activity->currency_code, order->currency_code) != 0)
                return;
        activity->refunded_minor += figure(event, "amount_minor");
}

enum status insight_follow_activity(struct call *call, const Event *event)
{
        CustomerActivity *activity =
                event->owner[0] != '\0' ? activity_of(call, event->owner) : NULL;

        if (activity == NULL)
                return OK;
        know(call, activity);
        if (strcmp(event->type, "order.paid") == 0) {
                add_order(call, activity, event);
        } else if (strcmp(event->type, "payment.released") == 0 ||
                   strcmp(event->type, "order.points_back") == 0) {
                add_refund(call, activity, event->subject, event);
        } else if (strcmp(event->type, "payment.refund_opened") == 0) {
                const PaymentAttempt *attempt = payment_attempt_get(call->txn, event->subject);

                if (attempt != NULL)
                        add_refund(call, activity, attempt->order_id, event);
        }
        /* Of guests who never ordered nothing is kept. */
        if (activity->has_account || activity->order_count > 0)
                member_review(call, activity, time_us(event->time));
        return OK;
}
