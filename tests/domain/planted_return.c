/*
 * Faults of returns, for test_planted_faults.c.
 */
#include "tests/domain/planted.h"

void case_sum_off(struct world *world, struct txn *txn)
{
        ReturnCase *row = return_case_get(txn, world->refunded_case_id);

        row->refund_minor++;
        return_case_update(txn, row);
}

void case_line_off(struct world *world, struct txn *txn)
{
        ReturnLine *line = return_line_get(txn, world->case_id, 1);

        line->refund_minor++;
        return_line_update(txn, line);
}

void case_of_no_unit(struct world *world, struct txn *txn)
{
        ReturnLine *line = return_line_get(txn, world->case_id, 1);

        line->units[0]->first = 3;
        return_line_update(txn, line);
}

void unit_in_two_cases(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->delivered_id, 1);

        for (size_t i = 0; i < line->n_units; i++)
                if (line->units[i]->state == UNIT_STATE_DELIVERED)
                        line->units[i]->state = UNIT_STATE_IN_CASE;
        order_line_update(txn, line);
}

void case_state_off(struct world *world, struct txn *txn)
{
        ReturnCase *row = return_case_get(txn, world->case_id);

        row->state = RETURN_STATE_APPROVED;
        return_case_update(txn, row);
}

void case_not_told(struct world *world, struct txn *txn)
{
        Order *order = order_get(txn, world->delivered_id);

        order->aftersales_state = AFTERSALES_STATE_NONE;
        order_update(txn, order);
}
