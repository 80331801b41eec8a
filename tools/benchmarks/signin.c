/*
 * Sign-ins: how many a second, and what a storm of them does to the reads beside it. Reads come at
 * a steady rate, each counted from when it was due, with and without the storm in turn. What a
 * stranger could read from the time of an answer is asked last (strangers.c).
 */
#include <math.h>
#include <stdlib.h>
#include "lib/base/clock.h"
#include "membership.client.h"
#include "tools/benchmarks/market.h"
#include "tools/benchmarks/reading.h"
#include "tools/benchmarks/strangers.h"

#define ROUNDS     3
#define ROUNDS_MAX 100
#define PRODUCTS   200
#define STORM      16   /* sign-ins in flight */
#define READS_RATE 2000 /* a second */
#define EMAIL      "reader@example.com"

static const int loads[] = {1, 2, 4, 8};
#define LOADS (sizeof(loads) / sizeof(loads[0]))

struct entrance {
        struct market market;
        struct shop_channel *channel;
        struct reading reading;
        struct latency latency;
        atomic_bool stopping;
        atomic_int running;
        atomic_uint_fast64_t answered;
        double rates[LOADS][ROUNDS_MAX];
        double p50[LOADS][ROUNDS_MAX], p99[LOADS][ROUNDS_MAX];
        double reads[2][ROUNDS_MAX]; /* p99 without and with the storm */
};

/* ---- many at once ---- */

struct visitor {
        struct entrance *entrance;
        int64_t start_us;
};

static void enter(struct visitor *visitor);

static void entered(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        struct visitor *visitor = context;
        struct entrance *entrance = visitor->entrance;

        if (status != SHOP_OK)
                live_fail("SignIn: %s: %s", error->reason, error->message);
        latency_note(&entrance->latency, clock_monotonic_us() - visitor->start_us);
        atomic_fetch_add(&entrance->answered, 1);
        if (atomic_load(&entrance->stopping))
                atomic_fetch_sub(&entrance->running, 1);
        else
                enter(visitor);
}

static void enter(struct visitor *visitor)
{
        const struct shop_call_options options = {.token = "", .timeout_ms = 60000};
        Shop__SignInRequest request = SHOP__SIGN_IN_REQUEST__INIT;

        request.email = EMAIL;
        request.password = ACCOUNT_PASSWORD;
        visitor->start_us = clock_monotonic_us();
        shop_start(visitor->entrance->channel, &shop_membership_sign_in_method, &request.base,
                &options, entered, visitor);
}

static void storm_begin(struct entrance *entrance, struct visitor *visitors, int count)
{
        latency_clear(&entrance->latency);
        atomic_store(&entrance->stopping, false);
        atomic_store(&entrance->answered, 0);
        atomic_store(&entrance->running, count);
        for (int i = 0; i < count; i++) {
                visitors[i].entrance = entrance;
                enter(&visitors[i]);
        }
}

static void storm_end(struct entrance *entrance)
{
        atomic_store(&entrance->stopping, true);
        while (atomic_load(&entrance->running) > 0)
                clock_sleep_us(1000);
}

static void measure_rate(struct entrance *entrance, size_t load, int round, double seconds)
{
        struct visitor visitors[STORM];
        int64_t start_us = clock_monotonic_us();

        storm_begin(entrance, visitors, loads[load]);
        clock_sleep_us((int64_t)(seconds * 1e6));
        storm_end(entrance);
        entrance->rates[load][round] = (double)atomic_load(&entrance->answered) /
                                       ((double)(clock_monotonic_us() - start_us) / 1e6);
        entrance->p50[load][round] = latency_at(&entrance->latency, 0.5);
        entrance->p99[load][round] = latency_at(&entrance->latency, 0.99);
}

static double read_p99(struct entrance *entrance, double seconds)
{
        struct latency latency;

        latency_clear(&latency);
        entrance->reading.latency = &latency;
        reading_steadily(&entrance->reading, READS_RATE, seconds);
        return latency_at(&latency, 0.99);
}

static void measure_reads(struct entrance *entrance, int round, double seconds)
{
        struct visitor visitors[STORM];

        entrance->reads[0][round] = read_p99(entrance, seconds);
        storm_begin(entrance, visitors, STORM);
        entrance->reads[1][round] = read_p99(entrance, seconds);
        storm_end(entrance);
}

void bench_signin(const struct bench_options *options, struct table *table)
{
        int rounds = options->rounds > 0 ? options->rounds : ROUNDS;
        struct entrance *entrance = calloc(1, sizeof(*entrance));
        size_t row_count, n = (size_t)rounds;

        if (entrance == NULL)
                live_fail("no memory");
        market_open(&entrance->market, options, PRODUCTS, 1);
        entrance->channel =
                live_channel(entrance->market.daemon.url, entrance->market.daemon.token);
        const struct bare_row *rows = market_rows(&entrance->market, &row_count);

        reading_init(&entrance->reading,
                live_channel(entrance->market.daemon.url, entrance->market.daemon.token), rows,
                row_count);
        account_make(entrance->channel, EMAIL);
        for (int round = 0; round < rounds; round++) {
                for (size_t load = 0; load < LOADS; load++)
                        measure_rate(entrance, load, round, options->seconds);
                measure_reads(entrance, round, options->seconds);
        }
        for (size_t load = 0; load < LOADS; load++)
                table_add(table,
                        &(struct row){"SignIn", "in_flight", loads[load],
                                median(entrance->rates[load], n), NAN, "calls/s",
                                median(entrance->p50[load], n), median(entrance->p99[load], n)});
        table_add(table, &(struct row){"GetProduct, p99 in a storm", "in_flight", STORM,
                                 median(entrance->reads[1], n), median(entrance->reads[0], n), "us",
                                 NAN, NAN});
        shop_channel_close(entrance->reading.channel);
        shop_channel_close(entrance->channel);
        free((void *)rows);
        reading_release(&entrance->reading);
        market_close(&entrance->market);
        free(entrance);
        strangers_compare(options, table);
}
