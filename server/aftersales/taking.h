#pragma once
/* How a new case takes units out of an order's lines. */
#include "server/aftersales/return_case.h"

/* Where the units of a case may come from, first choice first; ended by UNIT_STATE_UNSPECIFIED.
 * What was delivered may be kept and refunded only by a decision of staff. */
const UnitState *taking_origins(ReturnType type, bool is_staff);

/* Takes the units of every line asked for into new lines of the case, stores both, and sets the
 * case's sums. UNITS_NOT_DELIVERED or UNITS_NOT_REFUNDABLE when a line has too few. */
enum status taking_take(struct call *call, const ApplyReturnRequest *request, ReturnCase *row);

/* Adds lines that wait for units still in transit: with a quantity and no units. */
void taking_await(struct call *call, const ApplyReturnRequest *request, ReturnCase *row);
bool taking_waits(const ReturnLine *line);

/* Takes what the case's lines wait for, all of it or UNITS_NOT_DELIVERED, and adds to its sums. */
enum status taking_take_awaited(struct call *call, ReturnCase *row);
