/*
 * Proves money: what orders say was captured and refunded, and what goodwill credits say was
 * given, is the ledger added up. The ledger has no index, on purpose (it is an append-only log),
 * so it is read once, sorted by what it is about and searched.
 */
#include "server/payment/payment.h"

#include <stdlib.h>
#include <string.h>
#include "aftersales.rows.h"
#include "server/order/order.h"

/* What the ledger says about one order, attempt or credit. */
struct sum {
        const char *subject_id;
        int64_t of[LEDGER_ACCOUNT_DEDUCTED + 1];
};

struct sums {
        struct sum *at; /* by subject_id, one each */
        size_t n;
};

static int by_subject(const void *a, const void *b)
{
        return strcmp(((const struct sum *)a)->subject_id, ((const struct sum *)b)->subject_id);
}

static void sums_add(struct arena *arena, struct sums *sums, size_t *room, const char *subject_id,
        const LedgerEntry *entry)
{
        if (sums->n == *room) {
                *room = *room == 0 ? 256 : 2 * *room;
                sums->at = arena_grow(
                        arena, sums->at, sums->n * sizeof(*sums->at), *room * sizeof(*sums->at));
        }
        sums->at[sums->n] = (struct sum){.subject_id = arena_text(arena, subject_id)};
        sums->at[sums->n++].of[entry->account] = entry->amount_minor;
}

static void sums_merge(struct sums *sums)
{
        size_t kept = 0;

        if (sums->n == 0)
                return;
        qsort(sums->at, sums->n, sizeof(*sums->at), by_subject);
        for (size_t i = 0; i < sums->n; i++) {
                if (kept == 0 || by_subject(&sums->at[kept - 1], &sums->at[i]) != 0) {
                        sums->at[kept++] = sums->at[i];
                        continue;
                }
                for (size_t account = 0; account <= LEDGER_ACCOUNT_DEDUCTED; account++)
                        sums->at[kept - 1].of[account] += sums->at[i].of[account];
        }
        sums->n = kept;
}

static const struct sum *sums_find(const struct sums *sums, const char *subject_id)
{
        static const struct sum nothing = {.subject_id = ""};
        struct sum key = {.subject_id = subject_id};
        const struct sum *found = NULL;

        if (sums->n > 0)
                found = bsearch(&key, sums->at, sums->n, sizeof(*sums->at), by_subject);
        return found != NULL ? found : &nothing;
}

/* The ledger by order and by document. */
struct books {
        struct sums orders;
        struct sums documents;
};

static struct books read_books(struct verify_context *context, struct txn *txn)
{
        struct arena *arena = txn_arena(txn);
        struct scan *scan = ledger_entry_all(txn);
        struct books books = {0};
        size_t order_room = 0, document_room = 0;

        scan_fleeting(scan);
        for (LedgerEntry *entry; (entry = ledger_entry_next(scan)) != NULL;) {
                if (entry->account < LEDGER_ACCOUNT_CAPTURED ||
                        entry->account > LEDGER_ACCOUNT_DEDUCTED || entry->amount_minor <= 0) {
                        verify_fault(context, "LEDGER_ENTRY", "LedgerEntry", entry->document_id,
                                "entry %llu has no account or no amount",
                                (unsigned long long)entry->number);
                        continue;
                }
                sums_add(arena, &books.orders, &order_room, entry->order_id, entry);
                sums_add(arena, &books.documents, &document_room, entry->document_id, entry);
        }
        sums_merge(&books.orders);
        sums_merge(&books.documents);
        return books;
}

/* What the attempts of one order say is held for it. */
struct hold {
        const char *authorisation_id; /* that counts, or "" */
        int64_t authorised;
        int64_t captured;
        int64_t in_flight;
        int64_t voided; /* of the authorisation that counts */
        int64_t idle;   /* authorisations that do not count, less their voids */
};

