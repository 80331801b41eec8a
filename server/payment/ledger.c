/*
 * Money that moved or is owed, once, in an append-only log. The counters of an order are caches of
 * it: verify adds the log up and compares.
 *
 * A refund is booked when it is promised, not when the gateway has carried it out: a second refund
 * of the same money must be refused from that moment on. A refund that the gateway declines stays
 * promised and becomes a ticket.
 */
#include "server/payment/ledger.h"

#include <assert.h>
#include "server/order/order.h"
#include "server/payment/payment.h"

void ledger_book(struct call *call, const struct booking *booking)
{
        LedgerEntry *entry = call_new(call, LedgerEntry);

        *entry = (LedgerEntry)LEDGER_ENTRY_INIT;
        entry->time = call_now(call);
        entry->account = booking->account;
        entry->order_id = booking->order_id;
        entry->member_id = booking->member_id;
        entry->document_id = booking->document_id;
        entry->amount_minor = booking->amount_minor;
        entry->currency_code = booking->currency_code;
        ledger_entry_append(call->txn, entry);
}

void ledger_book_captured(
        struct call *call, const Order *order, const PaymentAttempt *attempt, int64_t amount_minor)
{
        ledger_book(call, &(struct booking){.account = LEDGER_ACCOUNT_CAPTURED,
                                  .order_id = order->id,
                                  .member_id = order->member_id,
                                  .document_id = attempt->id,
                                  .amount_minor = amount_minor,
                                  .currency_code = order->currency_code});
}

PaymentAttempt *attempt_open(struct call *call, const Order *order, const struct attempt_wish *wish)
{
        PaymentAttempt *attempt = call_new(call, PaymentAttempt);

        *attempt = (PaymentAttempt)PAYMENT_ATTEMPT_INIT;
        attempt->id = call_new_id(call);
        attempt->order_id = order->id;
        attempt->member_id = order->member_id;
        attempt->kind = wish->kind;
        attempt->state = ATTEMPT_STATE_OPEN;
        attempt->currency_code = wish->currency_code;
        attempt->amount_minor = wish->amount_minor;
        attempt->sandbox_answer = wish->sandbox_answer;
        attempt->document_id = wish->document_id;
        attempt->create_time = call_now(call);
        attempt->update_time = attempt->create_time;
        attempt->by_hand = wish->by_hand;
        payment_attempt_insert(call->txn, attempt);
        if (!wish->by_hand)
                call_job(call, "payment.submit", attempt->id, 0);
        return attempt;
}

PaymentAttempt *refund_open(
        struct call *call, Order *order, int64_t amount_minor, const char *document_id)
{
        PaymentAttempt *attempt = attempt_open(call, order,
                &(struct attempt_wish){.kind = ATTEMPT_KIND_REFUND,
                        .amount_minor = amount_minor,
                        .currency_code = order->currency_code,
                        .document_id = document_id,
                        .by_hand = order_by_hand(order)});

        ledger_book(call, &(struct booking){.account = LEDGER_ACCOUNT_REFUNDED,
                                  .order_id = order->id,
                                  .member_id = order->member_id,
                                  .document_id = attempt->id,
                                  .amount_minor = amount_minor,
                                  .currency_code = order->currency_code});
        order_book(call, order, (struct order_money){.refunded_minor = amount_minor});
        call_event(call, "payment.refund_opened", attempt->id, order->member_id, "amount_minor",
                amount_minor, NULL);
        return attempt;
}

void suspense_return(struct call *call, const Order *order, const PaymentAttempt *attempt,
        int64_t amount_minor, const char *currency_code)
{
        struct booking booking = {.account = LEDGER_ACCOUNT_SUSPENSE,
                .order_id = order->id,
                .member_id = order->member_id,
                .document_id = attempt->id,
                .amount_minor = amount_minor,
                .currency_code = currency_code};

        ledger_book(call, &booking);
        booking.account = LEDGER_ACCOUNT_SUSPENSE_RETURNED;
        booking.document_id = attempt_open(call, order,
                &(struct attempt_wish){.kind = ATTEMPT_KIND_REFUND,
                        .amount_minor = amount_minor,
                        .currency_code = currency_code,
                        .document_id = attempt->id,
                        .by_hand = attempt->by_hand})
                                      ->id;
        ledger_book(call, &booking);
}

int64_t payment_refund_money(const Order *order, int64_t amount_minor)
{
        int64_t uncaptured = order_payable(order) - order->captured_minor;

        if (uncaptured <= 0)
                return amount_minor;
        return amount_minor > uncaptured ? amount_minor - uncaptured : 0;
}

PaymentAttempt *payment_refund(
        struct call *call, Order *order, int64_t amount_minor, const char *document_id)
{
        int64_t release = amount_minor - payment_refund_money(order, amount_minor);

        if (release > 0) {
                order_book(call, order, (struct order_money){.released_minor = release});
                call_event(call, "payment.released", order->id, order->member_id, "amount_minor",
                        release, NULL);
                authorisation_balance(call, order);
        }
        if (amount_minor == release)
                return NULL;
        return refund_open(call, order, amount_minor - release, document_id);
}

void payment_give_back(
        struct call *call, Order *order, struct order_worth worth, const char *document_id)
{
        order_points_back(call, order, worth.points_minor);
        payment_refund(call, order, order_worth_money(worth), document_id);
}

void payment_deduct(struct call *call, Order *order, int64_t amount_minor, const char *document_id)
{
        ledger_book(call, &(struct booking){.account = LEDGER_ACCOUNT_DEDUCTED,
                                  .order_id = order->id,
                                  .member_id = order->member_id,
                                  .document_id = document_id,
                                  .amount_minor = amount_minor,
                                  .currency_code = order->currency_code});
        order_book(call, order, (struct order_money){.deducted_minor = amount_minor});
}

void payment_close_attempt(struct call *call, Order *order)
{
        PaymentAttempt *attempt = payment_attempt_get(call->txn, order->open_attempt_id);

        assert(attempt != NULL && attempt->state == ATTEMPT_STATE_OPEN);
        if (attempt->closing)
                return;
        attempt->closing = true;
        attempt->update_time = call_now(call);
        payment_attempt_update(call->txn, attempt);
        call_job(call, "payment.close", attempt->id, 0);
        call_schedule(call, call->now_us + call->terms->close_minutes * TERMS_MINUTE_US,
                order->state == ORDER_STATE_PLACED ? ORDER_EXPIRY_METHOD : DUE_EXPIRY_METHOD,
                order->id);
        call_event(call, "payment.closing", attempt->id, order->member_id, NULL);
}

void payment_goodwill(struct call *call, const char *member_id, int64_t amount_minor,
        const char *currency_code, const char *document_id)
{
        ledger_book(call, &(struct booking){.account = LEDGER_ACCOUNT_GOODWILL,
                                  .order_id = "",
                                  .member_id = member_id,
                                  .document_id = document_id,
                                  .amount_minor = amount_minor,
                                  .currency_code = currency_code});
}
