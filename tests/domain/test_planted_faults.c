/*
 * Verify finds what is planted and names it. One shop with an order in every stage is built anew
 * for each fault, one row is changed behind the pipeline's back, and the kind and table in the list
 * below must be among what is found. A fault is often seen from several sides; asked for is the
 * side that names the row that was touched.
 *
 * The list of storage faults at the end is an overview: they are planted in the file itself, in
 * tests/unit/store/test_verify.c. fault_kinds.py fails when a kind is in neither list.
 */
#include <stdio.h>
#include <string.h>
#include "server/verify.h"
#include "tests/domain/planted.h"
#include "tests/domain/till.h"

static const char *apply(struct stall *stall, const char *order_id)
{
        const ReturnCase *row = stall_ok(stall, stall->alice, "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'too many','lines':[{'order_line_number':1,"
                "'quantity':1}]}",
                order_id);

        return row->id;
}

static void refund(struct stall *stall, const char *case_id)
{
        struct persona agent = shop_as(stall->shop, ROLE_SERVICE_AGENT);
        struct persona warehouse = shop_as(stall->shop, ROLE_WAREHOUSE);

        stall_ok(stall, agent, "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}", case_id);
        stall_ok(stall, warehouse, "aftersales.ReceiveReturn", "{'id':'%s','location_id':'%s'}",
                case_id, stall->main_id);
        stall_ok(stall, warehouse, "aftersales.InspectReturn", "{'id':'%s'}", case_id);
        stall_ok(stall, agent, "aftersales.RefundReturn", "{'id':'%s'}", case_id);
        shop_settle(stall->shop);
}

static struct world world_open(void)
{
        struct world world = {.stall = stall_open()};
        struct stall *stall = &world.stall;
        const Shipment *parcel;
        const GoodwillCredit *credit;

        world.unpaid_id =
                stall_place(stall, stall->alice, (struct basket){.quantity = {[WARE_MUG] = 1}});
        world.open_id = stall_sell(stall, stall->alice,
                (struct basket){.quantity = {[WARE_MUG] = 3, [WARE_BOWL] = 2}});
        world.packed_id =
                stall_sell(stall, stall->alice, (struct basket){.quantity = {[WARE_BOWL] = 1}});
        parcel = stall_ok(stall, shop_as(stall->shop, ROLE_WAREHOUSE), "fulfilment.CreateShipment",
                "{'order_id':'%s'}", world.packed_id);
        world.parcel_id = parcel->id;
        world.delivered_id =
                stall_sell(stall, stall->alice, (struct basket){.quantity = {[WARE_MUG] = 3}});
        stall_deliver(stall, world.delivered_id);
        world.refunded_case_id = apply(stall, world.delivered_id);
        refund(stall, world.refunded_case_id);
        world.case_id = apply(stall, world.delivered_id);
        credit = stall_ok(stall, shop_as(stall->shop, ROLE_FINANCE), "aftersales.GrantGoodwill",
                "{'member_id':'alice','currency_code':'GBP','amount_minor':'250',"
                "'reason':'SORRY'}");
        world.credit_id = credit->id;
        world.held_id =
                stall_place(stall, stall->alice, (struct basket){.quantity = {[WARE_MUG] = 1}});
        stall_ok(stall, stall->alice, "payment.PayOrder",
                "{'order_id':'%s','capture_mode':'CAPTURE_MODE_MANUAL'}", world.held_id);
        shop_settle(stall->shop);
        till_offer_all(stall);
        world.invoice_id = till_place(
                stall, stall->alice, (struct basket){.quantity = {[WARE_MUG] = 1}}, "INVOICE");
        till_receive(stall, world.invoice_id, 66, "B-1");
        planted_exchange(&world);
        planted_edit(&world);
        planted_access(&world);
        planted_points(&world);
        planted_rewards(&world);
        planted_tender(&world);
        return world;
}

