/*
 * Orders that are durable when they are answered, in a shop that has had many before. Everybody who
 * will order is a guest with a cart of three lines and a quote, made before the clock starts; what
 * is measured is PlaceOrder. Beside it stands what the disk itself can do (appends of 4 KiB with an
 * fdatasync each), or PostgreSQL with the same history, by statements and by a procedure, measured
 * right after, in turns of the whole machine.
 *
 * Then reads while 64 clients place orders, beside the same reads alone; and the longest calls, of
 * those begun while a checkpoint ran beside the others, since a machine has pauses of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/base/clock.h"
#include "tools/benchmarks/market.h"
#include "tools/benchmarks/postgres.h"
#include "tools/benchmarks/process.h"
#include "tools/benchmarks/reading.h"
#include "tools/benchmarks/watcher.h"

#define SYNC_BYTES   4096
#define SYNC_SHARE   0.3 /* of a measurement's time for the disk alone */
#define ROUNDS       3
#define ROUNDS_MAX   100
#define BUYERS_MAX   200000 /* of one measurement */
#define ORDERS_EACH  100    /* orders that a product has had, about */
#define PRODUCTS_MIN 64
#define READERS      64
#define BUSY         2  /* of loads[]: beside the reads, and before all */
#define RESERVE      2  /* buyers, for each that the last measurement had */
#define ADDED_MS     50 /* that a checkpoint may add to a call */

/* rate_first: a guess before there is a measurement. */
static const struct load {
        int clients;
        int rate_first;
} loads[] = {{1, 2000}, {16, 6000}, {64, 10000}, {256, 15000}};

#define LOADS (sizeof(loads) / sizeof(loads[0]))

enum side { SIDE_DISK, SIDE_STATEMENTS, SIDE_PROCEDURE, SIDES };
static const char *const side_titles[SIDES] = {"fdatasync", "PostgreSQL", "PostgreSQL, procedure"};

struct result {
        struct calls calls;
        double rate_last;
        double ours[ROUNDS_MAX];
        double peer[SIDES][ROUNDS_MAX];
        double cpu_us[SIDES][ROUNDS_MAX];
        double most_us[SIDES][ROUNDS_MAX];
        double cpu_seconds;
        double orders;
};

struct checkout {
        const struct bench_options *options;
        struct market market;
        struct postgres postgres;
        struct watcher watcher;
        struct reading reading;
        struct latency reads_idle;
        struct latency reads_beside;
        double reads[2][ROUNDS_MAX]; /* a second: idle, and beside checkouts */
        double orders_beside[ROUNDS_MAX];
        struct result results[LOADS];
};

/* ---- one measurement ---- */

/* Appends made durable, a second. */
static double sync_rate(const struct daemon *daemon, double seconds)
{
        static const char block[SYNC_BYTES];
        char path[128];

        snprintf(path, sizeof(path), "%s/sync", daemon->dir);
        int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        int64_t start_us = clock_monotonic_us(), now_us = start_us;
        long count = 0;

        do {
                if (write(file, block, sizeof(block)) != sizeof(block) || fdatasync(file) != 0)
                        live_fail("%s: %s", path, strerror(errno));
                count++;
                now_us = clock_monotonic_us();
        } while ((double)(now_us - start_us) < seconds * 1e6);
        close(file);
        unlink(path);
        return (double)count / ((double)(now_us - start_us) / 1e6);
}

enum turn { TURN_OURS, TURN_PEERS, TURN_BOTH };

/*
 * One side at a time is on the machine: the other's processes are stopped, so that what it has put
 * off (a checkpoint, a vacuum, a job) it does in its own time, and what the kernel still has to
 * write for it is written before the clock starts.
 */
static void give_turn(struct checkout *checkout, enum turn turn)
{
        if (checkout->options->postgres == NULL)
                return;
        kill(checkout->market.daemon.pid, turn == TURN_PEERS ? SIGSTOP : SIGCONT);
        postgres_pause(&checkout->postgres, turn == TURN_OURS);
        sync();
}

/* Guests who are ready to order, as many as so many clients may get through. */
static void make_buyers(
        struct checkout *checkout, size_t load, double seconds, struct buyers *buyers)
{
        const struct result *result = &checkout->results[load];
        double rate = result->rate_last > 0 ? RESERVE * result->rate_last : loads[load].rate_first;
        double wanted = rate * seconds + loads[load].clients;

