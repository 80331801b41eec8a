/*
 * Who follows the event log, and how far each has come. One look goes through what is new once for
 * all followers, on a snapshot, and finds for each the first event that concerns it; only those
 * that have one get a call of the writer, all of a round in one commit. Refused: a call of every
 * follower for every event, which would cost the writer more than the events' own calls.
 *
 * What a call could not say itself, because its transaction failed whole, is found by giving it
 * one event at a time: the one that fails alone is told why in a further call, which counts it as
 * an attempt.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "follow_internal.rows.h"
#include "lib/base/clock.h"
#include "lib/base/condition.h"
#include "server/clock.h"
#include "server/follow.h"
#include "server/follow_run.h"
#include "server/work.h"

#define FOLLOWERS_MAX 32
#define LOOK_MAX      4096  /* events of one look */
#define KEEP_EVERY    10000 /* events passed by, until the row is told */
#define EVENTS_SINGLE 64    /* given one at a time after a call that failed whole */
#define REASON_MAX    64
#define RETRY_US      INT64_C(1000000)
#define GATHER_US     INT64_C(10000)

struct place {
        const struct follower *follower;
        atomic_uint_fast64_t seen; /* nothing up to here is still to be done */
        uint64_t kept;             /* as the row says */
        int64_t due_us;            /* shop time before which it is not tried; 0: none */
        uint32_t attempts;
        bool found; /* an event for it behind seen */
        uint32_t single;
        char reason[REASON_MAX + 1]; /* why its next event failed a call, or "" */
};

struct follow {
        struct pipeline *pipeline;
        struct place places[FOLLOWERS_MAX];
        size_t count;
        pthread_mutex_t looking; /* whoever looks or runs a round */
        bool behind;             /* a call of the last round left events, maybe */
        pthread_mutex_t mutex;
        pthread_cond_t changed;
        bool notified;
        bool stopping;
        bool started;
        pthread_t thread;
};

/* ---- looking ---- */

static bool concerns(const struct follower *follower, const char *type)
{
        for (const char *const *at = follower->types; *at != NULL; at++)
                if (strncmp(type, *at, strlen(*at)) == 0)
                        return true;
        return false;
}

static void read_place(struct place *place, struct txn *txn)
{
        FollowerCursor *cursor = follower_cursor_get(txn, place->follower->name);

        place->kept = cursor != NULL ? cursor->number : 0;
        place->due_us = cursor != NULL ? time_us(cursor->next_attempt_time) : 0;
        place->attempts = cursor != NULL ? cursor->attempts : 0;
        if (place->kept <= atomic_load(&place->seen))
                return;
        atomic_store(&place->seen, place->kept);
        place->found = false; /* it is done with */
}

/* Shows an event to all who are just before it. */
static void show(struct follow *follow, const Event *event)
{
        for (size_t i = 0; i < follow->count; i++) {
                struct place *place = &follow->places[i];

                if (place->found || atomic_load(&place->seen) + 1 != event->number)
                        continue;
                place->found = concerns(place->follower, event->type);
                if (!place->found)
                        atomic_store(&place->seen, event->number);
        }
}

/* Goes on from a place to the next event for it. True: there is more to look at. */
static bool seek(struct follow *follow, const struct place *place, struct txn *txn)
{
        struct key_value from = key_uint(atomic_load(&place->seen) + 1);
        struct scan *scan = event_all(txn);
        size_t looked = 0;
        Event *event;

        scan_between(scan, &from, NULL);
        scan_fleeting(scan);
        while (!place->found && looked < LOOK_MAX && (event = event_next(scan)) != NULL) {
                show(follow, event);
                looked++;
        }
        return looked == LOOK_MAX;
}

/* Finds the next event of everybody. Those who are at one place go on together; one that is far
 * behind keeps no other waiting. True: there is more to look at. */
static bool look(struct follow *follow)
{
        struct arena arena;
        bool more = false;

        arena_init(&arena);
        struct txn *txn = txn_begin_read(follow->pipeline->options.store, &arena);

        for (size_t i = 0; i < follow->count; i++)
                read_place(&follow->places[i], txn);
        for (size_t i = 0; i < follow->count; i++)
                if (!follow->places[i].found && seek(follow, &follow->places[i], txn))
                        more = true;
        txn_end(txn);
        arena_release(&arena);
        return more;
}

