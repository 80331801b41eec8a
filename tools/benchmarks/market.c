/*
 * The shop is opened by its own methods, gets one order by them, and is then filled with copies of
 * that by the program beside this one (history.c); a measurement on an empty database flatters
 * everybody.
 */
#include "tools/benchmarks/market.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "catalog.client.h"
#include "checkout.client.h"
#include "lib/base/clock.h"
#include "tools/benchmarks/watcher.h"

#define STOCK      1000000
#define PREPARING  64 /* guests at once */
#define FOREVER_S  36000
#define PROVED_MAX 20000 /* orders: more take longer to verify than to measure */

/* ---- buyers ---- */

void buyers_init(struct buyers *buyers, struct market *market, size_t count)
{
        *buyers = (struct buyers){.market = market, .count = count};
        buyers->at = calloc(count, sizeof(*buyers->at));
        if (buyers->at == NULL)
                live_fail("no memory");
        for (size_t i = 0; i < count; i++)
                buyers->at[i].buyers = buyers;
        pthread_mutex_init(&buyers->lock, NULL);
        pthread_cond_init(&buyers->changed, NULL);
}

void buyers_release(struct buyers *buyers)
{
        free(buyers->at);
        pthread_mutex_destroy(&buyers->lock);
        pthread_cond_destroy(&buyers->changed);
}

/* The next one begins, unless there is none or no time. */
static void begin_next(struct buyers *buyers)
{
        struct buyer *buyer = NULL;

        pthread_mutex_lock(&buyers->lock);
        if (buyers->again && buyers->next == buyers->count)
                buyers->next = 0;
        if (buyers->next < buyers->count && clock_monotonic_us() < buyers->until_us)
                buyer = &buyers->at[buyers->next++];
        else if (--buyers->running == 0)
                pthread_cond_signal(&buyers->changed);
        pthread_mutex_unlock(&buyers->lock);
        if (buyer == NULL)
                return;
        buyer->start_us = clock_monotonic_us();
        buyers->step->begin(buyer);
}

static void note(struct calls *calls, int64_t start_us)
{
        int64_t end_us = clock_monotonic_us();

        latency_note(&calls->all, end_us - start_us);
        if (calls->watcher == NULL)
                return;
        if (watcher_saw(calls->watcher, start_us, end_us))
                latency_note(&calls->met, end_us - start_us);
        latency_note(
                watcher_saw(calls->watcher, start_us, start_us) ? &calls->inside : &calls->outside,
                end_us - start_us);
}

void buyer_answered(struct buyer *buyer)
{
        struct buyers *buyers = buyer->buyers;

        if (buyers->calls != NULL)
                note(buyers->calls, buyer->start_us);
        pthread_mutex_lock(&buyers->lock);
        buyers->done++;
        pthread_mutex_unlock(&buyers->lock);
        begin_next(buyers);
}

double buyers_take(struct buyers *buyers, const struct step *step, size_t at_once, double seconds)
{
        int64_t start_us = clock_monotonic_us();

        buyers->step = step;
        buyers->until_us = start_us + (int64_t)(seconds * 1e6);
        buyers->next = buyers->done = 0;
        buyers->running = at_once;
        for (size_t i = 0; i < at_once; i++)
                begin_next(buyers);
        pthread_mutex_lock(&buyers->lock);
        while (buyers->running > 0)
                pthread_cond_wait(&buyers->changed, &buyers->lock);
        pthread_mutex_unlock(&buyers->lock);
        return (double)buyers->done / ((double)(clock_monotonic_us() - start_us) / 1e6);
}

void buyers_prepare(struct buyers *buyers)
{
        static const struct step *const steps[] = {
                &step_enter, &step_cart, &step_fill, &step_quote};
        struct calls *calls = buyers->calls;

        buyers->calls = NULL;
        for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
                buyers_take(buyers, steps[i], PREPARING, FOREVER_S);
        buyers->calls = calls;
}

/* ---- the shop ---- */

static void connect_to(struct market *market)
{
        market->channel = live_channel(market->daemon.url, market->daemon.token);
}

/* The order that the history is made of, with wares of the storefront. */
static void place_first(struct market *market)
{
        struct buyers buyers;

        market->ware_count = market->storefront.variant_count;
        market->wares = calloc(market->ware_count, sizeof(*market->wares));
        for (size_t i = 0; i < market->ware_count; i++)
                id_copy(market->wares[i].variant_id, market->storefront.variant_ids[i]);
        buyers_init(&buyers, market, 1);
        buyers_prepare(&buyers);
        buyers_take(&buyers, &step_place, 1, FOREVER_S);
        buyers_release(&buyers);
        free(market->wares);
}

