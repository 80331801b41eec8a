/*
 * Figures of all rounds become rows: medians, and of latencies everything that was noted.
 */
#include <math.h>
#include "tools/benchmarks/checkout.h"

#define ADDED_MS 50 /* that a checkpoint may add to a call */

static const char *const side_titles[SIDES] = {"fdatasync", "PostgreSQL", "PostgreSQL, procedure"};

bool checkout_asked(const struct bench_options *options, size_t load)
{
        return options->load == 0 ||
               options->load == checkout_loads[load == LOADS ? BUSY : load].clients;
}

static void add_order_rows(struct checkout *checkout, size_t rounds, struct table *table)
{
        enum side first = checkout->options->postgres == NULL ? SIDE_DISK : SIDE_STATEMENTS;
        enum side last = checkout->options->postgres == NULL ? SIDE_DISK : SIDE_PROCEDURE;

        for (enum side side = first; side <= last; side++) {
                table->peer = side_titles[side];
                for (size_t i = 0; i < LOADS; i++) {
                        struct result *result = &checkout->results.of[i];

                        if (result->orders > 0)
                                table_add(table, &(struct row){"PlaceOrder", "clients",
                                                         checkout_loads[i].clients,
                                                         median(result->ours, rounds),
                                                         median(result->peer[side], rounds),
                                                         "durable orders/s",
                                                         latency_at(&result->calls.all, 0.5),
                                                         latency_at(&result->calls.all, 0.99)});
                }
        }
}

static void add_cpu_rows(struct checkout *checkout, size_t rounds, struct table *table)
{
        enum side side = checkout->options->postgres == NULL ? SIDE_DISK : SIDE_STATEMENTS;

        table->peer = side_titles[side];
        for (size_t i = 0; i < LOADS; i++) {
                struct result *result = &checkout->results.of[i];
                double peer = side == SIDE_DISK ? NAN : median(result->cpu_us[side], rounds);

                if (result->orders > 0)
                        table_add(table, &(struct row){"PlaceOrder server CPU", "clients",
                                                 checkout_loads[i].clients,
                                                 result->cpu_seconds / result->orders * 1e6, peer,
                                                 "s/million orders", NAN, NAN});
        }
}

static double most_of(const double *values, size_t count)
{
        double most = NAN;

        for (size_t i = 0; i < count; i++)
                most = fmax(most, values[i]);
        return most;
}

/* What a checkpoint adds: of calls that began in one and of as many that did not the longest, so
 * that neither side has more chances. */
static void add_delay_rows(const struct calls *calls, int clients, struct table *table)
{
        double inside = (double)latency_count(&calls->inside);
        double outside = (double)latency_count(&calls->outside);
        double as_many = 1 - 1 / fmin(inside, outside);
        double longest[] = {latency_at(&calls->inside, as_many) / 1e3,
                latency_at(&calls->outside, as_many) / 1e3};

        table->peer = "begun outside one";
        table_add(table, &(struct row){"p99.9 begun in a checkpoint", "clients", clients,
                                 latency_at(&calls->inside, 0.999) / 1e3,
                                 latency_at(&calls->outside, 0.999) / 1e3, "ms", NAN, NAN});
        table_add(table, &(struct row){"longest of as many", "clients", clients, longest[0],
                                 longest[1], "ms", NAN, NAN});
        table->peer = "what was wanted";
        table_add(table, &(struct row){"added by a checkpoint", "clients", clients,
                                 fmax(0, longest[0] - longest[1]), ADDED_MS, "ms", NAN, NAN});
        table->peer = "any call";
        table_add(table, &(struct row){"longest that met a checkpoint", "clients", clients,
                                 latency_at(&calls->met, 1) / 1e3, latency_at(&calls->all, 1) / 1e3,
                                 "ms", NAN, NAN});
}

static void add_long_rows(struct checkout *checkout, size_t rounds, struct table *table)
{
        for (size_t i = 0; i < LOADS; i++) {
                struct result *result = &checkout->results.of[i];

                if (result->orders == 0)
                        continue;
                add_delay_rows(&result->calls, checkout_loads[i].clients, table);
                if (checkout->options->postgres == NULL)
                        continue;
                table->peer = side_titles[SIDE_STATEMENTS];
                table_add(table,
                        &(struct row){"longest PlaceOrder", "clients", checkout_loads[i].clients,
                                latency_at(&result->calls.all, 1) / 1e3,
                                most_of(result->most_us[SIDE_STATEMENTS], rounds) / 1e3, "ms", NAN,
                                NAN});
        }
        table->peer = "";
        table_add(table, &(struct row){"taken by other machines", "repeated", checkout->again,
                                 checkout->results.stolen / checkout->results.measured, NAN,
                                 "% of the processors", NAN, NAN});
        table_add(table,
                &(struct row){"checkpointer at work", "seen",
                        (int)watcher_count(&checkout->watcher),
                        100 * watcher_share(&checkout->watcher), NAN, "% of the time", NAN, NAN});
        table_add(table,
                &(struct row){"longest checkpoint", "seen", (int)watcher_count(&checkout->watcher),
                        (double)watcher_longest_us(&checkout->watcher) / 1e3, NAN, "ms", NAN, NAN});
}

static void add_read_rows(struct checkout *checkout, size_t rounds, struct table *table)
{
        table->peer = "no checkouts";
        table_add(table,
                &(struct row){"GetProduct beside checkouts", "clients",
                        checkout_loads[BUSY].clients, median(checkout->results.reads[1], rounds),
                        median(checkout->results.reads[0], rounds), "calls/s",
                        latency_at(&checkout->results.reads_beside, 0.5),
                        latency_at(&checkout->results.reads_beside, 0.99)});
        table_add(
                table, &(struct row){"longest GetProduct beside them", "clients",
                               checkout_loads[BUSY].clients,
                               latency_at(&checkout->results.reads_beside, 1) / 1e3,
                               latency_at(&checkout->results.reads_idle, 1) / 1e3, "ms", NAN, NAN});
        table->peer = "no reads";
        table_add(table,
                &(struct row){"PlaceOrder beside reads", "clients", checkout_loads[BUSY].clients,
                        median(checkout->results.orders_beside, rounds),
                        median(checkout->results.of[BUSY].ours, rounds), "durable orders/s", NAN,
                        NAN});
}

void checkout_rows(struct checkout *checkout, size_t rounds, struct table *table)
{
        add_order_rows(checkout, rounds, table);
        add_cpu_rows(checkout, rounds, table);
        if (checkout_asked(checkout->options, LOADS))
                add_read_rows(checkout, rounds, table);
        add_long_rows(checkout, rounds, table);
}