static const struct fault {
        const char *kind;
        const char *table;
        void (*plant)(struct world *world, struct txn *txn);
} faults[] = {
        {"CREDENTIAL_ORPHAN", "Credential", address_of_nobody},
        {"PASSWORD_ORPHAN", "MemberPassword", password_of_nobody},
        {"SESSION_ORPHAN", "MemberSession", session_of_nobody},
        {"GUEST_JOINED", "Member", member_who_is_another},
        {"STOCK_SUM", "Stock", stock_without_movement},
        {"STOCK_SUM", "Stock", movement_without_stock},
        {"STOCK_MISSING", "Stock", stock_row_gone},
        {"STOCK_OVERSOLD", "Stock", stock_oversold},
        {"STOCK_HELD", "Stock", stock_held_for_nobody},
        {"ORDER_TOTALS", "Order", order_total_off},
        {"ORDER_REFUNDED", "Order", order_over_refunded},
        {"ORDER_PAYMENT_STATE", "Order", order_paid_without_money},
        {"ORDER_OVERPAID", "Order", order_captured_twice},
        {"ORDER_DUE", "Order", order_due_off},
        {"ORDER_AUTHORISED", "Order", order_authorised_off},
        {"HOLD_KEPT", "Order", hold_for_nothing},
        {"ORDER_DEBTOR", "Order", nobody_owes_it},
        {"ATTEMPT_BOOKED", "PaymentAttempt", receipt_of_more},
        {"ORDER_UNPAID", "Order", stands_unpaid},
        {"LINE_AMOUNT", "OrderLine", line_price_off},
        {"LINE_TAX", "OrderLine", line_tax_off},
        {"LINE_RELIEF", "OrderLine", line_relieved_with_tax},
        {"LINE_REFUND", "OrderLine", line_over_refunded},
        {"LINE_HELD", "OrderLine", holding_missing},
        {"UNIT_RUN", "OrderLine", units_malformed},
        {"UNIT_SUM", "OrderLine", unit_missing},
        {"UNIT_STATE", "OrderLine", unit_left_unpaid},
        {"LEDGER_CAPTURED", "Order", captured_twice},
        {"LEDGER_REFUNDED", "Order", refunded_in_the_ledger_only},
        {"LEDGER_SUSPENSE", "Order", suspense_kept},
        {"LEDGER_ENTRY", "LedgerEntry", entry_of_no_account},
        {"LEDGER_GOODWILL", "GoodwillCredit", goodwill_without_entry},
        {"ATTEMPT_BOOKED", "PaymentAttempt", attempt_without_entry},
        {"SHIPMENT_UNITS", "OrderLine", parcel_holds_more},
        {"SHIPMENT_LINE", "ShipmentLine", parcel_of_no_line},
        {"SHIPMENT_HOLDING", "OrderLine", packed_count_off},
        {"RETURN_SUM", "ReturnCase", case_sum_off},
        {"RETURN_LINE", "ReturnLine", case_line_off},
        {"RETURN_UNITS", "ReturnLine", case_of_no_unit},
        {"RETURN_UNITS", "OrderLine", unit_in_two_cases},
        {"RETURN_STEP", "ReturnCase", case_state_off},
        {"AFTERSALES_STATE", "Order", case_not_told},
        {"SEGMENT_COUNT", "Segment", segment_count_off},
        {"ACTIVITY_ORDERS", "CustomerActivity", customer_with_too_many_orders},
        {"COHORT_SUM", "CohortMonth", cohort_of_nobody},
        {"PRODUCT_BUYERS", "ProductDemand", product_bought_by_nobody},
        {"EXCHANGE_LINE", "OrderLine", replacement_of_nothing},
        {"EXCHANGE_LINE", "ReturnLine", replaced_by_the_wrong_line},
        {"EXCHANGE_VALUE", "OrderLine", exchanged_for_nothing},
        {"EXCHANGE_SUM", "ReturnCase", exchange_sum_off},
        {"ORDER_DUE", "Order", replacement_due_and_not_raised},
        {"ORDER_TOTALS", "Order", exchange_total_off},
        {"LINE_REFUND", "OrderLine", line_exchanged_and_refunded},
        {"DELIVERY_REFUND", "Order", delivery_refunded_for_nothing},
        {"GRANT_NOT_APPROVED", "RoleGrant", administrator_by_one},
        {"GRANT_TO_SELF", "RoleGrant", post_by_own_hand},
        {"GRANT_TWICE", "RoleGrant", post_held_twice},
        {"TEAM_LEAD", "Team", lead_not_in_team},
        {"STAFF_PASSWORD", "StaffAccount", account_without_password},
        {"MEMBER_AGENT", "Member", agent_of_another_team},
        {"REVISION_NUMBER", "OrderRevision", revision_missing},
        {"REVISION_NUMBER", "OrderRevision", revision_never_made},
        {"REVISION_STATE", "OrderRevision", revision_counts_unpaid},
        {"REVISION_STATE", "OrderRevision", revision_holds_for_nobody},
        {"REVISION_SUM", "OrderRevision", revision_sum_off},
        {"REVISION_LINE", "OrderRevision", line_counts_unpaid},
        {"ORDER_TOTALS", "Order", line_counts_unpaid},
        {"STOCK_HELD", "Stock", line_counts_unpaid},
        {"LINE_UNCOUNTED", "OrderLine", line_counts_for_no_reason_not},
        {"LINE_HELD", "OrderLine", pending_unit_cancelled},
        {"REVISION_LINE", "OrderRevision", pending_unit_cancelled},
        {"UNIT_STATE", "OrderLine", unit_leaves_with_no_revision},
        {"REVISION_LINE", "OrderRevision", unit_does_not_leave},
        {"NOTIFICATION_STRANDED", "Notification", notice_stranded},
        {"NOTIFICATION_SECRET_LEFT", "NotificationSecret", secret_left},
        {"POINT_BALANCE", "LoyaltyAccount", points_without_entry},
        {"POINT_ENTRY", "PointEntry", points_of_no_lot},
        {"POINT_ENTRY", "PointEntry", points_moved_nowhere},
        {"POINT_ENTRY", "PointEntry", points_entry_missing},
        {"POINT_LOT", "PointLot", lot_open_for_nobody},
        {"POINT_TENDER", "PointEntry", points_pay_for_nothing},
        {"ORDER_POINTS", "OrderPoints", order_earned_too_much},
        {"ORDER_POINTS_HELD", "Order", order_holds_no_points},
        {"ORDER_TENDER", "Order", order_tender_off},
        {"LINE_TENDER", "OrderLine", line_tender_off},
        {"LINE_TENDER", "OrderLine", line_gave_back_too_much},
        {"LINE_TENDER", "OrderLine", line_paid_back_in_money},
        {"GROWTH_BALANCE", "LoyaltyAccount", growth_without_entry},
        {"TIER_HISTORY", "LoyaltyAccount", tier_without_history},
        {"PROGRAMME", "ProgrammeVersion", two_programmes_count},
        {"POINT_RUNNING", "PointEntry", points_balance_after_off},
        {"LOYALTY_STRANDED", "LoyaltyAccount", points_without_timer},
        {"LOYALTY_STRANDED", "LoyaltyAccount", tier_without_timer},
        {"POINT_TOTAL", "PointTotal", points_total_too_high},
        {"TIER_TOTAL", "TierTotal", tier_total_too_low},
        {"LEDGER_DEDUCTED", "Order", deduction_without_entry},
        {"STOCK_HELD", "Stock", gift_not_held},
        {"REDEMPTION_POINTS", "RewardRedemption", gift_for_nothing},
        {"REDEMPTION_COUPON", "RewardRedemption", coupon_of_another},
        {"REWARD_COUNT", "Reward", reward_counted_wrong},
        {"ACCESS_MISSING", "DataAccess", access_forgotten},
        {"ACCESS_WRONG", "DataAccess", access_by_somebody_else},
        {"ACCESS_UNRECORDED", "DataAccess", access_invented},
        {"CONSENT_HISTORY", "Consent", consent_never_said},
        {"COUPON_ORDER", "Coupon", coupon_used_by_no_order},
};
#define FAULT_COUNT (sizeof(faults) / sizeof(faults[0]))