/* There is a call to make for it. */
static bool has_work(const struct place *place, int64_t now_us)
{
        if (place->found)
                return place->due_us <= now_us;
        return atomic_load(&place->seen) - place->kept >= KEEP_EVERY;
}

static bool some_work(const struct follow *follow, int64_t now_us)
{
        for (size_t i = 0; i < follow->count; i++)
                if (has_work(&follow->places[i], now_us))
                        return true;
        return false;
}

bool follow_next(struct follow *follow, int64_t now_us, int64_t *due_us)
{
        bool some = false;

        pthread_mutex_lock(&follow->looking);
        bool more = follow->count > 0 && look(follow);

        for (size_t i = 0; i < follow->count; i++) {
                const struct place *place = &follow->places[i];
                int64_t at_us = has_work(place, now_us) ? now_us : place->due_us;

                if (!place->found && !has_work(place, now_us))
                        continue;
                if (!some || at_us < *due_us)
                        *due_us = at_us;
                some = true;
        }
        pthread_mutex_unlock(&follow->looking);
        if (more)
                *due_us = now_us;
        return some || more;
}

/* ---- a round ---- */

static struct work *call_of(struct follow *follow, const struct place *place)
{
        FollowEventsRequest request = FOLLOW_EVENTS_REQUEST_INIT;
        struct pipeline *pipeline = follow->pipeline;
        struct arena arena;

        request.follower = place->follower->name;
        request.after_number = atomic_load(&place->seen);
        request.events_max = place->single > 0 ? 1 : 0;
        request.failed_reason = place->reason;
        const struct bytes parts[] = {
                bytes_of_text(request.follower),
                bytes_of(&request.after_number, sizeof(request.after_number)),
                bytes_of(&place->kept, sizeof(place->kept)),
                bytes_of(&place->attempts, sizeof(place->attempts)),
        };

        arena_init(&arena);
        char *request_id = request_id_from(
                pipeline, &arena, (uint64_t)pipeline_real_us(pipeline) / 1000, parts, 4);
        struct work *work =
                work_system(pipeline, "governance.FollowEvents", &request, request_id, "");

        arena_release(&arena);
        return work;
}

/* The call ended before its events did, maybe. */
static bool left_more(const struct place *place, const struct work *work)
{
        const FollowEventsResponse *response = work->response;
        uint32_t max = place->follower->events_max;

        return work->failed || place->single > 0 ||
               response->handled >= (max > 0 ? max : FOLLOW_EVENTS_MAX);
}

/* False: the store refused. */
static bool judge(struct place *place, const struct work *work)
{
        const struct error *error = &work->call.error;
        bool alone = place->single > 0;

        if (!work->failed) {
                place->single -= place->single > 0;
                place->reason[0] = '\0';
                return true;
        }
        if (work_store_refused(work))
                return false;
        place->single = EVENTS_SINGLE;
        if (alone)
                strncpy(place->reason,
                        error->reason[0] != '\0' ? error->reason : status_name(error->code),
                        REASON_MAX);
        return true;
}

static int64_t end_round(
        struct follow *follow, struct place **places, struct work **works, size_t count)
{
        int64_t run = (int64_t)count;

        follow->behind = false;
        for (size_t i = 0; i < count; i++) {
                follow->behind |= left_more(places[i], works[i]);
                if (!judge(places[i], works[i]))
                        run = -1;
                work_free(works[i]);
        }
        return run;
}

int64_t follow_round(struct follow *follow, int64_t now_us)
{
        struct place *places[FOLLOWERS_MAX];
        struct work *works[FOLLOWERS_MAX];
        size_t count = 0;

        if (follow->count == 0)
                return 0;
        pthread_mutex_lock(&follow->looking);
        while (look(follow) && !some_work(follow, now_us))
                ;
        for (size_t i = 0; i < follow->count; i++) {
                if (!has_work(&follow->places[i], now_us))
                        continue;
                places[count] = &follow->places[i];
                works[count++] = call_of(follow, &follow->places[i]);
        }
        if (count > 0)
                work_wait_all(follow->pipeline, works, count);
        int64_t run = end_round(follow, places, works, count);

        pthread_mutex_unlock(&follow->looking);
        return run;
}

/* ---- the thread ---- */