/* Before the others are added: those made at one instant come in any order. */
static const char *counting_authorisation(struct txn *txn, const char *order_id)
{
        struct scan *scan = payment_attempt_by_order_id(txn, order_id);

        for (const PaymentAttempt *attempt; (attempt = payment_attempt_next(scan)) != NULL;)
                if (attempt->kind == ATTEMPT_KIND_AUTHORISE && attempt->captured)
                        return attempt->id;
        return "";
}

static void hold_add(struct hold *hold, const PaymentAttempt *attempt)
{
        if (attempt->kind == ATTEMPT_KIND_AUTHORISE && attempt->captured) {
                hold->authorised += attempt->amount_minor;
        } else if (attempt->kind == ATTEMPT_KIND_AUTHORISE) {
                hold->idle += attempt->state == ATTEMPT_STATE_SUCCEEDED;
        } else if (attempt->kind == ATTEMPT_KIND_CAPTURE && attempt->captured) {
                hold->captured += attempt->amount_minor;
        } else if (attempt->kind == ATTEMPT_KIND_CAPTURE && attempt->state == ATTEMPT_STATE_OPEN) {
                hold->in_flight += attempt->amount_minor;
        } else if (attempt->kind == ATTEMPT_KIND_VOID &&
                   strcmp(attempt->document_id, hold->authorisation_id) == 0) {
                hold->voided += attempt->amount_minor;
        } else if (attempt->kind == ATTEMPT_KIND_VOID) {
                hold->idle--;
        }
}

static void verify_hold(struct verify_context *context, struct txn *txn, const Order *order)
{
        struct scan *scan = payment_attempt_by_order_id(txn, order->id);
        struct hold hold = {.authorisation_id = counting_authorisation(txn, order->id)};
        int64_t left, over;

        for (PaymentAttempt *attempt; (attempt = payment_attempt_next(scan)) != NULL;)
                hold_add(&hold, attempt);
        left = hold.authorised - hold.captured - hold.voided;
        over = order->captured_minor + order->authorised_minor - order_payable(order);
        if (order->authorised_minor != left)
                verify_fault(context, "ORDER_AUTHORISED", "Order", order->id,
                        "authorised %lld, its attempts say %lld",
                        (long long)order->authorised_minor, (long long)left);
        if (order->state == ORDER_STATE_CONFIRMED && order_owed(order) > 0 &&
                hold.authorised == 0 && !order_by_hand(order))
                verify_fault(context, "ORDER_UNPAID", "Order", order->id,
                        "it stands, %lld are owed and nothing was ever held for it",
                        (long long)order_owed(order));
        if (hold.idle > 0)
                verify_fault(context, "HOLD_KEPT", "Order", order->id,
                        "an authorisation that holds money for nothing was not voided");
        if (over > hold.in_flight)
                verify_fault(context, "ORDER_OVERPAID", "Order", order->id,
                        "%lld more are captured or held than are to be paid", (long long)over);
}

static void verify_orders(
        struct verify_context *context, struct txn *txn, const struct books *books)
{
        struct scan *scan = order_all_by_place_time(txn);

        scan_fleeting(scan);
        for (Order *order; (order = order_next(scan)) != NULL;) {
                struct txn_memory memory = txn_memory(txn);
                const struct sum *sum = sums_find(&books->orders, order->id);

                verify_hold(context, txn, order);
                if (sum->of[LEDGER_ACCOUNT_CAPTURED] != order->captured_minor)
                        verify_fault(context, "LEDGER_CAPTURED", "Order", order->id,
                                "captured %lld, the ledger says %lld",
                                (long long)order->captured_minor,
                                (long long)sum->of[LEDGER_ACCOUNT_CAPTURED]);
                if (sum->of[LEDGER_ACCOUNT_REFUNDED] != order->refunded_minor)
                        verify_fault(context, "LEDGER_REFUNDED", "Order", order->id,
                                "refunded %lld, the ledger says %lld",
                                (long long)order->refunded_minor,
                                (long long)sum->of[LEDGER_ACCOUNT_REFUNDED]);
                if (sum->of[LEDGER_ACCOUNT_DEDUCTED] != order->deducted_minor)
                        verify_fault(context, "LEDGER_DEDUCTED", "Order", order->id,
                                "deducted %lld, the ledger says %lld",
                                (long long)order->deducted_minor,
                                (long long)sum->of[LEDGER_ACCOUNT_DEDUCTED]);
                if (sum->of[LEDGER_ACCOUNT_SUSPENSE] != sum->of[LEDGER_ACCOUNT_SUSPENSE_RETURNED])
                        verify_fault(context, "LEDGER_SUSPENSE", "Order", order->id,
                                "money in suspense was not sent back");
                txn_forget(txn, memory);
        }
}

