/*
 * The data directory as an operator meets it: a lost or leaked administrator's token, a key that
 * others may read, a shop that is open already, a clock that is switched.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "client/shop.h"
#include "governance.client.h"
#include "lib/base/clock.h"
#include "membership.client.h"
#include "tests/live/daemon.h"
#include "tests/live/storefront.h"

static char *path_in(const struct daemon *daemon, const char *name)
{
        static char path[160];

        snprintf(path, sizeof(path), "%s/data/%s", daemon->dir, name);
        return path;
}

static void start(struct daemon *daemon, const char *const *flags)
{
        daemon_start(daemon, flags);
        daemon_wait(daemon);
}

static enum shop_status who_am_i(struct daemon *daemon, const char *token)
{
        struct shop_channel *channel = live_channel(daemon->url, token);
        Shop__WhoAmIRequest request = SHOP__WHO_AM_IREQUEST__INIT;
        enum shop_status status = shop_governance_who_am_i(channel, &request, NULL, NULL, NULL);

        shop_channel_close(channel);
        return status;
}

/* Whoever finds that the token has leaked removes the file and starts again. */
static void a_removed_token_is_ended(const char *program)
{
        struct daemon daemon;
        char leaked[sizeof(daemon.token)];

        daemon_init(&daemon, program);
        start(&daemon, NULL);
        strcpy(leaked, daemon.token);
        daemon_stop(&daemon);
        start(&daemon, NULL);
        if (strcmp(leaked, daemon.token) != 0 || who_am_i(&daemon, leaked) != SHOP_OK)
                live_fail("a restart changed the administrator's token");
        daemon_stop(&daemon);
        unlink(path_in(&daemon, "admin.token"));
        start(&daemon, NULL);
        if (who_am_i(&daemon, daemon.token) != SHOP_OK)
                live_fail("the new token opens nothing");
        if (who_am_i(&daemon, leaked) != SHOP_UNAUTHENTICATED)
                live_fail("the token that was removed still opens the shop");
        daemon_release(&daemon);
}

/* The key is kept elsewhere and was not brought along: nothing else may take its place. */
static void a_missing_key_is_not_made_anew(const char *program)
{
        struct daemon daemon;
        char kept[160];

        daemon_init(&daemon, program);
        start(&daemon, NULL);
        daemon_stop(&daemon);
        snprintf(kept, sizeof(kept), "%s/key", daemon.dir);
        rename(path_in(&daemon, "master.key"), kept);
        daemon_start(&daemon, NULL);
        waitpid(daemon.pid, NULL, 0);
        daemon.pid = 0;
        if (access(path_in(&daemon, "master.key"), F_OK) == 0)
                live_fail("shopd made another key for a database that has one");
        rename(kept, path_in(&daemon, "master.key"));
        start(&daemon, NULL);
        daemon_release(&daemon);
}

/* Microseconds of shop time in a row that is written now. */
static int64_t time_of_write(struct daemon *daemon)
{
        struct shop_channel *channel = live_channel(daemon->url, "");
        Shop__CreateGuestRequest request = SHOP__CREATE_GUEST_REQUEST__INIT;
        Shop__SessionGrant *grant =
                live_call(channel, &shop_membership_create_guest_method, &request, NULL);
        const Google__Protobuf__Timestamp *time = grant->member->create_time;
        int64_t us = time->seconds * 1000000 + time->nanos / 1000;

        live_free(grant);
        shop_channel_close(channel);
        return us;
}

static void time_does_not_go_back_when_the_clock_is_switched(const char *program)
{
        static const char *const simulated[] = {"--clock", "simulated", NULL};
        struct daemon daemon;

        daemon_init(&daemon, program);
        start(&daemon, NULL);
        time_of_write(&daemon);
        clock_sleep_us(300000);
        int64_t before = time_of_write(&daemon);

        daemon_kill(&daemon);
        start(&daemon, simulated);
        if (time_of_write(&daemon) < before)
                live_fail("shop time went back when the clock was switched");
        daemon_release(&daemon);
}

int main(int argc, char **argv)
{
        if (argc != 2)
                live_fail("usage: %s SHOPD", argv[0]);
        a_removed_token_is_ended(argv[1]);
        a_missing_key_is_not_made_anew(argv[1]);
        time_does_not_go_back_when_the_clock_is_switched(argv[1]);
        return 0;
}
