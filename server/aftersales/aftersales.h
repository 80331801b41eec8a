#pragma once
/* What other domains may ask of after-sales. */
#include "checkout.rows.h"
#include "server/call.h"
#include "server/verify.h"

/* Shipped units of an order line that somebody wants to give back. */
struct return_wish {
        int32_t line_number; /* of a line of goods; no two wishes name the same */
        int64_t quantity;    /* 1 to what is delivered or in transit */
};

/* Opens one case for what was shipped before it could be cancelled (rule 11). What was delivered is
 * taken at once, what is in transit when the case is approved. RETURN_WINDOW_CLOSED; UNITS_NOT_OPEN
 * where other cases wait for the same units; TOO_MANY_LINES. The order's row is changed. */
enum status aftersales_request_return(struct call *call, const Order *order,
        const struct return_wish *wishes, size_t count, const char *reason);

/* What an exchange is told about the difference that it raised (server/due_documents.c): paid, its
 * replacements may be sent; expired, they are given up, and what came back already is refunded. */
enum status aftersales_difference_paid(struct call *call, const char *case_id);
enum status aftersales_difference_expired(struct call *call, const char *case_id);

/* A case is the sum of its lines, a line what its units paid; the units of an order line that are
 * in a case or returned are those of its cases, and its last step is its state. */
void aftersales_verify(struct verify_context *context, struct txn *txn);
