/*
 * The unit table without a table. A line's units differ only in where they are, so their states
 * are kept as runs; what one of them paid follows from its number: rule 4 with equal weights gives
 * every unit the whole part and the first (total mod quantity) units one more, in the sign of the
 * total. A range's share is therefore a product and an overlap, whatever its length.
 *
 * Refused: a row a unit (80,995 of them on one real line) and amounts kept per run (a run that is
 * split would have to split its amounts, and a mistake there would be stored).
 */
#include "server/order/units.h"

#include <assert.h>
#include <stdlib.h>

static int64_t smaller(int64_t a, int64_t b)
{
        return a < b ? a : b;
}

int64_t units_in(const OrderLine *line, UnitState state)
{
        int64_t count = 0;

        for (size_t i = 0; i < line->n_units; i++)
                if (line->units[i]->state == state)
                        count += line->units[i]->count;
        return count;
}

int64_t units_waiting(const OrderLine *line)
{
        return units_in(line, UNIT_STATE_OPEN) + units_in(line, UNIT_STATE_PACKED) +
               units_in(line, UNIT_STATE_LEAVING);
}

/* ---- where units are ---- */

/* A line's runs being written anew: at most two more than before. */
struct run_writer {
        struct call *call;
        UnitRun **runs;
        size_t count;
};

static void run_write(struct run_writer *writer, int64_t count, UnitState state)
{
        UnitRun *run;

        if (count == 0)
                return;
        if (writer->count > 0 && writer->runs[writer->count - 1]->state == state) {
                writer->runs[writer->count - 1]->count += count;
                return;
        }
        run = call_new(writer->call, UnitRun);
        *run = (UnitRun)UNIT_RUN_INIT;
        run->count = count;
        run->state = state;
        writer->runs[writer->count++] = run;
}

/* Puts the units of a range, whatever they were, into one state. */
static void paint(struct call *call, OrderLine *line, struct unit_range range, UnitState state)
{
        struct run_writer writer = {
                .call = call, .runs = call_array(call, UnitRun *, line->n_units + 2)};
        int64_t end = range.first + range.count;
        int64_t position = 0;

        for (size_t i = 0; i < line->n_units; i++) {
                const UnitRun *run = line->units[i];
                int64_t run_end = position + run->count;
                int64_t from = smaller(run_end, position > range.first ? position : range.first);
                int64_t until = smaller(run_end, position > end ? position : end);

                run_write(&writer, from - position, run->state);
                run_write(&writer, until - from, state);
                run_write(&writer, run_end - until, run->state);
                position = run_end;
        }
        line->units = writer.runs;
        line->n_units = writer.count;
}

/* The lowest quantity units in a state. */
static struct unit_ranges lowest(
        struct call *call, const OrderLine *line, UnitState state, int64_t quantity)
{
        struct unit_ranges ranges = {.at = call_array(call, struct unit_range, line->n_units + 1)};
        int64_t position = 0;

        for (size_t i = 0; i < line->n_units && quantity > 0; i++) {
                const UnitRun *run = line->units[i];

                if (run->state == state) {
                        int64_t count = smaller(run->count, quantity);

                        ranges.at[ranges.n++] =
                                (struct unit_range){.first = position, .count = count};
                        quantity -= count;
                }
                position += run->count;
        }
        return ranges;
}

bool units_move(struct call *call, OrderLine *line, UnitState from, UnitState to, int64_t quantity,
        struct unit_ranges *moved)
{
        struct unit_ranges ranges;

        if (quantity < 0 || units_in(line, from) < quantity)
                return false;
        ranges = lowest(call, line, from, quantity);
        for (size_t i = 0; i < ranges.n; i++)
                paint(call, line, ranges.at[i], to);
        if (moved != NULL)
                *moved = ranges;
        return true;
}

/* Every unit of the range exists and is in the state. */
static bool range_is(const OrderLine *line, struct unit_range range, UnitState state)
{
        int64_t end = range.first + range.count;
        int64_t position = 0;

        if (range.first < 0 || range.count < 1)
                return false;
        for (size_t i = 0; i < line->n_units && position < end; i++) {
                int64_t run_end = position + line->units[i]->count;

                if (run_end > range.first && line->units[i]->state != state)
                        return false;
                position = run_end;
        }
        return position >= end;
}

