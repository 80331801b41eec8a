/*
 * A thread that waits sleeps; one that applies a group runs, or is in the kernel waiting for the
 * disk. Its file in /proc stays open: opened for each look it took three hundredths of a processor
 * from those who are measured. Refused: asking the server, which would have to measure itself.
 */
#include "tools/benchmarks/watcher.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/base/clock.h"
#include "tests/live/daemon.h"

#define CHECKPOINTER "checkpoint" /* the thread's name */
#define LOOK_US      1000

static int open_task(pid_t pid, pid_t thread, const char *name)
{
        char path[96];

        snprintf(path, sizeof(path), "/proc/%d/task/%d/%s", (int)pid, (int)thread, name);
        return open(path, O_RDONLY | O_CLOEXEC);
}

static bool read_now(int file, char *out, size_t size)
{
        ssize_t len = pread(file, out, size - 1, 0);

        out[len > 0 ? len : 0] = '\0';
        return len > 0;
}

static bool read_task(pid_t pid, pid_t thread, const char *name, char *out, size_t size)
{
        int file = open_task(pid, thread, name);
        bool read = file >= 0 && read_now(file, out, size);

        if (file >= 0)
                close(file);
        return read;
}

static pid_t find_thread(pid_t pid)
{
        char path[64], name[64];
        pid_t found = 0;

        snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
        DIR *dir = opendir(path);

        for (const struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
                if (read_task(pid, atoi(entry->d_name), "comm", name, sizeof(name)) &&
                        strcmp(name, CHECKPOINTER "\n") == 0)
                        found = atoi(entry->d_name);
        if (dir != NULL)
                closedir(dir);
        if (found == 0)
                live_fail("the server has no thread " CHECKPOINTER);
        return found;
}

uint64_t watcher_written(pid_t pid)
{
        char text[512];
        const char *at;

        if (!read_task(pid, find_thread(pid), "io", text, sizeof(text)) ||
                (at = strstr(text, "wchar:")) == NULL)
                live_fail("the kernel does not tell what a thread wrote");
        return strtoull(at + strlen("wchar:"), NULL, 10);
}

/* The letter that the kernel has for it: S sleeps, T is stopped. */
static char state_in(const char *stat)
{
        const char *rest = strrchr(stat, ')');

        return rest != NULL && rest[1] == ' ' ? rest[2] : 'S';
}

bool watcher_busy(pid_t pid)
{
        char text[512];

        return read_task(pid, find_thread(pid), "stat", text, sizeof(text)) &&
               state_in(text) != 'S';
}

static void *watch(void *context)
{
        struct watcher *watcher = context;
        bool before = false;

        while (!atomic_load(&watcher->stopping)) {
                char text[512];
                char state = read_now(watcher->stat, text, sizeof(text)) ? state_in(text) : 'S';
                bool now = state != 'S' && state != 'T';
                size_t count = atomic_load(&watcher->count);

                if (now && !before) {
                        struct watcher_span *span = &watcher->spans[count % WATCHER_SPANS];

                        atomic_store(&span->until_us, INT64_MAX);
                        atomic_store(&span->from_us, clock_monotonic_us());
                        atomic_store(&watcher->count, count + 1);
                } else if (!now && before) {
                        atomic_store(&watcher->spans[(count - 1) % WATCHER_SPANS].until_us,
                                clock_monotonic_us());
                }
                watcher->looks += state != 'T';
                watcher->looks_busy += now;
                before = now;
                clock_sleep_us(LOOK_US);
        }
        return NULL;
}

void watcher_start(struct watcher *watcher, pid_t pid)
{
        memset(watcher, 0, sizeof(*watcher));
        watcher->stat = open_task(pid, find_thread(pid), "stat");
        if (watcher->stat < 0)
                live_fail("the kernel does not tell what a thread does");
        if (pthread_create(&watcher->id, NULL, watch, watcher) != 0)
                live_fail("no thread");
}

void watcher_stop(struct watcher *watcher)
{
        atomic_store(&watcher->stopping, true);
        pthread_join(watcher->id, NULL);
        close(watcher->stat);
}

bool watcher_saw(const struct watcher *watcher, int64_t start_us, int64_t end_us)
{
        size_t count = atomic_load(&watcher->count);

        for (size_t i = count; i > 0 && count - i < WATCHER_SPANS; i--) {
                const struct watcher_span *span = &watcher->spans[(i - 1) % WATCHER_SPANS];

                if (atomic_load(&span->until_us) < start_us - LOOK_US)
                        return false;
                if (atomic_load(&span->from_us) <= end_us + LOOK_US)
                        return true;
        }
        return false;
}

size_t watcher_count(const struct watcher *watcher)
{
        return atomic_load(&watcher->count);
}

int64_t watcher_longest_us(const struct watcher *watcher)
{
        size_t count = atomic_load(&watcher->count);
        int64_t longest = 0;

        for (size_t i = 0; i < count && i < WATCHER_SPANS; i++) {
                int64_t until = atomic_load(&watcher->spans[i].until_us);

                if (until != INT64_MAX && until - watcher->spans[i].from_us > longest)
                        longest = until - watcher->spans[i].from_us;
        }
        return longest;
}

double watcher_share(const struct watcher *watcher)
{
        return watcher->looks == 0 ? 0 : (double)watcher->looks_busy / (double)watcher->looks;
}
