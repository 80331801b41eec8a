/*
 * The bare client: one REQ context per message in flight, and in each message its share of the
 * calls. A message's answers are all decoded before the next leaves, as in the channel; so many
 * messages fly at once as of the channel.
 */
#include "tools/benchmarks/bare.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "catalog.pb-c.h"
#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/rpc/frame.h"
#include "rpc.pb-c.h"
#include "tests/live/daemon.h"

#define FLIGHTS_MAX        3
#define TWO_FLIGHTS_FROM   48 /* calls in flight */
#define THREE_FLIGHTS_FROM 129
#define TIMEOUT_MS         10000

struct flight {
        struct bare_client *client;
        nng_ctx context;
        nng_aio *send;
        nng_aio *receive;
        struct arena arena;
        ProtobufCAllocator allocator;
        struct buffer body;
        size_t calls; /* of its message */
        size_t next_row;
        uint64_t answered;
};

struct bare_client {
        nng_socket socket;
        const struct bare_row *rows;
        size_t row_count;
        const char *token;
        struct flight flights[FLIGHTS_MAX];
        atomic_bool stopping;
        pthread_mutex_t lock; /* over the following */
        pthread_cond_t landed;
        int flying;
};

static void *take(void *arena, size_t size)
{
        return arena_alloc(arena, size);
}

static void leave(void *arena, void *memory)
{
}

static void add_call(struct flight *flight, uint32_t id)
{
        const struct bare_client *client = flight->client;
        Shop__GetProductRequest request = SHOP__GET_PRODUCT_REQUEST__INIT;
        uint8_t packed[64];

        request.id = client->rows[flight->next_row++ % client->row_count].id;
        const struct rpc_call call = {
                .id = id,
                .method = bytes_of_text("catalog.GetProduct"),
                .request = bytes_of(packed, shop__get_product_request__pack(&request, packed)),
                .token = bytes_of_text(client->token),
                .agent = bytes_of_text("bench"),
                .min_sequence = 1,
        };

        frame_write_call(&flight->body, &call, TIMEOUT_MS);
}

static void fly(struct flight *flight)
{
        nng_msg *message;

        for (size_t i = 0; i < flight->calls; i++)
                add_call(flight, (uint32_t)i + 1);
        if (nng_msg_alloc(&message, 0) != 0)
                live_fail("out of memory");
        nng_msg_append(message, flight->body.data, flight->body.len);
        buffer_clear(&flight->body);
        nng_aio_set_msg(flight->send, message);
        nng_ctx_send(flight->context, flight->send);
}

static void sent(void *context)
{
        struct flight *flight = context;

        if (nng_aio_result(flight->send) != 0)
                live_fail("the bare client cannot send");
        nng_ctx_recv(flight->context, flight->receive);
}

static void land(struct bare_client *client)
{
        pthread_mutex_lock(&client->lock);
        client->flying--;
        pthread_cond_signal(&client->landed);
        pthread_mutex_unlock(&client->lock);
}

static void received(void *context)
{
        struct flight *flight = context;

        if (nng_aio_result(flight->receive) != 0)
                live_fail("the bare client got no answer");
        nng_msg *message = nng_aio_get_msg(flight->receive);
        Shop__Replies *replies = shop__replies__unpack(
                &flight->allocator, nng_msg_len(message), nng_msg_body(message));

        for (size_t i = 0; i < replies->n_reply; i++) {
                const ProtobufCBinaryData *response = &replies->reply[i]->response;
                Shop__Product *product =
                        shop__product__unpack(&flight->allocator, response->len, response->data);

                if (product == NULL || product->id[0] == '\0')
                        live_fail("the bare client got no product");
                flight->answered++;
        }
        nng_msg_free(message);
        arena_reset(&flight->arena);
        if (atomic_load(&flight->client->stopping))
                land(flight->client);
        else
                fly(flight);
}

struct bare_client *bare_client_open(
        const char *url, const char *token, const struct bare_row *rows, size_t row_count)
{
        struct bare_client *client = calloc(1, sizeof(*client));

        client->rows = rows;
        client->row_count = row_count;
        client->token = token;
        pthread_mutex_init(&client->lock, NULL);
        pthread_cond_init(&client->landed, NULL);
        if (nng_req0_open(&client->socket) != 0 || nng_dial(client->socket, url, NULL, 0) != 0)
                live_fail("the bare client cannot connect");
        nng_socket_set_ms(client->socket, NNG_OPT_REQ_RESENDTIME, 0);
        for (size_t i = 0; i < FLIGHTS_MAX; i++) {
                struct flight *flight = &client->flights[i];

                flight->client = client;
                arena_init(&flight->arena);
                flight->allocator = (ProtobufCAllocator){take, leave, &flight->arena};
                if (nng_ctx_open(&flight->context, client->socket) != 0 ||
                        nng_aio_alloc(&flight->send, sent, flight) != 0 ||
                        nng_aio_alloc(&flight->receive, received, flight) != 0)
                        live_fail("the bare client has no context");
        }
        return client;
}

void bare_client_close(struct bare_client *client)
{
        nng_close(client->socket);
        for (size_t i = 0; i < FLIGHTS_MAX; i++) {
                nng_aio_free(client->flights[i].send);
                nng_aio_free(client->flights[i].receive);
                arena_release(&client->flights[i].arena);
                buffer_release(&client->flights[i].body);
        }
        pthread_cond_destroy(&client->landed);
        pthread_mutex_destroy(&client->lock);
        free(client);
}

double bare_measure(struct bare_client *client, int in_flight, double seconds)
{
        int flights = in_flight >= THREE_FLIGHTS_FROM ? 3 : in_flight >= TWO_FLIGHTS_FROM ? 2 : 1;
        int64_t start_us = clock_monotonic_us();
        uint64_t answered = 0;

        atomic_store(&client->stopping, false);
        client->flying = flights;
        for (int i = 0; i < flights; i++) {
                client->flights[i].calls = (size_t)(in_flight / flights);
                client->flights[i].answered = 0;
                fly(&client->flights[i]);
        }
        clock_sleep_us((int64_t)(seconds * 1e6));
        atomic_store(&client->stopping, true);
        pthread_mutex_lock(&client->lock);
        while (client->flying > 0)
                pthread_cond_wait(&client->landed, &client->lock);
        pthread_mutex_unlock(&client->lock);
        for (int i = 0; i < flights; i++)
                answered += client->flights[i].answered;
        return (double)answered / ((double)(clock_monotonic_us() - start_us) / 1e6);
}
