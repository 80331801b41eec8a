#pragma once
/* Inside this domain: an edit of an order as it would be made now (rule 9). Previewing shows it,
 * EditOrder makes a revision of it: one function, so that they cannot differ. */
#include "server/call.h"
#include "checkout.rows.h"
#include "server/order/order.h"

struct edit_removal {
        OrderLine *line; /* as it is */
        int64_t quantity;
        struct order_worth refund; /* what its lowest open units give back */
};

struct edit {
        Order *order;
        struct edit_removal *removals;
        size_t removal_count;
        OrderLine **added; /* not stored */
        size_t added_count;
        const PostalAddress *address; /* NULL: it stays */
        struct order_lines after;     /* all lines as they would be */
        int64_t added_minor;
        int64_t added_units;
        struct order_worth removed;
        int64_t removed_units;
        bool waits; /* the difference is paid before the revision counts */
        const char *fingerprint;
};

/*
 * What is wanted of an order, at the prices of call->now_us. Refused with FAILED_PRECONDITION where
 * the order, its parcels, its payments or the terms do not allow it, and by field where the request
 * is wrong. Changes nothing; stock is looked up by edit_check_stock or when the lines are added.
 */
enum status edit_make(struct call *call, Order *order, const OrderEdit *wanted, struct edit *out);

/* What is to be paid with money where positive, given back so where negative. */
int64_t edit_difference(const struct edit *edit);

/* OUT_OF_STOCK as reserving would say; demand for one variant on several lines adds up. */
enum status edit_check_stock(struct call *call, const struct edit *edit);

/* What PreviewOrderEdit answers. */
OrderEditPreview *edit_preview(struct call *call, const struct edit *edit);

/* In fingerprint.c. */
const char *edit_fingerprint(struct call *call, const struct edit *edit);
