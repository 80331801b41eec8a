/*
 * Parcels from packing to the door, through the pipeline: what is packed, where it is taken from,
 * what carriers report and when, and that nothing of it counts a unit twice.
 */
#include "tests/domain/stall.h"

#include <string.h>
#include "server/fulfilment/parcel.h"
#include "service.rows.h"

#define KIND(name) "TRACKING_KIND_" name

static struct persona warehouse(struct stall *stall)
{
        return shop_as(stall->shop, ROLE_WAREHOUSE);
}

static struct refusal refusal(const char *method, enum status code, const char *reason)
{
        return (struct refusal){method, code, reason};
}

static void an_order_travels_to_the_door(void **state)
{
        struct stall stall = stall_open();
        const char *id = stall_sell(&stall, stall.alice, (struct basket){{3, 1, 0}});
        const Shipment *packed = stall_ok(
                &stall, warehouse(&stall), "fulfilment.CreateShipment", "{'order_id':'%s'}", id);

        assert_int_equal(packed->state, SHIPMENT_STATE_PACKED);
        assert_int_equal(packed->n_lines, 2);
        assert_string_equal(packed->lines[0]->location_id, stall.main_id);
        assert_int_equal(stall_units(&stall, id, 1, UNIT_STATE_PACKED), 3);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->on_hand, 10);
        const Shipment *shipped = stall_ok(&stall, warehouse(&stall), "fulfilment.ShipShipment",
                "{'id':'%s','carrier':'Post','tracking_number':'P1'}", packed->id);

        assert_int_equal(shipped->state, SHIPMENT_STATE_IN_TRANSIT);
        assert_string_equal(shipped->carrier, "Post");
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->on_hand, 7);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->allocated, 0);
        assert_int_equal(stall_order(&stall, id)->fulfilment_state, FULFILMENT_STATE_SHIPPED);
        assert_int_equal(stall_order(&stall, id)->lines[0]->n_allocations, 0);
        shop_advance(stall.shop, DAY_US);
        int64_t door_us = shop_now_us(stall.shop) - 3600 * SECOND_US;
        const Shipment *there = stall_track(&stall, packed->id, "e1", KIND("DELIVERED"), 3600);

        assert_int_equal(there->state, SHIPMENT_STATE_DELIVERED);
        assert_int_equal(there->n_tracking, 1);
        assert_int_equal(time_us(there->end_time), door_us);
        assert_int_equal(stall_units(&stall, id, 1, UNIT_STATE_DELIVERED), 3);
        assert_int_equal(stall_order(&stall, id)->fulfilment_state, FULFILMENT_STATE_DELIVERED);
        assert_int_equal(time_us(stall_order(&stall, id)->deliver_time), door_us);
        assert_int_equal(shop_event_count(stall.shop, "shipment.delivered"), 1);
        stall_close(&stall);
}

static void what_cannot_be_packed(void **state)
{
        struct stall stall = stall_open();
        const struct refusal none =
                refusal("fulfilment.CreateShipment", FAILED_PRECONDITION, "NOTHING_TO_SHIP");
        const struct refusal unpaid =
                refusal("fulfilment.CreateShipment", FAILED_PRECONDITION, "ORDER_NOT_CONFIRMED");
        const struct refusal few =
                refusal("fulfilment.CreateShipment", FAILED_PRECONDITION, "UNITS_NOT_OPEN");
        const struct refusal line =
                refusal("fulfilment.CreateShipment", INVALID_ARGUMENT, "LINE_NOT_FOUND");
        const struct refusal twice =
                refusal("fulfilment.CreateShipment", INVALID_ARGUMENT, "LINE_REPEATED");
        const char *placed = stall_place(&stall, stall.alice, (struct basket){{1, 0, 0}});
        const char *id = stall_sell(&stall, stall.alice, (struct basket){{3, 0, 0}});
        struct persona staff = warehouse(&stall);

        stall_refused(&stall, staff, unpaid, "{'order_id':'%s'}", placed);
        stall_refused(&stall, staff, line,
                "{'order_id':'%s','lines':[{'order_line_number':7,'quantity':1}]}", id);
        stall_refused(&stall, staff, twice,
                "{'order_id':'%s','lines':[{'order_line_number':1,'quantity':1},"
                "{'order_line_number':1,'quantity':1}]}",
                id);
        struct error *error = stall_refused(&stall, staff, few,
                "{'order_id':'%s','lines':[{'order_line_number':1,'quantity':4}]}", id);

        assert_string_equal(stall_fact(error, "open"), "3");
        stall_ship(&stall, id);
        stall_refused(&stall, staff, none, "{'order_id':'%s'}", id);
        stall_close(&stall);
}

