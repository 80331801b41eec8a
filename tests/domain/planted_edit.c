/*
 * Faults of revisions, for test_planted_faults.c: numbers with gaps, one that waits for nothing,
 * and lines and units that are not as a revision has them.
 */
#include "tests/domain/planted.h"

#include "tests/domain/edits.h"

void planted_edit(struct world *world)
{
        struct stall *stall = &world->stall;

        world->edited_id =
                stall_sell(stall, stall->alice, (struct basket){.quantity = {[WARE_BOWL] = 2}});
        edits_make(stall, stall->alice, world->edited_id,
                edits_text(stall,
                        "'removals':[{'number':1,'quantity':1}],"
                        "'additions':[{'variant_id':'%s','quantity':2}]",
                        stall->variant_ids[WARE_BOWL]));
}

static OrderRevision *pending(struct world *world, struct txn *txn)
{
        return order_revision_get(txn, world->edited_id, 2);
}

void revision_missing(struct world *world, struct txn *txn)
{
        order_revision_delete(txn, world->edited_id, 1);
}

void revision_never_made(struct world *world, struct txn *txn)
{
        Order *order = order_get(txn, world->open_id);

        order->revision_count = 2;
        order_update(txn, order);
}

void revision_counts_unpaid(struct world *world, struct txn *txn)
{
        OrderRevision *row = pending(world, txn);

        row->state = REVISION_STATE_COUNTS;
        order_revision_update(txn, row);
}

void revision_holds_for_nobody(struct world *world, struct txn *txn)
{
        OrderRevision *row = pending(world, txn);

        row->holder_id = "";
        order_revision_update(txn, row);
}

void revision_sum_off(struct world *world, struct txn *txn)
{
        OrderRevision *row = pending(world, txn);

        row->removed_minor++;
        order_revision_update(txn, row);
}

static void count_line(struct txn *txn, const char *order_id)
{
        OrderLine *line = order_line_get(txn, order_id, 2);

        line->uncounted = !line->uncounted;
        order_line_update(txn, line);
}

void line_counts_unpaid(struct world *world, struct txn *txn)
{
        count_line(txn, world->edited_id);
}

void line_counts_for_no_reason_not(struct world *world, struct txn *txn)
{
        count_line(txn, world->open_id);
}

/* Its stock stays reserved. */
void pending_unit_cancelled(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->edited_id, 2);

        line->units[0]->state = UNIT_STATE_CANCELLED;
        order_line_update(txn, line);
}

void unit_leaves_with_no_revision(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->open_id, 1);

        line->units[0]->state = UNIT_STATE_LEAVING;
        order_line_update(txn, line);
}

void unit_does_not_leave(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->edited_id, 1);

        line->units[0]->state = UNIT_STATE_OPEN;
        order_line_update(txn, line);
}
