#pragma once
/* Inside this domain: what a refund means for the points that its units earned. */
#include "server/aftersales/return_case.h"

/* Takes back the points of the case's units whose money goes back, what replaced others counting
 * as those; what of refund_minor is to be kept for points that were spent. */
int64_t points_back_of_case(
        struct call *call, const ReturnCase *row, struct return_lines lines, int64_t refund_minor);
