/*
 * How somebody is forgotten. One transaction takes away what could find or open anything of them:
 * entries of blind indexes, credentials, sessions, the key. The rest, rows that nobody can read any
 * more, goes in steps. Orders and ledgers stay: the law wants them, and they name no one.
 */
#include "server/privacy/erasure.h"

#include "aftersales.rows.h"
#include "checkout.rows.h"
#include "membership.rows.h"
#include "payment.rows.h"
#include "reward.rows.h"
#include "server/membership/membership.h"
#include "server/owned.h"

/* ---- what stands against it ---- */

static enum status refuse_order(
        struct call *call, const Order *order, const char *reason, const char *sentence)
{
        call_fact(call, "order_id", "%s", order->id);
        return call_fail(call, FAILED_PRECONDITION, reason, "order %s %s", order->id, sentence);
}

static bool is_over(UnitState state)
{
        return state == UNIT_STATE_CANCELLED || state == UNIT_STATE_DELIVERED ||
               state == UNIT_STATE_RETURNED;
}

/* Something of it is still to arrive, or to be refunded since it did not: what was lost and
 * refunded will never be delivered. */
static bool is_under_way(struct call *call, const Order *order)
{
        struct scan *scan = order_line_of(call->txn, order->id);

        for (const OrderLine *line; (line = order_line_next(scan)) != NULL;)
                for (size_t i = 0; line->kind == LINE_KIND_GOODS && i < line->n_units; i++)
                        if (!is_over(line->units[i]->state))
                                return true;
        return false;
}

/* Nothing of it is to be decided, sent or paid back: whoever closes it only says how it went. */
static bool is_settled(ReturnState state)
{
        return state != RETURN_STATE_APPLIED && state != RETURN_STATE_APPROVED &&
               state != RETURN_STATE_RECEIVED && state != RETURN_STATE_INSPECTED;
}

static bool has_open_case(struct call *call, const Order *order)
{
        struct scan *scan = return_case_by_order_id(call->txn, order->id);

        for (const ReturnCase *row; (row = return_case_next(scan)) != NULL;)
                if (!is_settled(row->state))
                        return true;
        return false;
}

static enum status check_order(struct call *call, const Order *order)
{
        bool stands = order->state == ORDER_STATE_PLACED || order->state == ORDER_STATE_CONFIRMED;

        if (order->aftersales_state == AFTERSALES_STATE_OPEN && has_open_case(call, order))
                return refuse_order(call, order, "CASE_OPEN", "has an open case");
        if (order->due_minor > 0)
                return refuse_order(call, order, "MONEY_OWED", "is not paid");
        if (stands && order->fulfilment_state != FULFILMENT_STATE_DELIVERED &&
                is_under_way(call, order))
                return refuse_order(call, order, "ORDER_OPEN", "is not delivered");
        return OK;
}

/* A gift that waits to be sent needs its address. */
static enum status check_gifts(struct call *call, const char *member_id)
{
        struct scan *scan = reward_redemption_of(call->txn, member_id);
        const RewardRedemption *row;

        while ((row = reward_redemption_next(scan)) != NULL) {
                if (row->state != REDEMPTION_STATE_WAITING)
                        continue;
                call_fact(call, "redemption_id", "%s", row->id);
                return call_fail(call, FAILED_PRECONDITION, "GIFT_OPEN",
                        "the gift of redemption %s was not sent", row->id);
        }
        return OK;
}

enum status erasure_check_business(struct call *call, const char *member_id)
{
        struct scan *orders = order_of(call->txn, member_id);
        struct scan *attempts = payment_attempt_of(call->txn, member_id);
        const PaymentAttempt *attempt;
        const Order *order;

        while ((order = order_next(orders)) != NULL)
                if (check_order(call, order) != OK)
                        return call->error.code;
        while ((attempt = payment_attempt_next(attempts)) != NULL) {
                if (attempt->state != ATTEMPT_STATE_OPEN)
                        continue;
                call_fact(call, "attempt_id", "%s", attempt->id);
                return call_fail(call, FAILED_PRECONDITION, "PAYMENT_OPEN",
                        "money of attempt %s is on its way", attempt->id);
        }
        return check_gifts(call, member_id);
}

/* ---- forgetting ---- */

static void forget_member(struct call *call, const char *member_id)
{
        membership_lock_out(call, member_id);
        owned_unlist(call, member_id);
        Member *member = member_get(call->txn, member_id);

        member->external_id = "";
        member->language = "";
        member->update_time = call_now(call);
        member_update(call->txn, member);
        txn_owner_erase(call->txn, member_id);
}

void erasure_begin(struct call *call, const char *member_id, Erasure *erasure)
{
        forget_member(call, member_id);
        erasure->id = call_new_id(call);
        erasure->member_id = member_id;
        erasure->state = ERASURE_STATE_DELETING;
        erasure->create_time = call_now(call);
        erasure_insert(call->txn, erasure);
        call_event(call, "member.erased", member_id, member_id, NULL);
        call_schedule(call, call->now_us, "privacy.AdvanceErasure", erasure->id);
}
