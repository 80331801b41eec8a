/*
 * Ten thousand calls in flight on one channel, from one thread, without waiting for any: what is
 * started while a message is on its way travels together in the next.
 *
 *      many URL [CALLS]
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <catalog.client.h>

#define IDS_MAX 50

struct tally {
        pthread_mutex_t lock;
        pthread_cond_t done;
        long answered;
        long failed;
        long expected;
};

/* Runs on a thread of the channel and must not block: it counts. */
static void got_product(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error)
{
        struct tally *tally = context;
        const Shop__Product *product = (const Shop__Product *)response;

        pthread_mutex_lock(&tally->lock);
        if (status != SHOP_OK && tally->failed++ == 0)
                fprintf(stderr, "%s: %s\n", error->reason, error->message);
        if (status == SHOP_OK && product->id[0] == '\0')
                tally->failed++;
        if (++tally->answered == tally->expected)
                pthread_cond_signal(&tally->done);
        pthread_mutex_unlock(&tally->lock);
}

/* The ids of up to IDS_MAX products. */
static size_t find_products(struct shop_channel *channel, char ids[IDS_MAX][33])
{
        Shop__BrowseProductsRequest request = SHOP__BROWSE_PRODUCTS_REQUEST__INIT;
        Shop__BrowseProductsResponse *page = NULL;
        struct shop_error error = {0};
        size_t count = 0;

        request.page_size = IDS_MAX;
        if (shop_catalog_browse_products(channel, &request, NULL, &page, &error) != SHOP_OK) {
                fprintf(stderr, "%s: %s\n", error.reason, error.message);
                shop_error_release(&error);
                return 0;
        }
        for (; count < page->n_products && count < IDS_MAX; count++)
                snprintf(ids[count], 33, "%s", page->products[count]->id);
        shop__browse_products_response__free_unpacked(page, NULL);
        return count;
}

static double seconds_now(void)
{
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void ask_many(
        struct shop_channel *channel, char ids[IDS_MAX][33], size_t id_count, struct tally *tally)
{
        Shop__GetProductRequest request = SHOP__GET_PRODUCT_REQUEST__INIT;

        for (long i = 0; i < tally->expected; i++) {
                request.id = ids[(size_t)i % id_count];
                shop_catalog_get_product_start(channel, &request, NULL, got_product, tally);
        }
        pthread_mutex_lock(&tally->lock);
        while (tally->answered < tally->expected)
                pthread_cond_wait(&tally->done, &tally->lock);
        pthread_mutex_unlock(&tally->lock);
}

int main(int argc, char **argv)
{
        struct tally tally = {
                .lock = PTHREAD_MUTEX_INITIALIZER,
                .done = PTHREAD_COND_INITIALIZER,
                .expected = argc > 2 ? atol(argv[2]) : 10000,
        };
        struct shop_channel_options options = {.agent = "example-many/1"};
        struct shop_error error = {0};
        static char ids[IDS_MAX][33];

        if (argc < 2 || tally.expected < 1) {
                fprintf(stderr, "usage: %s URL [CALLS]\n", argv[0]);
                return 2;
        }
        options.url = argv[1];
        options.in_flight_max = (size_t)tally.expected;
        struct shop_channel *channel = shop_channel_open(&options, &error);

        if (channel == NULL) {
                fprintf(stderr, "%s\n", error.message);
                shop_error_release(&error);
                return 2;
        }
        size_t id_count = find_products(channel, ids);

        if (id_count == 0) {
                fprintf(stderr, "the shop has no products\n");
                shop_channel_close(channel);
                return 1;
        }
        double start = seconds_now();

        ask_many(channel, ids, id_count, &tally);
        double seconds = seconds_now() - start;

        printf("%ld calls in flight, %ld failed, %.3f s, %.0f calls/s\n", tally.expected,
                tally.failed, seconds, (double)tally.expected / seconds);
        shop_channel_close(channel);
        return tally.failed == 0 ? 0 : 1;
}
