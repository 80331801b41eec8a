/*
 * pgbench is PostgreSQL's own load and knows how to ask it best, so it is what ours is compared
 * with; the script beside the tables starts both and prints what pgbench measured. Refused: libpq
 * in a loop of our own, which would have to be shown to be as good.
 */
#include "tools/benchmarks/postgres.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "tests/live/daemon.h"

#define RATE_MAX 20000 /* orders a second, more than it ever gave */

/* Runs the script; its one line of output, if it has any. */
static void run_script(char *line, size_t size, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
static void run_script(char *line, size_t size, const char *format, ...)
{
        char command[512];
        va_list arguments;

        va_start(arguments, format);
        vsnprintf(command, sizeof(command), format, arguments);
        va_end(arguments);
        FILE *pipe = popen(command, "r");

        if (pipe == NULL)
                live_fail("%s does not run", command);
        if (fgets(line, (int)size, pipe) == NULL)
                line[0] = '\0';
        if (pclose(pipe) != 0)
                live_fail("%s failed", command);
}

void postgres_start(struct postgres *postgres, const char *program, const char *below,
        size_t orders, size_t products)
{
        char line[16];

        postgres->program = program;
        snprintf(postgres->dir, sizeof(postgres->dir), "%s/postgres", below);
        /* Another user's server is to reach it. */
        if (chmod(below, 0711) != 0)
                live_fail("%s: no way in for PostgreSQL", below);
        run_script(line, sizeof(line), "%s start %s %zu %zu", program, postgres->dir, orders,
                products);
}

void postgres_stop(struct postgres *postgres)
{
        char line[16];

        run_script(line, sizeof(line), "%s stop %s", postgres->program, postgres->dir);
}

void postgres_pause(struct postgres *postgres, bool paused)
{
        char line[16];

        run_script(line, sizeof(line), "%s %s %s", postgres->program, paused ? "pause" : "resume",
                postgres->dir);
}

void postgres_run(struct postgres *postgres, const char *how, int clients, double seconds,
        struct postgres_figures *out)
{
        int whole = (int)ceil(seconds); /* pgbench knows no others */
        double rate = postgres->rate > 0 ? 3 * postgres->rate + 1000 : RATE_MAX;
        char line[256];

        run_script(line, sizeof(line), "%s run %s %s %d %d %d", postgres->program, postgres->dir,
                how, clients, whole, (int)(rate * whole));
        if (sscanf(line, "%lf %lf %lf %lf %lf %lf", &out->orders_per_s, &out->p50_us, &out->p99_us,
                    &out->p999_us, &out->most_us, &out->cpu_us) != 6)
                live_fail("pgbench said: %s", line);
        if (out->orders_per_s > postgres->rate)
                postgres->rate = out->orders_per_s;
}
