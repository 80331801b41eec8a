/*
 * A small table under one lock: programs are few, and each is noted once a minute. Where more call
 * than it has places, the one that was noted longest ago makes room, once it was kept.
 */
#include "server/key_uses.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "governance.rows.h"
#include "lib/base/id.h"

#define PLACES      256
#define INTERVAL_US INT64_C(60000000)

struct use {
        char id[ID_LEN + 1];
        int64_t real_us;
        bool kept;
};

struct key_uses {
        pthread_mutex_t lock;
        struct use at[PLACES];
        size_t count;
};

struct key_uses *key_uses_new(void)
{
        struct key_uses *uses = calloc(1, sizeof(*uses));

        assert(uses != NULL);
        pthread_mutex_init(&uses->lock, NULL);
        return uses;
}

void key_uses_free(struct key_uses *uses)
{
        if (uses == NULL)
                return;
        pthread_mutex_destroy(&uses->lock);
        free(uses);
}

/* The principal's place, a free one or the oldest; NULL: none that may be given away. */
static struct use *place_of(struct key_uses *uses, const char *id)
{
        struct use *oldest = NULL;

        for (size_t i = 0; i < uses->count; i++) {
                struct use *use = &uses->at[i];

                if (strcmp(use->id, id) == 0)
                        return use;
                if (use->kept && (oldest == NULL || use->real_us < oldest->real_us))
                        oldest = use;
        }
        return uses->count < PLACES ? &uses->at[uses->count++] : oldest;
}

void key_uses_note(struct key_uses *uses, const char *principal_id, int64_t real_us)
{
        if (strlen(principal_id) > ID_LEN)
                return;
        pthread_mutex_lock(&uses->lock);
        struct use *use = place_of(uses, principal_id);

        if (use != NULL &&
                (strcmp(use->id, principal_id) != 0 || real_us - use->real_us >= INTERVAL_US)) {
                strcpy(use->id, principal_id);
                use->real_us = real_us;
                use->kept = false;
        }
        pthread_mutex_unlock(&uses->lock);
}

static void keep(struct txn *txn, const struct use *use)
{
        ServiceKey *key = service_key_get(txn, use->id);
        Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;

        if (key == NULL)
                return;
        time.seconds = use->real_us / 1000000;
        time.nanos = (int32_t)(use->real_us % 1000000 * 1000);
        key->last_use_time = &time;
        service_key_update(txn, key);
}

/* Rows are changed outside the lock, which reads take. */
void key_uses_keep(struct key_uses *uses, struct txn *txn)
{
        struct use unkept[PLACES];
        size_t count = 0;

        pthread_mutex_lock(&uses->lock);
        for (size_t i = 0; i < uses->count; i++)
                if (!uses->at[i].kept) {
                        unkept[count++] = uses->at[i];
                        uses->at[i].kept = true;
                }
        pthread_mutex_unlock(&uses->lock);
        for (size_t i = 0; i < count; i++)
                keep(txn, &unkept[i]);
}
