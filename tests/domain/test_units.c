/*
 * The compact unit table against the table that it stands for: one row a unit, moved and split one
 * by one. Same moves, same refusals, same amounts, for random lines and for the longest real one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "lib/base/money.h"
#include "lib/base/random.h"
#include "server/order/units.h"

#define UNITS_MAX   60
#define STATE_COUNT 9

struct table {
        struct arena arena;
        struct call call;
        struct random random;
        OrderLine line;
        UnitState states[UNITS_MAX]; /* the table itself */
};

static int64_t below(struct table *table, int64_t bound)
{
        return (int64_t)random_below(&table->random, (uint64_t)bound);
}

static void begin(struct table *table, int64_t quantity)
{
        UnitRun *run;

        arena_reset(&table->arena);
        run = arena_new(&table->arena, UnitRun);
        *run = (UnitRun)UNIT_RUN_INIT;
        run->count = quantity;
        run->state = UNIT_STATE_OPEN;
        table->line = (OrderLine)ORDER_LINE_INIT;
        table->line.quantity = quantity;
        table->line.units = arena_array(&table->arena, UnitRun *, 1);
        table->line.units[table->line.n_units++] = run;
        for (size_t i = 0; i < UNITS_MAX; i++)
                table->states[i] = UNIT_STATE_OPEN;
}

static void table_init(struct table *table, uint64_t seed)
{
        memset(table, 0, sizeof(*table));
        arena_init(&table->arena);
        table->call.arena = &table->arena;
        random_seed(&table->random, seed);
}

/* Runs are the states, as short as can be. */
static void assert_same(const struct table *table)
{
        const OrderLine *line = &table->line;
        int64_t unit = 0;

        for (size_t i = 0; i < line->n_units; i++) {
                assert_true(line->units[i]->count > 0);
                if (i > 0)
                        assert_int_not_equal(line->units[i]->state, line->units[i - 1]->state);
                for (int64_t u = 0; u < line->units[i]->count; u++)
                        assert_int_equal(table->states[unit++], line->units[i]->state);
        }
        assert_int_equal(unit, line->quantity);
}

static int64_t count_in(const struct table *table, UnitState state)
{
        int64_t count = 0;

        for (int64_t unit = 0; unit < table->line.quantity; unit++)
                count += table->states[unit] == state;
        return count;
}

static UnitState any_state(struct table *table)
{
        return (UnitState)(1 + below(table, STATE_COUNT));
}

static void move_lowest(struct table *table)
{
        UnitState from = any_state(table), to = any_state(table);
        int64_t quantity = below(table, table->line.quantity + 2), left = quantity;
        int64_t there = count_in(table, from), named = 0;
        struct unit_ranges moved = {0};
        bool done = units_move(&table->call, &table->line, from, to, quantity, &moved);

        assert_int_equal(done, there >= quantity);
        for (int64_t unit = 0; done && unit < table->line.quantity && left > 0; unit++) {
                if (table->states[unit] != from)
                        continue;
                table->states[unit] = to;
                left--;
        }
        for (size_t i = 0; i < moved.n; i++)
                named += moved.at[i].count;
        if (done)
                assert_int_equal(named, quantity);
}

static void move_ranges(struct table *table)
{
        UnitState from = any_state(table), to = any_state(table);
        struct unit_range ranges[2];
        bool fits = true;

        for (size_t i = 0; i < 2; i++) {
                ranges[i].first = below(table, table->line.quantity);
                ranges[i].count = 1 + below(table, 3);
                if (ranges[i].first + ranges[i].count > table->line.quantity)
                        fits = false;
                for (int64_t u = 0; fits && u < ranges[i].count; u++)
                        fits = table->states[ranges[i].first + u] == from;
        }
        /* A unit named twice has left its state the first time. */
        if (ranges[0].first < ranges[1].first + ranges[1].count &&
                ranges[1].first < ranges[0].first + ranges[0].count && from != to)
                fits = false;
        assert_int_equal(units_move_ranges(&table->call, &table->line, ranges, 2, from, to), fits);
        for (size_t i = 0; fits && i < 2; i++)
                for (int64_t u = 0; u < ranges[i].count; u++)
                        table->states[ranges[i].first + u] = to;
}

