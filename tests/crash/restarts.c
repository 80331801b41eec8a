/*
 * Planned restarts under load. Writers add one unit at a time to a few stocks and readers look at
 * them, in the blocking and in the asynchronous way, while the server is told to stop, by SIGTERM
 * and by DrainServer in turn, and started again on its port. No call may fail, and in the end the
 * stocks hold what was acknowledged, unit for unit: a call that was lost would be missing, one
 * that ran twice would be too many.
 */
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "governance.client.h"
#include "lib/base/clock.h"
#include "lib/base/random.h"
#include "supply.client.h"
#include "tests/live/daemon.h"
#include "tests/live/storefront.h"

#define STOCKS     4
#define WRITERS    6
#define CHAINS     12 /* asynchronous writers */
#define READERS    2
#define UNITS      1000
#define PAUSE_US   2000 /* of a caller between two calls */
#define ROUND_MS   60   /* under load before a restart, at least */
#define CALLS_MORE 40   /* writes answered since the restart before the next one */

struct options {
        int64_t rounds;
        uint64_t seed;
        const char *program;
};

struct load {
        struct storefront storefront;
        struct shop_channel *blocking;
        struct shop_channel *asynchronous;
        atomic_uint_fast64_t added[STOCKS]; /* units acknowledged */
        atomic_uint_fast64_t writes;
        atomic_uint_fast64_t reads;
        atomic_uint_fast64_t failed;
        atomic_int_fast64_t longest_us;
        atomic_size_t chains; /* that still run */
        atomic_bool stopping;
};

struct caller {
        struct load *load;
        size_t stock;
        int64_t start_us;
        pthread_t thread;
};

static void note_failure(struct load *load, const char *what, const struct shop_error *error)
{
        atomic_fetch_add(&load->failed, 1);
        fprintf(stderr, "%s: %s %s: %s\n", what, shop_status_name(error->code), error->reason,
                error->message);
}

static void note_time(struct load *load, int64_t start_us)
{
        int64_t took_us = clock_monotonic_us() - start_us;
        int64_t longest_us = atomic_load(&load->longest_us);

        while (took_us > longest_us &&
                !atomic_compare_exchange_weak(&load->longest_us, &longest_us, took_us))
                ;
}

static Shop__AdjustStockRequest one_unit(const struct caller *caller)
{
        Shop__AdjustStockRequest request = SHOP__ADJUST_STOCK_REQUEST__INIT;

        request.variant_id = caller->load->storefront.variant_ids[caller->stock];
        request.location_id = caller->load->storefront.location_id;
        request.quantity = 1;
        request.reason = "found";
        return request;
}

static void note_write(struct caller *caller)
{
        atomic_fetch_add(&caller->load->added[caller->stock], 1);
        atomic_fetch_add(&caller->load->writes, 1);
        note_time(caller->load, caller->start_us);
}

static void *write_blocking(void *context)
{
        struct caller *caller = context;
        struct load *load = caller->load;

        while (!atomic_load(&load->stopping)) {
                Shop__AdjustStockRequest request = one_unit(caller);
                struct shop_error error = {0};

                caller->start_us = clock_monotonic_us();
                if (shop_invoke(load->blocking, &shop_supply_adjust_stock_method, &request.base,
                            NULL, NULL, &error) == SHOP_OK)
                        note_write(caller);
                else
                        note_failure(load, "blocking write", &error);
                shop_error_release(&error);
                clock_sleep_us(PAUSE_US);
        }
        return NULL;
}

static void *read_blocking(void *context)
{
        struct caller *caller = context;
        struct load *load = caller->load;
        Shop__ListStockRequest request = SHOP__LIST_STOCK_REQUEST__INIT;

        request.location_id = load->storefront.location_id;
        while (!atomic_load(&load->stopping)) {
                struct shop_error error = {0};

                caller->start_us = clock_monotonic_us();
                if (shop_invoke(load->blocking, &shop_supply_list_stock_method, &request.base, NULL,
                            NULL, &error) == SHOP_OK)
                        atomic_fetch_add(&load->reads, 1);
                else
                        note_failure(load, "read", &error);
                note_time(load, caller->start_us);
                shop_error_release(&error);
                clock_sleep_us(PAUSE_US);
        }
        return NULL;
}

static void start_write(struct caller *caller);

static void write_ended(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        struct caller *caller = context;

        if (status == SHOP_OK)
                note_write(caller);
        else
                note_failure(caller->load, "asynchronous write", error);
        if (atomic_load(&caller->load->stopping))
                atomic_fetch_sub(&caller->load->chains, 1);
        else
                start_write(caller);
}

static void start_write(struct caller *caller)
{
        Shop__AdjustStockRequest request = one_unit(caller);

        caller->start_us = clock_monotonic_us();
        shop_start(caller->load->asynchronous, &shop_supply_adjust_stock_method, &request.base,
                NULL, write_ended, caller);
}