static void the_name_of_another_system_packs_once(void **state)
{
        struct stall stall = stall_open();
        const char *id = stall_sell(&stall, stall.alice, (struct basket){{3, 2, 0}});
        const char *json = "{'order_id':'%s','external_id':'S1',"
                           "'lines':[{'order_line_number':%d,'quantity':%d}]}";
        const struct refusal taken =
                refusal("fulfilment.CreateShipment", ALREADY_EXISTS, "EXTERNAL_ID_TAKEN");
        struct persona importer = shop_as(stall.shop, ROLE_IMPORTER);
        const Shipment *first =
                stall_ok(&stall, importer, "fulfilment.CreateShipment", json, id, 1, 2);
        const Shipment *again =
                stall_ok(&stall, importer, "fulfilment.CreateShipment", json, id, 1, 2);

        assert_string_equal(first->id, again->id);
        assert_int_equal(again->n_lines, 1);
        assert_int_equal(stall_units(&stall, id, 1, UNIT_STATE_PACKED), 2);
        stall_refused(&stall, importer, taken, json, id, 1, 1);
        stall_refused(&stall, importer, taken, json, id, 2, 2);
        stall_close(&stall);
}

/* 20 bowls lie at two locations; no location has 12. */
static void stock_leaves_from_where_it_is_held(void **state)
{
        struct stall stall = stall_open();
        const char *id = stall_sell(&stall, stall.alice, (struct basket){{0, 12, 0}});
        const Shipment *packed = stall_ok(
                &stall, warehouse(&stall), "fulfilment.CreateShipment", "{'order_id':'%s'}", id);

        assert_int_equal(packed->n_lines, 2);
        assert_int_equal(packed->lines[0]->quantity, 10);
        assert_int_equal(packed->lines[1]->quantity, 2);
        stall_ok(&stall, warehouse(&stall), "fulfilment.ShipShipment", "{'id':'%s'}", packed->id);
        assert_int_equal(stall_stock(&stall, WARE_BOWL, stall.main_id)->on_hand, 0);
        assert_int_equal(stall_stock(&stall, WARE_BOWL, stall.far_id)->on_hand, 8);
        assert_int_equal(stall_stock(&stall, WARE_BOWL, stall.far_id)->allocated, 0);
        stall_close(&stall);
}

/* Two are packed far away; what is cancelled must not be their stock, though a cancellation takes
 * from the location of least priority first. */
static void a_cancellation_leaves_packed_units_their_stock(void **state)
{
        struct stall stall = stall_open();
        const char *pack = "{'order_id':'%s','lines':[{'order_line_number':1,'quantity':%d}]}";
        const char *id = stall_sell(&stall, stall.alice, (struct basket){{0, 12, 0}});
        const Shipment *ten =
                stall_ok(&stall, warehouse(&stall), "fulfilment.CreateShipment", pack, id, 10);
        const Shipment *two =
                stall_ok(&stall, warehouse(&stall), "fulfilment.CreateShipment", pack, id, 2);

        assert_string_equal(two->lines[0]->location_id, stall.far_id);
        stall_ok(&stall, warehouse(&stall), "fulfilment.CancelShipment", "{'id':'%s'}", ten->id);
        stall_ok(&stall, stall.alice, "checkout.CancelOrder",
                "{'id':'%s','lines':[{'number':1,'quantity':1}]}", id);
        assert_int_equal(stall_stock(&stall, WARE_BOWL, stall.main_id)->allocated, 9);
        stall_ok(&stall, warehouse(&stall), "fulfilment.ShipShipment", "{'id':'%s'}", two->id);
        assert_int_equal(stall_stock(&stall, WARE_BOWL, stall.far_id)->allocated, 0);
        stall_close(&stall);
}

