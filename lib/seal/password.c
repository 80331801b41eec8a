/*
 * Passwords: Argon2id in libsodium's own text form, which carries its salt and cost. The text is
 * the only state, so the cost can be raised later and old passwords still match. Two run at
 * once at most: each takes 64 MiB and a core, and twenty people signing in together must not
 * take the machine from everybody else.
 */
#include <assert.h>
#include <pthread.h>
#include <semaphore.h>
#include <errno.h>
#include <sodium.h>
#include "lib/seal/seal.h"

#define RUNNING_MAX 2

static sem_t running;
static pthread_once_t running_once = PTHREAD_ONCE_INIT;

static void running_init(void)
{
        int ready = sodium_init();

        assert(ready >= 0);
        sem_init(&running, 0, RUNNING_MAX);
}

static void running_enter(void)
{
        pthread_once(&running_once, running_init);
        while (sem_wait(&running) != 0)
                assert(errno == EINTR);
}

char *seal_password(const char *password, enum seal_cost cost, struct arena *arena)
{
        char *stored = arena_alloc(arena, crypto_pwhash_STRBYTES);
        bool cheap = cost == SEAL_COST_TEST;
        unsigned long long steps =
                cheap ? crypto_pwhash_OPSLIMIT_MIN : crypto_pwhash_OPSLIMIT_INTERACTIVE;
        size_t memory = cheap ? crypto_pwhash_MEMLIMIT_MIN : crypto_pwhash_MEMLIMIT_INTERACTIVE;
        int rc;

        running_enter();
        rc = crypto_pwhash_str(stored, password, strlen(password), steps, memory);
        sem_post(&running);
        assert(rc == 0); /* out of memory, as arena_alloc */
        return stored;
}

bool seal_password_matches(const char *stored, const char *password)
{
        bool matches;

        if (strlen(stored) >= crypto_pwhash_STRBYTES)
                return false;
        running_enter();
        matches = crypto_pwhash_str_verify(stored, password, strlen(password)) == 0;
        sem_post(&running);
        return matches;
}
