/*
 * A shop inside a program: server and client in one process, without a socket. The server is
 * opened as shopd opens it, with the same words on an argument list; the client is an ordinary
 * channel to inproc://, so all that holds for calls over a wire holds here.
 *
 *      example-embedded DIR
 *
 * Opens the shop in DIR, makes a guest, asks who that is, and closes the shop.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include "governance.client.h"
#include "lib/base/log.h"
#include "membership.client.h"
#include "server/serve.h"

#define URL "inproc://shop"

static int call(struct shop_channel *channel)
{
        Shop__CreateGuestRequest guest = SHOP__CREATE_GUEST_REQUEST__INIT;
        Shop__WhoAmIRequest who = SHOP__WHO_AM_IREQUEST__INIT;
        struct shop_error error = {0};
        Shop__SessionGrant *grant;
        Shop__WhoAmIResponse *answer;

        if (shop_membership_create_guest(channel, &guest, NULL, &grant, &error) != SHOP_OK) {
                fprintf(stderr, "%s: %s\n", error.reason, error.message);
                shop_error_release(&error);
                return 1;
        }
        const struct shop_call_options options = {.token = grant->token};
        int failed = shop_governance_who_am_i(channel, &who, &options, &answer, &error) != SHOP_OK;

        if (failed)
                fprintf(stderr, "%s: %s\n", error.reason, error.message);
        else
                printf("guest %s of an embedded shop, write %llu\n", answer->id,
                        (unsigned long long)shop_channel_sequence(channel));
        if (!failed)
                protobuf_c_message_free_unpacked(&answer->base, NULL);
        protobuf_c_message_free_unpacked(&grant->base, NULL);
        shop_error_release(&error);
        return failed;
}

static int use(void)
{
        const struct shop_channel_options options = {.url = URL, .agent = "embedded/1.0"};
        struct shop_channel *channel = shop_channel_open(&options, NULL);
        int failed = channel == NULL || call(channel);

        shop_channel_close(channel);
        return failed;
}

int main(int argc, char **argv)
{
        char *arguments[] = {argv[0], "--data", argc == 2 ? argv[1] : "", "--listen", URL, NULL};
        struct shopd *shop = NULL;
        struct config config;
        struct arena arena;
        struct error error;
        int failed = 1;

        if (argc != 2) {
                fputs("usage: example-embedded DIR\n", stderr);
                return 2;
        }
        arena_init(&arena);
        error_init(&error, &arena);
        log_open(LOG_JSON, LOG_WARN);
        if (config_read(&config, 5, arguments, &arena, &error) == OK &&
                shopd_open(&shop, &config, &error) == OK)
                failed = use();
        else
                fprintf(stderr, "%s: %s\n", error.reason, error.message);
        shopd_close(shop); /* after the channel: it waits for what is open */
        arena_release(&arena);
        return failed;
}
