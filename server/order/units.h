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
 * Rule 16 for several tenders: splits every unit's gross over the tenders in order of units, by
 * rule 4 with what is left of each tender as weights. parts is units x tenders, row by row. The
 * tenders add up to the units; at most UNITS_TENDERS_MAX of them.
 */
#define UNITS_TENDERS_MAX 8
void units_split_tenders(const int64_t *unit_gross, size_t units, const int64_t *tenders,
        size_t tender_count, int64_t *parts);