static void a_parcel_is_unpacked_and_packed_again(void **state)
{
        struct stall stall = stall_open();
        const struct refusal gone =
                refusal("fulfilment.ShipShipment", FAILED_PRECONDITION, "SHIPMENT_NOT_PACKED");
        const struct refusal late =
                refusal("fulfilment.CancelShipment", FAILED_PRECONDITION, "SHIPMENT_NOT_PACKED");
        const char *id = stall_sell(&stall, stall.alice, (struct basket){{3, 0, 0}});
        const Shipment *packed = stall_ok(
                &stall, warehouse(&stall), "fulfilment.CreateShipment", "{'order_id':'%s'}", id);

        stall_ok(&stall, warehouse(&stall), "fulfilment.CancelShipment", "{'id':'%s'}", packed->id);
        assert_int_equal(stall_units(&stall, id, 1, UNIT_STATE_OPEN), 3);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->allocated, 3);
        struct error *error =
                stall_refused(&stall, warehouse(&stall), gone, "{'id':'%s'}", packed->id);

        assert_string_equal(stall_fact(error, "state"), "CANCELLED");
        const char *second = stall_ship(&stall, id);

        stall_refused(&stall, warehouse(&stall), late, "{'id':'%s'}", second);
        stall_close(&stall);
}

static void what_is_not_on_hand_does_not_leave(void **state)
{
        struct stall stall = stall_open();
        const struct refusal none =
                refusal("fulfilment.ShipShipment", FAILED_PRECONDITION, "NOT_ON_HAND");
        const char *id = stall_sell(&stall, stall.alice, (struct basket){{3, 1, 0}});
        const Shipment *packed = stall_ok(
                &stall, warehouse(&stall), "fulfilment.CreateShipment", "{'order_id':'%s'}", id);

        stall_ok(&stall, warehouse(&stall), "supply.AdjustStock",
                "{'location_id':'%s','variant_id':'%s','quantity':-10,'reason':'BROKEN'}",
                stall.main_id, stall.variant_ids[WARE_BOWL]);
        stall_refused(&stall, warehouse(&stall), none, "{'id':'%s'}", packed->id);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->on_hand, 10);
        assert_int_equal(stall_units(&stall, id, 1, UNIT_STATE_PACKED), 3);
        stall_close(&stall);
}

static size_t tickets(struct stall *stall)
{
        struct scan *scan = ticket_by_state(shop_read(stall->shop), TICKET_STATE_OPEN);
        size_t n = 0;

        while (ticket_next(scan) != NULL)
                n++;
        return n;
}

static void reports_come_late_twice_and_out_of_order(void **state)
{
        struct stall stall = stall_open();
        const struct refusal early =
                refusal("fulfilment.RecordTracking", FAILED_PRECONDITION, "SHIPMENT_NOT_SHIPPED");
        const struct refusal reused =
                refusal("fulfilment.RecordTracking", ALREADY_EXISTS, "CARRIER_EVENT_ID_TAKEN");
        const char *id = stall_sell(&stall, stall.alice, (struct basket){{3, 0, 0}});
        const Shipment *packed = stall_ok(
                &stall, warehouse(&stall), "fulfilment.CreateShipment", "{'order_id':'%s'}", id);
        const char *report = "{'shipment_id':'%s','carrier_event_id':'e9','kind':'%s'}";

        stall_refused(&stall, warehouse(&stall), early, report, packed->id, KIND("MOVED"));
        stall_ok(&stall, warehouse(&stall), "fulfilment.ShipShipment", "{'id':'%s'}", packed->id);
        shop_advance(stall.shop, DAY_US);
        stall_track(&stall, packed->id, "e2", KIND("OUT_FOR_DELIVERY"), 600);
        stall_track(&stall, packed->id, "e3", KIND("DELIVERED"), 300);
        const Shipment *late = stall_track(&stall, packed->id, "e1", KIND("MOVED"), 3600);

        assert_int_equal(late->state, SHIPMENT_STATE_DELIVERED);
        assert_int_equal(late->n_tracking, 3);
        assert_string_equal(late->tracking[0]->carrier_event_id, "e1");
        const Shipment *again = stall_track(&stall, packed->id, "e3", KIND("DELIVERED"), 300);

        assert_int_equal(again->n_tracking, 3);
        stall_track(&stall, packed->id, "e4", KIND("DELIVERED"), 200);
        assert_int_equal(tickets(&stall), 0);
        stall_ok(&stall, warehouse(&stall), "fulfilment.RecordTracking", report, packed->id,
                KIND("LOST"));
        assert_int_equal(tickets(&stall), 1);
        assert_int_equal(stall_units(&stall, id, 1, UNIT_STATE_DELIVERED), 3);
        stall_refused(&stall, warehouse(&stall), reused, report, packed->id, KIND("MOVED"));
        stall_close(&stall);
}

