/*
 * The data directory as an operator meets it: a lost or leaked administrator's token, a key that
 * others may read, a shop that is open already, a clock that is switched.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "client/shop.h"
#include "governance.client.h"
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

int main(int argc, char **argv)
{
        if (argc != 2)
                live_fail("usage: %s SHOPD", argv[0]);
        a_removed_token_is_ended(argv[1]);
        return 0;
}
