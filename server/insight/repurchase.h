#pragma once
/* How often things are bought again. */
#include "server/call.h"
#include "insight.rows.h"
#include "insight_internal.rows.h"

#define INTERVALS_KEPT 8

/* The order of the member adds to the row; *interval_days 0: none, it is of the same day. */
void repurchase_count(
        struct call *call, MemberProduct *row, Timestamp *paid, int32_t *interval_days);
/* A customer's interval of a product. */
void repurchase_learn(struct call *call, ProductDemand *demand, int32_t interval_days);
/* Of the product's customers; 0: nobody bought it on two days. */
int32_t repurchase_median(const ProductDemand *demand);
/* Says when it may be needed again, and has the customer reminded where the policy wants it. */
void repurchase_expect(struct call *call, MemberProduct *row, const ProductDemand *demand);
