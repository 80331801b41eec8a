#pragma once
/*
 * Rule 16, the unit table, kept compactly. The units of an order line are numbered from 0; their
 * states are runs (OrderLine.units); what a unit paid is computed from the line's gross and taxes
 * by rule 4 with equal weights, so a line of 80,995 units costs no more than one of three.
 */
#include <stdbool.h>
#include <stdint.h>
#include "lib/base/money.h"
#include "server/call.h"
#include "checkout.rows.h"
#include "common.rows.h"

struct unit_range {
        int64_t first;
        int64_t count;
};

struct unit_ranges {
        struct unit_range *at; /* the call's */
        size_t n;
};

/* How many units of the line are in a state. */
int64_t units_in(const OrderLine *line, UnitState state);
/* Those for which stock is held: open, packed or leaving. */
int64_t units_waiting(const OrderLine *line);

/* Moves the quantity lowest units in one state to another; moved (may be NULL) says which. False,
 * nothing changed, when there are too few. Neighbouring runs of one state become one. */
bool units_move(struct call *call, OrderLine *line, UnitState from, UnitState to, int64_t quantity,
        struct unit_ranges *moved);

/* Moves exactly these units, all of which must be in state from; false otherwise. */
bool units_move_ranges(struct call *call, OrderLine *line, const struct unit_range *ranges,
        size_t count, UnitState from, UnitState to);

/* What count units from first on paid, with tax, and the tax in it. */
int64_t units_gross(const OrderLine *line, int64_t first, int64_t count);
int64_t units_tax(const OrderLine *line, int64_t first, int64_t count);
/* The tax of one rate, by its place in the line's taxes. */
int64_t units_tax_of(const OrderLine *line, size_t rate, int64_t first, int64_t count);

/*
 * What of that points paid, of units and of ascending ranges of them: by rule 16 each unit's gross
 * is split over points and money, in the order of lines and units, by rule 4 with what is left of
 * each as weights. However many they are, a range costs no more than a unit.
 */
int64_t units_points(const OrderLine *line, int64_t first, int64_t count);
int64_t units_points_of(const OrderLine *line, struct unit_ranges units);

/* Where that splitting stands: what is left of points, and of what points and money pay. */
struct units_tender {
        int64_t points_minor;
        int64_t gross_minor;
};
/* Splits the next line: sets its points_minor, and what that is read off. */
void units_tender_line(struct units_tender *left, OrderLine *line);
