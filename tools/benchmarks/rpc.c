/*
 * Reads of stored products with a member's token, over TCP loopback, through the public client
 * library against a real shopd. In turn with it peers answer the same bytes: the bare loop, and
 * gRPC C++ with a client and a server of its own, tuned, which checks a token too. Client and
 * server share the machine, as they do in all; what the server alone costs is in the rows of its
 * processor time.
 */
#include <math.h>
#include <string.h>
#include "tools/benchmarks/contest.h"
#include "tools/benchmarks/crowd.h"
#include "tools/benchmarks/process.h"

#define ROUNDS 5

#define IDLE_CONNECTIONS 5000
#define IDLE_LOAD        1 /* beside them, of loads[]: 16 in flight */
#define IDLE_TIMES       3 /* as long as the others: a tenth is what is looked for */
#define HALF_LOAD        2 /* of loads[]: 64 in flight are what gRPC is full with */

static const char *const side_titles[SIDES] = {"", "bare loop", "gRPC C++"};

/* What is measured beside the loads. */
struct extra {
        struct side half[SIDES]; /* at half of what gRPC carries */
        int half_rate;
        struct side beside; /* ours, among idle connections */
        struct side alone;
        double idle_kib[SIDES]; /* of memory for each */
};

static const char *name_of(size_t load, const char *name, const char *blocking)
{
        return load_is_blocking(load) ? blocking : name;
}

static bool takes_part(const struct contest *contest, enum side_name side, size_t load)
{
        if (side == SIDE_GRPC)
                return contest->grpc != NULL;
        /* The bare loop has no threads. */
        return side == SIDE_OURS || !load_is_blocking(load);
}

/* ---- in turn ---- */

static double run_ours(struct contest *contest, size_t load, double seconds)
{
        if (load_is_blocking(load))
                return reading_by_threads(&contest->reading, loads[load].calls, seconds);
        return reading_in_flight(&contest->reading, loads[load].calls, seconds);
}

static void run(struct contest *contest, enum side_name name, size_t load, double seconds,
        struct grpc_figures *out)
{
        *out = (struct grpc_figures){.p50_us = NAN, .p99_us = NAN};
        if (name == SIDE_GRPC) {
                grpc_measure(&contest->grpc_peer, &contest->grpc_loads[load], seconds, out);
        } else if (name == SIDE_BARE) {
                out->calls_per_s = bare_measure(contest->client, loads[load].calls, seconds);
        } else {
                latency_clear(&contest->latency);
                out->calls_per_s = run_ours(contest, load, seconds);
                out->p50_us = latency_at(&contest->latency, 0.5);
                out->p99_us = latency_at(&contest->latency, 0.99);
        }
}

static void keep(struct side *side, int round, const struct grpc_figures *figures)
{
        side->rate[round] = figures->calls_per_s;
        side->p50_us[round] = figures->p50_us;
        side->p99_us[round] = figures->p99_us;
}

static void measure_loads(struct contest *contest, const struct bench_options *options, int round)
{
        struct grpc_figures figures;

        for (size_t load = 0; load < LOADS; load++)
                for (enum side_name name = 0; name < SIDES; name++) {
                        struct side *side = &contest->sides[name][load];

                        if ((options->load != 0 && options->load != loads[load].calls) ||
                                (load_is_blocking(load) && contest->grpc == NULL) ||
                                !takes_part(contest, name, load))
                                continue;
                        pid_t server = contest_server(contest, name);
                        pid_t client = contest_client(contest, name);

                        side->cpu_seconds -= process_cpu_seconds(server);
                        side->client_cpu_seconds -= process_cpu_seconds(client);
                        run(contest, name, load, options->seconds, &figures);
                        side->cpu_seconds += process_cpu_seconds(server);
                        side->client_cpu_seconds += process_cpu_seconds(client);
                        keep(side, round, &figures);
                        side->calls += figures.calls_per_s * options->seconds;
                }
}

/* Both at the same rate, which is half of what gRPC carries, so that neither waits for the other's
 * better half. */