static void moves_are_those_of_the_table(void **state)
{
        struct table table;

        table_init(&table, 16);
        for (int round = 0; round < 300; round++) {
                begin(&table, 1 + below(&table, UNITS_MAX));
                for (int step = 0; step < 40; step++) {
                        UnitState any = any_state(&table);

                        if (below(&table, 3) == 0)
                                move_ranges(&table);
                        else
                                move_lowest(&table);
                        assert_same(&table);
                        assert_int_equal(units_in(&table.line, any), count_in(&table, any));
                }
        }
        arena_release(&table.arena);
}

/* What the units of a line paid is the line's total split by rule 4, for any range of them. */
static void assert_split(struct table *table, int64_t quantity, int64_t gross, int64_t tax)
{
        int64_t *weights = arena_array(&table->arena, int64_t, (size_t)quantity);
        int64_t *grosses = arena_array(&table->arena, int64_t, (size_t)quantity);
        int64_t *taxes = arena_array(&table->arena, int64_t, (size_t)quantity);
        TaxAmount amount = TAX_AMOUNT_INIT, *amounts[] = {&amount, &amount};

        for (int64_t unit = 0; unit < quantity; unit++)
                weights[unit] = 1;
        money_split(gross, weights, (size_t)quantity, grosses);
        money_split(tax, weights, (size_t)quantity, taxes);
        amount.amount_minor = tax;
        table->line.gross_minor = gross;
        table->line.n_taxes = 2;
        table->line.taxes = amounts;
        for (int i = 0; i < 20; i++) {
                int64_t first = below(table, quantity);
                int64_t count = below(table, quantity - first + 1);
                int64_t gross_sum = 0, tax_sum = 0;

                for (int64_t unit = first; unit < first + count; unit++) {
                        gross_sum += grosses[unit];
                        tax_sum += 2 * taxes[unit];
                }
                assert_int_equal(units_gross(&table->line, first, count), gross_sum);
                assert_int_equal(units_tax(&table->line, first, count), tax_sum);
        }
        assert_int_equal(units_gross(&table->line, 0, quantity), gross);
        assert_int_equal(units_tax(&table->line, 0, quantity), 2 * tax);
}

static void amounts_are_those_of_the_table(void **state)
{
        struct table table;

        table_init(&table, 4);
        for (int round = 0; round < 500; round++) {
                int64_t quantity = 1 + below(&table, UNITS_MAX);
                int64_t gross = below(&table, 1000) - 200;

                begin(&table, quantity);
                assert_split(&table, quantity, gross, gross / 6);
        }
        arena_release(&table.arena);
}

static void a_line_of_80995_units(void **state)
{
        struct table table;
        struct unit_ranges moved;

        table_init(&table, 80995);
        begin(&table, 80995);
        assert_split(&table, 80995, 16846960, 2807827);
        assert_true(units_move(
                &table.call, &table.line, UNIT_STATE_OPEN, UNIT_STATE_DELIVERED, 80995, NULL));
        assert_true(units_move(&table.call, &table.line, UNIT_STATE_DELIVERED, UNIT_STATE_RETURNED,
                80994, &moved));
        assert_int_equal(moved.n, 1);
        assert_int_equal(table.line.n_units, 2);
        assert_int_equal(units_in(&table.line, UNIT_STATE_DELIVERED), 1);
        assert_false(units_move(
                &table.call, &table.line, UNIT_STATE_DELIVERED, UNIT_STATE_RETURNED, 2, NULL));
        arena_release(&table.arena);
}

