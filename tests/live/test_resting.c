/*
 * What a server has taken for a password is given back when nobody brings another: an idle shop is
 * a small process.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "lib/base/clock.h"
#include "membership.client.h"
#include "tests/live/daemon.h"
#include "tests/live/storefront.h"

#define MIB         (1L << 20)
#define WAIT_US_MAX INT64_C(20000000)

static long resident(const struct daemon *daemon)
{
        char path[64];
        long pages;

        snprintf(path, sizeof(path), "/proc/%d/statm", (int)daemon->pid);
        FILE *file = fopen(path, "r");

        if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1)
                live_fail("%s cannot be read", path);
        fclose(file);
        return pages * sysconf(_SC_PAGESIZE);
}

int main(int argc, char **argv)
{
        Shop__SignUpRequest request = SHOP__SIGN_UP_REQUEST__INIT;
        struct daemon daemon;

        daemon_init(&daemon, argv[1]);
        daemon_start(&daemon, NULL);
        daemon_wait(&daemon);
        struct shop_channel *channel = live_channel(daemon.url, daemon.token);
        long before = resident(&daemon);
        int64_t until_us = clock_monotonic_us() + WAIT_US_MAX;

        request.email = "carol@example.com";
        request.password = "correct horse battery";
        live_free(live_call(channel, &shop_membership_sign_up_method, &request, ""));
        while (resident(&daemon) > before + 16 * MIB) {
                if (clock_monotonic_us() > until_us)
                        live_fail("%ld MiB more are held than before a password",
                                (resident(&daemon) - before) / MIB);
                clock_sleep_us(50000);
        }
        shop_channel_close(channel);
        daemon_release(&daemon);
        return 0;
}
