/*
 * The transport's threads are counted when it is compiled, and nothing changes that. So a callback
 * that does nothing but wait is given to each spare one. Who rests is known by the name of its
 * thread, which holds for all of the process, also where two copies of this code are in it: one
 * that would leave too few goes back to work. They begin to rest a moment after the transport has
 * started, when all of them have their names.
 *
 * Refused: a sysconf of our own that tells the transport of fewer processors, which a shared
 * library cannot have; a transport of our own build, which a system's package would not repair any
 * more.
 */
#include "lib/rpc/task_threads.h"

#include <assert.h>
#include <dirent.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <nng/nng.h>

#define WORKING     "nng:task" /* as the transport calls them */
#define RESTING     "nng:rest"
#define NAME_SIZE   16
#define WORKING_MIN 2
#define SPARE_MAX   8 /* the transport starts 16 at most */
#define SETTLE_MS   50

/* Those who rest at one time. */
struct rest {
        bool over;
        long count;
        nng_aio *aios[SPARE_MAX];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* over the following */
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static size_t users;
static struct rest *present;

static bool is_working(const char *thread)
{
        char path[64], name[NAME_SIZE + 1] = "";

        snprintf(path, sizeof(path), "/proc/self/task/%.20s/comm", thread);
        FILE *file = fopen(path, "re");

        if (file == NULL)
                return false;
        bool read = fgets(name, sizeof(name), file) != NULL;

        fclose(file);
        name[strcspn(name, "\n")] = '\0';
        return read && strcmp(name, WORKING) == 0;
}

static long count_working(void)
{
        DIR *dir = opendir("/proc/self/task");
        const struct dirent *entry;
        long count = 0;

        if (dir == NULL)
                return 0;
        while ((entry = readdir(dir)) != NULL)
                if (entry->d_name[0] != '.' && is_working(entry->d_name))
                        count++;
        closedir(dir);
        return count;
}

static long processors(void)
{
        return sysconf(_SC_NPROCESSORS_ONLN);
}

static bool is_spare(void)
{
        return count_working() >= (processors() > WORKING_MIN ? processors() : WORKING_MIN);
}

static void rest_until_over(void *context)
{
        const struct rest *rest = context;

        pthread_mutex_lock(&lock);
        pthread_setname_np(pthread_self(), RESTING);
        if (!rest->over && is_spare())
                while (!rest->over)
                        pthread_cond_wait(&ended, &lock);
        pthread_setname_np(pthread_self(), WORKING);
        pthread_mutex_unlock(&lock);
}

static struct rest *rest_begin(void)
{
        struct rest *rest = calloc(1, sizeof(*rest));

        assert(rest != NULL);
        rest->count = processors() < SPARE_MAX ? processors() : SPARE_MAX;
        for (long i = 0; i < rest->count; i++) {
                if (nng_aio_alloc(&rest->aios[i], rest_until_over, rest) != 0)
                        abort();
                nng_sleep_aio(SETTLE_MS, rest->aios[i]);
        }
        return rest;
}

static void rest_end(struct rest *rest)
{
        if (rest == NULL)
                return;
        for (long i = 0; i < rest->count; i++)
                nng_aio_free(rest->aios[i]);
        free(rest);
}

void task_threads_begin(void)
{
        pthread_mutex_lock(&lock);
        if (users++ == 0)
                present = rest_begin();
        pthread_mutex_unlock(&lock);
}

void task_threads_end(void)
{
        struct rest *last = NULL;

        pthread_mutex_lock(&lock);
        assert(users > 0);
        if (--users == 0) {
                last = present;
                last->over = true;
                pthread_cond_broadcast(&ended);
        }
        pthread_mutex_unlock(&lock);
        rest_end(last);
}
