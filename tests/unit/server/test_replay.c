/*
 * Once per request id: what is kept, what is not, and the three ways in which a handler ends. The
 * tested handlers change rows of ServiceKey and nothing else.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "governance.rows.h"
#include "internal.rows.h"
#include "lib/base/id.h"
#include "server/session.h"
#include "server/work.h"
#include "tests/unit/server/rig.h"

#define HOUR_US (INT64_C(3600) * 1000000)

struct shop {
        struct rig *rig;
        const char *admin;
};

static ServiceKey *insert_key(struct call *call, const char *title)
{
        ServiceKey *key = call_new(call, ServiceKey);

        *key = (ServiceKey)SERVICE_KEY_INIT;
        key->id = call_new_id(call);
        key->title = title;
        service_key_insert(call->txn, key);
        return key;
}

/* Every way to end, by the title asked for. */
static enum status create_key(struct call *call, const void *message, void *response)
{
        const CreateServiceKeyRequest *request = message;
        CreateServiceKeyResponse *answer = response;
        ServiceKey *key = insert_key(call, request->title);

        call_event(
                call, "service_key.created", key->id, "", "posts", (int64_t)request->n_posts, NULL);
        if (strcmp(request->title, "fail") == 0)
                return call_fail(call, FAILED_PRECONDITION, "FAILED", "nothing is kept");
        if (strcmp(request->title, "refuse") == 0) {
                call_refuse(call, FAILED_PRECONDITION, "REFUSED", "all of it is kept");
                call_fact(call, "tries", "%d", 1);
                return FAILED_PRECONDITION;
        }
        if (strcmp(request->title, "twice") == 0) {
                key->title = "again";
                service_key_insert(call->txn, key); /* the store refuses; the handler says OK */
        }
        answer->service_key = key;
        answer->token = session_open(call, key->id, 1u << ROLE_ANALYST, SESSION_FOREVER);
        return OK;
}

static enum status revoke_key(struct call *call, const void *message, void *response)
{
        const RevokeServiceKeyRequest *request = message;
        ServiceKey *key = service_key_get(call->txn, request->id);

        key->state = SERVICE_KEY_STATE_REVOKED;
        service_key_update(call->txn, key);
        call_event(call, "service_key.revoked", key->id, "", NULL);
        memcpy(response, key, sizeof(*key));
        return OK;
}

static int setup(void **state)
{
        static struct shop shop;

        shop.rig = rig_new();
        rig_bind(shop.rig, "governance.CreateServiceKey", create_key);
        rig_bind(shop.rig, "governance.RevokeServiceKey", revoke_key);
        rig_open(shop.rig);
        shop.admin = rig_token(shop.rig, "boss", 1u << ROLE_ADMINISTRATOR);
        *state = &shop;
        return 0;
}

static int teardown(void **state)
{
        rig_free(((struct shop *)*state)->rig);
        return 0;
}

static struct answer create(struct shop *shop, const char *title, const char *request_id)
{
        CreateServiceKeyRequest request = CREATE_SERVICE_KEY_REQUEST_INIT;
        Post posts[] = {POST_ANALYST};

        request.title = title;
        request.posts = posts;
        request.n_posts = 1;
        return rig_call_id(
                shop->rig, shop->admin, "governance.CreateServiceKey", &request, request_id);
}

struct counts {
        size_t keys, replays, events, jobs;
};

static struct counts count(struct shop *shop)
{
        struct counts counts = {0};
        struct txn *txn = txn_begin_read(shop->rig->store, &shop->rig->arena);
        struct scan *keys = service_key_all(txn), *events = event_all(txn);
        struct scan *replays = txn_scan(txn, &replay_table, NULL, NULL, NULL, 0, ASCENDING);

        while (scan_next(keys) != NULL)
                counts.keys++;
        while (scan_next(events) != NULL)
                counts.events++;
        while (scan_next(replays) != NULL)
                counts.replays++;
        txn_end(txn);
        return counts;
}