/* What the ledger must have of an attempt: a refund was booked when it was made; what is only held
 * is no money. */
static int64_t wanted_of(const PaymentAttempt *attempt)
{
        switch ((int)attempt->kind) {
        case ATTEMPT_KIND_REFUND:
        case ATTEMPT_KIND_RECEIPT:
                return attempt->amount_minor;
        case ATTEMPT_KIND_SALE:
        case ATTEMPT_KIND_CAPTURE:
                return attempt->captured ? attempt->amount_minor : 0;
        default:
                return 0;
        }
}

static void verify_attempt(
        struct verify_context *context, const PaymentAttempt *attempt, const struct books *books)
{
        const struct sum *sum = sums_find(&books->documents, attempt->id);
        int64_t booked = attempt->kind == ATTEMPT_KIND_REFUND
                                 ? sum->of[LEDGER_ACCOUNT_REFUNDED] +
                                           sum->of[LEDGER_ACCOUNT_SUSPENSE_RETURNED]
                                 : sum->of[LEDGER_ACCOUNT_CAPTURED];
        if (attempt->kind == ATTEMPT_KIND_RECEIPT)
                booked += sum->of[LEDGER_ACCOUNT_SUSPENSE];
        bool takes = attempt->kind == ATTEMPT_KIND_SALE || attempt->kind == ATTEMPT_KIND_CAPTURE;

        if (booked != wanted_of(attempt))
                verify_fault(context, "ATTEMPT_BOOKED", "PaymentAttempt", attempt->id,
                        "of %lld the ledger has %lld", (long long)wanted_of(attempt),
                        (long long)booked);
        if (takes && attempt->state == ATTEMPT_STATE_SUCCEEDED && !attempt->captured &&
                sum->of[LEDGER_ACCOUNT_SUSPENSE] == 0)
                verify_fault(context, "ATTEMPT_BOOKED", "PaymentAttempt", attempt->id,
                        "its money is neither captured nor in suspense");
}

static void verify_credits(
        struct verify_context *context, struct txn *txn, const struct books *books)
{
        struct scan *scan = goodwill_credit_all(txn);

        scan_fleeting(scan);
        for (GoodwillCredit *credit; (credit = goodwill_credit_next(scan)) != NULL;) {
                const struct sum *sum = sums_find(&books->documents, credit->id);

                if (sum->of[LEDGER_ACCOUNT_GOODWILL] != credit->amount_minor)
                        verify_fault(context, "LEDGER_GOODWILL", "GoodwillCredit", credit->id,
                                "granted %lld, the ledger says %lld",
                                (long long)credit->amount_minor,
                                (long long)sum->of[LEDGER_ACCOUNT_GOODWILL]);
        }
}

void payment_verify(struct verify_context *context, struct txn *txn)
{
        struct books books = read_books(context, txn);
        struct scan *attempts = payment_attempt_all_by_order_id_create_time(txn);

        scan_fleeting(attempts);
        verify_orders(context, txn, &books);
        for (PaymentAttempt *attempt; (attempt = payment_attempt_next(attempts)) != NULL;)
                verify_attempt(context, attempt, &books);
        verify_credits(context, txn, &books);
}
