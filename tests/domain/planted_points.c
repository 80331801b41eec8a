/*
 * Faults of points, growth, tiers and the programme, for test_planted_faults.c.
 */
#include "tests/domain/planted.h"

#include "internal.rows.h"
#include "loyalty_internal.rows.h"
#include "tests/domain/club.h"

void planted_points(struct world *world)
{
        struct stall *stall = &world->stall;
        struct persona bob = shop_member(stall->shop, "bob");

        club_open(stall, ",'tender_share':'1'");
        world->earned_id = stall_sell(stall, bob, (struct basket){.quantity = {[WARE_BOWL] = 1}});
        club_give(stall, "bob", 100);
        club_give(stall, "bob", -30);
        for (int i = 0; i < 24; i++)
                stall_ok(stall, shop_as(stall->shop, ROLE_OPERATIONS), "loyalty.RecordActivity",
                        "{'member_id':'bob','activity':'grow','external_id':'g%d'}", i);
}

static LoyaltyAccount *bob(struct txn *txn)
{
        return loyalty_account_get(txn, "bob");
}

void points_without_entry(struct world *world, struct txn *txn)
{
        LoyaltyAccount *account = bob(txn);

        account->available++;
        loyalty_account_update(txn, account);
}

void points_of_no_lot(struct world *world, struct txn *txn)
{
        PointEntry *entry = point_entry_get(txn, "bob", 1);

        entry->lot_id = "nowhere";
        point_entry_update(txn, entry);
}

void points_moved_nowhere(struct world *world, struct txn *txn)
{
        PointEntry *entry = point_entry_get(txn, "bob", 2);

        entry->to_account = entry->from_account;
        point_entry_update(txn, entry);
}

void points_entry_missing(struct world *world, struct txn *txn)
{
        point_entry_delete(txn, "bob", 2);
}

static PointLot *waiting_lot(struct world *world, struct txn *txn)
{
        return point_lot_get(txn, order_points_get(txn, world->earned_id)->lot_id);
}

void lot_open_for_nobody(struct world *world, struct txn *txn)
{
        PointLot *lot = waiting_lot(world, txn);

        lot->open_member_id = "";
        point_lot_update(txn, lot);
}

void order_earned_too_much(struct world *world, struct txn *txn)
{
        OrderPoints *row = order_points_get(txn, world->earned_id);

        row->lines[0]->points++;
        order_points_update(txn, row);
}

void growth_without_entry(struct world *world, struct txn *txn)
{
        LoyaltyAccount *account = bob(txn);

        account->growth += 1000;
        loyalty_account_update(txn, account);
}

void tier_without_history(struct world *world, struct txn *txn)
{
        LoyaltyAccount *account = bob(txn);

        account->tier_level++;
        loyalty_account_update(txn, account);
}

void points_without_timer(struct world *world, struct txn *txn)
{
        scheduled_call_delete(txn, "loyalty.ExpirePoints", "bob");
}

void tier_without_timer(struct world *world, struct txn *txn)
{
        scheduled_call_delete(txn, "loyalty.ReviewTier", "bob");
}

void two_programmes_count(struct world *world, struct txn *txn)
{
        ProgrammeVersion *row = programme_version_get_by_number(txn, 1);

        row->id = "another";
        row->number = 2;
        programme_version_insert(txn, row);
}

void deduction_without_entry(struct world *world, struct txn *txn)
{
        Order *order = order_get(txn, world->open_id);

        order->deducted_minor++;
        order_update(txn, order);
}

void points_total_too_high(struct world *world, struct txn *txn)
{
        PointTotal *total = point_total_get(txn, POINT_ACCOUNT_AVAILABLE);

        total->points++;
        point_total_update(txn, total);
}

void tier_total_too_low(struct world *world, struct txn *txn)
{
        TierTotal *total = tier_total_get(txn, 1);

        total->member_count--;
        tier_total_update(txn, total);
}

/* ---- points that pay for an order ---- */

void planted_tender(struct world *world)
{
        struct stall *stall = &world->stall;
        struct persona bob = shop_mint(stall->shop, "bob", 1u << ROLE_MEMBER);
        const char *cart_id = stall_cart(stall, bob, (struct basket){{0, 1, 0}});
        const Quote *quote = stall_ok(stall, bob, "checkout.GetQuote",
                "{'cart_id':'%s','country_code':'GB','points':'10'}", cart_id);
        const Order *order = stall_ok(stall, bob, "checkout.PlaceOrder",
                "{'cart_id':'%s','fingerprint':'%s','points':'10','delivery_address':{"
                "'country_code':'GB'}}",
                cart_id, quote->fingerprint);

        world->tender_id = order->id;
}

void order_holds_no_points(struct world *world, struct txn *txn)
{
        Order *order = order_get(txn, world->tender_id);

        order->points++;
        order_update(txn, order);
}

void order_tender_off(struct world *world, struct txn *txn)
{
        Order *order = order_get(txn, world->tender_id);

        order->points_back_minor++;
        order_update(txn, order);
}

void line_tender_off(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->tender_id, 1);

        line->points_ahead_minor++;
        order_line_update(txn, line);
}

void line_gave_back_too_much(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->tender_id, 1);

        line->points_back_minor = line->points_minor + 1;
        order_line_update(txn, line);
}

void line_paid_back_in_money(struct world *world, struct txn *txn)
{
        OrderLine *line = order_line_get(txn, world->tender_id, 1);

        line->refunded_minor = line->gross_minor;
        order_line_update(txn, line);
}

void points_pay_for_nothing(struct world *world, struct txn *txn)
{
        struct scan *scan = point_entry_by_source_id(txn, world->tender_id);
        PointEntry *entry = point_entry_next(scan);

        entry->source_id = world->open_id;
        point_entry_update(txn, entry);
}

void points_balance_after_off(struct world *world, struct txn *txn)
{
        PointEntry *entry = point_entry_get(txn, "bob", 2);

        entry->balance++;
        point_entry_update(txn, entry);
}
