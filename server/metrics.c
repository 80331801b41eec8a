/*
 * The list of metrics. Counters were raised by the calls themselves; gauges are looked up now, in
 * one snapshot where they are rows, so that nothing is kept up to date for a scrape that may never
 * come. A method's OK is told from the start, so that a rate over it has something to begin at;
 * its errors once there was one, or a hundred methods would be two thousand lines.
 */
#include "server/metrics.h"

#include "common.rows.h"
#include "governance.rows.h"
#include "internal.rows.h"
#include "lib/rpc/server.h"
#include "server/clock.h"
#include "server/exposition.h"
#include "server/follow_run.h"
#include "server/work.h"

#define ROWS_MAX 10000 /* counted; more are as bad */
#define LABELS(...)                                                                                \
        (const struct metric_label[])                                                              \
        {                                                                                          \
                __VA_ARGS__,                                                                       \
                {                                                                                  \
                        NULL, NULL                                                                 \
                }                                                                                  \
        }

static void write_one(
        struct buffer *out, const char *name, enum metric_type type, const char *help, double value)
{
        metric_begin(out, name, type, help);
        metric_sample(out, name, NULL, value);
}

/* ---- calls ---- */

static double calls_of(const struct pipeline *pipeline, size_t method, int code)
{
        return (double)atomic_load_explicit(
                &pipeline->counters.calls[method * STATUS_COUNT + (size_t)code],
                memory_order_relaxed);
}

static void write_calls(struct buffer *out, const struct pipeline *pipeline)
{
        const struct schema *schema = pipeline->options.schema;
        const char *name = "shop_calls_total";

        metric_begin(out, name, METRIC_COUNTER, "Calls answered, by method and code.");
        for (size_t i = 0; i <= schema->method_count; i++) {
                const char *method = i < schema->method_count ? schema->methods[i].name : "unknown";

                for (int code = OK; code < STATUS_COUNT; code++) {
                        double calls = calls_of(pipeline, i, code);

                        if (calls == 0 && (code != OK || i == schema->method_count))
                                continue;
                        metric_sample(out, name,
                                LABELS({"method", method},
                                        {"code", status_name((enum status)code)}),
                                calls);
                }
        }
}

static void write_times(struct buffer *out, const struct pipeline *pipeline)
{
        static const char *const lanes[] = {
                [LANE_READ] = "read",
                [LANE_WRITE] = "write",
                [LANE_SLOW] = "slow",
                [LANE_WAIT] = "wait",
        };
        const struct counters *counters = &pipeline->counters;

        metric_begin(out, "shop_call_seconds", METRIC_HISTOGRAM,
                "Time from the decoding of a call to its answer, by lane.");
        for (int lane = LANE_READ; lane <= LANE_WAIT; lane++)
                metric_histogram(out, "shop_call_seconds", LABELS({"lane", lanes[lane]}),
                        &counters->took[lane], &histogram_time);
        metric_begin(out, "shop_commit_seconds", METRIC_HISTOGRAM,
                "Time to make a group of writes durable.");
        metric_histogram(out, "shop_commit_seconds", NULL, &counters->commits, &histogram_time);
        metric_begin(out, "shop_group_calls", METRIC_HISTOGRAM, "Writes that share a commit.");
        metric_histogram(out, "shop_group_calls", NULL, &counters->group_calls, &histogram_size);
        write_one(out, "shop_changed_keys_total", METRIC_COUNTER,
                "Keys of rows and indexes that writes changed.",
                (double)atomic_load_explicit(&counters->changes, memory_order_relaxed));
        write_one(out, "shop_password_hashes_total", METRIC_COUNTER,
                "Passwords hashed, to keep or to compare.",
                (double)atomic_load_explicit(&counters->passwords, memory_order_relaxed));
        write_one(out, "shop_replayed_calls_total", METRIC_COUNTER,
                "Answers that were given again for a request id.",
                (double)atomic_load_explicit(&counters->replayed, memory_order_relaxed));
}

