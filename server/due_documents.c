/*
 * Which documents learn that a difference they raised was paid or has expired. A kind is named when
 * it is raised (payment_due_raise); what it does then is the domain's, declared in its header.
 */
#include "server/aftersales/aftersales.h"
#include "server/checkout/checkout.h"
#include "server/payment/payment.h"

const struct due_document due_documents[DUE_KIND_EXCHANGE + 1] = {
        [DUE_KIND_UNSPECIFIED] = {.paid = NULL, .expired = NULL},
        [DUE_KIND_REVISION] = {.paid = checkout_revision_paid,
                .expired = checkout_revision_expired},
        [DUE_KIND_EXCHANGE] = {.paid = aftersales_difference_paid,
                .expired = aftersales_difference_expired},
};
