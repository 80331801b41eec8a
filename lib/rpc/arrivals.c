/*
 * The transport says of a message only when all of it is there. What it reads goes through one
 * function of libc, which is found here first, as in broken_peer.c. Adding up costs a read nothing;
 * whose bytes they were is asked of the kernel when there are many (unfinished.c). Refused: asking
 * at intervals, which is late for who sends fast, or costs ten thousand idle connections some
 * hundredths of a processor.
 */
#include "lib/rpc/arrivals.h"

#include <pthread.h>
#include <stdatomic.h>

#include "lib/rpc/libc.h"

static atomic_uint_fast64_t arrived;
static atomic_uint_fast64_t wake_at = UINT64_MAX; /* the least that somebody waits for */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

/* Those who wait say anew for how much. */
static void wake(void)
{
        pthread_mutex_lock(&lock);
        atomic_store(&wake_at, UINT64_MAX);
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
}

ssize_t readv(int fd, const struct iovec *parts, int count)
{
        ssize_t len = libc_readv(fd, parts, count);

        if (len > 0 &&
                atomic_fetch_add(&arrived, (uint64_t)len) + (uint64_t)len >= atomic_load(&wake_at))
                wake();
        return len;
}

uint64_t arrivals_count(void)
{
        return atomic_load(&arrived);
}

bool arrivals_wait(uint64_t count, const bool *stopping)
{
        pthread_mutex_lock(&lock);
        for (;;) {
                if (count < atomic_load(&wake_at))
                        atomic_store(&wake_at, count);
                if (*stopping || atomic_load(&arrived) >= count)
                        break;
                pthread_cond_wait(&changed, &lock);
        }
        bool go_on = !*stopping;

        pthread_mutex_unlock(&lock);
        return go_on;
}

void arrivals_stop(bool *stopping)
{
        pthread_mutex_lock(&lock);
        *stopping = true;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
}
