/*
 * Both figures come from the kernel's text files, not from getrusage, which knows of a child only
 * after its end.
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
