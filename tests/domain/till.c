/*
 * Looks at money through the rows themselves, so that a test sees what verify sees.
 */
#include "tests/domain/till.h"

#include <string.h>
#include "service.rows.h"

const PaymentAttempt *till_attempt(struct stall *stall, const char *attempt_id)
{
        return payment_attempt_get(shop_read(stall->shop), attempt_id);
}

const PaymentAttempt *till_latest(struct stall *stall, const char *order_id, AttemptKind kind)
{
        struct scan *scan = payment_attempt_by_order_id(shop_read(stall->shop), order_id);
        const PaymentAttempt *latest = NULL;

        for (const PaymentAttempt *attempt; (attempt = payment_attempt_next(scan)) != NULL;)
                if (attempt->kind == kind)
                        latest = attempt;
        return latest;
}

struct outcome till_tell(struct stall *stall, const char *attempt_id, const char *outcome,
        const char *amount_and_currency)
{
        return shop_call_system(stall->shop, "payment.RecordOutcome",
                arena_printf(shop_arena(stall->shop),
                        "{\"attempt_id\":\"%s\",\"outcome\":\"OUTCOME_%s\"%s}", attempt_id, outcome,
                        amount_and_currency));
}

void till_say(struct stall *stall, const char *attempt_id, const char *outcome, int amount_minor)
{
        struct outcome told = till_tell(stall, attempt_id, outcome,
                arena_printf(shop_arena(stall->shop),
                        ",\"amount_minor\":\"%d\",\"currency_code\":\"GBP\"", amount_minor));

        if (told.error != NULL)
                fail_msg("%s: %s", told.error->reason, told.error->message);
}

void till_offer_all(struct stall *stall)
{
        shop_terms(stall->shop)->cash_on_delivery_minor_max = 1000;
        shop_terms(stall->shop)->transfer_minor_max = 1000;
        stall_ok(stall, shop_as(stall->shop, ROLE_FINANCE), "payment.SetCreditLine",
                "{'member_id':'alice','limit_minor':'1000','currency_code':'GBP'}");
}

struct outcome till_try_place(
        struct stall *stall, struct persona who, struct basket basket, const char *method)
{
        const char *cart_id = stall_cart(stall, who, basket);
        const Quote *quote = stall_ok(
                stall, who, "checkout.GetQuote", "{'cart_id':'%s','country_code':'GB'}", cart_id);

        return shop_call_json(stall->shop, who, "checkout.PlaceOrder",
                arena_printf(shop_arena(stall->shop),
                        "{\"cart_id\":\"%s\",\"fingerprint\":\"%s\",\"payment_method\":"
                        "\"PAYMENT_METHOD_%s\",\"delivery_address\":{\"country_code\":\"GB\","
                        "\"recipient\":\"A. Buyer\",\"lines\":[\"1 High Street\"],"
                        "\"city\":\"Leeds\"}}",
                        cart_id, quote->fingerprint, method));
}

const char *till_place(
        struct stall *stall, struct persona who, struct basket basket, const char *method)
{
        struct outcome placed = till_try_place(stall, who, basket, method);

        if (placed.error != NULL)
                fail_msg("%s: %s", placed.error->reason, placed.error->message);
        return ((const Order *)placed.response)->id;
}

const PaymentAttempt *till_receive(
        struct stall *stall, const char *order_id, int amount_minor, const char *external_id)
{
        return stall_ok(stall, shop_as(stall->shop, ROLE_FINANCE), "payment.RecordReceipt",
                "{'order_id':'%s','amount_minor':'%d','currency_code':'GBP','external_id':'%s'}",
                order_id, amount_minor, external_id);
}

int64_t till_booked(struct stall *stall, LedgerAccount account)
{
        struct scan *scan = ledger_entry_all(shop_read(stall->shop));
        int64_t sum = 0;

        for (LedgerEntry *entry; (entry = ledger_entry_next(scan)) != NULL;)
                if (entry->account == account)
                        sum += entry->amount_minor;
        return sum;
}

size_t till_tickets(struct stall *stall, const char *kind)
{
        struct scan *scan = ticket_all(shop_read(stall->shop));
        size_t count = 0;

        for (Ticket *ticket; (ticket = ticket_next(scan)) != NULL;)
                count += strcmp(ticket->kind, kind) == 0;
        return count;
}

void till_assert(struct stall *stall, const char *order_id, struct till_figures expected)
{
        const Order *order = stall_order(stall, order_id);

        assert_int_equal(order->payment_state, expected.state);
        assert_int_equal(order->authorised_minor, expected.authorised);
        assert_int_equal(order->captured_minor, expected.captured);
        assert_int_equal(order->refunded_minor, expected.refunded);
        assert_int_equal(order->released_minor, expected.released);
        assert_int_equal(order->due_minor, expected.due);
        assert_int_equal(till_booked(stall, LEDGER_ACCOUNT_CAPTURED), expected.captured);
        assert_int_equal(till_booked(stall, LEDGER_ACCOUNT_REFUNDED), expected.refunded);
}