/* So long, or until that is set or the thread is to end. */
static void wait_for(struct follow *follow, const bool *set, int64_t wait_us)
{
        int64_t until_us = clock_monotonic_us() + wait_us;

        while (!*set && !follow->stopping)
                if (!condition_wait_until(&follow->changed, &follow->mutex, until_us))
                        break;
}

/* Without a notice until something is due again, if anything is. */
static int64_t idle_us(struct follow *follow)
{
        const int64_t ever_us = INT64_C(3600) * 1000000;
        int64_t now_us = clock_now_us(follow->pipeline->options.clock), due_us;

        if (!follow_next(follow, now_us, &due_us))
                return ever_us;
        return due_us > now_us ? due_us - now_us : 0;
}

static void *thread_main(void *context)
{
        struct follow *follow = context;

        pthread_mutex_lock(&follow->mutex);
        while (!follow->stopping) {
                follow->notified = false;
                pthread_mutex_unlock(&follow->mutex);
                int64_t run = follow_round(follow, clock_now_us(follow->pipeline->options.clock));
                int64_t wait_us = run < 0 ? RETRY_US : run > 0 ? 0 : idle_us(follow);

                pthread_mutex_lock(&follow->mutex);
                if (wait_us > 0)
                        wait_for(follow, &follow->notified, wait_us);
                /* A commit for each of its events is one that customers wait for; with what
                 * others tell meanwhile there is one for all. */
                if ((follow->notified || run > 0) && !follow->behind)
                        wait_for(follow, &follow->stopping, GATHER_US);
        }
        pthread_mutex_unlock(&follow->mutex);
        return NULL;
}

struct follow *follow_new(struct pipeline *pipeline)
{
        struct follow *follow = calloc(1, sizeof(*follow));
        const struct follower *follower = pipeline->options.followers;

        assert(follow != NULL);
        follow->pipeline = pipeline;
        for (; follower != NULL && follower->name != NULL; follower++) {
                assert(follow->count < FOLLOWERS_MAX);
                follow->places[follow->count++].follower = follower;
        }
        pthread_mutex_init(&follow->looking, NULL);
        pthread_mutex_init(&follow->mutex, NULL);
        condition_init(&follow->changed);
        return follow;
}

void follow_free(struct follow *follow)
{
        assert(!follow->started);
        pthread_cond_destroy(&follow->changed);
        pthread_mutex_destroy(&follow->mutex);
        pthread_mutex_destroy(&follow->looking);
        free(follow);
}

void follow_start(struct follow *follow)
{
        if (follow->count == 0)
                return;
        int failed = pthread_create(&follow->thread, NULL, thread_main, follow);

        assert(!failed);
        follow->started = true;
}

void follow_stop(struct follow *follow)
{
        if (!follow->started)
                return;
        pthread_mutex_lock(&follow->mutex);
        follow->stopping = true;
        pthread_cond_signal(&follow->changed);
        pthread_mutex_unlock(&follow->mutex);
        pthread_join(follow->thread, NULL);
        follow->started = false;
}

void follow_notify(struct follow *follow)
{
        pthread_mutex_lock(&follow->mutex);
        if (!follow->notified)
                pthread_cond_signal(&follow->changed);
        follow->notified = true;
        pthread_mutex_unlock(&follow->mutex);
}

/* ---- figures ---- */

bool follow_look(struct follow *follow, struct txn *txn, size_t at, struct follow_figures *out)
{
        if (at >= follow->count)
                return false;
        const struct place *place = &follow->places[at];
        FollowerCursor *cursor = follower_cursor_get(txn, place->follower->name);
        Event *last = event_next(event_all_latest(txn));
        struct scan *parked = parked_event_of(txn, place->follower->name);
        uint64_t number = cursor != NULL ? cursor->number : 0;

        /* What it has looked at since is newer than the row, but this snapshot may be older. */
        if (atomic_load(&place->seen) > number)
                number = atomic_load(&place->seen);
        *out = (struct follow_figures){.name = place->follower->name, .number = number};
        if (last != NULL && last->number > number)
                out->lag = last->number - number;
        scan_fleeting(parked);
        while (out->parked < FOLLOW_PARKED_COUNTED && scan_next_bytes(parked).data != NULL)
                out->parked++;
        return true;
}