static void a_parcel_comes_back_and_is_inspected(void **state)
{
        struct stall stall = stall_open();
        const struct refusal early =
                refusal("fulfilment.InspectShipment", FAILED_PRECONDITION, "SHIPMENT_NOT_BACK");
        const struct refusal twice = refusal(
                "fulfilment.InspectShipment", FAILED_PRECONDITION, "SHIPMENT_ALREADY_INSPECTED");
        const struct refusal many =
                refusal("fulfilment.InspectShipment", INVALID_ARGUMENT, "TOO_MANY_RESELLABLE");
        const char *json = "{'id':'%s','lines':[{'number':1,'resellable':%d}]}";
        const char *id = stall_sell(&stall, stall.alice, (struct basket){{3, 0, 0}});
        const char *parcel = stall_ship(&stall, id);

        stall_refused(&stall, warehouse(&stall), early, json, parcel, 2);
        stall_track(&stall, parcel, "e1", KIND("RETURNED_TO_SENDER"), 0);
        assert_int_equal(stall_units(&stall, id, 1, UNIT_STATE_RETURNED_TO_SENDER), 3);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->quarantine, 3);
        stall_refused(&stall, warehouse(&stall), many, json, parcel, 4);
        stall_refused(&stall, warehouse(&stall),
                refusal("fulfilment.InspectShipment", INVALID_ARGUMENT, "LINE_REPEATED"),
                "{'id':'%s','lines':[{'number':1,'resellable':0},{'number':1,'resellable':3}]}",
                parcel);
        stall_ok(&stall, warehouse(&stall), "fulfilment.InspectShipment", json, parcel, 2);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->quarantine, 0);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->on_hand, 9);
        stall_refused(&stall, warehouse(&stall), twice, json, parcel, 2);
        stall_close(&stall);
}

static void delivery_is_that_of_the_last_parcel(void **state)
{
        struct stall stall = stall_open();
        const char *id = stall_sell(&stall, stall.alice, (struct basket){{3, 0, 0}});
        const Shipment *one = stall_ok(&stall, warehouse(&stall), "fulfilment.CreateShipment",
                "{'order_id':'%s','lines':[{'order_line_number':1,'quantity':1}]}", id);

        stall_ok(&stall, warehouse(&stall), "fulfilment.ShipShipment", "{'id':'%s'}", one->id);
        const char *two = stall_ship(&stall, id);

        shop_advance(stall.shop, DAY_US);
        stall_track(&stall, one->id, "e1", KIND("DELIVERED"), 0);
        int64_t last_us = shop_now_us(stall.shop);

        assert_null(stall_order(&stall, id)->deliver_time);
        shop_advance(stall.shop, DAY_US);
        /* The second parcel arrived before the first and is only reported later. */
        stall_track(&stall, two, "e1", KIND("DELIVERED"), 2 * 24 * 3600 - 60);
        assert_int_equal(time_us(stall_order(&stall, id)->deliver_time), last_us);
        stall_close(&stall);
}

static void a_lost_parcel_is_not_delivered(void **state)
{
        struct stall stall = stall_open();
        const char *id = stall_sell(&stall, stall.alice, (struct basket){{3, 0, 0}});
        const char *parcel = stall_ship(&stall, id);

        stall_track(&stall, parcel, "e1", KIND("LOST"), 0);
        assert_int_equal(stall_units(&stall, id, 1, UNIT_STATE_LOST), 3);
        assert_int_equal(stall_order(&stall, id)->fulfilment_state, FULFILMENT_STATE_SHIPPED);
        assert_null(stall_order(&stall, id)->deliver_time);
        stall_close(&stall);
}

static void reports_are_bounded_but_the_end_gets_in(void **state)
{
        struct stall stall = stall_open();
        const struct refusal full =
                refusal("fulfilment.RecordTracking", RESOURCE_EXHAUSTED, "TOO_MANY_REPORTS");
        const char *id = stall_sell(&stall, stall.alice, (struct basket){{1, 0, 0}});
        const char *parcel = stall_ship(&stall, id);

        for (int i = 0; i < PARCEL_TRACKING_MAX - 10; i++)
                stall_ok(&stall, warehouse(&stall), "fulfilment.RecordTracking",
                        "{'shipment_id':'%s','carrier_event_id':'m%d','kind':'%s'}", parcel, i,
                        KIND("MOVED"));
        stall_refused(&stall, warehouse(&stall), full,
                "{'shipment_id':'%s','carrier_event_id':'more','kind':'%s'}", parcel,
                KIND("MOVED"));
        stall_track(&stall, parcel, "end", KIND("DELIVERED"), 0);
        stall_close(&stall);
}

