#pragma once
/* What test_planted_faults.c plants its faults in, and those of exchanges (planted_exchange.c). */
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
};

/* A mug is to become a bowl, and the difference is paid. */
void planted_exchange(struct world *world);

/* Each changes a row behind the pipeline's back. */
void replacement_of_nothing(struct world *world, struct txn *txn);
void replaced_by_the_wrong_line(struct world *world, struct txn *txn);
void exchanged_for_nothing(struct world *world, struct txn *txn);
void exchange_sum_off(struct world *world, struct txn *txn);
void replacement_due_and_not_raised(struct world *world, struct txn *txn);
void exchange_total_off(struct world *world, struct txn *txn);
void line_exchanged_and_refunded(struct world *world, struct txn *txn);
void delivery_refunded_for_nothing(struct world *world, struct txn *txn);
