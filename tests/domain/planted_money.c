/*
 * Faults of the ledger, for test_planted_faults.c.
 */
#include "payment.rows.h"
#include "tests/domain/planted.h"

static void book(struct world *world, struct txn *txn, LedgerAccount account, int64_t amount)
{
        LedgerEntry entry = LEDGER_ENTRY_INIT;

        entry.account = account;
        entry.order_id = world->open_id;
        entry.member_id = "alice";
        entry.document_id = "nothing";
        entry.amount_minor = amount;
        entry.currency_code = "GBP";
        ledger_entry_append(txn, &entry);
}

void captured_twice(struct world *world, struct txn *txn)
{
        book(world, txn, LEDGER_ACCOUNT_CAPTURED, 1);
}

void refunded_in_the_ledger_only(struct world *world, struct txn *txn)
{
        book(world, txn, LEDGER_ACCOUNT_REFUNDED, 1);
}

void suspense_kept(struct world *world, struct txn *txn)
{
        book(world, txn, LEDGER_ACCOUNT_SUSPENSE, 100);
}

void entry_of_no_account(struct world *world, struct txn *txn)
{
        book(world, txn, LEDGER_ACCOUNT_UNSPECIFIED, 1);
}

void goodwill_without_entry(struct world *world, struct txn *txn)
{
        GoodwillCredit *credit = goodwill_credit_get(txn, world->credit_id);

        credit->id = "another";
        goodwill_credit_insert(txn, credit);
}

void attempt_without_entry(struct world *world, struct txn *txn)
{
        struct scan *scan = payment_attempt_by_order_id(txn, world->open_id);
        PaymentAttempt *attempt = payment_attempt_next(scan);

        attempt->captured = false;
        payment_attempt_update(txn, attempt);
}
