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
