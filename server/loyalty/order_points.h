#pragma once
/* What orders earn, for this folder: pure rules over an order's lines. */
#include <stddef.h>
#include "server/call.h"
#include "loyalty.rows.h"

/* What a line of goods was paid with money. */
struct earning_line {
        int32_t line_number;
        int64_t paid_minor;
};

struct earned {
        int64_t points, growth;
        struct earned_line {
                int64_t points, growth;
        } * lines; /* as those given, in the call's memory */
};
/* Rule 12: floor(rate x goods), at most points_max (0: no cap), split over the lines by rule 4.
 * False where a figure is too large. */
bool earning_of(struct call *call, const EarnRate *rate, int64_t points_max,
        const struct earning_line *lines, size_t count, struct earned *out);

/* The part of total that count of quantity units from first on carry, by rule 4 with equal
 * weights. total >= 0. */
int64_t earning_share(int64_t total, int64_t quantity, int64_t first, int64_t count);

/* The timer that makes an order's points available, by order id. */
#define RELEASE_METHOD "loyalty.ReleaseOrderPoints"