/* ---- planted faults ---- */

static void verify_finds_a_unit_that_moved_by_itself(void **state)
{
        struct stall stall = stall_open();
        const char *id = stall_sell(&stall, stall.alice, (struct basket){{3, 0, 0}});
        const char *kind;

        stall_ship(&stall, id);
        struct txn *txn = shop_write_begin(stall.shop);
        OrderLine *line = order_line_get(txn, id, 1);

        line->units[0]->state = UNIT_STATE_DELIVERED;
        order_line_update(txn, line);
        shop_write_end(stall.shop, txn);
        assert_int_equal(shop_verify(stall.shop, &kind), 2);
        assert_string_equal(kind, "SHIPMENT_UNITS");
        txn = shop_write_begin(stall.shop);
        line->units[0]->state = UNIT_STATE_IN_TRANSIT;
        order_line_update(txn, line);
        shop_write_end(stall.shop, txn);
        stall_close(&stall);
}

/* A lost unit that became a delivered one could be returned, though nobody has it. */
static void verify_tells_lost_units_from_delivered_ones(void **state)
{
        struct stall stall = stall_open();
        const char *id = stall_sell(&stall, stall.alice, (struct basket){{3, 0, 0}});
        const char *kind;

        stall_track(&stall, stall_ship(&stall, id), "e1", KIND("LOST"), 0);
        struct txn *txn = shop_write_begin(stall.shop);
        OrderLine *line = order_line_get(txn, id, 1);

        line->units[0]->state = UNIT_STATE_DELIVERED;
        order_line_update(txn, line);
        shop_write_end(stall.shop, txn);
        assert_int_equal(shop_verify(stall.shop, &kind), 1);
        assert_string_equal(kind, "SHIPMENT_UNITS");
        txn = shop_write_begin(stall.shop);
        line->units[0]->state = UNIT_STATE_LOST;
        order_line_update(txn, line);
        shop_write_end(stall.shop, txn);
        stall_close(&stall);
}

static void verify_finds_a_wrong_packed_count(void **state)
{
        struct stall stall = stall_open();
        const char *id = stall_sell(&stall, stall.alice, (struct basket){{3, 0, 0}});
        const char *kind;

        stall_ok(&stall, warehouse(&stall), "fulfilment.CreateShipment", "{'order_id':'%s'}", id);
        struct txn *txn = shop_write_begin(stall.shop);
        OrderLine *line = order_line_get(txn, id, 1);

        line->allocations[0]->packed = 2;
        order_line_update(txn, line);
        shop_write_end(stall.shop, txn);
        assert_int_equal(shop_verify(stall.shop, &kind), 1);
        assert_string_equal(kind, "SHIPMENT_HOLDING");
        txn = shop_write_begin(stall.shop);
        line->allocations[0]->packed = 3;
        order_line_update(txn, line);
        shop_write_end(stall.shop, txn);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(an_order_travels_to_the_door),
                cmocka_unit_test(what_cannot_be_packed),
                cmocka_unit_test(the_name_of_another_system_packs_once),
                cmocka_unit_test(stock_leaves_from_where_it_is_held),
                cmocka_unit_test(a_cancellation_leaves_packed_units_their_stock),
                cmocka_unit_test(a_parcel_is_unpacked_and_packed_again),
                cmocka_unit_test(what_is_not_on_hand_does_not_leave),
                cmocka_unit_test(reports_come_late_twice_and_out_of_order),
                cmocka_unit_test(a_parcel_comes_back_and_is_inspected),
                cmocka_unit_test(delivery_is_that_of_the_last_parcel),
                cmocka_unit_test(a_lost_parcel_is_not_delivered),
                cmocka_unit_test(reports_are_bounded_but_the_end_gets_in),
                cmocka_unit_test(verify_finds_a_unit_that_moved_by_itself),
                cmocka_unit_test(verify_tells_lost_units_from_delivered_ones),
                cmocka_unit_test(verify_finds_a_wrong_packed_count),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