static void the_same_request_is_answered_once(void **state)
{
        struct shop *shop = *state;
        const char *id = rig_request_id(shop->rig);
        struct answer first = create(shop, "robot", id), second = create(shop, "robot", id);

        rig_expect_ok(first);
        rig_expect_ok(second);
        assert_true(bytes_equal(first.bytes, second.bytes));
        assert_int_equal(first.sequence, second.sequence);
        assert_int_equal(count(shop).keys, 1);
        assert_int_equal(count(shop).events, 1);
        rig_expect(create(shop, "other", id), INVALID_ARGUMENT, "REQUEST_ID_REUSED");
        rig_expect_ok(create(shop, "robot", rig_request_id(shop->rig)));
        assert_int_equal(count(shop).keys, 2);
}

static void replays_outlive_a_restart(void **state)
{
        struct shop *shop = *state;
        const char *id = rig_request_id(shop->rig);
        struct answer first = create(shop, "robot", id);

        rig_close_pipeline(shop->rig);
        rig_open(shop->rig);
        struct answer second = create(shop, "robot", id);

        assert_true(bytes_equal(first.bytes, second.bytes));
}

/* A token is nowhere in the store: not as an answer, not as a row. */
static void secrets_are_sealed(void **state)
{
        struct shop *shop = *state;
        struct answer made = create(shop, "robot", rig_request_id(shop->rig));
        const char *token = ((CreateServiceKeyResponse *)made.message)->token;
        struct txn *txn = txn_begin_read(shop->rig->store, &shop->rig->arena);
        struct scan *replays = txn_scan(txn, &replay_table, NULL, NULL, NULL, 0, ASCENDING);
        Replay *replay = scan_next(replays);

        assert_non_null(replay);
        assert_int_equal(replay->kind, REPLAY_KIND_SEALED);
        assert_null(memmem(replay->answer.data, replay->answer.len, token, strlen(token)));
        txn_end(txn);
}

static void a_failure_keeps_nothing(void **state)
{
        struct shop *shop = *state;
        const char *id = rig_request_id(shop->rig);

        rig_expect(create(shop, "fail", id), FAILED_PRECONDITION, "FAILED");
        assert_int_equal(count(shop).keys, 0);
        assert_int_equal(count(shop).events, 0);
        assert_int_equal(count(shop).replays, 0);
}

static void a_refusal_keeps_everything(void **state)
{
        struct shop *shop = *state;
        const char *id = rig_request_id(shop->rig);
        struct answer first = create(shop, "refuse", id), second = create(shop, "refuse", id);

        rig_expect(first, FAILED_PRECONDITION, "REFUSED");
        rig_expect(second, FAILED_PRECONDITION, "REFUSED");
        assert_string_equal(first.error->message, second.error->message);
        assert_string_equal(second.error->facts->name, "tries");
        assert_int_equal(first.sequence, second.sequence);
        assert_int_equal(count(shop).keys, 1);
        assert_int_equal(count(shop).replays, 1);
}

static void a_storage_failure_wins_over_ok(void **state)
{
        struct shop *shop = *state;
        struct answer answer = create(shop, "twice", rig_request_id(shop->rig));

        assert_non_null(answer.error);
        assert_int_equal(answer.error->code, ALREADY_EXISTS);
        assert_int_equal(count(shop).keys, 0);
}

static void rows_are_replayed_as_they_are_now(void **state)
{
        struct shop *shop = *state;
        CreateServiceKeyResponse *made = create(shop, "robot", rig_request_id(shop->rig)).message;
        RevokeServiceKeyRequest request = REVOKE_SERVICE_KEY_REQUEST_INIT;
        const char *id = rig_request_id(shop->rig);

        request.id = made->service_key->id;
        struct answer first =
                rig_call_id(shop->rig, shop->admin, "governance.RevokeServiceKey", &request, id);
        struct answer second =
                rig_call_id(shop->rig, shop->admin, "governance.RevokeServiceKey", &request, id);

        rig_expect_ok(first);
        rig_expect_ok(second);
        assert_true(bytes_equal(first.bytes, second.bytes));
        struct txn *txn = txn_begin_read(shop->rig->store, &shop->rig->arena);
        struct scan *replays = txn_scan(txn, &replay_table, NULL, NULL, NULL, 0, DESCENDING);
        Replay *replay;
        size_t rows = 0;

        while ((replay = scan_next(replays)) != NULL)
                rows += replay->kind == REPLAY_KIND_ROW;
        txn_end(txn);
        assert_int_equal(rows, 1);
}

