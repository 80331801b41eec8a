/*
 * The next call of a slot starts in the callback of the last one: what a program with work to do
 * would do, and the way that lets the channel fill its messages. The blocking threads share the
 * one channel, as the library's users are told to.
 */
#include "tools/benchmarks/reading.h"

#include <stdlib.h>
#include "catalog.client.h"
#include "lib/base/clock.h"
#include "tests/live/daemon.h"

/* One call in flight, or one thread. */
struct slot {
        struct reading *reading;
        size_t next_row;
        int64_t start_us;
        uint64_t answered;
};

void reading_init(struct reading *reading, struct shop_channel *channel,
        const struct bare_row *rows, size_t row_count)
{
        reading->channel = channel;
        reading->rows = rows;
        reading->row_count = row_count;
        pthread_mutex_init(&reading->lock, NULL);
        pthread_cond_init(&reading->ended, NULL);
}

void reading_release(struct reading *reading)
{
        pthread_mutex_destroy(&reading->lock);
        pthread_cond_destroy(&reading->ended);
}

static const char *next_id(struct slot *slot)
{
        return slot->reading->rows[slot->next_row++ % slot->reading->row_count].id;
}

static void note(struct slot *slot, enum shop_status status, const struct shop_error *error)
{
        if (status != SHOP_OK)
                live_fail("GetProduct: %s: %s", error->reason, error->message);
        latency_note(slot->reading->latency, clock_monotonic_us() - slot->start_us);
        slot->answered++;
}

static void slot_start(struct slot *slot);

static void slot_end(struct slot *slot)
{
        struct reading *reading = slot->reading;

        pthread_mutex_lock(&reading->lock);
        reading->running--;
        pthread_cond_signal(&reading->ended);
        pthread_mutex_unlock(&reading->lock);
}

static void slot_answered(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        struct slot *slot = context;

        note(slot, status, error);
        if (atomic_load_explicit(&slot->reading->stopping, memory_order_relaxed))
                slot_end(slot);
        else
                slot_start(slot);
}

static void slot_start(struct slot *slot)
{
        Shop__GetProductRequest request = SHOP__GET_PRODUCT_REQUEST__INIT;

        request.id = next_id(slot);
        slot->start_us = clock_monotonic_us();
        shop_start(slot->reading->channel, &shop_catalog_get_product_method, &request.base, NULL,
                slot_answered, slot);
}

static double rate_of(const struct slot *slots, int count, int64_t start_us)
{
        uint64_t answered = 0;

        for (int i = 0; i < count; i++)
                answered += slots[i].answered;
        return (double)answered / ((double)(clock_monotonic_us() - start_us) / 1e6);
}

double reading_in_flight(struct reading *reading, int in_flight, double seconds)
{
        struct slot slots[IN_FLIGHT_MAX] = {0};
        int64_t start_us = clock_monotonic_us();

        atomic_store(&reading->stopping, false);
        reading->running = in_flight;
        for (int i = 0; i < in_flight; i++) {
                slots[i].reading = reading;
                slots[i].next_row = (size_t)i;
                slot_start(&slots[i]);
        }
        clock_sleep_us((int64_t)(seconds * 1e6));
        atomic_store(&reading->stopping, true);
        pthread_mutex_lock(&reading->lock);
        while (reading->running > 0)
                pthread_cond_wait(&reading->ended, &reading->lock);
        pthread_mutex_unlock(&reading->lock);
        return rate_of(slots, in_flight, start_us);
}

struct steady_call {
        struct reading *reading;
        int64_t due_us;
};

static void steady_answered(void *context, enum shop_status status,
        const ProtobufCMessage *response, const struct shop_error *error)
{
        struct steady_call *call = context;
        struct reading *reading = call->reading;

        if (status != SHOP_OK)
                live_fail("GetProduct: %s: %s", error->reason, error->message);
        latency_note(reading->latency, clock_monotonic_us() - call->due_us);
        free(call);
        pthread_mutex_lock(&reading->lock);
        reading->running--;
        pthread_cond_signal(&reading->ended);
        pthread_mutex_unlock(&reading->lock);
}

static void steady_start(struct reading *reading, uint64_t number, int64_t due_us)
{
        Shop__GetProductRequest request = SHOP__GET_PRODUCT_REQUEST__INIT;
        struct steady_call *call = malloc(sizeof(*call));

        if (call == NULL)
                live_fail("no memory");
        *call = (struct steady_call){reading, due_us};
        request.id = reading->rows[number % reading->row_count].id;
        pthread_mutex_lock(&reading->lock);
        reading->running++;
        pthread_mutex_unlock(&reading->lock);
        shop_start(reading->channel, &shop_catalog_get_product_method, &request.base, NULL,
                steady_answered, call);
}

double reading_steadily(struct reading *reading, int calls_per_s, double seconds)
{
        int64_t start_us = clock_monotonic_us();
        uint64_t count = (uint64_t)(seconds * calls_per_s);

        for (uint64_t i = 0; i < count; i++) {
                int64_t due_us = start_us + (int64_t)(i * UINT64_C(1000000)) / calls_per_s;
                int64_t now_us = clock_monotonic_us();

                if (now_us < due_us)
                        clock_sleep_us(due_us - now_us);
                steady_start(reading, i, due_us);
        }
        pthread_mutex_lock(&reading->lock);
        while (reading->running > 0)
                pthread_cond_wait(&reading->ended, &reading->lock);
        pthread_mutex_unlock(&reading->lock);
        return (double)count / ((double)(clock_monotonic_us() - start_us) / 1e6);
}

static void *read_blocking(void *context)
{
        struct slot *slot = context;

        while (!atomic_load_explicit(&slot->reading->stopping, memory_order_relaxed)) {
                Shop__GetProductRequest request = SHOP__GET_PRODUCT_REQUEST__INIT;
                struct shop_error error = {0};
                Shop__Product *product = NULL;

                request.id = next_id(slot);
                slot->start_us = clock_monotonic_us();
                note(slot,
                        shop_catalog_get_product(
                                slot->reading->channel, &request, NULL, &product, &error),
                        &error);
                protobuf_c_message_free_unpacked(&product->base, NULL);
        }
        return NULL;
}

double reading_by_threads(struct reading *reading, int threads, double seconds)
{
        struct slot slots[THREADS_MAX] = {0};
        pthread_t ids[THREADS_MAX];
        int64_t start_us = clock_monotonic_us();

        atomic_store(&reading->stopping, false);
        for (int i = 0; i < threads; i++) {
                slots[i].reading = reading;
                slots[i].next_row = (size_t)i;
                if (pthread_create(&ids[i], NULL, read_blocking, &slots[i]) != 0)
                        live_fail("no thread");
        }
        clock_sleep_us((int64_t)(seconds * 1e6));
        atomic_store(&reading->stopping, true);
        for (int i = 0; i < threads; i++)
                pthread_join(ids[i], NULL);
        return rate_of(slots, threads, start_us);
}
