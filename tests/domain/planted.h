#pragma once
/* What test_planted_faults.c plants its faults in, and the faults: planted_*.c, by subject. */
#include "tests/domain/stall.h"

/* Orders in every stage, and what hangs on them. */
struct world {
        struct stall stall;
        const char *unpaid_id; /* a mug */
        const char *open_id;   /* three mugs and two bowls, paid */
        const char *packed_id; /* a bowl in a parcel */
        const char *parcel_id;
        const char *delivered_id; /* three mugs, one in a case and one refunded */
        const char *case_id;
        const char *refunded_case_id;
        const char *credit_id;
        const char *held_id;      /* a mug, its money authorised */
        const char *invoice_id;   /* a mug, half of it paid by hand */
        const char *exchange_id;  /* a mug's case, to become a bowl; paid */
        const char *exchanged_id; /* its order */
        const char *earned_id;    /* bob's bowl, its points waiting */
        const char *tender_id;    /* his other bowl, for which points are held; not paid */
        const char *gift_id;      /* his redemptions */
        const char *coupon_redemption_id;
        const char *edited_id; /* two bowls; one is to go and two to come, not paid */
};

/* Each changes a row behind the pipeline's back. */

/* Of stock and parcels. */
void stock_without_movement(struct world *world, struct txn *txn);
void movement_without_stock(struct world *world, struct txn *txn);
void stock_row_gone(struct world *world, struct txn *txn);
void stock_oversold(struct world *world, struct txn *txn);
void stock_held_for_nobody(struct world *world, struct txn *txn);
void parcel_holds_more(struct world *world, struct txn *txn);
void parcel_of_no_line(struct world *world, struct txn *txn);
void packed_count_off(struct world *world, struct txn *txn);

/* Of orders and their lines. */
void order_total_off(struct world *world, struct txn *txn);
void order_over_refunded(struct world *world, struct txn *txn);
void order_paid_without_money(struct world *world, struct txn *txn);
void order_captured_twice(struct world *world, struct txn *txn);
void order_due_off(struct world *world, struct txn *txn);
void order_authorised_off(struct world *world, struct txn *txn);
void nobody_owes_it(struct world *world, struct txn *txn);
void receipt_of_more(struct world *world, struct txn *txn);
void stands_unpaid(struct world *world, struct txn *txn);
void hold_for_nothing(struct world *world, struct txn *txn);
void line_price_off(struct world *world, struct txn *txn);
void line_tax_off(struct world *world, struct txn *txn);
void line_relieved_with_tax(struct world *world, struct txn *txn);
void line_over_refunded(struct world *world, struct txn *txn);
void units_malformed(struct world *world, struct txn *txn);
void unit_missing(struct world *world, struct txn *txn);
void holding_missing(struct world *world, struct txn *txn);
void unit_left_unpaid(struct world *world, struct txn *txn);

/* Of the ledger. */
void captured_twice(struct world *world, struct txn *txn);
void refunded_in_the_ledger_only(struct world *world, struct txn *txn);
void suspense_kept(struct world *world, struct txn *txn);
void entry_of_no_account(struct world *world, struct txn *txn);
void goodwill_without_entry(struct world *world, struct txn *txn);
void attempt_without_entry(struct world *world, struct txn *txn);

/* Of returns. */
void case_sum_off(struct world *world, struct txn *txn);
void case_line_off(struct world *world, struct txn *txn);
void case_of_no_unit(struct world *world, struct txn *txn);
void unit_in_two_cases(struct world *world, struct txn *txn);
void case_state_off(struct world *world, struct txn *txn);
void case_not_told(struct world *world, struct txn *txn);

/* Of figures, segments and cohorts. */
void segment_count_off(struct world *world, struct txn *txn);
void customer_with_too_many_orders(struct world *world, struct txn *txn);
void cohort_of_nobody(struct world *world, struct txn *txn);
void product_bought_by_nobody(struct world *world, struct txn *txn);

/* A mug is to become a bowl, and the difference is paid. */
void planted_exchange(struct world *world);

