/*
 * The figures of a process come from the kernel's text files, not from getrusage, which knows of a
 * child only after its end.
 */
#include "tools/benchmarks/process.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int read_file(pid_t pid, const char *name, char *out, size_t size)
{
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
        FILE *file = fopen(path, "r");

        if (file == NULL)
                return -1;
        size_t len = fread(out, 1, size - 1, file);

        fclose(file);
        out[len] = '\0';
        return 0;
}

double process_cpu_seconds(pid_t pid)
{
        unsigned long user, kernel;
        char text[1024];

        if (read_file(pid, "stat", text, sizeof(text)) != 0)
                return NAN;
        const char *rest = strrchr(text, ')'); /* the name may hold anything */

        if (rest == NULL || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                                    &user, &kernel) != 2)
                return NAN;
        return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

double process_resident_mib(pid_t pid)
{
        unsigned long pages;
        char text[256];

        if (read_file(pid, "statm", text, sizeof(text)) != 0 ||
                sscanf(text, "%*u %lu", &pages) != 1)
                return NAN;
        return (double)pages * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

struct machine_time machine_time(void)
{
        struct machine_time time = {0};
        unsigned long long ticks[8] = {0};
        FILE *file = fopen("/proc/stat", "r");

        if (file == NULL)
                return time;
        if (fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &ticks[0], &ticks[1],
                    &ticks[2], &ticks[3], &ticks[4], &ticks[5], &ticks[6], &ticks[7]) == 8)
                time.stolen = ticks[7];
        fclose(file);
        for (size_t i = 0; i < 8; i++)
                time.all += ticks[i];
        return time;
}

double machine_stolen(struct machine_time from, struct machine_time to)
{
        if (to.all <= from.all)
                return 0;
        return 100 * (double)(to.stolen - from.stolen) / (double)(to.all - from.all);
}
