#pragma once
/* How a new case takes units out of an order's lines. */
#include "server/aftersales/return_case.h"

/* Where the units of a case may come from, first choice first; ended by UNIT_STATE_UNSPECIFIED.
 * What was delivered may be kept and refunded only by a decision of staff. */
const UnitState *taking_origins(ReturnType type, bool is_staff);

/* Takes the units of every line asked for into new lines of the case, stores both, and sets the
 * case's sums. UNITS_NOT_DELIVERED or UNITS_NOT_REFUNDABLE when a line has too few,
 * UNITS_ASKED_BACK when an earlier case waits for them. */
enum status taking_take(struct call *call, const ApplyReturnRequest *request, ReturnCase *row);

/* Adds lines that wait for units still in transit: with a quantity and no units. */
void taking_await(struct call *call, const ApplyReturnRequest *request, ReturnCase *row);
bool taking_waits(const ReturnLine *line);

/* How many units of each line, by its number, the order's cases below a number wait for. */
const int64_t *taking_wished(struct call *call, const char *order_id, int32_t before);
/* Units of a line that were or may be delivered, or were already, and that nobody waits for. */
int64_t taking_free(const OrderLine *line, const int64_t *wished);
int64_t taking_free_now(const OrderLine *line, const int64_t *wished);

/* Takes what the case's lines wait for and adds to its sums. UNITS_NOT_DELIVERED while something of
 * it travels or where nothing came; where the rest was lost, a line gets what is left, maybe
 * nothing. */
enum status taking_take_awaited(struct call *call, ReturnCase *row);
