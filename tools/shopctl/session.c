/*
 * Talking to the server: opens the channel with the first call and makes calls on messages that are
 * known by their tables only.
 */
#include <stdio.h>
#include <stdlib.h>
#include "lib/base/clock.h"
#include "lib/schema/decode.h"
#include "tools/shopctl/shopctl.h"

struct shop_channel *session_open(struct settings *settings, int attempts_max)
{
        struct shop_channel_options options = {
                .url = settings->server,
                .token = settings->token,
                .agent = "shopctl/" SHOPCTL_VERSION,
                .language = settings->language,
                .tls_ca_file = settings->tls_ca_file,
                .tls_cert_file = settings->tls_cert_file,
                .tls_key_file = settings->tls_key_file,
                .timeout_ms = settings->timeout_ms,
                .hedge_delay_ms = settings->hedge_delay_ms,
                .attempts_max = attempts_max,
        };
        struct shop_error error = {0};

        if (settings->token_file != NULL) {
                struct token_source *source = arena_new(settings->arena, struct token_source);

                source->path = settings->token_file;
                snprintf(source->token, sizeof(source->token), "%s", settings->token);
                options.token_source = token_file_renew;
                options.token_context = source;
        }
        struct shop_channel *channel = shop_channel_open(&options, &error);

        if (channel == NULL)
                exit(print_error(settings, &error));
        return channel;
}

struct shop_channel *session_channel(struct settings *settings)
{
        if (settings->channel == NULL)
                settings->channel = session_open(settings, 0);
        return settings->channel;
}

static void *decode_response(struct arena *arena, const struct schema_method *method,
        struct bytes bytes, struct shop_error *error)
{
        const struct decode_limits limits = {
                .bytes_max = 64u << 20, .fields_max = 16u << 20, .memory_max = 1u << 30};
        struct error problem;
        void *message;

        error_init(&problem, arena);
        message = decode_guarded(arena, method->response->descriptor, bytes, &limits, &problem);
        if (message == NULL)
                *error = (struct shop_error){.code = SHOP_INTERNAL,
                        .reason = "MALFORMED_RESPONSE",
                        .message = problem.message};
        return message;
}

static void tell(const char *what, const char *value)
{
        if (value != NULL)
                fprintf(stderr, "shopctl: %s %s\n", what, value);
}

void *session_call(struct settings *settings, struct arena *arena,
        const struct schema_method *method, const void *request, struct shop_error *error)
{
        struct shop_channel *channel = session_channel(settings);
        struct bytes body = encode(arena, request);
        const struct shop_metadatum timing = {.name = "server-timing", .value = "1"};
        struct shop_metadata answered = {0};
        struct shop_call_options options = {
                .timeout_ms = settings->timeout_ms,
                .traceparent = settings->traceparent,
                .metadata = &timing,
                .metadata_count = settings->verbose > 0,
                .answer_metadata = &answered,
        };
        int64_t begun = clock_monotonic_us();
        uint8_t *response = NULL;
        size_t response_len = 0;
        enum shop_status status;
        void *message = NULL;

        /* Whoever asks what happens wants to find it in the server's log too. */
        if (settings->verbose > 0 && settings->traceparent == NULL) {
                char *made = arena_alloc(settings->arena, SHOP_TRACEPARENT_SIZE);

                shop_traceparent(made);
                options.traceparent = settings->traceparent = made;
        }
        status = shop_invoke_bytes(channel, method->name, (int)method->lane, body.data, body.len,
                &options, &response, &response_len, error);
        if (settings->verbose > 0) {
                fprintf(stderr, "shopctl: %s %zu bytes out, %zu bytes in, %.3f ms, %s\n",
                        method->name, body.len, response_len,
                        (double)(clock_monotonic_us() - begun) / 1000.0, shop_status_name(status));
                tell("traceparent", options.traceparent);
                tell("server-timing", shop_metadata_get(&answered, "server-timing"));
        }
        shop_metadata_release(&answered);
        if (status == SHOP_OK)
                message = decode_response(arena, method,
                        bytes_of(arena_copy(arena, response, response_len), response_len), error);
        free(response);
        return message;
}
