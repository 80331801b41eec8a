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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/base/clock.h"
#include "tools/benchmarks/checkout.h"
#include "tools/benchmarks/process.h"

#define SYNC_BYTES   4096
#define SYNC_SHARE   0.3 /* of a measurement's time for the disk alone */
#define ROUNDS       3
#define BUYERS_MAX   200000 /* of one measurement */
#define ORDERS_EACH  100    /* orders that a product has had, about */
#define PRODUCTS_MIN 64
#define READERS      64
#define RESERVE      2  /* buyers, for each that the last measurement had */
#define AGAIN_MAX    40 /* measurements that others disturb, in all */

const struct checkout_load checkout_loads[LOADS] = {
        {1, 2000}, {16, 6000}, {64, 10000}, {256, 15000}};

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
        const struct result *result = &checkout->results.of[load];
        double rate = result->rate_last > 0 ? RESERVE * result->rate_last
                                            : checkout_loads[load].rate_first;
        double wanted = rate * seconds + checkout_loads[load].clients;

        buyers_init(buyers, &checkout->market,
                wanted < BUYERS_MAX ? (size_t)wanted : (size_t)BUYERS_MAX);
        buyers_prepare(buyers);
}

static void measure_ours(struct checkout *checkout, size_t load, int round)
{
        struct result *result = &checkout->results.of[load];
        pid_t server = checkout->market.daemon.pid;
        struct buyers buyers;

        give_turn(checkout, TURN_OURS);
        make_buyers(checkout, load, checkout->options->seconds, &buyers);
        buyers.calls = &result->calls;
        result->calls.watcher = &checkout->watcher;
        double before = process_cpu_seconds(server);

        result->rate_last = buyers_take(&buyers, &step_place, (size_t)checkout_loads[load].clients,
                checkout->options->seconds);
        result->cpu_seconds += process_cpu_seconds(server) - before;
        result->orders += (double)buyers.done;
        result->ours[round] = result->rate_last;
        buyers_release(&buyers);
}

static void measure_postgres(struct checkout *checkout, enum side side, size_t load, int round)
{
        struct result *result = &checkout->results.of[load];
        struct postgres_figures figures;

        give_turn(checkout, TURN_PEERS);
        postgres_run(&checkout->postgres, side == SIDE_STATEMENTS ? "statements" : "procedure",
                checkout_loads[load].clients, checkout->options->seconds, &figures);
        result->peer[side][round] = figures.orders_per_s;
        result->cpu_us[side][round] = figures.cpu_us;
        result->most_us[side][round] = figures.most_us;
}

static void measure(struct checkout *checkout, size_t load, int round)
{
        const struct bench_options *options = checkout->options;

        if (options->postgres == NULL)
                checkout->results.of[load].peer[SIDE_DISK][round] =
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

        placing->rate = buyers_take(placing->buyers, &step_place,
                (size_t)checkout_loads[BUSY].clients, placing->seconds);
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
        checkout->reading.latency = &checkout->results.reads_idle;
        checkout->results.reads[0][round] = reading_in_flight(&checkout->reading, READERS, seconds);
        checkout->reading.latency = &checkout->results.reads_beside;
        if (pthread_create(&thread, NULL, place_orders, &placing) != 0)
                live_fail("no thread");
        checkout->results.reads[1][round] = reading_in_flight(&checkout->reading, READERS, seconds);
        pthread_join(thread, NULL);
        checkout->results.orders_beside[round] = placing.rate;
        buyers_release(&buyers);
}

/* ---- a machine that others use too ---- */

/* Those of one load, or of the reads beside, where it is LOADS. */
static void measure_once(struct checkout *checkout, size_t load, int round)
{
        if (load < LOADS)
                measure(checkout, load, round);
        else
                measure_reads(checkout, round);
}

/* What others disturbed is forgotten, of all sides. */
static void measure_quietly(struct checkout *checkout, size_t load, int round)
{
        struct results *before = malloc(sizeof(*before));

        if (before == NULL)
                live_fail("no memory");
        *before = checkout->results;
        for (;;) {
                struct machine_time start = machine_time();

                measure_once(checkout, load, round);
                double stolen = machine_stolen(start, machine_time());

                if (stolen <= checkout->options->stolen_max || checkout->again == AGAIN_MAX) {
                        checkout->results.stolen += stolen;
                        checkout->results.measured++;
                        break;
                }
                checkout->results = *before;
                checkout->again++;
        }
        free(before);
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
                checkout->results.of[BUSY].rate_last = buyers_take(&buyers, &step_place,
                        (size_t)checkout_loads[BUSY].clients, checkout->options->seconds);
                buyers_release(&buyers);
                if (checkout->options->postgres != NULL) {
                        give_turn(checkout, TURN_PEERS);
                        postgres_run(&checkout->postgres, "procedure", checkout_loads[BUSY].clients,
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

        if (checkout == NULL)
                live_fail("no memory");
        checkout->options = options;
        open_sides(checkout);
        load_before(checkout);
        for (int round = 0; round < rounds; round++)
                for (size_t load = 0; load <= LOADS; load++)
                        if (checkout_asked(options, load))
                                measure_quietly(checkout, load, round);
        close_sides(checkout);
        checkout_rows(checkout, (size_t)rounds, table);
        free(checkout);
}
