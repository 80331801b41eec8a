/*
 * shopd: reads what it was told, opens the shop, sleeps until a signal, closes the shop. Signals
 * are blocked in every thread and taken by this one, so no handler ever interrupts anything.
 *
 * Exit status: 0 stopped as asked, 1 faults found by --verify or the store failed, 2 not started.
 */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "server/config.h"
#include "server/notify.h"
#include "server/serve.h"

#define HEAP_STEP    (1 << 20)
#define HEAP_KEPT    (2 << 20) /* at the end of a heap, before it is given back at once */
#define HEAP_LARGEST (1 << 20) /* what has a mapping of its own is larger */

enum { EXIT_FINE = 0, EXIT_FAULTS = 1, EXIT_NOT_STARTED = 2 };

static sigset_t own_signals(void)
{
        sigset_t set;

        sigemptyset(&set);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGINT);
        sigaddset(&set, SIGHUP);
        return set;
}

/* Until somebody says stop, or there is no store to serve from. */
static void wait_for_end(struct shopd *shopd, struct notify *notify)
{
        const struct timespec look = {.tv_nsec = 200000000};
        sigset_t set = own_signals();

        while (!shopd_failed(shopd) && !shopd_draining(shopd)) {
                if (shopd_alive(shopd, notify->watchdog_us))
                        notify_alive(notify, clock_monotonic_us());
                shopd_tidy(shopd);
                int signal = sigtimedwait(&set, NULL, &look);

                if (signal == SIGHUP)
                        shopd_reload(shopd);
                else if (signal > 0)
                        return;
        }
}

static int serve(const struct config *config, struct error *error)
{
        struct notify notify = notify_open();
        struct shopd *shopd;
        sigset_t set = own_signals();

        signal(SIGPIPE, SIG_IGN);
        pthread_sigmask(SIG_BLOCK, &set, NULL);
        if (shopd_open(&shopd, config, error) != OK) {
                fprintf(stderr, "shopd: %s (%s)\n", error->message, error->reason);
                return EXIT_NOT_STARTED;
        }
        printf("shopd listening on %s\n", shopd_url(shopd));
        fflush(stdout);
        log_event(LOG_INFO, "listening", log_text("url", shopd_url(shopd)),
                log_text("data", config->data), log_text("version", SHOP_VERSION));
        notify_ready(&notify, shopd_url(shopd));
        wait_for_end(shopd, &notify);
        notify_stopping(&notify);
        bool failed = shopd_failed(shopd);
        const char *why = shopd_draining(shopd) ? "asked by a call" : "asked by a signal";

        log_event(failed ? LOG_ERROR : LOG_INFO, "stopping",
                log_text("why", failed ? "the store failed" : why));
        shopd_close(shopd);
        log_event(LOG_INFO, "stopped");
        return failed ? EXIT_FAULTS : EXIT_FINE;
}

static int verify(const struct config *config, struct error *error)
{
        size_t faults = 0;

        if (shopd_verify(config, &faults, error) != OK) {
                fprintf(stderr, "shopd: %s (%s)\n", error->message, error->reason);
                return error->code == DATA_LOSS ? EXIT_FAULTS : EXIT_NOT_STARTED;
        }
        printf("%zu faults\n", faults);
        return faults == 0 ? EXIT_FINE : EXIT_FAULTS;
}

static int create_administrator(const struct config *config, struct error *error)
{
        const char *path;

        if (shopd_create_administrator(config, &path, error) != OK) {
                fprintf(stderr, "shopd: %s (%s)\n", error->message, error->reason);
                return EXIT_NOT_STARTED;
        }
        printf("%s\n", path);
        return EXIT_FINE;
}

/* Memory grows in large steps: each asks for the lock of the whole address space, which an Argon2
 * holds for the 25 ms in which 64 MiB are made, and calls waited for the passwords of others.
 * Not in larger ones: they are cleared for a message that is only announced, so that 22 bytes of a
 * stranger took a megabyte, and the end of a thread's heap is never given back by malloc_trim. What
 * has a mapping of its own costs nothing before it comes. */
static void prefer_large_steps(void)
{
        mallopt(M_TOP_PAD, HEAP_STEP);
        mallopt(M_TRIM_THRESHOLD, HEAP_KEPT);
        mallopt(M_MMAP_THRESHOLD, HEAP_LARGEST);
}

int main(int argc, char **argv)
{
        struct arena arena;
        struct error error;
        struct config config;
        int result = EXIT_FINE;

        prefer_large_steps();
        arena_init(&arena);
        error_init(&error, &arena);
        if (config_read(&config, argc, argv, &arena, &error) != OK) {
                fprintf(stderr, "shopd: %s\n", error.message);
                arena_release(&arena);
                return EXIT_NOT_STARTED;
        }
        log_open(config.log_format, config.log_level);
        switch (config.task) {
        case CONFIG_HELP:
                config_help();
                break;
        case CONFIG_VERSION:
                printf("shopd %s\n", SHOP_VERSION);
                break;
        case CONFIG_VERIFY:
                result = verify(&config, &error);
                break;
        case CONFIG_ADMINISTRATOR:
                result = create_administrator(&config, &error);
                break;
        case CONFIG_SERVE:
                result = serve(&config, &error);
                break;
        }
        arena_release(&arena);
        return result;
}