void replacement_of_nothing(struct world *world, struct txn *txn);
void replaced_by_the_wrong_line(struct world *world, struct txn *txn);
void exchanged_for_nothing(struct world *world, struct txn *txn);
void exchange_sum_off(struct world *world, struct txn *txn);
void replacement_due_and_not_raised(struct world *world, struct txn *txn);
void exchange_total_off(struct world *world, struct txn *txn);
void line_exchanged_and_refunded(struct world *world, struct txn *txn);
void delivery_refunded_for_nothing(struct world *world, struct txn *txn);

/* Bob is silver by 144 growth; some of his points wait, some are spent. */
void planted_points(struct world *world);

void points_balance_after_off(struct world *world, struct txn *txn);
void points_total_too_high(struct world *world, struct txn *txn);
void tier_total_too_low(struct world *world, struct txn *txn);
void points_without_entry(struct world *world, struct txn *txn);
void points_without_timer(struct world *world, struct txn *txn);
void tier_without_timer(struct world *world, struct txn *txn);
void points_of_no_lot(struct world *world, struct txn *txn);
void points_moved_nowhere(struct world *world, struct txn *txn);
void points_entry_missing(struct world *world, struct txn *txn);
void lot_open_for_nobody(struct world *world, struct txn *txn);
void order_earned_too_much(struct world *world, struct txn *txn);
void growth_without_entry(struct world *world, struct txn *txn);
void tier_without_history(struct world *world, struct txn *txn);
void two_programmes_count(struct world *world, struct txn *txn);
void deduction_without_entry(struct world *world, struct txn *txn);

/* Bob would pay a bowl with ten points too. */
void planted_tender(struct world *world);

void order_holds_no_points(struct world *world, struct txn *txn);
void order_tender_off(struct world *world, struct txn *txn);
void line_tender_off(struct world *world, struct txn *txn);
void line_gave_back_too_much(struct world *world, struct txn *txn);
void line_paid_back_in_money(struct world *world, struct txn *txn);
void points_pay_for_nothing(struct world *world, struct txn *txn);

/* Bob redeemed points for a mug that is to be sent, and for a coupon. */
void planted_rewards(struct world *world);

void gift_not_held(struct world *world, struct txn *txn);
void gift_for_nothing(struct world *world, struct txn *txn);
void coupon_used_by_no_order(struct world *world, struct txn *txn);
void coupon_of_another(struct world *world, struct txn *txn);
void reward_counted_wrong(struct world *world, struct txn *txn);

/* Two bowls, of which one is to go and two are to come; the difference is not paid. */
void planted_edit(struct world *world);

void revision_missing(struct world *world, struct txn *txn);
void revision_never_made(struct world *world, struct txn *txn);
void revision_counts_unpaid(struct world *world, struct txn *txn);
void revision_holds_for_nobody(struct world *world, struct txn *txn);
void revision_sum_off(struct world *world, struct txn *txn);
void line_counts_unpaid(struct world *world, struct txn *txn);
void line_counts_for_no_reason_not(struct world *world, struct txn *txn);
void pending_unit_cancelled(struct world *world, struct txn *txn);
void unit_leaves_with_no_revision(struct world *world, struct txn *txn);
void unit_does_not_leave(struct world *world, struct txn *txn);

void notice_stranded(struct world *world, struct txn *txn);
void secret_left(struct world *world, struct txn *txn);
void administrator_by_one(struct world *world, struct txn *txn);
void post_by_own_hand(struct world *world, struct txn *txn);
void post_held_twice(struct world *world, struct txn *txn);
void lead_not_in_team(struct world *world, struct txn *txn);
void account_without_password(struct world *world, struct txn *txn);
void agent_of_another_team(struct world *world, struct txn *txn);

/* The desk has read alice's order. */
void planted_access(struct world *world);

void access_forgotten(struct world *world, struct txn *txn);
void access_by_somebody_else(struct world *world, struct txn *txn);
void access_invented(struct world *world, struct txn *txn);
void consent_never_said(struct world *world, struct txn *txn);

/* planted_accounts.c */
void address_of_nobody(struct world *world, struct txn *txn);
void password_of_nobody(struct world *world, struct txn *txn);
void session_of_nobody(struct world *world, struct txn *txn);
void member_who_is_another(struct world *world, struct txn *txn);