/* Every other time by a call, as who has no shell does it. */
static void restart(struct daemon *daemon, struct shop_channel *admin, int64_t round)
{
        Shop__DrainServerRequest request = SHOP__DRAIN_SERVER_REQUEST__INIT;
        const char *flags[] = {"--listen", daemon->url, NULL};
        char url[sizeof(daemon->url)];
        int status;

        snprintf(url, sizeof(url), "%s", daemon->url);
        flags[1] = url;
        if (round % 2 == 0) {
                status = daemon_stop(daemon);
        } else {
                live_free(live_call(admin, &shop_governance_drain_server_method, &request, NULL));
                status = daemon_ended(daemon);
        }
        if (status != 0) {
                daemon_show_log(daemon);
                live_fail("the server ended with %d", status);
        }
        daemon_start(daemon, flags);
        daemon_wait(daemon);
}

static void run_round(
        struct daemon *daemon, struct load *load, struct random *random, int64_t round)
{
        uint64_t enough = atomic_load(&load->writes) + CALLS_MORE;

        clock_sleep_us(1000 * (ROUND_MS + (int64_t)random_below(random, ROUND_MS)));
        while (atomic_load(&load->writes) < enough && atomic_load(&load->failed) == 0)
                clock_sleep_us(1000);
        restart(daemon, load->blocking, round);
        if ((round + 1) % 50 == 0)
                fprintf(stderr, "%" PRId64 " restarts, %" PRIuFAST64 " writes\n", round + 1,
                        atomic_load(&load->writes));
}

static void check_stocks(struct load *load)
{
        Shop__ListStockRequest request = SHOP__LIST_STOCK_REQUEST__INIT;
        Shop__ListStockResponse *stock;

        for (size_t i = 0; i < STOCKS; i++) {
                request.location_id = load->storefront.location_id;
                request.variant_id = load->storefront.variant_ids[i];
                stock = live_call(load->blocking, &shop_supply_list_stock_method, &request, NULL);
                int64_t wanted = UNITS + (int64_t)atomic_load(&load->added[i]);

                if (stock->n_stock != 1 || stock->stock[0]->on_hand != wanted)
                        live_fail("a stock has %" PRId64 " units, %" PRId64 " were acknowledged",
                                stock->stock[0]->on_hand, wanted);
                live_free(stock);
        }
}

static void run(struct daemon *daemon, struct load *load, const struct options *options)
{
        struct caller threads[WRITERS + READERS] = {0}, chains[CHAINS] = {0};
        struct random random;

        random_seed(&random, options->seed);
        atomic_store(&load->chains, CHAINS);
        for (size_t i = 0; i < WRITERS + READERS; i++) {
                threads[i] = (struct caller){.load = load, .stock = i % STOCKS};
                pthread_create(&threads[i].thread, NULL,
                        i < WRITERS ? write_blocking : read_blocking, &threads[i]);
        }
        for (size_t i = 0; i < CHAINS; i++) {
                chains[i] = (struct caller){.load = load, .stock = i % STOCKS};
                start_write(&chains[i]);
        }
        for (int64_t i = 0; i < options->rounds && atomic_load(&load->failed) == 0; i++)
                run_round(daemon, load, &random, i);
        atomic_store(&load->stopping, true);
        for (size_t i = 0; i < WRITERS + READERS; i++)
                pthread_join(threads[i].thread, NULL);
        while (atomic_load(&load->chains) > 0)
                clock_sleep_us(1000);
}

static struct options read_options(int argc, char **argv)
{
        static const struct option known[] = {
                {"rounds", required_argument, NULL, 'r'},
                {"seed", required_argument, NULL, 's'},
                {"shopd", required_argument, NULL, 'p'},
                {0},
        };
        struct options options = {
                .rounds = 20, .seed = (uint64_t)clock_real_us(), .program = "build/shopd"};
        bool good = true;

        for (int flag; (flag = getopt_long(argc, argv, "", known, NULL)) != -1;) {
                if (flag == 'r')
                        options.rounds = atoll(optarg);
                else if (flag == 's')
                        options.seed = strtoull(optarg, NULL, 10);
                else if (flag == 'p')
                        options.program = optarg;
                else
                        good = false;
        }
        if (!good || optind < argc || options.rounds < 1)
                live_fail("usage: restarts [--rounds N] [--seed S] [--shopd PROGRAM]");
        return options;
}

int main(int argc, char **argv)
{
        struct options options = read_options(argc, argv);
        struct load load = {0};
        struct daemon daemon;

        daemon_init(&daemon, options.program);
        daemon_start(&daemon, NULL);
        daemon_wait(&daemon);
        load.blocking = live_channel(daemon.url, daemon.token);
        load.asynchronous = live_channel(daemon.url, daemon.token);
        storefront_open(&load.storefront, load.blocking, STOCKS, UNITS);
        run(&daemon, &load, &options);
        check_stocks(&load);
        shop_channel_close(load.asynchronous);
        shop_channel_close(load.blocking);
        if (daemon_stop(&daemon) != 0 || daemon_verify(&daemon) != 0)
                live_fail("the shop does not add up");
        printf("seed        %" PRIu64 "\nrestarts    %" PRId64 "\nwrites      %" PRIuFAST64
               "\nreads       %" PRIuFAST64 "\nlongest     %" PRId64 " ms\nfailed      %" PRIuFAST64
               "\n",
                options.seed, options.rounds, atomic_load(&load.writes), atomic_load(&load.reads),
                (int64_t)atomic_load(&load.longest_us) / 1000, atomic_load(&load.failed));
        daemon_release(&daemon);
        return atomic_load(&load.failed) == 0 ? 0 : 1;
}
