/*
 * One thread starts calls, the channels' threads count their ends. When the starting thread comes
 * late (a busy machine, a clock tick), it starts at once all that is due, each with the time at
 * which it should have begun. Calls are made once: a repetition would hide what the server said.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/clock.h"
#include "tools/shopctl/bench/bench.h"

#define GRACE_US 50000 /* a thread that slept too long is not too slow for the rate */

struct running {
        struct bench_step *step;
        int64_t end_us;
        atomic_uint_fast64_t good, good_in_time;
        pthread_mutex_t lock; /* over failures of the step, and the following */
        pthread_cond_t changed;
        uint64_t open; /* calls without an end, and one for the thread that starts them */
};

struct open_call {
        struct running *running;
        int64_t intended_us;
};

double bench_goodput(const struct bench_step *step)
{
        return (double)step->good_in_time / ((double)step->duration_us / 1e6);
}

static void close_one(struct running *running)
{
        pthread_mutex_lock(&running->lock);
        if (--running->open == 0)
                pthread_cond_signal(&running->changed);
        pthread_mutex_unlock(&running->lock);
}

/* Failures beyond the table's room join its last row. */
static void count_failure(struct running *running, const struct shop_error *error)
{
        struct bench_step *step = running->step;
        size_t i = 0;

        pthread_mutex_lock(&running->lock);
        while (i < step->failure_count &&
                (step->failures[i].code != error->code ||
                        strcmp(step->failures[i].reason, error->reason) != 0))
                i++;
        if (i == BENCH_FAILURES_MAX)
                i--;
        if (i == step->failure_count) {
                step->failures[i].code = error->code;
                snprintf(step->failures[i].reason, sizeof(step->failures[i].reason), "%s",
                        error->reason);
                step->failure_count++;
        }
        step->failures[i].count++;
        if (step->message[0] == '\0')
                snprintf(step->message, sizeof(step->message), "%s", error->message);
        pthread_mutex_unlock(&running->lock);
}

static void call_ended(void *context, enum shop_status status, const uint8_t *response,
        size_t response_len, const struct shop_error *error)
{
        struct open_call *call = context;
        struct running *running = call->running;
        int64_t now_us = clock_monotonic_us();

        if (status == SHOP_OK) {
                hdr_add(&running->step->latency, (uint64_t)(now_us - call->intended_us));
                atomic_fetch_add_explicit(&running->good, 1, memory_order_relaxed);
                if (now_us <= running->end_us)
                        atomic_fetch_add_explicit(&running->good_in_time, 1, memory_order_relaxed);
        } else {
                count_failure(running, error);
        }
        free(call);
        close_one(running);
}

static void start_one(const struct bench_plan *plan, struct shop_channel *channel,
        const struct template_call *made, struct open_call *call)
{
        const struct shop_call_options options = {.token = made->token};

        pthread_mutex_lock(&call->running->lock);
        call->running->open++;
        pthread_mutex_unlock(&call->running->lock);
        shop_start_bytes(channel, plan->method->name, (int)plan->method->lane, made->request.data,
                made->request.len, &options, call_ended, call);
}

/* Starts every call of the step at its time. */
static bool start_all(const struct bench_plan *plan, struct shop_channel *const *channels,
        struct template *template, struct running *running, struct error *error)
{
        struct bench_step *step = running->step;
        int64_t begin_us = running->end_us - step->duration_us;

        while (step->started < step->offered) {
                int64_t now_us = clock_monotonic_us();
                int64_t due_us = begin_us + (int64_t)((double)step->started * 1e6 / step->rate);
                struct template_call made;

                if (now_us > running->end_us + GRACE_US)
                        break;
                if (now_us < due_us) {
                        clock_sleep_us(due_us - now_us);
                        continue;
                }
                if (!template_make(template, step->started + 1, &made, error))
                        return false;
                struct open_call *call = malloc(sizeof(*call));

                *call = (struct open_call){running, due_us};
                start_one(plan, channels[step->started % plan->client_count], &made, call);
                step->started++;
        }
        return true;
}

bool bench_load(const struct bench_plan *plan, struct shop_channel *const *channels,
        struct template *template, struct bench_step *step, struct error *error)
{
        struct running running = {.step = step, .open = 1};

        pthread_mutex_init(&running.lock, NULL);
        pthread_cond_init(&running.changed, NULL);
        step->duration_us = plan->duration_us;
        step->offered = (uint64_t)llround(step->rate * (double)step->duration_us / 1e6);
        running.end_us = clock_monotonic_us() + step->duration_us;
        bool made = start_all(plan, channels, template, &running, error);

        close_one(&running);
        pthread_mutex_lock(&running.lock);
        while (running.open > 0)
                pthread_cond_wait(&running.changed, &running.lock);
        pthread_mutex_unlock(&running.lock);
        step->good = atomic_load(&running.good);
        step->good_in_time = atomic_load(&running.good_in_time);
        pthread_cond_destroy(&running.changed);
        pthread_mutex_destroy(&running.lock);
        return made;
}