        buyers_init(buyers, &checkout->market,
                wanted < BUYERS_MAX ? (size_t)wanted : (size_t)BUYERS_MAX);
        buyers_prepare(buyers);
}

static void measure_ours(struct checkout *checkout, size_t load, int round)
{
        struct result *result = &checkout->results[load];
        pid_t server = checkout->market.daemon.pid;
        struct buyers buyers;

        give_turn(checkout, TURN_OURS);
        make_buyers(checkout, load, checkout->options->seconds, &buyers);
        buyers.calls = &result->calls;
        result->calls.watcher = &checkout->watcher;
        double before = process_cpu_seconds(server);

        result->rate_last = buyers_take(
                &buyers, &step_place, (size_t)loads[load].clients, checkout->options->seconds);
        result->cpu_seconds += process_cpu_seconds(server) - before;
        result->orders += (double)buyers.done;
        result->ours[round] = result->rate_last;
        buyers_release(&buyers);
}

static void measure_postgres(struct checkout *checkout, enum side side, size_t load, int round)
{
        struct result *result = &checkout->results[load];
        struct postgres_figures figures;

        give_turn(checkout, TURN_PEERS);
        postgres_run(&checkout->postgres, side == SIDE_STATEMENTS ? "statements" : "procedure",
                loads[load].clients, checkout->options->seconds, &figures);
        result->peer[side][round] = figures.orders_per_s;
        result->cpu_us[side][round] = figures.cpu_us;
        result->most_us[side][round] = figures.most_us;
}

static void measure(struct checkout *checkout, size_t load, int round)
{
        const struct bench_options *options = checkout->options;

        if (options->load != 0 && options->load != loads[load].clients)
                return;
        if (options->postgres == NULL)
                checkout->results[load].peer[SIDE_DISK][round] =
                        sync_rate(&checkout->market.daemon, options->seconds * SYNC_SHARE);
        measure_ours(checkout, load, round);
        if (options->postgres == NULL)
                return;
        measure_postgres(checkout, SIDE_STATEMENTS, load, round);
        measure_postgres(checkout, SIDE_PROCEDURE, load, round);
}

/* ---- reads beside ---- */

struct placing {
        struct buyers *buyers;
        double seconds;
        double rate;
};

static void *place_orders(void *context)
{
        struct placing *placing = context;

        placing->rate = buyers_take(
                placing->buyers, &step_place, (size_t)loads[BUSY].clients, placing->seconds);
        return NULL;
}

static void measure_reads(struct checkout *checkout, int round)
{
        double seconds = checkout->options->seconds;
        struct buyers buyers;
        struct placing placing = {.buyers = &buyers, .seconds = seconds};
        pthread_t thread;

        give_turn(checkout, TURN_OURS);
        make_buyers(checkout, BUSY, seconds, &buyers);
        checkout->reading.latency = &checkout->reads_idle;
        checkout->reads[0][round] = reading_in_flight(&checkout->reading, READERS, seconds);
        checkout->reading.latency = &checkout->reads_beside;
        if (pthread_create(&thread, NULL, place_orders, &placing) != 0)
                live_fail("no thread");
        checkout->reads[1][round] = reading_in_flight(&checkout->reading, READERS, seconds);
        pthread_join(thread, NULL);
        checkout->orders_beside[round] = placing.rate;
        buyers_release(&buyers);
}

/* ---- rows ---- */

