/*
 * Faults of stock and parcels, for test_planted_faults.c.
 */
#include "tests/domain/planted.h"

static Stock *mugs(struct world *world, struct txn *txn)
{
        return stock_get(txn, world->stall.variant_ids[WARE_MUG], world->stall.main_id);
}

static void move(struct world *world, struct txn *txn, MovementType type, int64_t quantity)
{
        Movement movement = MOVEMENT_INIT;

        movement.variant_id = world->stall.variant_ids[WARE_MUG];
        movement.location_id = world->stall.main_id;
        movement.type = type;
        movement.quantity = quantity;
        movement_append(txn, &movement);
}

void stock_without_movement(struct world *world, struct txn *txn)
{
        Stock *stock = mugs(world, txn);

        stock->on_hand++;
        stock_update(txn, stock);
}

void movement_without_stock(struct world *world, struct txn *txn)
{
        move(world, txn, MOVEMENT_TYPE_RETURN, 2);
}

void stock_row_gone(struct world *world, struct txn *txn)
{
        stock_delete(txn, world->stall.variant_ids[WARE_GIFT], world->stall.main_id);
}

void stock_oversold(struct world *world, struct txn *txn)
{
        Stock *stock = mugs(world, txn);

        move(world, txn, MOVEMENT_TYPE_RESERVE, 100);
        stock->reserved += 100;
        stock_update(txn, stock);
}

void stock_held_for_nobody(struct world *world, struct txn *txn)
{
        Stock *stock = mugs(world, txn);

        move(world, txn, MOVEMENT_TYPE_RESERVE, 1);
        stock->reserved++;
        stock_update(txn, stock);
}

void parcel_holds_more(struct world *world, struct txn *txn)
{
        ShipmentLine *line = shipment_line_get(txn, world->parcel_id, 1);

        line->quantity++;
        shipment_line_update(txn, line);
}

void parcel_of_no_line(struct world *world, struct txn *txn)
{
        ShipmentLine *line = shipment_line_get(txn, world->parcel_id, 1);

        line->order_line_number = 9;
        shipment_line_update(txn, line);
}

void packed_count_off(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->packed_id, 1);

        line->allocations[0]->packed = 0;
        order_line_update(txn, line);
}
