/*
 * A channel to two real servers whose reads take turns. One of them is drained, ends and starts
 * again where it was, then the other, and so on, under load: nobody sees a call fail. That goes
 * well only when whoever is back takes part again before the other goes.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include "governance.client.h"
#include "lib/base/clock.h"
#include "tests/live/daemon.h"
#include "tests/live/storefront.h"

#define ASKERS        4
#define ROUNDS        4
#define CALLS_BETWEEN 1000
#define ASKED_US_MAX  INT64_C(30000000)

struct load {
        struct shop_channel *channel;
        atomic_bool stopping;
        atomic_long asked;
};

static void *ask(void *context)
{
        struct load *load = context;
        Shop__CheckHealthRequest request = SHOP__CHECK_HEALTH_REQUEST__INIT;

        while (!atomic_load(&load->stopping)) {
                struct shop_error error = {0};

                if (shop_governance_check_health(load->channel, &request, NULL, NULL, &error) !=
                        SHOP_OK)
                        live_fail("a call failed: %s: %s", error.reason, error.message);
                atomic_fetch_add(&load->asked, 1);
        }
        return NULL;
}

static void restart_drained(struct daemon *daemon, struct shop_channel *direct)
{
        char url[sizeof(daemon->url)];
        const char *const flags[] = {"--listen", url, NULL};
        Shop__DrainServerRequest request = SHOP__DRAIN_SERVER_REQUEST__INIT;

        strcpy(url, daemon->url);
        live_free(live_call(direct, &shop_governance_drain_server_method, &request, NULL));
        if (daemon_ended(daemon) != 0)
                live_fail("a drained server ended badly");
        daemon_start(daemon, flags);
        daemon_wait(daemon);
}

/* Somebody asks all the while, so this only ends when the calls go on. */
static void wait_asked(struct load *load, long more)
{
        int64_t until_us = clock_monotonic_us() + ASKED_US_MAX;
        long until = atomic_load(&load->asked) + more;

        while (atomic_load(&load->asked) < until) {
                if (clock_monotonic_us() > until_us)
                        live_fail("calls stand still");
                clock_sleep_us(2000);
        }
}

int main(int argc, char **argv)
{
        struct daemon daemons[2];
        struct shop_channel *direct[2];
        pthread_t threads[ASKERS];
        struct load load = {0};
        struct shop_error error = {0};
        char urls[160];

        if (argc != 2)
                live_fail("usage: test_moving SHOPD");
        for (int i = 0; i < 2; i++) {
                daemon_init(&daemons[i], argv[1]);
                daemon_start(&daemons[i], NULL);
                daemon_wait(&daemons[i]);
                direct[i] = live_channel(daemons[i].url, daemons[i].token);
        }
        snprintf(urls, sizeof(urls), "%s,%s", daemons[0].url, daemons[1].url);
        load.channel = shop_channel_open(
                &(struct shop_channel_options){.url = urls, .reads = SHOP_READS_IN_TURN}, &error);
        if (load.channel == NULL)
                live_fail("%s", error.message);
        for (int i = 0; i < ASKERS; i++)
                pthread_create(&threads[i], NULL, ask, &load);
        /* Each in its turn: whoever goes, the other is back and known to be well. */
        for (int i = 0; i < ROUNDS; i++) {
                wait_asked(&load, CALLS_BETWEEN);
                restart_drained(&daemons[i % 2], direct[i % 2]);
        }
        wait_asked(&load, CALLS_BETWEEN);
        atomic_store(&load.stopping, true);
        for (int i = 0; i < ASKERS; i++)
                pthread_join(threads[i], NULL);
        printf("%ld calls beside %d restarts, none failed\n", atomic_load(&load.asked), ROUNDS);
        shop_channel_close(load.channel);
        for (int i = 0; i < 2; i++) {
                shop_channel_close(direct[i]);
                daemon_release(&daemons[i]);
        }
        return 0;
}
