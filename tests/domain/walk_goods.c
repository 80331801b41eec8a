/*
 * What may come to mind about goods: parcels, returns, exchanges, counts, and time.
 */
#include "tests/domain/walk.h"

#include <string.h>
#include "payment.rows.h"

void walk_cancel(struct walk *walk)
{
        const char *id = walk_pick(walk, &walk->orders);
        struct persona who =
                walk_any(walk, 2) > 0 ? walk_owner(walk, id) : walk_staff(walk, ROLE_SERVICE_AGENT);

        if (walk_any(walk, 4) == 0)
                walk_try(walk, who, "checkout.CancelOrder", "{'id':'%s'}", id);
        else
                walk_try(walk, who, "checkout.CancelOrder",
                        "{'id':'%s','lines':[{'number':%u,'quantity':%u},"
                        "{'number':%u,'quantity':1}]}",
                        id, 1 + walk_any(walk, 2), 1 + walk_any(walk, 3), 1 + walk_any(walk, 3));
}

void walk_pack(struct walk *walk)
{
        const char *id = walk_pick(walk, &walk->orders);
        const char *lines = walk_any(walk, 2) == 0
                                    ? ""
                                    : arena_printf(shop_arena(walk->stall.shop),
                                              ",'lines':[{'order_line_number':%u,'quantity':%u}]",
                                              1 + walk_any(walk, 5), 1 + walk_any(walk, 3));
        const Shipment *parcel = walk_try(walk, walk_staff(walk, ROLE_WAREHOUSE),
                "fulfilment.CreateShipment", "{'order_id':'%s'%s}", id, lines);

        if (parcel != NULL)
                walk_keep(&walk->parcels, parcel->id);
}

void walk_send(struct walk *walk)
{
        static const char *const methods[] = {"fulfilment.ShipShipment", "fulfilment.ShipShipment",
                "fulfilment.ShipShipment", "fulfilment.CancelShipment",
                "fulfilment.InspectShipment"};

        walk_try(walk, walk_staff(walk, ROLE_WAREHOUSE), methods[walk_any(walk, 5)], "{'id':'%s'}",
                walk_pick(walk, &walk->parcels));
}

void walk_track(struct walk *walk)
{
        static const TrackingKind kinds[] = {TRACKING_KIND_MOVED, TRACKING_KIND_DELIVERED,
                TRACKING_KIND_DELIVERED, TRACKING_KIND_DELIVERED, TRACKING_KIND_LOST,
                TRACKING_KIND_RETURNED_TO_SENDER};

        walk_try(walk, walk_staff(walk, ROLE_WAREHOUSE), "fulfilment.RecordTracking",
                "{'shipment_id':'%s','carrier_event_id':'e%u','kind':%d}",
                walk_pick(walk, &walk->parcels), walk_any(walk, 40), (int)kinds[walk_any(walk, 6)]);
}

void walk_ask_for_a_return(struct walk *walk)
{
        const Shipment *parcel =
                shipment_get(shop_read(walk->stall.shop), walk_pick(walk, &walk->parcels));

        if (parcel == NULL)
                return;
        const char *id = arena_text(shop_arena(walk->stall.shop), parcel->order_id);
        unsigned type = walk_any(walk, RETURN_TYPE_EXCHANGE + 3);
        const char *wanted = "";

        if (type >= RETURN_TYPE_EXCHANGE) {
                type = RETURN_TYPE_EXCHANGE;
                wanted = walk->stall.variant_ids[walk_any(walk, WARE_COUNT)];
        }
        const ReturnCase *row = walk_try(walk,
                walk_any(walk, 2) > 0 ? walk_owner(walk, id) : walk_staff(walk, ROLE_SERVICE_AGENT),
                "aftersales.ApplyReturn",
                "{'order_id':'%s','type':%u,'reason':'x','cause':%u,"
                "'lines':[{'order_line_number':%u,'quantity':%u,"
                "'replacement_variant_id':'%s'}]}",
                id, type, walk_any(walk, RETURN_CAUSE_NOT_ARRIVED + 1), 1 + walk_any(walk, 5),
                1 + walk_any(walk, 3), wanted);

        if (row != NULL)
                walk_keep(&walk->cases, row->id);
}

