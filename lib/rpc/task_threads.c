/*
 * The transport's threads are counted when it is compiled, and nothing changes that. So a callback
 * that does nothing but wait is given to each of them but one. Who rests is known by the name of
 * its thread, which holds for all of the process, also where two copies of this code are in it: one
 * that would leave nobody goes back to work. They begin to rest a moment after the transport has
 * started, when all of them have their names.
 *
 * One of those who rest keeps watch: it queues a callback now and then, and where that has not come
 * to its turn until the next look, those at work are too few, or wait for a disk or for somebody's
 * own callback. Then it works for a while, and the next one watches.
 *
 * Refused: a sysconf of our own that tells the transport of fewer processors, which a shared
 * library cannot have; a transport of our own build, which a system's package would not repair any
 * more; as many at work as there are processors, the second of which a lone call wakes in vain.
 */
#include "lib/rpc/task_threads.h"

#include <assert.h>
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <nng/nng.h>

#include "lib/base/clock.h"
#include "lib/base/condition.h"

#define WORKING     "nng:task" /* as the transport calls them */
#define RESTING     "nng:rest"
#define NAME_SIZE   16
#define SPARE_MAX   15 /* the transport starts 16 at most */
#define SETTLE_MS   50
#define WORK_MS     50     /* of one who was needed */
#define BLOCKED_MS  1000   /* of one who could not rest */
#define LOOK_US     2000   /* between two looks */
#define LOOK_US_MAX 128000 /* where nothing comes */

struct rest;

struct spare {
        struct rest *rest;
        nng_aio *aio; /* whose callback rests */
};

/* Those who rest at one time. */
struct rest {
        bool over;
        bool watched;        /* one of them keeps watch */
        atomic_bool probing; /* the probe has not had its turn */
        pthread_cond_t look; /* of who watches */
        pthread_cond_t turn; /* of the others */
        nng_aio *probe;
        long count;
        struct spare spares[SPARE_MAX];
};

/* What has come since the last look; dozing: the next one is far. */
enum traffic { TRAFFIC_NONE, TRAFFIC_SOME, TRAFFIC_DOZING };

static atomic_int traffic;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* over the following */
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

static void probed(void *context)
{
        struct rest *rest = context;

        atomic_store(&rest->probing, false);
}

/* Until it is time for the next look, or something comes while that is far. */
static void wait_for_look(struct rest *rest, int64_t pause_us)
{
        int64_t until_us = clock_monotonic_us() + pause_us;
        int none = TRAFFIC_NONE;
        bool dozes = pause_us > LOOK_US &&
                     atomic_compare_exchange_strong(&traffic, &none, TRAFFIC_DOZING);

        while (!rest->over && !(dozes && atomic_load(&traffic) == TRAFFIC_SOME))
                if (!condition_wait_until(&rest->look, &lock, until_us))
                        return;
}

/* Comes back when those at work are too few, or at the end. */
static void keep_watch(struct rest *rest)
{
        int64_t pause_us = LOOK_US;

        do {
                if (!atomic_load(&rest->probing) && nng_aio_begin(rest->probe)) {
                        atomic_store(&rest->probing, true);
                        nng_aio_finish(rest->probe, 0);
                }
                wait_for_look(rest, pause_us);
                if (atomic_exchange(&traffic, TRAFFIC_NONE) == TRAFFIC_SOME)
                        pause_us = LOOK_US;
                else if (pause_us < LOOK_US_MAX)
                        pause_us *= 2;
        } while (!rest->over && !atomic_load(&rest->probing));
}

static void rest_until_needed(struct rest *rest)
{
        while (!rest->over && rest->watched)
                pthread_cond_wait(&rest->turn, &lock);
        if (rest->over)
                return;
        rest->watched = true;
        keep_watch(rest);
        rest->watched = false;
        pthread_cond_signal(&rest->turn);
}

static void spare_rest(void *context)
{
        const struct spare *spare = context;
        struct rest *rest = spare->rest;

        pthread_mutex_lock(&lock);
        pthread_setname_np(pthread_self(), RESTING);
        bool rests = count_working() > 0;

        if (rests)
                rest_until_needed(rest);
        pthread_setname_np(pthread_self(), WORKING);
        bool over = rest->over;

        pthread_mutex_unlock(&lock);
        if (!over)
                nng_sleep_aio(rests ? WORK_MS : BLOCKED_MS, spare->aio);
}

static void make_aio(nng_aio **aio, void (*callback)(void *), void *context)
{
        if (nng_aio_alloc(aio, callback, context) != 0)
                abort();
}

static struct rest *rest_begin(void)
{
        struct rest *rest = calloc(1, sizeof(*rest));
        long threads = 2 * sysconf(_SC_NPROCESSORS_ONLN);

        assert(rest != NULL);
        condition_init(&rest->look);
        condition_init(&rest->turn);
        make_aio(&rest->probe, probed, rest);
        rest->count = threads - 1 < SPARE_MAX ? threads - 1 : SPARE_MAX;
        for (long i = 0; i < rest->count; i++) {
                rest->spares[i].rest = rest;
                make_aio(&rest->spares[i].aio, spare_rest, &rest->spares[i]);
                nng_sleep_aio(SETTLE_MS, rest->spares[i].aio);
        }
        return rest;
}

static void rest_end(struct rest *rest)
{
        if (rest == NULL)
                return;
        for (long i = 0; i < rest->count; i++)
                nng_aio_free(rest->spares[i].aio);
        nng_aio_free(rest->probe);
        pthread_cond_destroy(&rest->look);
        pthread_cond_destroy(&rest->turn);
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
                present = NULL;
                last->over = true;
                pthread_cond_signal(&last->look);
                pthread_cond_broadcast(&last->turn);
        }
        pthread_mutex_unlock(&lock);
        rest_end(last);
}

void task_threads_used(void)
{
        if (atomic_load_explicit(&traffic, memory_order_relaxed) == TRAFFIC_SOME ||
                atomic_exchange(&traffic, TRAFFIC_SOME) != TRAFFIC_DOZING)
                return;
        pthread_mutex_lock(&lock);
        if (present != NULL)
                pthread_cond_signal(&present->look);
        pthread_mutex_unlock(&lock);
}