static void ids_must_be_good(void **state)
{
        struct shop *shop = *state;
        char *id = rig_request_id(shop->rig);

        rig_expect(create(shop, "robot", ""), INVALID_ARGUMENT, "REQUEST_ID_MISSING");
        rig_expect(create(shop, "robot", "1"), INVALID_ARGUMENT, "REQUEST_ID_MALFORMED");
        shop->rig->real_us += 49 * HOUR_US;
        struct answer answer = create(shop, "robot", id);

        rig_expect(answer, FAILED_PRECONDITION, "REQUEST_ID_EXPIRED");
        assert_string_equal(answer.error->facts->name, "server_time");
        id = rig_request_id(shop->rig);
        shop->rig->real_us -= 49 * HOUR_US;
        rig_expect(create(shop, "robot", id), FAILED_PRECONDITION, "REQUEST_ID_AHEAD");
}

static void old_answers_are_forgotten(void **state)
{
        struct shop *shop = *state;

        for (int i = 0; i < 100; i++)
                rig_expect_ok(create(shop, "robot", rig_request_id(shop->rig)));
        shop->rig->real_us += 60 * HOUR_US;
        rig_expect_ok(create(shop, "robot", rig_request_id(shop->rig)));
        writer_background(shop->rig->pipeline);
        assert_int_equal(count(shop).replays, 101);
        shop->rig->real_us += 13 * HOUR_US;
        rig_close_pipeline(shop->rig); /* a new one looks at once */
        rig_open(shop->rig);
        for (int i = 0; i < 3; i++)
                writer_background(shop->rig->pipeline);
        assert_int_equal(count(shop).replays, 1);
        assert_int_equal(count(shop).keys, 101);
}

/* ---- handlers that are checked ---- */

static unsigned calls;

static enum status looks_elsewhere(struct call *call, const void *message, void *response)
{
        char title[20];

        snprintf(title, sizeof(title), "%u", ++calls);
        ServiceKey *key = insert_key(call, call_text(call, title));

        call_event(call, "service_key.created", key->id, "", NULL);
        return OK;
}

static enum status tells_nothing(struct call *call, const void *message, void *response)
{
        insert_key(call, "robot");
        return OK;
}

static enum status answers_otherwise(struct call *call, const void *message, void *response)
{
        CreateServiceKeyResponse *answer = response;

        answer->token = call_printf(call, "%u", ++calls);
        return OK;
}

/* The signal that a process died of which made one call of this handler. */
static int dies_of(struct shop *shop,
        enum status (*run)(struct call *call, const void *request, void *response))
{
        int status;
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0) {
                close(STDERR_FILENO);
                rig_close_pipeline(shop->rig);
                rig_bind(shop->rig, "governance.CreateServiceKey", run);
                rig_open(shop->rig);
                create(shop, "robot", rig_request_id(shop->rig));
                _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void handlers_that_look_elsewhere_are_found(void **state)
{
        assert_int_equal(dies_of(*state, looks_elsewhere), SIGABRT);
        assert_int_equal(dies_of(*state, tells_nothing), SIGABRT);
        assert_int_equal(dies_of(*state, answers_otherwise), SIGABRT);
        assert_int_equal(dies_of(*state, create_key), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                TEST(the_same_request_is_answered_once),
                TEST(replays_outlive_a_restart),
                TEST(secrets_are_sealed),
                TEST(a_failure_keeps_nothing),
                TEST(a_refusal_keeps_everything),
                TEST(a_storage_failure_wins_over_ok),
                TEST(rows_are_replayed_as_they_are_now),
                TEST(ids_must_be_good),
                TEST(old_answers_are_forgotten),
                TEST(handlers_that_look_elsewhere_are_found),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