void walk_go_on_with_a_case(struct walk *walk)
{
        static const struct {
                enum role role;
                const char *method;
                const char *rest;
        } steps[] = {
                {ROLE_SERVICE_AGENT, "aftersales.ReviewReturn", ",'decision':1"},
                {ROLE_SERVICE_AGENT, "aftersales.ReviewReturn", ",'decision':1"},
                {ROLE_SERVICE_AGENT, "aftersales.ReviewReturn",
                        ",'decision':2,'reject_reason':'n'"},
                {ROLE_SERVICE_AGENT, "aftersales.WithdrawReturn", ""},
                {ROLE_WAREHOUSE, "aftersales.InspectReturn", ",'lines':[{'number':1}]"},
                {ROLE_WAREHOUSE, "aftersales.InspectReturn", ""},
                {ROLE_FINANCE, "aftersales.RefundReturn", ""},
                {ROLE_FINANCE, "aftersales.RefundReturn", ""},
                {ROLE_SERVICE_AGENT, "aftersales.CloseReturn", ""},
        };
        unsigned step = walk_any(walk, sizeof(steps) / sizeof(steps[0]) + 2);
        const char *id = walk_pick(walk, &walk->cases);

        if (step < sizeof(steps) / sizeof(steps[0]))
                walk_try(walk, walk_staff(walk, steps[step].role), steps[step].method,
                        "{'id':'%s'%s}", id, steps[step].rest);
        else
                walk_try(walk, walk_staff(walk, ROLE_WAREHOUSE), "aftersales.ReceiveReturn",
                        "{'id':'%s','location_id':'%s'}", id,
                        walk_any(walk, 2) > 0 ? walk->stall.main_id : walk->stall.far_id);
}

/* Everybody does what they should, now and then without the money; what replaced something is on
 * its way, and may be exchanged again. */
void walk_see_a_case_through(struct walk *walk)
{
        const char *id = walk_pick(walk, &walk->cases);
        const ReturnCase *row = return_case_get(shop_read(walk->stall.shop), id);

        if (row == NULL)
                return;
        const char *order_id = arena_text(shop_arena(walk->stall.shop), row->order_id);

        walk_try(walk, walk_staff(walk, ROLE_SERVICE_AGENT), "aftersales.ReviewReturn",
                "{'id':'%s','decision':1}", id);
        if (walk_any(walk, 3) > 0)
                walk_pay(walk, order_id, SANDBOX_ANSWER_ACCEPT);
        walk_try(walk, walk_staff(walk, ROLE_WAREHOUSE), "aftersales.ReceiveReturn",
                "{'id':'%s','location_id':'%s'}", id, walk->stall.main_id);
        if (walk_any(walk, 4) == 0)
                shop_advance(walk->stall.shop, 2 * DAY_US);
        walk_try(walk, walk_staff(walk, ROLE_WAREHOUSE), "aftersales.InspectReturn", "{'id':'%s'}",
                id);
        walk_try(
                walk, walk_staff(walk, ROLE_FINANCE), "aftersales.RefundReturn", "{'id':'%s'}", id);
        const Shipment *parcel = walk_try(walk, walk_staff(walk, ROLE_WAREHOUSE),
                "fulfilment.CreateShipment", "{'order_id':'%s'}", order_id);

        if (parcel == NULL)
                return;
        walk_keep(&walk->parcels, parcel->id);
        walk_try(walk, walk_staff(walk, ROLE_WAREHOUSE), "fulfilment.ShipShipment", "{'id':'%s'}",
                parcel->id);
        walk_try(walk, walk_staff(walk, ROLE_WAREHOUSE), "fulfilment.RecordTracking",
                "{'shipment_id':'%s','carrier_event_id':'through','kind':'TRACKING_KIND_DELIVERED'"
                "}",
                parcel->id);
}

void walk_count_stock(struct walk *walk)
{
        struct persona who = walk_staff(walk, ROLE_WAREHOUSE);
        const char *location_id = walk_any(walk, 2) > 0 ? walk->stall.main_id : walk->stall.far_id;
        const char *variant_id = walk->stall.variant_ids[walk_any(walk, WARE_COUNT)];
        int number = (int)walk_any(walk, 20);

        if (walk_any(walk, 4) == 0)
                walk_try(walk, who, "supply.SetStockThreshold",
                        "{'location_id':'%s','variant_id':'%s','threshold':%d}", location_id,
                        variant_id, number / 2 - 5);
        else if (walk_any(walk, 3) == 0)
                walk_try(walk, who, "supply.AdjustStock",
                        "{'location_id':'%s','variant_id':'%s','quantity':%d,'reason':'count'}",
                        location_id, variant_id, number / 2 - 7);
        else
                walk_try(walk, who, "supply.ReceiveGoods",
                        "{'location_id':'%s','lines':[{'variant_id':'%s','quantity':%d}]}",
                        location_id, variant_id, 1 + 2 * number);
}

void walk_wait_a_while(struct walk *walk)
{
        static const int64_t waits_us[] = {SECOND_US, 30 * SECOND_US, MINUTE_US, 5 * MINUTE_US,
                15 * MINUTE_US, 30 * MINUTE_US, DAY_US, 20 * DAY_US};

        shop_advance(walk->stall.shop, waits_us[walk_any(walk, 8)]);
}
