/*
 * Streams are questions asked again from where the last answer ended. Here they go on through a
 * killed server, in another channel and from a cursor that was kept, without a gap and without
 * saying anything twice; and who asks without ever reading harms nobody else.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "cart.client.h"
#include "catalog.client.h"
#include "governance.client.h"
#include "lib/base/clock.h"
#include "tests/live/daemon.h"
#include "tests/live/storefront.h"

#define VARIANTS     12
#define SILENT_CALLS 600 /* of each reader who never reads: more than the server has contexts */
#define GOOD_CALLS   2000
#define GOOD_MS_MOST 2000 /* a good call beside silent ones, on a machine that others use too */
#define PATIENCE_MS  20000

/* Restarts where it was, so that open channels find it again. */
static void restart_killed(struct daemon *daemon)
{
        char url[sizeof(daemon->url)];
        const char *const flags[] = {"--listen", url, NULL};

        strcpy(url, daemon->url);
        daemon_kill(daemon);
        daemon_start(daemon, flags);
        daemon_wait(daemon);
        if (strcmp(url, daemon->url) != 0)
                live_fail("started on %s, not on %s again", daemon->url, url);
}

static Shop__WatchEventsResponse *next(struct shop_watch *watch)
{
        struct shop_error error = {0};
        Shop__WatchEventsResponse *news;

        /* What a restart interrupts is asked again. */
        for (int i = 0; i < 100; i++) {
                if (shop_governance_watch_events_next(watch, &news, &error) == SHOP_OK) {
                        shop_error_release(&error);
                        if (news == NULL)
                                live_fail("nothing came within %d ms", PATIENCE_MS);
                        return news;
                }
                if (error.code != SHOP_UNAVAILABLE)
                        live_fail("watching: %s", error.message);
        }
        live_fail("watching: %s", error.message);
}

/* Until so many events came, each the guest's own and each later than the one before. */
static void expect_own(struct shop_watch *watch, const struct guest *guest, size_t count)
{
        uint64_t last = watch->cursor;
        size_t came = 0;

        while (came < count) {
                Shop__WatchEventsResponse *news = next(watch);

                for (size_t i = 0; i < news->n_events; i++, came++) {
                        const Shop__Event *event = news->events[i];

                        if (strcmp(event->owner, guest->member_id) != 0)
                                live_fail("event %s of %s came to %s", event->type, event->owner,
                                        guest->member_id);
                        if (event->number <= last)
                                live_fail("event %llu came behind %llu",
                                        (unsigned long long)event->number,
                                        (unsigned long long)last);
                        last = event->number;
                }
                live_free(news);
        }
        if (came != count)
                live_fail("%zu events came, not %zu", came, count);
}

static void watch_own(
        struct shop_watch *watch, struct shop_channel *channel, const char *token, uint64_t cursor)
{
        Shop__WatchEventsRequest request = SHOP__WATCH_EVENTS_REQUEST__INIT;

        request.type_prefix = "cart.";
        shop_governance_watch_events_watch(watch, channel, &request);
        watch->patience_ms = PATIENCE_MS;
        watch->options.token = token;
        watch->cursor = cursor;
}

static void a_watch_outlives_servers_and_channels(
        struct daemon *daemon, struct shop_channel *channel, const struct storefront *storefront)
{
        struct guest ann, bea;
        struct shop_watch watch;

        guest_enter(&ann, channel, storefront);
        guest_enter(&bea, channel, storefront);
        watch_own(&watch, channel, ann.token, 0);
        expect_own(&watch, &ann, 1);
        for (size_t i = 0; i < 3; i++) {
                guest_add(&ann, channel, storefront->variant_ids[i], 1);
                guest_add(&bea, channel, storefront->variant_ids[i], 1);
        }
        restart_killed(daemon);
        expect_own(&watch, &ann, 3);
        uint64_t kept = watch.cursor;

        shop_watch_release(&watch);
        guest_add(&ann, channel, storefront->variant_ids[3], 1);

        struct shop_channel *other = live_channel(daemon->url, NULL);

        watch_own(&watch, other, ann.token, kept);
        expect_own(&watch, &ann, 1);
        watch.patience_ms = 200;
        Shop__WatchEventsResponse *news = NULL;

        while (shop_governance_watch_events_next(&watch, &news, NULL) == SHOP_OK && news != NULL) {
                if (news->n_events > 0)
                        live_fail("news when nothing happened");
                live_free(news);
        }
        if (news != NULL)
                live_fail("the patience is over and there is an answer");
        shop_watch_release(&watch);
        shop_channel_close(other);
}

static void strangers_events_are_refused(
        struct shop_channel *channel, const struct storefront *storefront)
{
        Shop__WatchEventsRequest request = SHOP__WATCH_EVENTS_REQUEST__INIT;
        struct shop_error error = {0};
        struct guest ann, bea;

        guest_enter(&ann, channel, storefront);
        guest_enter(&bea, channel, storefront);
        const struct shop_call_options options = {.token = ann.token};

        request.owner = bea.member_id;
        if (shop_governance_watch_events(channel, &request, &options, NULL, &error) !=
                        SHOP_PERMISSION_DENIED ||
                strcmp(error.reason, "NOT_YOUR_EVENTS") != 0)
                live_fail("a guest watches another one");
        shop_error_release(&error);
}

