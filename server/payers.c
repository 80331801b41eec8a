/*
 * A bucket is one time: when it will be full again, as if every unit taken had to be earned one
 * after the other (the "virtual scheduling" form of the leaky bucket, ITU-T I.371, Annex A). Full
 * buckets are worth nothing, so a place in the table is given to who needs it by taking the one
 * that is fullest. Refused: buckets in a list that grows with the callers; a stranger would decide
 * how much memory that is.
 *
 * Keys are SipHash with a key of the shop's, so that nobody can aim at another's bucket.
 */
#include "server/payers.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include "lib/base/clock.h"
#include "server/call.h"

#define SET_COUNT  2048 /* of each table */
#define WAY_COUNT  8
#define LOCK_COUNT 64
#define NO_TABLE   0 /* rows have numbers from 1 */
#define NS         INT64_C(1000000000)

struct bucket {
        uint64_t key;
        int64_t full_ns; /* monotonic: when it is full again */
        uint32_t parked;
        bool used;
};

/* A token that was good when its session was last read. */
struct known_token {
        uint64_t token;
        int64_t seen_us;
        struct payer payer;
};

struct payers {
        struct payer_limits options;
        const struct keyring *keyring;
        pthread_mutex_t locks[LOCK_COUNT]; /* set i of both tables is under lock i % LOCK_COUNT */
        struct bucket buckets[SET_COUNT][WAY_COUNT];
        struct known_token tokens[SET_COUNT][WAY_COUNT];
};

struct payers *payers_new(const struct payer_limits *options, const struct keyring *keyring)
{
        struct payers *payers = calloc(1, sizeof(*payers));

        assert(payers != NULL);
        payers->options = *options;
        payers->keyring = keyring;
        for (size_t i = 0; i < LOCK_COUNT; i++)
                pthread_mutex_init(&payers->locks[i], NULL);
        return payers;
}

void payers_free(struct payers *payers)
{
        if (payers == NULL)
                return;
        for (size_t i = 0; i < LOCK_COUNT; i++)
                pthread_mutex_destroy(&payers->locks[i]);
        free(payers);
}

static uint64_t key_of(const struct payers *payers, const char *what, struct bytes text)
{
        return seal_mac(payers->keyring, NO_TABLE, bytes_of_text(what), text);
}

static pthread_mutex_t *lock_of(struct payers *payers, uint64_t key)
{
        return &payers->locks[key % SET_COUNT % LOCK_COUNT];
}

const struct payer_limits payer_limits_default = {
        .caller_rate = 50000,
        .caller_burst = 100000,
        .stranger_rate = 20000,
        .stranger_burst = 40000,
        .caller_waits = 512,
        .stranger_waits = 128,
        .address_waits = 2048, /* half of all that the transport holds */
        .address_slow = 32,    /* a second or two of passwords */
};

/* ---- whose token it is ---- */

/* The token's place, or the one that is longest unused. */
static struct known_token *token_place(struct payers *payers, uint64_t token)
{
        struct known_token *set = payers->tokens[token % SET_COUNT], *oldest = set;

        for (size_t i = 0; i < WAY_COUNT; i++) {
                if (set[i].seen_us != 0 && set[i].token == token)
                        return &set[i];
                if (set[i].seen_us < oldest->seen_us)
                        oldest = &set[i];
        }
        return oldest;
}

struct payer payers_find(struct payers *payers, const struct rpc_call *call)
{
        struct payer payer = {PAYER_STRANGER, PRIORITY_ORDINARY, 0};

        if (call->token.len > 0) {
                uint64_t token = key_of(payers, "token", call->token);

                pthread_mutex_lock(lock_of(payers, token));
                const struct known_token *known = token_place(payers, token);

                if (known->seen_us != 0 && known->token == token)
                        payer = known->payer;
                pthread_mutex_unlock(lock_of(payers, token));
        }
        if (payer.kind == PAYER_STRANGER)
                payer.key = key_of(payers, "peer", bytes_of_text(call->peer));
        return payer;
}

struct payer payers_address(const struct payers *payers, enum payer_kind kind, const char *peer)
{
        const char *what = kind == PAYER_ADDRESS ? "address" : "address, slow";

        return (struct payer){kind, PRIORITY_ORDINARY, key_of(payers, what, bytes_of_text(peer))};
}

/* A service key is the shop's own, and may carry the calls of all its customers: what it asks for
 * is bounded by the queues alone. */
static struct payer payer_of(const struct payers *payers, const struct caller *caller)
{
        const uint32_t customers = 1u << ROLE_GUEST | 1u << ROLE_MEMBER;
        struct payer payer = {PAYER_CALLER, PRIORITY_ORDINARY,
                key_of(payers, "caller", bytes_of_text(caller->id))};

        if ((caller->roles & customers) == 0)
                payer.kind = PAYER_EXEMPT;
        if (caller->roles & 1u << ROLE_ADMINISTRATOR)
                payer.priority = PRIORITY_FIRST;
        else if (caller->roles & 1u << ROLE_IMPORTER)
                payer.priority = PRIORITY_BACKGROUND;
        return payer;
}

void payers_learn(struct payers *payers, struct bytes token, const struct caller *caller)
{
        uint64_t key = key_of(payers, "token", token);
        const struct known_token known = {
                .token = key,
                .payer = payer_of(payers, caller),
                .seen_us = clock_monotonic_us(),
        };

        pthread_mutex_lock(lock_of(payers, key));
        *token_place(payers, key) = known;
        pthread_mutex_unlock(lock_of(payers, key));
}