static void measure_half(struct contest *contest, struct extra *extra, double seconds, int round)
{
        struct grpc_load steady = contest->grpc_loads[HALF_LOAD];
        struct grpc_figures figures;

        if (extra->half_rate == 0)
                extra->half_rate = (int)(contest->sides[SIDE_GRPC][HALF_LOAD].rate[0] / 2) + 1;
        steady.kind = "steady";
        steady.calls = extra->half_rate;
        steady.threads = 1;
        grpc_measure(&contest->grpc_peer, &steady, seconds, &figures);
        keep(&extra->half[SIDE_GRPC], round, &figures);
        latency_clear(&contest->latency);
        figures.calls_per_s = reading_steadily(&contest->reading, extra->half_rate, seconds);
        figures.p50_us = latency_at(&contest->latency, 0.5);
        figures.p99_us = latency_at(&contest->latency, 0.99);
        keep(&extra->half[SIDE_OURS], round, &figures);
}

static double memory_of_idle(
        struct contest *contest, enum side_name side, const char *address, struct crowd *crowd)
{
        pid_t server = contest_server(contest, side);
        double before = process_resident_mib(server);

        crowd_open(crowd, side == SIDE_GRPC ? CROWD_GRPC : CROWD_OURS, address, IDLE_CONNECTIONS);
        return (process_resident_mib(server) - before) * 1024 / IDLE_CONNECTIONS;
}

static void measure_idle(struct contest *contest, struct extra *extra, double seconds, int round)
{
        struct grpc_figures figures;
        struct crowd crowd;

        run(contest, SIDE_OURS, IDLE_LOAD, IDLE_TIMES * seconds, &figures);
        keep(&extra->alone, round, &figures);
        double ours = memory_of_idle(contest, SIDE_OURS, contest->daemon.url, &crowd);

        run(contest, SIDE_OURS, IDLE_LOAD, IDLE_TIMES * seconds, &figures);
        keep(&extra->beside, round, &figures);
        crowd_close(&crowd);
        if (round > 0)
                return; /* what was used once is used again */
        extra->idle_kib[SIDE_OURS] = ours;
        extra->idle_kib[SIDE_GRPC] = NAN;
        if (contest->grpc == NULL)
                return;
        extra->idle_kib[SIDE_GRPC] =
                memory_of_idle(contest, SIDE_GRPC, contest->grpc_peer.address, &crowd);
        crowd_close(&crowd);
}

/* ---- rows ---- */

static void add_rates(
        struct contest *contest, enum side_name peer, size_t rounds, struct table *table)
{
        table->peer = side_titles[peer];
        for (size_t i = 0; i < LOADS; i++) {
                struct side *ours = &contest->sides[SIDE_OURS][i];

                if (ours->calls == 0 || !takes_part(contest, peer, i))
                        continue;
                table_add(table,
                        &(struct row){name_of(i, "GetProduct", "GetProduct, blocking threads"),
                                "in_flight", loads[i].calls, median(ours->rate, rounds),
                                median(contest->sides[peer][i].rate, rounds), "calls/s",
                                median(ours->p50_us, rounds), median(ours->p99_us, rounds)});
        }
}

static void add_latency(struct table *table, const char *const names[2], int load,
        struct side *sides[2], size_t rounds)
{
        table_add(
                table, &(struct row){names[0], "in_flight", load, median(sides[0]->p50_us, rounds),
                               median(sides[1]->p50_us, rounds), "us", NAN, NAN});
        table_add(
                table, &(struct row){names[1], "in_flight", load, median(sides[0]->p99_us, rounds),
                               median(sides[1]->p99_us, rounds), "us", NAN, NAN});
}

static void add_latencies(
        struct contest *contest, struct extra *extra, size_t rounds, struct table *table)
{
        static const char *const async[] = {"p50", "p99"},
                                 *const blocking[] = {"p50, blocking threads",
                                         "p99, blocking threads"},
                                 *const half[] = {"p50 at half load", "p99 at half load"};