static void write_refusals(struct buffer *out, struct pipeline *pipeline)
{
        const char *name = "shop_refused_calls_total";

        metric_begin(out, name, METRIC_COUNTER,
                "Calls turned away before anything was done for them, by the limit they met.");
        for (int i = 0; i < REFUSAL_COUNT; i++)
                metric_sample(out, name, LABELS({"limit", gate_refusal_name((enum refusal)i)}),
                        (double)atomic_load_explicit(
                                &pipeline->counters.refusals[i], memory_order_relaxed));
}

static void write_queues(struct buffer *out, struct pipeline *pipeline)
{
        const char *name = "shop_queue_calls";
        struct pipeline_stats stats;

        pipeline_stats(pipeline, &stats);
        metric_begin(out, name, METRIC_GAUGE, "Calls that wait now, by queue.");
        metric_sample(out, name, LABELS({"queue", "write"}), queue_count(&pipeline->writes));
        metric_sample(out, name, LABELS({"queue", "slow"}), queue_count(&pipeline->slow));
        metric_sample(out, name, LABELS({"queue", "wait"}), (double)stats.parked);
        metric_begin(out, "shop_queue_calls_max", METRIC_GAUGE, "Room in a queue.");
        metric_sample(out, "shop_queue_calls_max", LABELS({"queue", "write"}),
                (double)pipeline->options.queue_max);
        metric_sample(out, "shop_queue_calls_max", LABELS({"queue", "slow"}),
                (double)pipeline->options.slow_queue_max);
        metric_begin(out, "shop_queue_calls_limit", METRIC_GAUGE,
                "How many may wait at the pace of now; as many as there is room, when none do.");
        metric_sample(out, "shop_queue_calls_limit", LABELS({"queue", "write"}),
                (double)queue_limit(&pipeline->writes));
        metric_sample(out, "shop_queue_calls_limit", LABELS({"queue", "slow"}),
                (double)queue_limit(&pipeline->slow));
        metric_begin(out, "shop_queue_seconds", METRIC_HISTOGRAM,
                "How long calls waited before they ran.");
        metric_histogram(out, "shop_queue_seconds", LABELS({"queue", "write"}),
                &pipeline->counters.queued[QUEUED_WRITE], &histogram_time);
        metric_histogram(out, "shop_queue_seconds", LABELS({"queue", "slow"}),
                &pipeline->counters.queued[QUEUED_SLOW], &histogram_time);
}

/* ---- around them ---- */

static void write_transport(struct buffer *out, struct rpc_server *server)
{
        struct rpc_server_stats stats;
        struct rpc_certificate certificate;

        rpc_server_stats(server, &stats);
        write_one(out, "shop_connections", METRIC_GAUGE, "Connections that are open now.",
                (double)stats.connections);
        write_one(out, "shop_messages_total", METRIC_COUNTER, "Messages received.",
                (double)stats.messages);
        write_one(out, "shop_message_calls_total", METRIC_COUNTER, "Calls in those messages.",
                (double)stats.calls);
        write_one(out, "shop_rejected_total", METRIC_COUNTER,
                "Connections turned away, and calls refused before they ran.",
                (double)stats.rejected);
        write_one(out, "shop_deferred_replies_total", METRIC_COUNTER,
                "Answers that had no room in their message.", (double)stats.deferred);
        write_one(out, "shop_slow_peers_total", METRIC_COUNTER,
                "Connections closed because nobody read.", (double)stats.slow_peers);
        write_one(out, "shop_unfinished_connections_total", METRIC_COUNTER,
                "Connections closed because too much of unfinished messages had come.",
                (double)stats.unfinished);
        write_one(out, "shop_idle_connections_total", METRIC_COUNTER,
                "Connections closed because nothing came, or no handshake.", (double)stats.reaped);
        if (rpc_server_certificate(server, &certificate))
                write_one(out, "shop_certificate_expire_seconds", METRIC_GAUGE,
                        "When the certificate expires, since 1970.", (double)certificate.expire_s);
}

static double count_rows(struct scan *scan)
{
        size_t count = 0;

        scan_fleeting(scan);
        while (count < ROWS_MAX && scan_next_bytes(scan).data != NULL)
                count++;
        return (double)count;
}