/* Rule 16 word by word: every unit is split by rule 4 over what is left of points and of money. */
static void assert_line_tender(OrderLine *line, struct units_tender *left)
{
        struct units_tender plain = *left;
        int64_t parts[20];

        units_tender_line(left, line);
        for (int64_t unit = 0; unit < line->quantity; unit++) {
                const int64_t weights[] = {
                        plain.points_minor, plain.gross_minor - plain.points_minor};
                int64_t split[2] = {0, 0};

                if (plain.gross_minor > 0)
                        money_split(units_gross(line, unit, 1), weights, 2, split);
                parts[unit] = split[0];
                plain.points_minor -= split[0];
                plain.gross_minor -= units_gross(line, unit, 1);
                assert_int_equal(units_points(line, unit, 1), parts[unit]);
        }
        for (int64_t unit = 1; unit < line->quantity; unit++)
                assert_int_equal(units_points(line, unit - 1, 2), parts[unit - 1] + parts[unit]);
        assert_int_equal(units_points(line, 0, line->quantity), line->points_minor);
        if (line->quantity > 2) {
                struct unit_range apart[] = {{0, 1}, {line->quantity - 1, 1}};

                assert_int_equal(units_points_of(line, (struct unit_ranges){apart, 2}),
                        parts[0] + parts[line->quantity - 1]);
        }
        assert_int_equal(left->points_minor, plain.points_minor);
        assert_int_equal(left->gross_minor, plain.gross_minor);
}

static void points_pay_units_in_their_order(void **state)
{
        struct random random;

        random_seed(&random, 6);
        for (int round = 0; round < 900; round++) {
                OrderLine lines[5] = {0};
                struct units_tender left = {0};
                /* Also where units cost next to nothing, and where products are more than 64 bits.
                 */
                const uint64_t mosts[] = {40, 3000, MONEY_MINOR_MAX / 5};
                uint64_t most = mosts[round % 3];

                for (size_t i = 0; i < 5; i++) {
                        lines[i] = (OrderLine)ORDER_LINE_INIT;
                        lines[i].quantity = 1 + (int64_t)random_below(&random, 20);
                        lines[i].gross_minor = (int64_t)random_below(&random, most);
                        left.gross_minor += lines[i].gross_minor;
                }
                left.points_minor = (int64_t)random_below(&random, (uint64_t)left.gross_minor + 1);
                for (size_t i = 0; i < 5; i++)
                        assert_line_tender(&lines[i], &left);
                assert_int_equal(left.points_minor, 0);
                assert_int_equal(left.gross_minor, 0);
        }
}

/* Counted one by one these units would take weeks. */
static void points_of_more_units_than_can_be_counted(void **state)
{
        struct random random;

        random_seed(&random, 7);
        for (int round = 0; round < 500; round++) {
                OrderLine line = ORDER_LINE_INIT;
                struct units_tender left = {.gross_minor = MONEY_MINOR_MAX};
                int64_t cut;

                line.quantity = (int64_t)1 << (40 + round % 13);
                line.gross_minor = MONEY_MINOR_MAX;
                left.points_minor = (int64_t)random_below(&random, MONEY_MINOR_MAX);
                cut = (int64_t)random_below(&random, (uint64_t)line.quantity);
                units_tender_line(&left, &line);
                assert_int_equal(left.points_minor, 0);
                assert_int_equal(left.gross_minor, 0);
                assert_int_equal(line.points_minor, line.points_ahead_minor);
                assert_int_equal(
                        units_points(&line, 0, cut) + units_points(&line, cut, line.quantity - cut),
                        line.points_minor);
                assert_in_range(units_points(&line, cut, 1), 0, units_gross(&line, cut, 1));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(moves_are_those_of_the_table),
                cmocka_unit_test(amounts_are_those_of_the_table),
                cmocka_unit_test(a_line_of_80995_units),
                cmocka_unit_test(points_pay_units_in_their_order),
                cmocka_unit_test(points_of_more_units_than_can_be_counted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
