/*
 * Whether there is room for a call, asked before its request is decoded: what is refused here has
 * cost almost nothing, so that a server which is asked for twice what it can do still does what it
 * can. Everybody who is refused hears when to come again.
 *
 * A call costs its payer units, about as many as it takes of the server's time. Reads of a batch
 * are paid together: a lock for each would be a tenth of a read.
 */
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "server/work.h"

#define UNITS_UNKNOWN   10 /* a method that does not exist: looking for its nearest name */
#define WAITS_RETRY_MS  1000
#define SLOW_RETRY_MS   500
#define FULL_RETRY_MS   50
#define LOG_INTERVAL_US INT64_C(1000000)

/* A message of a few kilobytes can hold a gigabyte of compressed requests. */
#define EXPANDED_BYTES_MAX    (64u << 20)
#define EXPANDED_BYTES_A_UNIT (16u << 10)

static const uint32_t units_of_lane[] = {
        [LANE_READ] = 1,
        [LANE_WRITE] = 10,
        [LANE_SLOW] = 200,
        [LANE_WAIT] = 10,
};

static const struct {
        const char *name;    /* the limit, as in the configuration and the metrics */
        const char *subject; /* whose it is */
        const char *reason;
        const char *sentence;
} refusals[] = {
        [REFUSED_CALLER_RATE] = {"caller_rate", "caller", "RATE_LIMITED",
                "the caller asks for more in a second than one may"},
        [REFUSED_STRANGER_RATE] = {"stranger_rate", "address", "RATE_LIMITED",
                "calls without a token, or with one that was not yet seen to be good, are too many "
                "from this address"},
        [REFUSED_CALLER_WAITS] = {"caller_waits", "caller", "TOO_MANY_WAITS",
                "the caller waits for news with as many calls as one may"},
        [REFUSED_STRANGER_WAITS] = {"stranger_waits", "address", "TOO_MANY_WAITS",
                "as many calls as may wait for news from this address already, without a token"},
        [REFUSED_ADDRESS_WAITS] = {"address_waits", "address", "TOO_MANY_WAITS",
                "as many calls as may wait for news from this address already"},
        [REFUSED_ADDRESS_SLOW] = {"address_slow", "address", "TOO_MANY_AT_ONCE",
                "as many calls that take long as may be under way from this address"},
        [REFUSED_WRITE_WAIT] = {"write_wait_ms", "server", "SERVER_OVERLOADED",
                "more writes wait than can be done soon"},
        [REFUSED_SLOW_WAIT] = {"slow_wait_ms", "server", "SERVER_OVERLOADED",
                "more calls that take long wait than can be done soon"},
        [REFUSED_QUEUE] = {"queue", "server", "QUEUE_FULL", "too many calls are waiting"},
        [REFUSED_EXPANDED] = {"expanded_bytes", "server", "SERVER_OVERLOADED",
                "the compressed requests that wait hold as many bytes as they may"},
};

const char *gate_refusal_name(enum refusal refusal)
{
        return refusals[refusal].name;
}

/* One line a second at most: a flood must not become one of lines. */
static void log_refusal(struct pipeline *pipeline, enum refusal refusal)
{
        int64_t now_us = clock_monotonic_us();
        int_fast64_t last_us = atomic_load(&pipeline->refusal_logged_us);

        if (now_us - last_us < LOG_INTERVAL_US ||
                !atomic_compare_exchange_strong(&pipeline->refusal_logged_us, &last_us, now_us))
                return;
        log_event(LOG_WARN, "calls_refused", log_text("limit", refusals[refusal].name),
                log_number("by_this_limit",
                        (int64_t)atomic_load(&pipeline->counters.refusals[refusal])));
}

static struct queue *queue_of(const struct work *work)
{
        struct pipeline *pipeline = work->private.pipeline;

        return work->plan->method->lane == LANE_SLOW ? &pipeline->slow : &pipeline->writes;
}

static int64_t parked_there(const struct work *work, enum payer_kind kind)
{
        struct payers *payers = work->private.pipeline->payers;
        const struct payer address = payers_address(payers, kind, work->rpc->peer);

        return payers_parked(payers, &address);
}

/* How much of a limit is taken, in its own unit; of a rate, what was spent and is not yet earned
 * again. */
