/*
 * How many pages of the database a call makes dirty: what the checkpointer writes for many calls of
 * a method, divided by them. It applies what a second brought at once, so calls that come together
 * share pages, and a page that many change is written once: that is what a call costs in a shop
 * that is busy. Counted by the kernel, as bytes that this one thread gave it.
 */
#include <math.h>
#include <stdlib.h>
#include "lib/base/clock.h"
#include "tools/benchmarks/market.h"
#include "tools/benchmarks/watcher.h"

#define PAGE_BYTES  4096
#define AT_ONCE     64
#define QUIET_US    1200000 /* a checkpoint begins within a second */
#define LOOK_US     5000
#define ORDERS_EACH 100
#define RATE        2000 /* calls, for a second that was asked for */
#define FOREVER_S   36000

/* Until everything is in the database. */
static uint64_t written_at_rest(const struct market *market)
{
        pid_t server = market->daemon.pid;
        uint64_t written = watcher_written(server);
        int64_t since_us = clock_monotonic_us();

        while (clock_monotonic_us() - since_us < QUIET_US) {
                clock_sleep_us(LOOK_US);
                uint64_t now = watcher_written(server);

                if (now != written || watcher_busy(server))
                        since_us = clock_monotonic_us();
                written = now;
        }
        return written;
}

void bench_pages(const struct bench_options *options, struct table *table)
{
        static const struct step *const steps[] = {&step_enter, &step_cart, &step_fill, &step_quote,
                &step_place, &step_pay, &step_product, &step_shelf};
        size_t count = (size_t)ceil(options->seconds * RATE);
        struct market market;
        struct buyers buyers;

        market_open(&market, options, options->orders, options->orders / ORDERS_EACH + AT_ONCE);
        buyers_init(&buyers, &market, count);
        uint64_t before = written_at_rest(&market);

        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
                buyers_take(&buyers, steps[i], AT_ONCE, FOREVER_S);
                uint64_t after = written_at_rest(&market);

                table_add(table, &(struct row){steps[i]->name, "calls", (int)count,
                                         (double)(after - before) / PAGE_BYTES / (double)count, NAN,
                                         "dirty pages", NAN, NAN});
                before = after;
        }
        buyers_release(&buyers);
        market_close(&market);
}