void payers_forget(struct payers *payers, struct bytes token)
{
        uint64_t key = key_of(payers, "token", token);

        pthread_mutex_lock(lock_of(payers, key));
        struct known_token *known = token_place(payers, key);

        if (known->token == key)
                *known = (struct known_token){0};
        pthread_mutex_unlock(lock_of(payers, key));
}

/* ---- what is left to them ---- */

/* The payer's bucket. Where all places are taken by payers with calls that wait, a stranger's is
 * shared. */
static struct bucket *bucket_place(struct payers *payers, uint64_t key)
{
        struct bucket *set = payers->buckets[key % SET_COUNT], *fullest = NULL;

        for (size_t i = 0; i < WAY_COUNT; i++) {
                if (set[i].used && set[i].key == key)
                        return &set[i];
                if (set[i].parked == 0 && (fullest == NULL || set[i].full_ns < fullest->full_ns))
                        fullest = &set[i];
        }
        if (fullest == NULL)
                return set;
        *fullest = (struct bucket){.key = key, .used = true};
        return fullest;
}

/* Nanoseconds that earn a unit, and those that earn a full bucket; 0: there is no limit. */
struct pace {
        int64_t unit_ns;
        int64_t burst_ns;
};

static struct pace pace_of(const struct payers *payers, enum payer_kind kind)
{
        const struct payer_limits *options = &payers->options;
        int64_t rate = kind == PAYER_CALLER ? options->caller_rate : options->stranger_rate;
        int64_t burst = kind == PAYER_CALLER ? options->caller_burst : options->stranger_burst;

        if (kind == PAYER_EXEMPT || rate == 0)
                return (struct pace){0};
        return (struct pace){NS / rate, burst * (NS / rate)};
}

uint32_t payers_take(struct payers *payers, const struct payer *payer, uint32_t units,
        uint32_t count, int64_t *retry_ms)
{
        const struct pace pace = pace_of(payers, payer->kind);
        int64_t piece_ns = pace.unit_ns * units;
        int64_t now_ns = clock_monotonic_us() * 1000;

        if (pace.unit_ns == 0)
                return count;
        pthread_mutex_lock(lock_of(payers, payer->key));
        struct bucket *bucket = bucket_place(payers, payer->key);

        if (bucket->full_ns < now_ns)
                bucket->full_ns = now_ns;
        int64_t left_ns = pace.burst_ns - (bucket->full_ns - now_ns);
        int64_t pieces = left_ns / piece_ns;

        if (pieces > count)
                pieces = count;
        if (pieces > 0)
                bucket->full_ns += pieces * piece_ns;
        else
                *retry_ms = (piece_ns - left_ns) / 1000000 + 1;
        pthread_mutex_unlock(lock_of(payers, payer->key));
        return pieces > 0 ? (uint32_t)pieces : 0;
}

void payers_give(struct payers *payers, const struct payer *payer, uint32_t units)
{
        const struct pace pace = pace_of(payers, payer->kind);

        if (pace.unit_ns == 0 || units == 0)
                return;
        pthread_mutex_lock(lock_of(payers, payer->key));
        bucket_place(payers, payer->key)->full_ns -= pace.unit_ns * units;
        pthread_mutex_unlock(lock_of(payers, payer->key));
}

/* How many calls of a payer may wait at once; 0: any number. */
static int64_t waits_of(const struct payers *payers, enum payer_kind kind)
{
        switch (kind) {
        case PAYER_EXEMPT:
                break;
        case PAYER_CALLER:
                return payers->options.caller_waits;
        case PAYER_STRANGER:
                return payers->options.stranger_waits;
        case PAYER_ADDRESS:
                return payers->options.address_waits;
        case PAYER_ADDRESS_SLOW:
                return payers->options.address_slow;
        }
        return 0;
}

bool payers_park(struct payers *payers, const struct payer *payer)
{
        int64_t most = waits_of(payers, payer->kind);

        if (payer->kind == PAYER_EXEMPT)
                return true;
        pthread_mutex_lock(lock_of(payers, payer->key));
        struct bucket *bucket = bucket_place(payers, payer->key);
        bool room = most == 0 || bucket->parked < most;

        if (room)
                bucket->parked++;
        pthread_mutex_unlock(lock_of(payers, payer->key));
        return room;
}

void payers_unpark(struct payers *payers, const struct payer *payer)
{
        if (payer->kind == PAYER_EXEMPT)
                return;
        pthread_mutex_lock(lock_of(payers, payer->key));
        struct bucket *bucket = bucket_place(payers, payer->key);

        if (bucket->parked > 0)
                bucket->parked--;
        pthread_mutex_unlock(lock_of(payers, payer->key));
}

int64_t payers_spent(struct payers *payers, const struct payer *payer)
{
        const struct pace pace = pace_of(payers, payer->kind);

        if (pace.unit_ns == 0)
                return 0;
        pthread_mutex_lock(lock_of(payers, payer->key));
        int64_t left_ns = bucket_place(payers, payer->key)->full_ns - clock_monotonic_us() * 1000;

        pthread_mutex_unlock(lock_of(payers, payer->key));
        return left_ns <= 0 ? 0 : (left_ns + pace.unit_ns - 1) / pace.unit_ns;
}

int64_t payers_parked(struct payers *payers, const struct payer *payer)
{
        pthread_mutex_lock(lock_of(payers, payer->key));
        int64_t parked = bucket_place(payers, payer->key)->parked;

        pthread_mutex_unlock(lock_of(payers, payer->key));
        return parked;
}