bool units_move_ranges(struct call *call, OrderLine *line, const struct unit_range *ranges,
        size_t count, UnitState from, UnitState to)
{
        size_t run_count = line->n_units;
        UnitRun **runs = line->units;

        for (size_t i = 0; i < count; i++) {
                /* Judged one after another, so that a unit named twice is refused. */
                if (!range_is(line, ranges[i], from)) {
                        line->units = runs;
                        line->n_units = run_count;
                        return false;
                }
                paint(call, line, ranges[i], to);
        }
        return true;
}

/* ---- what units paid ---- */

/* The part of total that count of quantity units from first on carry. */
static int64_t share(int64_t total, int64_t quantity, int64_t first, int64_t count)
{
        int64_t whole = total / quantity;
        int64_t rest = llabs(total % quantity);
        int64_t with_rest = smaller(rest, first + count) - smaller(rest, first);

        return whole * count + (total < 0 ? -with_rest : with_rest);
}

int64_t units_gross(const OrderLine *line, int64_t first, int64_t count)
{
        assert(first >= 0 && count >= 0 && first + count <= line->quantity);
        return share(line->gross_minor, line->quantity, first, count);
}

int64_t units_tax_of(const OrderLine *line, size_t rate, int64_t first, int64_t count)
{
        assert(first >= 0 && count >= 0 && first + count <= line->quantity);
        return share(line->taxes[rate]->amount_minor, line->quantity, first, count);
}

int64_t units_tax(const OrderLine *line, int64_t first, int64_t count)
{
        int64_t tax = 0;

        for (size_t i = 0; i < line->n_taxes; i++)
                tax += units_tax_of(line, i, first, count);
        return tax;
}

/* ---- what points paid of it ---- */

/*
 * Rule 4 with two weights, ties to points, for units that cost the same, one after another. Let P
 * and G be what is left of points and of all, g a unit's gross and c = floor(g P / G): a unit gets
 * c + 1 where d = 2 g P - (2 c + 1) G is not negative, and c otherwise. Both change d by g, towards
 * zero and then across it: so units get the one until d has crossed, and then both by turns.
 */
static int64_t points_of_same(struct units_tender left, int64_t unit_gross, int64_t count)
{
        __int128 product = (__int128)unit_gross * left.points_minor;

        if (unit_gross == 0 || left.points_minor <= 0)
                return 0;
        if (left.points_minor >= left.gross_minor)
                return unit_gross * count;
        int64_t floor = (int64_t)(product / left.gross_minor);
        __int128 d = 2 * product - (2 * (__int128)floor + 1) * left.gross_minor;
        /* How many units pass before d has crossed zero, and how many of count get one more. */
        __int128 before = d < 0 ? (unit_gross - 1 - d) / unit_gross : d / unit_gross + 1;
        __int128 after = count > before ? count - before : 0;
        __int128 more = d < 0 ? (after + 1) / 2 : count - after + after / 2;

        return floor * count + (int64_t)more;
}

/* Splits the units from one number up to another, after which the splitting stands there. */
static int64_t points_until(
        const OrderLine *line, struct units_tender *left, int64_t from, int64_t until)
{
        int64_t whole = line->gross_minor / line->quantity;
        int64_t rest = line->gross_minor % line->quantity;
        int64_t dearer = smaller(rest, until) - smaller(rest, from);
        int64_t all = 0;

        for (int64_t more = 1; more >= 0; more--) {
                int64_t count = more == 1 ? dearer : until - from - dearer;
                int64_t points = points_of_same(*left, whole + more, count);

                left->points_minor -= points;
                left->gross_minor -= (whole + more) * count;
                all += points;
        }
        return all;
}

int64_t units_points(const OrderLine *line, int64_t first, int64_t count)
{
        struct unit_range units = {.first = first, .count = count};

        return units_points_of(line, (struct unit_ranges){.at = &units, .n = 1});
}

int64_t units_points_of(const OrderLine *line, struct unit_ranges units)
{
        struct units_tender left = {line->points_ahead_minor, line->gross_ahead_minor};
        int64_t points = 0, unit = 0;

        for (size_t i = 0; i < units.n; i++) {
                int64_t first = units.at[i].first, end = first + units.at[i].count;

                assert(first >= unit && end >= first && end <= line->quantity);
                points_until(line, &left, unit, first);
                points += points_until(line, &left, first, end);
                unit = end;
        }
        return points;
}

void units_tender_line(struct units_tender *left, OrderLine *line)
{
        if (left->points_minor > 0) {
                line->points_ahead_minor = left->points_minor;
                line->gross_ahead_minor = left->gross_minor;
                line->points_minor = units_points(line, 0, line->quantity);
                left->points_minor -= line->points_minor;
        }
        left->gross_minor -= line->gross_minor;
}
