/*
 * Faults of exchanges, for test_planted_faults.c: value that moved from line to line where no case
 * says so, replacements of nothing, and delivery refunded for no reason.
 */
#include "tests/domain/planted.h"

void planted_exchange(struct world *world)
{
        struct stall *stall = &world->stall;

        world->exchanged_id =
                stall_sell(stall, stall->alice, (struct basket){.quantity = {[WARE_MUG] = 1}});
        stall_deliver(stall, world->exchanged_id);
        const ReturnCase *row = stall_ok(stall, stall->alice, "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'a bowl','type':'RETURN_TYPE_EXCHANGE',"
                "'lines':[{'order_line_number':1,'quantity':1,'replacement_variant_id':'%s'}]}",
                world->exchanged_id, stall->variant_ids[WARE_BOWL]);

        world->exchange_id = row->id;
        stall_ok(stall, shop_as(stall->shop, ROLE_SERVICE_AGENT), "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}", world->exchange_id);
        stall_ok(stall, stall->alice, "payment.PayOrder", "{'order_id':'%s'}", world->exchanged_id);
        shop_settle(stall->shop);
}

void replacement_of_nothing(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->delivered_id, 1);

        line->return_case_id = world->case_id;
        order_line_update(txn, line);
}

void replaced_by_the_wrong_line(struct world *world, struct txn *txn)
{
        ReturnLine *line = return_line_get(txn, world->exchange_id, 1);

        line->replacement_line_number = 1;
        return_line_update(txn, line);
}

/* Value that no case moved: the order's totals are made to agree. */
void exchanged_for_nothing(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->open_id, 1);
        Order *order = order_get(txn, world->open_id);

        line->exchanged_minor = order->exchanged_minor = 1;
        order->gross_minor--;
        order_line_update(txn, line);
        order_update(txn, order);
}

void exchange_sum_off(struct world *world, struct txn *txn)
{
        ReturnCase *row = return_case_get(txn, world->exchange_id);

        row->due_minor = 5;
        return_case_update(txn, row);
}

void replacement_due_and_not_raised(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->exchanged_id, 2);

        line->due_minor = 5;
        order_line_update(txn, line);
}

void exchange_total_off(struct world *world, struct txn *txn)
{
        Order *order = order_get(txn, world->exchanged_id);

        order->exchanged_minor = 0;
        order_update(txn, order);
}

void line_exchanged_and_refunded(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->exchanged_id, 1);

        line->refunded_minor = 1;
        order_line_update(txn, line);
}

void delivery_refunded_for_nothing(struct world *world, struct txn *txn)
{
        ReturnCase *row = return_case_get(txn, world->refunded_case_id);

        row->delivery_refund_minor = 1;
        return_case_update(txn, row);
}
