/*
 * Two at once at most: each takes up to 64 MiB and a core, and twenty people signing in together
 * must not take the machine from everybody else. The memory stays for the next one, in huge pages
 * where the machine has them, and is given back when nobody has asked for some time: to make it
 * anew was a third of each password's time, in the kernel, with the address space locked to every
 * thread that wanted memory. The library wipes it after each use.
 */
#include "lib/seal/argon.h"

#include <argon2.h>
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <sys/mman.h>
#include "lib/seal/seal.h"
#include "lib/seal/turns.h"

#define RUNNING_MAX   2
#define AREA_LEN      (SEAL_PASSWORD_KIB_MOST * (size_t)1024)
#define HUGE_PAGE_LEN ((size_t)2 << 20)

static sem_t running;
static pthread_once_t running_once = PTHREAD_ONCE_INIT;

static struct {
        pthread_mutex_t lock;
        uint8_t *areas[RUNNING_MAX]; /* that nobody uses */
        size_t count;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Aligned to huge pages; NULL: there is no memory. */
static uint8_t *area_map(void)
{
        uint8_t *start = mmap(NULL, AREA_LEN + HUGE_PAGE_LEN, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (start == MAP_FAILED)
                return NULL;
        size_t before = -(uintptr_t)start % HUGE_PAGE_LEN;

        if (before > 0)
                munmap(start, before);
        munmap(start + before + AREA_LEN, HUGE_PAGE_LEN - before);
        madvise(start + before, AREA_LEN, MADV_HUGEPAGE);
        return start + before;
}

static int area_take(uint8_t **memory, size_t len)
{
        assert(len <= AREA_LEN);
        pthread_mutex_lock(&kept.lock);
        *memory = kept.count > 0 ? kept.areas[--kept.count] : NULL;
        pthread_mutex_unlock(&kept.lock);
        if (*memory == NULL)
                *memory = area_map();
        return *memory == NULL ? ARGON2_MEMORY_ALLOCATION_ERROR : ARGON2_OK;
}

static void area_keep(uint8_t *memory, size_t len)
{
        pthread_mutex_lock(&kept.lock);
        assert(kept.count < RUNNING_MAX);
        kept.areas[kept.count++] = memory;
        pthread_mutex_unlock(&kept.lock);
}

void seal_password_rest(void)
{
        pthread_mutex_lock(&kept.lock);
        while (kept.count > 0)
                munmap(kept.areas[--kept.count], AREA_LEN);
        pthread_mutex_unlock(&kept.lock);
}

static void running_init(void)
{
        sem_init(&running, 0, RUNNING_MAX);
}

static void running_enter(void)
{
        pthread_once(&running_once, running_init);
        while (sem_wait(&running) != 0)
                assert(errno == EINTR);
}

bool argon_hash(const char *password, const struct argon_cost *cost,
        const uint8_t salt[ARGON_SALT_LEN], uint8_t hash[ARGON_HASH_LEN])
{
        argon2_context context = {
                .out = hash,
                .outlen = ARGON_HASH_LEN,
                .pwd = (uint8_t *)password,
                .pwdlen = (uint32_t)strlen(password),
                .salt = (uint8_t *)salt,
                .saltlen = ARGON_SALT_LEN,
                .t_cost = cost->steps,
                .m_cost = cost->memory_kib,
                .lanes = 1,
                .threads = 1,
                .version = ARGON2_VERSION_13,
                .allocate_cbk = area_take,
                .free_cbk = area_keep,
        };
        struct turns turns;

        running_enter();
        turns_begin(&turns);
        int rc = argon2id_ctx(&context);

        turns_end(&turns);
        sem_post(&running);
        assert(rc == ARGON2_OK || rc == ARGON2_MEMORY_ALLOCATION_ERROR);
        return rc == ARGON2_OK;
}