static void add_order_rows(struct checkout *checkout, size_t rounds, struct table *table)
{
        enum side first = checkout->options->postgres == NULL ? SIDE_DISK : SIDE_STATEMENTS;
        enum side last = checkout->options->postgres == NULL ? SIDE_DISK : SIDE_PROCEDURE;

        for (enum side side = first; side <= last; side++) {
                table->peer = side_titles[side];
                for (size_t i = 0; i < LOADS; i++) {
                        struct result *result = &checkout->results[i];

                        if (result->orders > 0)
                                table_add(table,
                                        &(struct row){"PlaceOrder", "clients", loads[i].clients,
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
                struct result *result = &checkout->results[i];
                double peer = side == SIDE_DISK ? NAN : median(result->cpu_us[side], rounds);

                if (result->orders > 0)
                        table_add(table,
                                &(struct row){"PlaceOrder server CPU", "clients", loads[i].clients,
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
                struct result *result = &checkout->results[i];

                if (result->orders == 0)
                        continue;
                add_delay_rows(&result->calls, loads[i].clients, table);
                if (checkout->options->postgres == NULL)
                        continue;
                table->peer = side_titles[SIDE_STATEMENTS];
                table_add(table, &(struct row){"longest PlaceOrder", "clients", loads[i].clients,
                                         latency_at(&result->calls.all, 1) / 1e3,
                                         most_of(result->most_us[SIDE_STATEMENTS], rounds) / 1e3,
                                         "ms", NAN, NAN});
        }
        table->peer = "";
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
                &(struct row){"GetProduct beside checkouts", "clients", loads[BUSY].clients,
                        median(checkout->reads[1], rounds), median(checkout->reads[0], rounds),
                        "calls/s", latency_at(&checkout->reads_beside, 0.5),
                        latency_at(&checkout->reads_beside, 0.99)});
        table_add(table, &(struct row){"longest GetProduct beside them", "clients",
                                 loads[BUSY].clients, latency_at(&checkout->reads_beside, 1) / 1e3,
                                 latency_at(&checkout->reads_idle, 1) / 1e3, "ms", NAN, NAN});
        table->peer = "no reads";
        table_add(table, &(struct row){"PlaceOrder beside reads", "clients", loads[BUSY].clients,
                                 median(checkout->orders_beside, rounds),
                                 median(checkout->results[BUSY].ours, rounds), "durable orders/s",
                                 NAN, NAN});
}

/* ---- all of it ---- */

/* Both sides place orders for so long, in turn, each as long as the other. */
static void load_before(struct checkout *checkout)
{
        int64_t until_us = clock_monotonic_us() + (int64_t)(checkout->options->load_seconds * 1e6);

        while (clock_monotonic_us() < until_us) {
                struct postgres_figures ignored;
                struct buyers buyers;

                give_turn(checkout, TURN_OURS);
                make_buyers(checkout, BUSY, checkout->options->seconds, &buyers);
                checkout->results[BUSY].rate_last = buyers_take(&buyers, &step_place,
                        (size_t)loads[BUSY].clients, checkout->options->seconds);
                buyers_release(&buyers);
                if (checkout->options->postgres != NULL) {
                        give_turn(checkout, TURN_PEERS);
                        postgres_run(&checkout->postgres, "procedure", loads[BUSY].clients,
                                checkout->options->seconds, &ignored);
                }
        }
}

static void open_sides(struct checkout *checkout)
{
        const struct bench_options *options = checkout->options;
        size_t products = options->orders / ORDERS_EACH, count;

        if (products < PRODUCTS_MIN)
                products = PRODUCTS_MIN;
        market_open(&checkout->market, options, options->orders, products);
        if (options->postgres != NULL)
                postgres_start(&checkout->postgres, options->postgres, checkout->market.daemon.dir,
                        options->orders, products);
        const struct bare_row *rows = market_rows(&checkout->market, &count);

        reading_init(&checkout->reading,
                live_channel(checkout->market.daemon.url, checkout->market.daemon.token), rows,
                count);
        watcher_start(&checkout->watcher, checkout->market.daemon.pid);
}

static void close_sides(struct checkout *checkout)
{
        give_turn(checkout, TURN_BOTH);
        watcher_stop(&checkout->watcher);
        shop_channel_close(checkout->reading.channel);
        free((void *)checkout->reading.rows);
        reading_release(&checkout->reading);
        if (checkout->options->postgres != NULL)
                postgres_stop(&checkout->postgres);
        market_close(&checkout->market);
}

void bench_checkout(const struct bench_options *options, struct table *table)
{
        struct checkout *checkout = calloc(1, sizeof(*checkout));
        int rounds = options->rounds > 0 ? options->rounds : ROUNDS;
        bool with_reads = options->load == 0 || options->load == loads[BUSY].clients;

        if (checkout == NULL)
                live_fail("no memory");
        checkout->options = options;
        open_sides(checkout);
        load_before(checkout);
        for (int round = 0; round < rounds; round++) {
                for (size_t load = 0; load < LOADS; load++)
                        measure(checkout, load, round);
                if (with_reads)
                        measure_reads(checkout, round);
        }
        close_sides(checkout);
        add_order_rows(checkout, (size_t)rounds, table);
        add_cpu_rows(checkout, (size_t)rounds, table);
        if (with_reads)
                add_read_rows(checkout, (size_t)rounds, table);
        add_long_rows(checkout, (size_t)rounds, table);
        free(checkout);
}