static int64_t used_of(struct work *work, enum refusal refusal)
{
        struct pipeline *pipeline = work->private.pipeline;

        switch (refusal) {
        case REFUSED_CALLER_RATE:
        case REFUSED_STRANGER_RATE:
                return payers_spent(pipeline->payers, &work->payer);
        case REFUSED_CALLER_WAITS:
        case REFUSED_STRANGER_WAITS:
                return payers_parked(pipeline->payers, &work->payer);
        case REFUSED_ADDRESS_WAITS:
                return parked_there(work, PAYER_ADDRESS);
        case REFUSED_ADDRESS_SLOW:
                return parked_there(work, PAYER_ADDRESS_SLOW);
        case REFUSED_WRITE_WAIT:
        case REFUSED_SLOW_WAIT:
                return queue_expected_us(queue_of(work)) / 1000;
        case REFUSED_EXPANDED:
                return (int64_t)atomic_load(&pipeline->expanded);
        case REFUSED_QUEUE:
                break;
        }
        return (int64_t)queue_count(queue_of(work));
}

/* What the configuration says, or what it stands for. */
static int64_t limit_of(struct work *work, enum refusal refusal)
{
        struct pipeline *pipeline = work->private.pipeline;
        const struct pipeline_options *options = &pipeline->options;

        switch (refusal) {
        case REFUSED_CALLER_RATE:
                return options->payer_limits.caller_rate;
        case REFUSED_STRANGER_RATE:
                return options->payer_limits.stranger_rate;
        case REFUSED_CALLER_WAITS:
                return options->payer_limits.caller_waits;
        case REFUSED_STRANGER_WAITS:
                return options->payer_limits.stranger_waits;
        case REFUSED_ADDRESS_WAITS:
                return options->payer_limits.address_waits;
        case REFUSED_ADDRESS_SLOW:
                return options->payer_limits.address_slow;
        case REFUSED_WRITE_WAIT:
                return options->write_wait_us / 1000;
        case REFUSED_SLOW_WAIT:
                return options->slow_wait_us / 1000;
        case REFUSED_EXPANDED:
                return EXPANDED_BYTES_MAX;
        case REFUSED_QUEUE:
                break;
        }
        return (int64_t)queue_limit(queue_of(work));
}

static enum status refuse(struct work *work, enum refusal refusal, int64_t retry_ms)
{
        struct pipeline *pipeline = work->private.pipeline;

        atomic_fetch_add_explicit(&pipeline->counters.refusals[refusal], 1, memory_order_relaxed);
        log_refusal(pipeline, refusal);
        work->turned_away = true;
        work->call.error.retry_after_ms = retry_ms;
        error_fact(&work->call.error, "limit", "%s", refusals[refusal].name);
        error_fact(&work->call.error, "quota", "%lld", (long long)limit_of(work, refusal));
        error_fact(&work->call.error, "used", "%lld", (long long)used_of(work, refusal));
        error_fact(&work->call.error, "subject", "%s", refusals[refusal].subject);
        return error_set(&work->call.error, RESOURCE_EXHAUSTED, refusals[refusal].reason,
                "%s; try again in %lld ms", refusals[refusal].sentence, (long long)retry_ms);
}

enum status gate_refuse_queue(struct work *work, enum queue_answer answer)
{
        const struct pipeline_options *options = &work->private.pipeline->options;
        bool slow = work->plan->method->lane == LANE_SLOW;

        if (answer == QUEUE_FULL)
                return refuse(work, REFUSED_QUEUE, FULL_RETRY_MS);
        /* By then half of what waits is done. */
        return refuse(work, slow ? REFUSED_SLOW_WAIT : REFUSED_WRITE_WAIT,
                (slow ? options->slow_wait_us : options->write_wait_us) / 2000);
}

/* ---- units ---- */

/* What is left in the purse is the payer's. */
static void empty_purse(struct payers *payers, struct purse *purse)
{
        payers_give(payers, &purse->payer, purse->left);
        purse->left = 0;
}

void gate_close_purse(struct pipeline *pipeline, struct purse *purse)
{
        if (purse->open)
                empty_purse(pipeline->payers, purse);
        purse->open = false;
}

static void open_purse(struct payers *payers, struct purse *purse, const struct rpc_call *rpc)
{
        if (purse->open && bytes_equal(purse->token, rpc->token))
                return;
        if (purse->open)
                empty_purse(payers, purse);
        purse->open = true;
        purse->token = rpc->token;
        purse->payer = payers_find(payers, rpc);
}

static enum status refuse_rate(struct work *work, int64_t retry_ms)
{
        return refuse(work,
                work->payer.kind == PAYER_CALLER ? REFUSED_CALLER_RATE : REFUSED_STRANGER_RATE,
                retry_ms);
}

/* A read out of the batch's purse. */
static enum status pay_read(struct work *work, struct purse *purse)
{
        struct payers *payers = work->private.pipeline->payers;
        int64_t retry_ms = 0;

