/*
 * What goes on beside the writer: a group on its way to the disk, and keys that are noted while he
 * keeps them.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include "governance.rows.h"
#include "lib/base/clock.h"
#include "server/key_uses.h"
#include "server/work.h"
#include "tests/unit/server/rig.h"

#define SOON_MS    10000
#define SETTLE_US  50000
#define NOTERS     4
#define KEYS       16
#define ROUNDS     50
#define MINUTE_US  INT64_C(60000000)
#define KEY_FORMAT "key-%02d"

/* ---- a group on its way ---- */

/* While the next call runs, an empty group is on its way, which arrives when its thread is woken.
 */
static struct commits *_Atomic beside;

static enum status create_key(struct call *call, const void *message, void *response)
{
        struct commits *commits = atomic_exchange(&beside, NULL);

        call_event(call, "key.made", "key", "", NULL);
        if (commits == NULL)
                return OK;
        pthread_mutex_lock(&commits->mutex);
        commits->taken = (struct taken){0};
        atomic_store(&commits->syncing, true);
        pthread_mutex_unlock(&commits->mutex);
        return OK;
}

struct lone {
        struct rig *rig;
        const char *token;
        pthread_t thread;
        bool failed;
        atomic_bool answered;
};

static void *call_once(void *context)
{
        struct lone *lone = context;
        CreateServiceKeyRequest request = CREATE_SERVICE_KEY_REQUEST_INIT;
        Post posts[] = {POST_ANALYST};

        request.title = "robot";
        request.posts = posts;
        request.n_posts = 1;
        lone->failed =
                rig_call(lone->rig, lone->token, "governance.CreateServiceKey", &request).error !=
                NULL;
        atomic_store(&lone->answered, true);
        return NULL;
}

static bool answered_soon(struct lone *lone)
{
        for (int i = 0; i < SOON_MS && !atomic_load(&lone->answered); i++)
                clock_sleep_us(1000);
        return atomic_load(&lone->answered);
}

/* Its group grows as long as the one before is on its way, and no longer, though nobody comes. */
static void a_lone_call_waits_for_the_group_before_it_and_no_more(void **state)
{
        struct rig *rig = rig_new();

        rig->handlers = HANDLERS_ONCE;
        rig_bind(rig, "governance.CreateServiceKey", create_key);
        rig_open(rig);
        struct lone lone = {.rig = rig, .token = rig_token(rig, "boss", 1u << ROLE_ADMINISTRATOR)};
        struct commits *commits = &rig->pipeline->commits;

        pipeline_start(rig->pipeline);
        clock_sleep_us(SETTLE_US); /* until its threads wait */
        atomic_store(&beside, commits);
        pthread_create(&lone.thread, NULL, call_once, &lone);
        while (!atomic_load(&commits->syncing))
                clock_sleep_us(1000);
        clock_sleep_us(SETTLE_US); /* until the writer waits */
        pthread_cond_broadcast(&commits->changed);
        bool answered = answered_soon(&lone);

        queue_wake(&rig->pipeline->writes); /* or it would wait for ever */
        pthread_join(lone.thread, NULL);
        assert_true(answered);
        assert_false(lone.failed);
        rig_free(rig);
}

/* ---- uses of keys ---- */

struct noter {
        struct key_uses *uses;
        pthread_t thread;
        atomic_int *left;
};

static void *note(void *context)
{
        const struct noter *noter = context;
        char id[16];

        for (int round = 1; round <= ROUNDS; round++)
                for (int key = 0; key < KEYS; key++) {
                        snprintf(id, sizeof(id), KEY_FORMAT, key);
                        key_uses_note(noter->uses, id, round * MINUTE_US);
                }
        atomic_fetch_sub(noter->left, 1);
        return NULL;
}

static void put_keys(struct txn *txn)
{
        Timestamp never = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
        char id[16];

        for (int key = 0; key < KEYS; key++) {
                ServiceKey row = SERVICE_KEY_INIT;

                snprintf(id, sizeof(id), KEY_FORMAT, key);
                row.id = id;
                row.expire_time = &never;
                service_key_insert(txn, &row);
        }
}

static void change(struct rig *rig, struct key_uses *uses)
{
        struct arena arena;
        struct error error;

        arena_init(&arena);
        error_init(&error, &arena);
        struct group *group = group_begin(rig->store);
        struct txn *txn = group_txn(group, &arena);

        if (uses == NULL)
                put_keys(txn);
        else
                key_uses_keep(uses, txn);
        txn_keep(txn);
        assert_int_equal(group_commit(group, &error), OK);
        arena_release(&arena);
}

static void keys_are_kept_while_they_are_noted(void **state)
{
        struct rig *rig = rig_new();
        struct key_uses *uses = key_uses_new();
        atomic_int left = NOTERS;
        struct noter noters[NOTERS];
        char id[16];

        rig_open(rig);
        change(rig, NULL);
        for (int i = 0; i < NOTERS; i++) {
                noters[i] = (struct noter){.uses = uses, .left = &left};
                pthread_create(&noters[i].thread, NULL, note, &noters[i]);
        }
        while (atomic_load(&left) > 0)
                change(rig, uses);
        for (int i = 0; i < NOTERS; i++)
                pthread_join(noters[i].thread, NULL);
        change(rig, uses);
        struct txn *txn = txn_begin_read(rig->store, &rig->arena);

        for (int key = 0; key < KEYS; key++) {
                snprintf(id, sizeof(id), KEY_FORMAT, key);
                const ServiceKey *row = service_key_get(txn, id);

                assert_non_null(row->last_use_time);
                assert_int_equal(row->last_use_time->seconds, ROUNDS * MINUTE_US / 1000000);
        }
        txn_end(txn);
        key_uses_free(uses);
        rig_free(rig);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_lone_call_waits_for_the_group_before_it_and_no_more),
                cmocka_unit_test(keys_are_kept_while_they_are_noted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
