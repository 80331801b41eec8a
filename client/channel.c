/*
 * Opening and closing, and what a program's options add to a channel of lib/rpc.
 *
 * Closing stops the renewal first: its thread may be in the middle of a call on the channel, and
 * calls that wait for a fresh token must be answered while the channel still lives.
 */
#include "client/client.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lib/base/clock.h"
#include "lib/base/id.h"

static char *copy_text(const char *text)
{
        char *copy = strdup(text == NULL ? "" : text);

        assert(copy != NULL);
        return copy;
}

/* The program's own name and version, or what it is called, and ours. Whatever is no header is
 * left for the channel to refuse. */
static const char *agent_of(const char *given, struct arena *arena)
{
        const char *program = given == NULL ? program_invocation_short_name : given;
        char *clean = arena_text(arena, program);

        for (char *at = clean; given == NULL && *at != '\0'; at++)
                if (*at <= ' ' || *at > '~')
                        *at = '_';
        return arena_printf(arena, "%s libshop/%s", clean, SHOP_VERSION);
}

static enum status open_channel(struct shop_channel *channel,
        const struct shop_channel_options *options, struct error *error)
{
        const struct channel_options inner = {
                .url = options->url,
                .reads = (enum channel_reads)options->reads,
                .compression = (enum channel_compression)options->compression,
                .hedge_delay_ms = options->hedge_delay_ms,
                .health_method = "governance.CheckHealth",
                .health_answer = bytes_of("\x08\x01", 2), /* SERVING; proto/governance.proto */
                .agent = agent_of(options->agent, error->arena),
                .timeout_ms_default = options->timeout_ms,
                .in_flight_max = options->in_flight_max,
                .attempts_max = options->attempts_max,
                .connect_timeout_ms = options->connect_timeout_ms,
                .tls_ca_file = options->tls_ca_file,
                .tls_cert_file = options->tls_cert_file,
                .tls_key_file = options->tls_key_file,
        };
        struct bytes token = bytes_of_text(options->token == NULL ? "" : options->token);

        if (!frame_header_ok(bytes_of_text(channel->language)))
                return error_set(error, INVALID_ARGUMENT, "BAD_HEADER",
                        "language is not at most %d printable ASCII characters",
                        RPC_TEXT_BYTES_MAX);
        if (channel_open(&channel->channel, &inner, error) != OK)
                return error->code;
        if (channel_set_token(channel->channel, token) == OK)
                return OK;
        channel_close(channel->channel);
        return error_set(error, INVALID_ARGUMENT, "BAD_HEADER",
                "token is not at most %d printable ASCII characters", RPC_TEXT_BYTES_MAX);
}

static void free_channel(struct shop_channel *channel)
{
        pthread_mutex_destroy(&channel->lock);
        pthread_cond_destroy(&channel->changed);
        free(channel->language);
        free(channel);
}

struct shop_channel *shop_channel_open(
        const struct shop_channel_options *options, struct shop_error *error)
{
        struct shop_channel *channel = calloc(1, sizeof(*channel));
        struct arena arena;
        struct error inner;

        assert(channel != NULL);
        arena_init(&arena);
        error_init(&inner, &arena);
        pthread_mutex_init(&channel->lock, NULL);
        pthread_cond_init(&channel->changed, NULL);
        channel->language = copy_text(options->language);
        channel->timeout_ms =
                options->timeout_ms > 0 ? options->timeout_ms : RPC_TIMEOUT_MS_DEFAULT;
        channel->token_source = options->token_source;
        channel->token_context = options->token_context;
        if (open_channel(channel, options, &inner) == OK) {
                renewal_start(channel);
        } else {
                error_fill(error, &inner);
                free_channel(channel);
                channel = NULL;
        }
        arena_release(&arena);
        return channel;
}

void shop_channel_close(struct shop_channel *channel)
{
        if (channel == NULL)
                return;
        renewal_stop(channel);
        channel_close(channel->channel);
        free_channel(channel);
}

enum shop_status shop_channel_set_token(struct shop_channel *channel, const char *token)
{
        enum status status =
                channel_set_token(channel->channel, bytes_of_text(token == NULL ? "" : token));

        if (status != OK)
                return (enum shop_status)status;
        pthread_mutex_lock(&channel->lock);
        channel->token_generation++;
        pthread_mutex_unlock(&channel->lock);
        return SHOP_OK;
}

uint64_t shop_channel_sequence(const struct shop_channel *channel)
{
        return channel_sequence(channel->channel);
}

void shop_cancel(struct shop_channel *channel, uint64_t number)
{
        if (!renewal_cancel(channel, number))
                channel_cancel(channel->channel, number);
}

void shop_request_id(char out[SHOP_REQUEST_ID_SIZE])
{
        struct random random;
        uint64_t seed;

        if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
                abort();
        random_seed(&random, seed);
        request_id_make(clock_real_us(), &random, out);
}