static void read_names(struct market *market, const char *path, size_t orders, size_t products)
{
        FILE *file = fopen(path, "r");
        char kind, first[ID_SIZE], second[ID_SIZE], third[ID_SIZE];

        if (file == NULL)
                live_fail("%s: %s", path, strerror(errno));
        market->wares = calloc(products, sizeof(*market->wares));
        market->order_times_us = calloc(orders, sizeof(*market->order_times_us));
        market->ware_count = market->order_count = 0;
        while (fscanf(file, " %c %32s %32s %32s", &kind, first, second, third) == 4) {
                if (kind == 'O' && market->order_count < orders) {
                        market->order_times_us[market->order_count++] = atoll(third);
                } else if (kind == 'P' && market->ware_count < products) {
                        struct ware *ware = &market->wares[market->ware_count++];

                        id_copy(ware->product_id, first);
                        id_copy(ware->variant_id, second);
                        id_copy(ware->category_id, third);
                }
        }
        fclose(file);
}

static void fill(
        struct market *market, const struct bench_options *options, size_t orders, size_t products)
{
        char data[128], names[128], numbers[2][24];
        int status;

        snprintf(data, sizeof(data), "%s/data", market->daemon.dir);
        snprintf(names, sizeof(names), "%s/names", market->daemon.dir);
        snprintf(numbers[0], sizeof(numbers[0]), "%zu", orders);
        snprintf(numbers[1], sizeof(numbers[1]), "%zu", products);
        pid_t pid = fork();

        if (pid == 0) {
                execl(options->history, options->history, data, numbers[0], numbers[1], names,
                        (char *)NULL);
                _exit(127);
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
                live_fail("%s did not fill the shop", options->history);
        read_names(market, names, orders, products);
}

static void new_shop(
        struct market *market, const struct bench_options *options, size_t orders, size_t products)
{
        storefront_open(&market->storefront, market->channel, 4, STOCK);
        place_first(market);
        shop_channel_close(market->channel);
        if (daemon_stop(&market->daemon) != 0)
                live_fail("shopd did not stop well");
        fill(market, options, orders, products);
        daemon_start(&market->daemon, NULL);
        daemon_wait(&market->daemon);
        connect_to(market);
}

/* One that was filled by an earlier run. */
static void old_shop(struct market *market, const char *names, size_t orders, size_t products)
{
        Shop__ListPriceListsRequest ask_lists = SHOP__LIST_PRICE_LISTS_REQUEST__INIT;
        Shop__ListShippingMethodsRequest ask_methods = SHOP__LIST_SHIPPING_METHODS_REQUEST__INIT;
        Shop__ListPriceListsResponse *lists =
                live_call(market->channel, &shop_catalog_list_price_lists_method, &ask_lists, NULL);
        Shop__ListShippingMethodsResponse *methods = live_call(
                market->channel, &shop_checkout_list_shipping_methods_method, &ask_methods, NULL);

        if (lists->n_price_lists == 0 || methods->n_shipping_methods == 0)
                live_fail("%s: a shop without prices or shipping", market->daemon.dir);
        id_copy(market->storefront.price_list_id, lists->price_lists[0]->id);
        id_copy(market->storefront.shipping_method_id, methods->shipping_methods[0]->id);
        live_free(lists);
        live_free(methods);
        read_names(market, names, orders, products);
}

void market_open(
        struct market *market, const struct bench_options *options, size_t orders, size_t products)
{
        char names[128];

        *market = (struct market){.kept = options->shop != NULL};
        bench_daemon_start(&market->daemon, options);
        snprintf(names, sizeof(names), "%s/names", market->daemon.dir);
        connect_to(market);
        if (market->kept && access(names, R_OK) == 0)
                old_shop(market, names, orders, products);
        else
                new_shop(market, options, orders, products);
}

void market_close(struct market *market)
{
        shop_channel_close(market->channel);
        if (daemon_stop(&market->daemon) != 0)
                live_fail("shopd did not stop well");
        if (market->order_count <= PROVED_MAX && daemon_verify(&market->daemon) != 0)
                live_fail("the database is not proved");
        if (!market->kept)
                daemon_release(&market->daemon);
        free(market->wares);
        free(market->order_times_us);
}

struct bare_row *market_rows(const struct market *market, size_t *count)
{
        struct bare_row *rows = calloc(market->ware_count, sizeof(*rows));

        for (size_t i = 0; i < market->ware_count; i++)
                id_copy(rows[i].id, market->wares[i].product_id);
        /* Not in the order in which they lie. */
        for (size_t i = market->ware_count; i > 1; i--) {
                size_t other = (size_t)(random() % (long)i);
                struct bare_row row = rows[i - 1];

                rows[i - 1] = rows[other];
                rows[other] = row;
        }
        *count = market->ware_count;
        return rows;
}