        for (size_t i = 0; i < LOADS; i++) {
                struct side *sides[] = {
                        &contest->sides[SIDE_OURS][i], &contest->sides[SIDE_GRPC][i]};

                if (sides[0]->calls > 0)
                        add_latency(table, load_is_blocking(i) ? blocking : async, loads[i].calls,
                                sides, rounds);
        }
        if (extra->half_rate > 0)
                add_latency(table, half, extra->half_rate,
                        (struct side *[]){&extra->half[SIDE_OURS], &extra->half[SIDE_GRPC]},
                        rounds);
}

/* What a call costs in all is what the two can carry on a machine of their own: other programs take
 * processor time from both, and more from the one with fewer threads. */
static double cost(const struct side *side)
{
        return (side->cpu_seconds + side->client_cpu_seconds) / side->calls * 1e6;
}

static void add_costs(struct contest *contest, enum side_name peer, struct table *table)
{
        static const char unit[] = "s/million calls";

        table->peer = side_titles[peer];
        for (size_t i = 0; i < LOADS; i++) {
                struct side *ours = &contest->sides[SIDE_OURS][i];
                struct side *other = &contest->sides[peer][i];

                if (ours->calls == 0 || !takes_part(contest, peer, i))
                        continue;
                table_add(table,
                        &(struct row){name_of(i, "server CPU", "server CPU, blocking threads"),
                                "in_flight", loads[i].calls, ours->cpu_seconds / ours->calls * 1e6,
                                other->cpu_seconds / other->calls * 1e6, unit, NAN, NAN});
                table_add(table, &(struct row){name_of(i, "client and server CPU",
                                                       "both CPU, blocking threads"),
                                         "in_flight", loads[i].calls, cost(ours), cost(other), unit,
                                         NAN, NAN});
        }
}

static void add_memory(struct contest *contest, enum side_name peer, struct table *table)
{
        const double at_end[] = {process_resident_mib(contest_server(contest, SIDE_OURS)),
                process_resident_mib(contest_server(contest, peer))};

        table_add(table,
                &(struct row){"idle server memory", "in_flight", 0, contest->idle_mib[SIDE_OURS],
                        contest->idle_mib[peer], "MiB", NAN, NAN});
        table_add(table, &(struct row){"server memory at the end", "in_flight", 0, at_end[0],
                                 at_end[1], "MiB", NAN, NAN});
}

static void add_idle(struct extra *extra, size_t rounds, struct table *table)
{
        table_add(table,
                &(struct row){"memory of an idle connection", "in_flight", IDLE_CONNECTIONS,
                        extra->idle_kib[SIDE_OURS], extra->idle_kib[SIDE_GRPC], "KiB", NAN, NAN});
        table->peer = "none idle";
        table_add(table,
                &(struct row){"GetProduct beside 5,000 idle", "in_flight", loads[IDLE_LOAD].calls,
                        median(extra->beside.rate, rounds), median(extra->alone.rate, rounds),
                        "calls/s", median(extra->beside.p50_us, rounds),
                        median(extra->beside.p99_us, rounds)});
}

void bench_rpc(const struct bench_options *options, struct table *table)
{
        int rounds = options->rounds > 0 ? options->rounds : ROUNDS;
        struct extra extra = {.half_rate = 0};

        crowd_allow(IDLE_CONNECTIONS);
        struct contest *contest = contest_open(options);
        enum side_name peer = contest->grpc != NULL ? SIDE_GRPC : SIDE_BARE;

        for (int round = 0; round < rounds; round++) {
                measure_loads(contest, options, round);
                if (options->load != 0)
                        continue;
                if (contest->grpc != NULL)
                        measure_half(contest, &extra, options->seconds, round);
                measure_idle(contest, &extra, options->seconds, round);
        }
        add_rates(contest, SIDE_BARE, (size_t)rounds, table);
        if (contest->grpc != NULL) {
                add_rates(contest, SIDE_GRPC, (size_t)rounds, table);
                add_latencies(contest, &extra, (size_t)rounds, table);
        }
        add_costs(contest, SIDE_BARE, table);
        if (peer == SIDE_GRPC)
                add_costs(contest, SIDE_GRPC, table);
        add_memory(contest, peer, table);
        if (options->load == 0)
                add_idle(&extra, (size_t)rounds, table);
        contest_close(contest);
}
