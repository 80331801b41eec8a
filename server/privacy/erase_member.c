/*
 * Forgets somebody. One transaction takes away what could find or open anything of them: entries of
 * blind indexes, credentials, sessions, the key. The rest, rows that nobody can read any more, goes
 * in steps. Orders and ledgers stay: the law wants them, and they name no one.
 *
 * Members who erase themselves give their password, since a session alone may be a computer that
 * was left open; a guest has no more than the token. Staff give a reason.
 */
#include <string.h>
#include "aftersales.rows.h"
#include "checkout.rows.h"
#include "membership.rows.h"
#include "payment.rows.h"
#include "privacy.handlers.h"
#include "reward.rows.h"
#include "server/membership/account.h"
#include "server/membership/membership.h"
#include "server/owned.h"
#include "server/password.h"

static const char *account_name(struct call *call, const char *member_id)
{
        return call_printf(call, "password:%s", member_id);
}

enum status privacy_erase_member_prepare(struct call *call, const EraseMemberRequest *request)
{
        const char *hash = account_password_of(call, request->member_id);

        if (call_is_staff(call) || hash == NULL)
                return OK;
        if (request->password[0] == '\0')
                return call_fail_field(
                        call, "password", "REQUIRED", "password: it is needed to be forgotten");
        call->prepared =
                password_try(call, account_name(call, request->member_id), hash, request->password);
        return call->prepared == NULL ? call->error.code : OK;
}

/* ---- who may ---- */

static enum status judge_own(struct call *call, const EraseMemberRequest *request)
{
        const char *hash = account_password_of(call, request->member_id);
        struct password_trial *trial = call->prepared;

        if (hash == NULL)
                return OK;
        if (trial == NULL)
                return call_fail(call, ABORTED, "CREDENTIAL_CHANGED",
                        "the account changed while the password was checked; try again");
        if (password_judge(call, trial, hash) == OK)
                return OK;
        if (call->error.code != UNAUTHENTICATED)
                return call->error.code;
        call_event(call, "member.sign_in_failed", request->member_id, request->member_id,
                "failures", (int64_t)trial->failures, NULL);
        call_fail_field(call, "password", "BAD_CREDENTIALS", "password: is not the password");
        return call_refuse(
                call, PERMISSION_DENIED, "BAD_CREDENTIALS", "the password is not the account's");
}

static enum status judge_staff(struct call *call, const EraseMemberRequest *request)
{
        if (request->reason[0] != '\0')
                return OK;
        return call_fail_field(call, "reason", "REQUIRED", "reason: staff say why");
}

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

static enum status check_business(struct call *call, const char *member_id)
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

static void erase(struct call *call, const char *member_id, Erasure *erasure)
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

/* A guest who signed in is the member, and forgotten with them. */
static enum status check_person(struct call *call, const char *member_id)
{
        const Member *member = member_get(call->txn, member_id);

        if (member->joined_member_id[0] != '\0') {
                call_fact(call, "member_id", "%s", member->joined_member_id);
                return call_fail(call, FAILED_PRECONDITION, "MEMBER_JOINED",
                        "guest %s is member %s", member_id, member->joined_member_id);
        }
        if (erasure_get_by_member_id(call->txn, member_id) == NULL)
                return OK;
        return call_fail(call, FAILED_PRECONDITION, "MEMBER_ERASED", "member %s was erased before",
                member_id);
}

enum status privacy_erase_member(
        struct call *call, const EraseMemberRequest *request, Erasure *response)
{
        enum status status =
                call_is_staff(call) ? judge_staff(call, request) : judge_own(call, request);
        struct call_owners owners;

        if (status != OK)
                return status;
        if (check_person(call, request->member_id) != OK)
                return call->error.code;
        call_owners(call, request->member_id, &owners);
        for (size_t i = 0; i < owners.count; i++)
                if (check_business(call, owners.ids[i]) != OK)
                        return call->error.code;
        response->author_id = call_text(call, call->caller->id);
        response->reason = call_is_staff(call) ? request->reason : "";
        for (size_t i = 0; i < owners.count; i++)
                if (strcmp(owners.ids[i], request->member_id) != 0)
                        erase(call, owners.ids[i], response);
        erase(call, request->member_id, response); /* the last is the answer */
        return OK;
}
