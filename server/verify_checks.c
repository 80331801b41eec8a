/*
 * The proofs of the domains: each reads rows and says where a figure is not the sum of its
 * movements. Declared in the domain's header.
 */
#include "server/verify.h"

#include "server/aftersales/aftersales.h"
#include "server/care/care.h"
#include "server/checkout/checkout.h"
#include "server/fulfilment/fulfilment.h"
#include "server/insight/insight.h"
#include "server/governance/audit.h"
#include "server/notification/notification.h"
#include "server/loyalty/loyalty.h"
#include "server/reward/reward.h"
#include "server/membership/membership.h"
#include "server/order/order.h"
#include "server/payment/payment.h"
#include "server/privacy/privacy.h"
#include "server/staff/staff.h"
#include "server/profile/profile.h"
#include "server/supply/supply.h"

const struct verify_check verify_checks[] = {
        {.name = "stock", .run = supply_verify},
        {.name = "orders", .run = order_verify},
        {.name = "revisions", .run = checkout_verify},
        {.name = "payments", .run = payment_verify},
        {.name = "shipments", .run = fulfilment_verify},
        {.name = "returns", .run = aftersales_verify},
        {.name = "notices", .run = notification_verify},
        {.name = "accounts", .run = membership_verify},
        {.name = "staff", .run = staff_verify},
        {.name = "points", .run = loyalty_verify},
        {.name = "rewards", .run = reward_verify},
        {.name = "care", .run = care_verify},
        {.name = "insight", .run = insight_verify},
        {.name = "audit", .run = audit_verify},
        {.name = "consents", .run = profile_verify},
        {.name = "privacy", .run = privacy_verify},
        {.name = NULL},
};
