/*
 * A server of several whose connection was lost may be back before it is well: its answer to one
 * question decides whether calls go to it again. Only the channel's own thread asks, since
 * connections are made inside the transport, where no call may be started.
 */
#include "lib/rpc/flight.h"

#include "lib/base/clock.h"

#define PROBE_TIMEOUT_MS 1000
#define PROBE_AGAIN_US   100000

/* Not every server knows the question, as with gRPC's health checking: that is no illness. */
static bool is_well(const struct channel *channel, const struct rpc_answer *answer)
{
        if (answer->error != NULL)
                return answer->error->code == UNIMPLEMENTED;
        return bytes_equal(answer->response,
                bytes_of(channel->health_answer.data, channel->health_answer.len));
}

static void endpoint_probed(void *context, const struct rpc_answer *answer)
{
        struct endpoint *endpoint = context;
        struct channel *channel = endpoint->channel;
        int64_t now_us = clock_monotonic_us();
        bool well = is_well(channel, answer);

        pthread_mutex_lock(&channel->lock);
        if (endpoint->health == HEALTH_ASKED && endpoint->epoch == endpoint->probed_epoch) {
                endpoint->health = well ? HEALTH_ASSUMED : HEALTH_UNKNOWN;
                endpoint->probe_us = now_us + PROBE_AGAIN_US;
                if (!well && endpoint->probe_us > endpoint->paused_until_us)
                        timer_set(channel, &endpoint->pause, endpoint->probe_us);
        }
        pthread_cond_signal(&channel->wake);
        pthread_mutex_unlock(&channel->lock);
}

void endpoint_probe(struct endpoint *endpoint)
{
        struct channel *channel = endpoint->channel;
        const struct channel_call call = {
                .method = channel->health_method,
                .lane = LANE_WAIT, /* in a message of its own, behind nobody */
                .timeout_ms = PROBE_TIMEOUT_MS,
                .token = "",
        };

        call_start_at(channel, &call, endpoint, endpoint_probed);
}
