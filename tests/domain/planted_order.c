/*
 * Faults of orders and their lines, for test_planted_faults.c.
 */
#include "payment.rows.h"
#include "tests/domain/planted.h"

void order_total_off(struct world *world, struct txn *txn)
{
        Order *order = order_get(txn, world->unpaid_id);

        order->tax_minor--;
        order_update(txn, order);
}

void order_over_refunded(struct world *world, struct txn *txn)
{
        Order *order = order_get(txn, world->open_id);

        order->refunded_minor = order->captured_minor + 1;
        order_update(txn, order);
}

void order_paid_without_money(struct world *world, struct txn *txn)
{
        Order *order = order_get(txn, world->unpaid_id);

        order->payment_state = PAYMENT_STATE_PAID;
        order_update(txn, order);
}

void order_captured_twice(struct world *world, struct txn *txn)
{
        Order *order = order_get(txn, world->open_id);

        order->captured_minor *= 2;
        order_update(txn, order);
}

void order_due_off(struct world *world, struct txn *txn)
{
        Order *order = order_get(txn, world->unpaid_id);

        order->due_minor--;
        order_update(txn, order);
}

void order_authorised_off(struct world *world, struct txn *txn)
{
        Order *order = order_get(txn, world->held_id);

        order->authorised_minor--;
        order_update(txn, order);
}

void nobody_owes_it(struct world *world, struct txn *txn)
{
        Order *order = order_get(txn, world->invoice_id);

        order->debtor_id = "";
        order_update(txn, order);
}

void receipt_of_more(struct world *world, struct txn *txn)
{
        PaymentAttempt *receipt = payment_attempt_get_by_external_id(txn, "B-1");

        receipt->amount_minor++;
        payment_attempt_update(txn, receipt);
}

void stands_unpaid(struct world *world, struct txn *txn)
{
        Order *order = order_get(txn, world->unpaid_id);

        order->state = ORDER_STATE_CONFIRMED;
        order_update(txn, order);
}

void hold_for_nothing(struct world *world, struct txn *txn)
{
        PaymentAttempt attempt = PAYMENT_ATTEMPT_INIT;

        attempt.id = "hold";
        attempt.order_id = world->held_id;
        attempt.member_id = "alice";
        attempt.kind = ATTEMPT_KIND_AUTHORISE;
        attempt.state = ATTEMPT_STATE_SUCCEEDED;
        payment_attempt_insert(txn, &attempt);
}

void line_price_off(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->open_id, 1);

        line->unit_price_minor++;
        order_line_update(txn, line);
}

void line_tax_off(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->open_id, 1);

        line->taxes[0]->amount_minor++;
        order_line_update(txn, line);
}

void line_relieved_with_tax(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->open_id, 1);

        line->tax_status = TAX_STATUS_EXEMPT;
        order_line_update(txn, line);
}

void line_over_refunded(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->delivered_id, 1);

        line->refunded_minor = line->gross_minor + 1;
        order_line_update(txn, line);
}

void units_malformed(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->open_id, 1);

        line->units[0]->state = UNIT_STATE_UNSPECIFIED;
        order_line_update(txn, line);
}

void unit_missing(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->open_id, 1);

        line->units[0]->count--;
        order_line_update(txn, line);
}

void holding_missing(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->open_id, 1);

        line->allocations[0]->quantity--;
        order_line_update(txn, line);
}

void unit_left_unpaid(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->unpaid_id, 1);

        line->units[0]->state = UNIT_STATE_DELIVERED;
        order_line_update(txn, line);
}