static void pages_go_on_from_a_kept_token(struct daemon *daemon, struct shop_channel *channel)
{
        Shop__ListEventsRequest request = SHOP__LIST_EVENTS_REQUEST__INIT;
        Shop__ListEventsResponse *page;
        struct shop_pages pages;
        char token[1024] = "";
        uint64_t last = 0;

        request.page_size = 5;
        do {
                shop_governance_list_events_pages(&pages, channel, &request);
                if (token[0] != '\0')
                        shop_pages_resume(&pages, token);
                if (shop_governance_list_events_next(&pages, &page, NULL) != SHOP_OK ||
                        page == NULL)
                        live_fail(
                                "the page behind event %llu is missing", (unsigned long long)last);
                for (size_t i = 0; i < page->n_events; i++)
                        if (page->events[i]->number != ++last)
                                live_fail("event %llu came as number %llu",
                                        (unsigned long long)page->events[i]->number,
                                        (unsigned long long)last);
                snprintf(token, sizeof(token), "%s", pages.page_token);
                live_free(page);
                shop_pages_release(&pages);
                if (last == 5)
                        restart_killed(daemon);
        } while (token[0] != '\0');
        if (last < VARIANTS)
                live_fail("only %llu events", (unsigned long long)last);
}

/* ---- who never reads ---- */

static int connect_to(const char *url)
{
        struct sockaddr_in address = {.sin_family = AF_INET};
        static const uint8_t hello[] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
        int port;

        if (sscanf(url, "tcp://127.0.0.1:%d", &port) != 1)
                live_fail("cannot read the port of %s", url);
        address.sin_port = htons((uint16_t)port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int small = 4096;

        setsockopt(peer, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
        if (connect(peer, (struct sockaddr *)&address, sizeof(address)) != 0 ||
                write(peer, hello, sizeof(hello)) != sizeof(hello))
                live_fail("cannot connect to %s", url);
        return peer;
}

/* Asks for the contract, which is long, until the server takes no more. */
static void ask_and_never_read(int peer)
{
        static const char method[] = "governance.GetContract";
        const size_t method_len = sizeof(method) - 1;
        const size_t call_len = 4 + method_len; /* { id: 1 method: ... } */
        const size_t body_len = 2 + call_len;
        uint8_t message[64] = {0};

        for (uint32_t number = 0; number < SILENT_CALLS; number++) {
                uint8_t *at = message + 7;

                *at++ = (uint8_t)(4 + body_len);
                *at++ = 0x80;
                *at++ = (uint8_t)(number >> 16);
                *at++ = (uint8_t)(number >> 8);
                *at++ = (uint8_t)number;
                *at++ = 0x0a;
                *at++ = (uint8_t)call_len;
                *at++ = 0x08;
                *at++ = 1;
                *at++ = 0x12;
                *at++ = (uint8_t)method_len;
                memcpy(at, method, method_len);
                size_t len = (size_t)(at + method_len - message);
                struct pollfd ready = {.fd = peer, .events = POLLOUT};

                if (poll(&ready, 1, 500) <= 0 ||
                        send(peer, message, len, MSG_NOSIGNAL) != (ssize_t)len)
                        return;
        }
}

static void silent_readers_harm_nobody(
        struct daemon *daemon, struct shop_channel *channel, const struct storefront *storefront)
{
        enum { SILENT = 8 };
        int peers[SILENT];
        int64_t worst_us = 0;
        struct guest ann;
        struct shop_watch watch;

        guest_enter(&ann, channel, storefront);
        for (size_t i = 0; i < SILENT; i++) {
                peers[i] = connect_to(daemon->url);
                ask_and_never_read(peers[i]);
        }
        watch_own(&watch, channel, ann.token, 0);
        expect_own(&watch, &ann, 1);
        for (size_t i = 0; i < GOOD_CALLS; i++) {
                Shop__GetVariantRequest request = SHOP__GET_VARIANT_REQUEST__INIT;
                int64_t begun_us = clock_monotonic_us();

                request.id = storefront->variant_ids[i % VARIANTS];
                live_free(
                        live_call(channel, &shop_catalog_get_variant_method, &request, ann.token));
                int64_t took_us = clock_monotonic_us() - begun_us;

                worst_us = took_us > worst_us ? took_us : worst_us;
        }
        guest_add(&ann, channel, storefront->variant_ids[0], 1);
        expect_own(&watch, &ann, 1);
        if (worst_us > GOOD_MS_MOST * 1000)
                live_fail("a good call took %lld ms beside silent readers",
                        (long long)worst_us / 1000);
        shop_watch_release(&watch);
        for (size_t i = 0; i < SILENT; i++)
                close(peers[i]);
}

int main(int argc, char **argv)
{
        struct storefront storefront;
        struct daemon daemon;

        if (argc != 2)
                live_fail("usage: test_streams SHOPD");
        daemon_init(&daemon, argv[1]);
        daemon_start(&daemon, NULL);
        daemon_wait(&daemon);
        struct shop_channel *channel = live_channel(daemon.url, daemon.token);

        storefront_open(&storefront, channel, VARIANTS, 1000);
        a_watch_outlives_servers_and_channels(&daemon, channel, &storefront);
        strangers_events_are_refused(channel, &storefront);
        pages_go_on_from_a_kept_token(&daemon, channel);
        silent_readers_harm_nobody(&daemon, channel, &storefront);
        shop_channel_close(channel);
        if (daemon_stop(&daemon) != 0 || daemon_verify(&daemon) != 0)
                live_fail("the shop did not end well");
        daemon_release(&daemon);
        puts("streams: ok");
        return 0;
}