static double count_jobs(struct txn *txn, JobState state)
{
        const struct key_value value = key_int(state);

        return count_rows(
                txn_scan(txn, &job_table, &job_table.indexes[0], NULL, &value, 1, ASCENDING));
}

/* How long the first timer should have run already. */
static double timer_age(struct txn *txn, int64_t now_us)
{
        ScheduledCall *first = scan_next(txn_scan(txn, &scheduled_call_table,
                &scheduled_call_table.indexes[0], NULL, NULL, 0, ASCENDING));
        int64_t due_us = first != NULL ? time_us(first->due_time) : now_us;

        return due_us < now_us ? (double)(now_us - due_us) / 1e6 : 0;
}

static void write_followers(struct buffer *out, struct txn *txn, struct follow *follow)
{
        struct follow_figures figures;

        metric_begin(out, "shop_follower_lag_events", METRIC_GAUGE,
                "Events that a follower of the event log has not looked at yet.");
        for (size_t i = 0; follow_look(follow, txn, i, &figures); i++)
                metric_sample(out, "shop_follower_lag_events", LABELS({"follower", figures.name}),
                        (double)figures.lag);
        metric_begin(out, "shop_parked_events", METRIC_GAUGE,
                "Events that a follower could not handle and put aside; at most 1000 counted.");
        for (size_t i = 0; follow_look(follow, txn, i, &figures); i++)
                metric_sample(out, "shop_parked_events", LABELS({"follower", figures.name}),
                        (double)figures.parked);
}

static void write_rows(struct buffer *out, struct pipeline *pipeline)
{
        struct arena arena;

        arena_init(&arena);
        struct txn *txn = txn_begin_read(pipeline->options.store, &arena);

        metric_begin(out, "shop_jobs", METRIC_GAUGE,
                "Outside effects still to be performed, and those given up; at most 10000.");
        metric_sample(
                out, "shop_jobs", LABELS({"state", "waiting"}), count_jobs(txn, JOB_STATE_WAITING));
        metric_sample(out, "shop_jobs", LABELS({"state", "dead"}), count_jobs(txn, JOB_STATE_DEAD));
        write_one(out, "shop_timer_age_seconds", METRIC_GAUGE,
                "How long the oldest due timer has been due, in shop time.",
                timer_age(txn, clock_now_us(pipeline->options.clock)));
        write_one(out, "shop_parked_timers", METRIC_GAUGE,
                "Calls of the shop's own that failed too often and were put aside; at most 10000.",
                count_rows(parked_timer_all(txn)));
        write_followers(out, txn, pipeline->follow);
        txn_end(txn);
        arena_release(&arena);
}

static void write_store(struct buffer *out, struct pipeline *pipeline)
{
        struct store_stats stats;

        store_stats(pipeline->options.store, &stats);
        write_one(out, "shop_store_bytes", METRIC_GAUGE, "Bytes of the database in use.",
                (double)stats.bytes_used);
        write_one(out, "shop_store_bytes_max", METRIC_GAUGE, "Bytes that it may grow to.",
                (double)stats.bytes_map);
        write_one(out, "shop_sequence", METRIC_GAUGE, "The number of the last durable write.",
                (double)stats.sequence);
}

void metrics_write(struct buffer *out, struct pipeline *pipeline, struct rpc_server *server)
{
        metric_begin(out, "shop_info", METRIC_GAUGE, "Which server this is.");
        metric_sample(out, "shop_info", LABELS({"version", SHOP_VERSION}), 1);
        write_one(out, "shop_ready", METRIC_GAUGE, "1 when /readyz says so.",
                pipeline_readiness(pipeline) == PIPELINE_READY);
        write_calls(out, pipeline);
        write_times(out, pipeline);
        write_refusals(out, pipeline);
        write_queues(out, pipeline);
        write_transport(out, server);
        write_store(out, pipeline);
        if (!pipeline_failed(pipeline))
                write_rows(out, pipeline);
}