        open_purse(payers, purse, work->rpc);
        work->payer = purse->payer;
        if (purse->left == 0)
                purse->left = payers_take(
                        payers, &purse->payer, units_of_lane[LANE_READ], purse->calls, &retry_ms);
        if (purse->left == 0)
                return refuse_rate(work, retry_ms);
        purse->left--;
        return OK;
}

static enum status pay(struct work *work)
{
        struct payers *payers = work->private.pipeline->payers;
        uint32_t units =
                work->plan == NULL ? UNITS_UNKNOWN : units_of_lane[work->plan->method->lane];
        int64_t retry_ms = 0;

        work->payer = payers_find(payers, work->rpc);
        if (work->plan != NULL && work->plan->health)
                return OK;
        if (payers_take(payers, &work->payer, units, 1, &retry_ms) == 0)
                return refuse_rate(work, retry_ms);
        return OK;
}

/* ---- room ---- */

/* Given back by gate_leave. */
static bool take_place(struct work *work, const struct payer *payer)
{
        bool taken = payers_park(work->private.pipeline->payers, payer);

        if (taken)
                work->places[work->place_count++] = *payer;
        return taken;
}

static bool take_place_of_address(struct work *work, enum payer_kind kind)
{
        const struct payer address =
                payers_address(work->private.pipeline->payers, kind, work->rpc->peer);

        return take_place(work, &address);
}

/* The payer's, and its address's: nobody who has many tokens keeps all others from waiting. */
static enum status find_place(struct work *work)
{
        if (!take_place(work, &work->payer))
                return refuse(work,
                        work->payer.kind == PAYER_CALLER ? REFUSED_CALLER_WAITS
                                                         : REFUSED_STRANGER_WAITS,
                        WAITS_RETRY_MS);
        if (!take_place_of_address(work, PAYER_ADDRESS))
                return refuse(work, REFUSED_ADDRESS_WAITS, WAITS_RETRY_MS);
        return OK;
}

static enum status find_turn(struct work *work, struct queue *queue)
{
        enum queue_answer answer = queue_room(queue, work_priority(work));

        if (answer != QUEUE_TAKEN && drop_expired(queue))
                answer = queue_room(queue, work_priority(work));
        return answer == QUEUE_TAKEN ? OK : gate_refuse_queue(work, answer);
}

static enum status find_room(struct work *work)
{
        struct pipeline *pipeline = work->private.pipeline;

        switch (work->plan->method->lane) {
        case LANE_READ:
                break;
        case LANE_WRITE:
                return find_turn(work, &pipeline->writes);
        case LANE_SLOW:
                /* One address with many passwords would be everybody's turn for seconds. */
                if (work->payer.kind != PAYER_EXEMPT &&
                        !take_place_of_address(work, PAYER_ADDRESS_SLOW))
                        return refuse(work, REFUSED_ADDRESS_SLOW, SLOW_RETRY_MS);
                return find_turn(work, &pipeline->slow);
        case LANE_WAIT:
                return find_place(work);
        }
        return OK;
}

enum status gate_enter(struct work *work)
{
        const struct plan *plan = work->plan;

        if (work->system)
                return OK;
        if (work->purse != NULL && plan != NULL && plan->method->lane == LANE_READ && !plan->health)
                return pay_read(work, work->purse);
        enum status status = pay(work);

        return status == OK && plan != NULL ? find_room(work) : status;
}

enum status gate_expand(struct work *work)
{
        struct pipeline *pipeline = work->private.pipeline;
        uint32_t len = work->rpc->zstd_bytes;
        int64_t retry_ms = 0;

        if (len == 0)
                return OK;
        if (payers_take(pipeline->payers, &work->payer, 1 + len / EXPANDED_BYTES_A_UNIT, 1,
                    &retry_ms) == 0)
                return refuse_rate(work, retry_ms);
        if (work->plan->method->lane == LANE_READ) /* whose memory is given back with each */
                return OK;
        work->expanded = len;
        if (atomic_fetch_add(&pipeline->expanded, len) + len <= EXPANDED_BYTES_MAX)
                return OK;
        return refuse(work, REFUSED_EXPANDED, FULL_RETRY_MS);
}

void gate_leave(struct work *work)
{
        if (work->expanded > 0)
                atomic_fetch_sub(&work->private.pipeline->expanded, work->expanded);
        work->expanded = 0;
        while (work->place_count > 0)
                payers_unpark(work->private.pipeline->payers, &work->places[--work->place_count]);
}

enum priority work_priority(const struct work *work)
{
        if (work->system || work->plan == NULL)
                return PRIORITY_BACKGROUND;
        return work->plan->health ? PRIORITY_FIRST : work->payer.priority;
}
