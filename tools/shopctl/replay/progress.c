/* A line on standard error: a bar on a terminal, otherwise a line every ten seconds. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "lib/base/clock.h"
#include "tools/shopctl/replay/replay.h"

struct progress {
        const char *what;
        size_t total;
        size_t begun_at; /* steps that were done before this run */
        int64_t begun_us;
        int64_t shown_us;
        bool terminal;
        bool started;
};

struct progress *progress_begin(const char *what, size_t total)
{
        struct progress *progress = calloc(1, sizeof *progress);

        progress->what = what;
        progress->total = total;
        progress->begun_us = clock_monotonic_us();
        progress->terminal = isatty(STDERR_FILENO);
        return progress;
}

static void show(struct progress *progress, size_t done)
{
        double seconds = (double)(clock_monotonic_us() - progress->begun_us) / 1e6;
        double rate = seconds > 0 ? (double)(done - progress->begun_at) / seconds : 0;
        double left = rate > 0 ? (double)(progress->total - done) / rate : 0;
        int filled = progress->total > 0 ? (int)(done * 30 / progress->total) : 30;

        if (!progress->terminal) {
                fprintf(stderr, "%s %zu of %zu, %.0f/s, %.0f s left\n", progress->what, done,
                        progress->total, rate, left);
                return;
        }
        fprintf(stderr, "\r%s [%.*s%*s] %zu/%zu %.0f/s %.0f s left \033[K", progress->what, filled,
                "##############################", 30 - filled, "", done, progress->total, rate,
                left);
}

void progress_step(struct progress *progress, size_t done)
{
        int64_t now = clock_monotonic_us();

        if (!progress->started) {
                progress->started = true;
                progress->begun_at = done;
        }
        if (now - progress->shown_us < (progress->terminal ? 200000 : 10000000))
                return;
        progress->shown_us = now;
        show(progress, done);
}

void progress_end(struct progress *progress)
{
        if (progress->terminal)
                fputc('\n', stderr);
        free(progress);
}