/* Planted in the database file: tests/unit/store/test_verify.c. */
static const char *const storage_faults[] = {
        "ROW_CHECKSUM",
        "ROW_MALFORMED",
        "ROW_MISPLACED",
        "SEQUENCE_BEHIND",
        "INDEX_MISSING",
        "INDEX_WRONG",
        "INDEX_DANGLING",
        "LOCATOR_MISSING",
        "LOCATOR_WRONG",
        "LOCATOR_DANGLING",
        "OWNER_WRONG",
        "CHILD_ORPHAN",
        "REF_DANGLING",
        "LOG_GAP",
        "CHAIN_BROKEN",
        "HEAD_MISMATCH",
        "META_CHECKSUM",
        "UNKNOWN_ENTRY",
        "PAGE_DAMAGED",
};
#define STORAGE_FAULT_COUNT (sizeof(storage_faults) / sizeof(storage_faults[0]))

struct search {
        const struct fault *fault;
        size_t found;
        size_t named; /* faults with a row and a sentence */
};

static void look(
        void *context, const char *kind, const char *table, const char *key, const char *sentence)
{
        struct search *search = context;

        if (strcmp(kind, search->fault->kind) == 0 && strcmp(table, search->fault->table) == 0)
                search->found++;
        if (key[0] != '\0' && sentence[0] != '\0')
                search->named++;
}

static void each_fault_is_found_and_named(void **state)
{
        for (size_t i = 0; i < FAULT_COUNT; i++) {
                struct world world = world_open();
                struct shop *shop = world.stall.shop;
                struct search search = {.fault = &faults[i]};

                assert_int_equal(verify_run(shop_store(shop), look, &search), 0);
                struct txn *txn = shop_write_begin(shop);

                faults[i].plant(&world, txn);
                shop_write_end(shop, txn);
                size_t count = verify_run(shop_store(shop), look, &search);

                if (search.found == 0)
                        fail_msg("fault %zu, %s of %s, was not found among %zu", i, faults[i].kind,
                                faults[i].table, count);
                assert_int_equal(search.named, count);
                shop_abandon(shop);
        }
}

static size_t distinct(void)
{
        size_t count = STORAGE_FAULT_COUNT;

        for (size_t i = 0; i < FAULT_COUNT; i++) {
                bool new = true;

                for (size_t k = 0; k < i; k++)
                        new = new &&strcmp(faults[k].kind, faults[i].kind) != 0;
                count += new;
        }
        return count;
}

static void there_are_at_least_twenty(void **state)
{
        printf("%zu kinds of faults\n", distinct());
        assert_true(distinct() >= 20);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_fault_is_found_and_named),
                cmocka_unit_test(there_are_at_least_twenty),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
