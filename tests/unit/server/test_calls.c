/* The steps before a handler: find, decode, check, identify, role, and the words of each refusal.
 */
#include <string.h>
#include "checkout.rows.h"
#include "common.rows.h"
#include "governance.rows.h"
#include "membership.rows.h"
#include "privacy.rows.h"
#include "lib/schema/decode.h"
#include "server/session.h"
#include "tests/unit/server/rig.h"

static enum status who_am_i(struct call *call, const void *request, void *response)
{
        WhoAmIResponse *answer = response;

        answer->id = call->caller->id;
        return OK;
}

/* Answers a token that lives a minute. */
static enum status give_token(struct call *call, const void *request, void *response)
{
        CreateServiceKeyResponse *answer = response;

        answer->token = session_open(call, "robot", 1u << ROLE_ANALYST, 60000);
        return OK;
}

static int setup(void **state)
{
        struct rig *rig = rig_new();

        rig_bind(rig, "governance.WhoAmI", who_am_i);
        rig_bind(rig, "governance.CreateServiceKey", give_token);
        rig_open(rig);
        *state = rig;
        return 0;
}

static int teardown(void **state)
{
        rig_free(*state);
        return 0;
}

static struct answer call_bytes(struct rig *rig, const char *method, const char *bytes, size_t len)
{
        const struct rpc_call call = {
                .method = bytes_of_text(method),
                .request = bytes_of(bytes, len),
                .peer = "",
        };
        struct answer answer = {0};
        struct rpc_reply reply;

        pipeline_run(rig->pipeline, &call, &rig->arena, &reply);
        answer.error = reply.error;
        return answer;
}

static void names_what_it_does_not_find(void **state)
{
        struct answer answer = call_bytes(*state, "governance.WhoAmi", "", 0);

        rig_expect(answer, UNIMPLEMENTED, "METHOD_NOT_FOUND");
        assert_non_null(strstr(answer.error->message, "governance.WhoAmI"));
        answer = call_bytes(*state, "\x01", "", 0);
        rig_expect(answer, UNIMPLEMENTED, "METHOD_NOT_FOUND");
}

static void refuses_unknown_fields_and_garbage(void **state)
{
        rig_expect(call_bytes(*state, "governance.WhoAmI", "\x08\x01", 2), INVALID_ARGUMENT,
                "UNKNOWN_FIELD");
        rig_expect(call_bytes(*state, "governance.WhoAmI", "\xff", 1), INVALID_ARGUMENT,
                "MALFORMED_MESSAGE");
}

static void refuses_what_breaks_a_rule(void **state)
{
        struct rig *rig = *state;
        GetMemberRequest request = GET_MEMBER_REQUEST_INIT;

        rig_expect(
                rig_call(rig, "", "membership.GetMember", &request), INVALID_ARGUMENT, "REQUIRED");
}

static void knows_callers_by_their_tokens(void **state)
{
        struct rig *rig = *state;
        WhoAmIRequest request = WHO_AM_IREQUEST_INIT;
        WhoAmIResponse *answer;
        const char *token = rig_token(rig, "m1", 1u << ROLE_MEMBER);

        answer = rig_call(rig, "", "governance.WhoAmI", &request).message;
        assert_string_equal(answer->id, "");
        answer = rig_call(rig, token, "governance.WhoAmI", &request).message;
        assert_string_equal(answer->id, "m1");
        rig_expect(rig_call(rig, "nonsense", "governance.WhoAmI", &request), UNAUTHENTICATED,
                "TOKEN_UNKNOWN");
}

static void tokens_expire_by_the_machines_clock(void **state)
{
        struct rig *rig = *state;
        const char *admin = rig_token(rig, "boss", 1u << ROLE_ADMINISTRATOR);
        CreateServiceKeyRequest create = CREATE_SERVICE_KEY_REQUEST_INIT;
        WhoAmIRequest request = WHO_AM_IREQUEST_INIT;
        Post posts[] = {POST_ANALYST};
        struct clock_run run;
        struct error error;

        create.title = "robot";
        create.posts = posts;
        create.n_posts = 1;
        struct answer made = rig_call(rig, admin, "governance.CreateServiceKey", &create);

        rig_expect_ok(made);
        const char *token = ((CreateServiceKeyResponse *)made.message)->token;

        assert_int_equal(strlen(token), 43);
        error_init(&error, &rig->arena);
        assert_int_equal(
                clock_advance(rig->clock, clock_now_us(rig->clock) + 86400000000, &run, &error),
                OK);
        rig_expect_ok(rig_call(rig, token, "governance.WhoAmI", &request));
        rig->real_us += 60 * 1000000;
        rig_expect(rig_call(rig, token, "governance.WhoAmI", &request), UNAUTHENTICATED,
                "TOKEN_EXPIRED");
}

static void roles_decide_who_may(void **state)
{
        struct rig *rig = *state;
        ListServiceKeysRequest request = LIST_SERVICE_KEYS_REQUEST_INIT;
        const char *member = rig_token(rig, "m1", 1u << ROLE_MEMBER);
        const char *admin = rig_token(rig, "boss", 1u << ROLE_ADMINISTRATOR);

        rig_expect(rig_call(rig, "", "governance.ListServiceKeys", &request), UNAUTHENTICATED,
                "TOKEN_MISSING");
        struct answer answer = rig_call(rig, member, "governance.ListServiceKeys", &request);

        rig_expect(answer, PERMISSION_DENIED, "METHOD_NOT_ALLOWED");
        assert_string_equal(
                answer.error->message, "governance.ListServiceKeys is for ADMINISTRATOR");
        rig_expect_ok(rig_call(rig, admin, "governance.ListServiceKeys", &request));
}

static enum status nothing(struct call *call, const void *request, void *response)
{
        return OK;
}

static void only_the_shop_calls_what_is_the_shops(void **state)
{
        struct rig *rig = *state;
        TimerRequest request = TIMER_REQUEST_INIT;
        const char *admin = rig_token(rig, "boss", 1u << ROLE_ADMINISTRATOR);

        rig_close_pipeline(rig);
        rig_bind(rig, "checkout.ExpireOrder", nothing);
        rig_open(rig);
        request.subject_id = "o1";
        rig_expect(rig_call(rig, admin, "checkout.ExpireOrder", &request), PERMISSION_DENIED,
                "METHOD_NOT_ALLOWED");
        /* A session that claims to be the shop is none. */
        const char *liar = rig_token(rig, "liar", 1u << ROLE_SYSTEM);

        rig_expect(rig_call(rig, liar, "checkout.ExpireOrder", &request), PERMISSION_DENIED,
                "METHOD_NOT_ALLOWED");
}

enum reading { READ_KEY, READ_INDEX, READ_DOCUMENT, READ_SCAN, READ_COUNT };
static enum reading reading;

static const ProtobufCMessage *read_again(struct txn *txn, struct scan *scan)
{
        switch (reading) {
        case READ_KEY:
                return &key_rotation_get(txn, "twice")->base;
        case READ_INDEX:
                return &order_get_by_external_id(txn, "twice")->base;
        case READ_DOCUMENT:
                return txn_document(txn, &key_rotation_table, &key_text("twice"));
        case READ_SCAN:
        case READ_COUNT:
                break;
        }
        return &key_rotation_next(scan)->base;
}

/* The second one sticks, and then a row that must be there is read. */
static enum status insert_twice(struct call *call, const void *request, void *response)
{
        KeyRotation row = KEY_ROTATION_INIT;
        struct scan *scan;

        row.id = "twice";
        key_rotation_insert(call->txn, &row);
        scan = key_rotation_all(call->txn);
        key_rotation_insert(call->txn, &row);
        const ProtobufCMessage *found = read_again(call->txn, scan);

        assert_non_null(found->descriptor);
        return OK;
}

static void what_stuck_is_the_answer(void **state)
{
        struct rig *rig = *state;
        RotateMasterKeyRequest request = ROTATE_MASTER_KEY_REQUEST_INIT;
        const char *admin = rig_token(rig, "boss", 1u << ROLE_ADMINISTRATOR);

        rig_close_pipeline(rig);
        rig_bind(rig, "privacy.RotateMasterKey", insert_twice);
        rig_open(rig);
        for (reading = READ_KEY; reading < READ_COUNT; reading++)
                rig_expect(rig_call(rig, admin, "privacy.RotateMasterKey", &request),
                        ALREADY_EXISTS, "KEY_ROTATION_EXISTS");
}

static void late_calls_are_not_begun(void **state)
{
        struct rig *rig = *state;
        const struct rpc_call call = {
                .method = bytes_of_text("governance.WhoAmI"),
                .deadline_us = 1,
                .peer = "",
        };
        struct rpc_reply reply;

        pipeline_run(rig->pipeline, &call, &rig->arena, &reply);
        assert_non_null(reply.error);
        assert_int_equal(reply.error->code, DEADLINE_EXCEEDED);
}

static int prepared;

static enum status count_prepare(struct call *call, const void *request)
{
        prepared++;
        return OK;
}

/* A password costs up to 64 MiB and tens of milliseconds; nobody waits for this one any more. */
static void late_calls_are_not_prepared(void **state)
{
        struct rig *rig = *state;
        SignUpRequest request = SIGN_UP_REQUEST_INIT;
        struct rpc_call call = {
                .method = bytes_of_text("membership.SignUp"),
                .deadline_us = 1,
                .peer = "",
        };
        struct rpc_reply reply;

        rig_bind(rig, "membership.SignUp", nothing);
        rig_bind_prepare(rig, "membership.SignUp", count_prepare);
        rig_close_pipeline(rig);
        rig_open(rig);
        request.email = "somebody@example.com";
        request.password = "correct horse";
        call.request = encode(&rig->arena, &request);
        call.request_id = bytes_of_text(rig_request_id(rig));
        pipeline_run(rig->pipeline, &call, &rig->arena, &reply);
        assert_non_null(reply.error);
        assert_int_equal(reply.error->code, DEADLINE_EXCEEDED);
        assert_int_equal(prepared, 0);
}

/* Nor for an answer that is there already, nor for a request that can have none. */
static void only_new_requests_are_prepared(void **state)
{
        struct rig *rig = *state;
        SignUpRequest request = SIGN_UP_REQUEST_INIT;
        const char *id = rig_request_id(rig);

        rig_bind(rig, "membership.SignUp", nothing);
        rig_bind_prepare(rig, "membership.SignUp", count_prepare);
        rig_close_pipeline(rig);
        rig_open(rig);
        request.email = "somebody@example.com";
        request.password = "correct horse";
        prepared = 0;
        rig_expect(rig_call_id(rig, "", "membership.SignUp", &request, ""), INVALID_ARGUMENT,
                "REQUEST_ID_MISSING");
        assert_int_equal(prepared, 0);
        rig_expect_ok(rig_call_id(rig, "", "membership.SignUp", &request, id));
        assert_int_equal(prepared, 1);
        rig_expect_ok(rig_call_id(rig, "", "membership.SignUp", &request, id));
        assert_int_equal(prepared, 1);
        request.password = "another horse";
        rig_expect(rig_call_id(rig, "", "membership.SignUp", &request, id), INVALID_ARGUMENT,
                "REQUEST_ID_REUSED");
        assert_int_equal(prepared, 1);
}

static void a_snapshot_too_old_does_not_answer(void **state)
{
        struct rig *rig = *state;
        const struct rpc_call call = {
                .method = bytes_of_text("governance.WhoAmI"),
                .min_sequence = 1000000,
                .peer = "",
        };
        struct rpc_reply reply;

        pipeline_run(rig->pipeline, &call, &rig->arena, &reply);
        assert_non_null(reply.error);
        assert_string_equal(reply.error->reason, "SEQUENCE_NOT_REACHED");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(names_what_it_does_not_find, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        refuses_unknown_fields_and_garbage, setup, teardown),
                cmocka_unit_test_setup_teardown(refuses_what_breaks_a_rule, setup, teardown),
                cmocka_unit_test_setup_teardown(knows_callers_by_their_tokens, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        tokens_expire_by_the_machines_clock, setup, teardown),
                cmocka_unit_test_setup_teardown(roles_decide_who_may, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        only_the_shop_calls_what_is_the_shops, setup, teardown),
                cmocka_unit_test_setup_teardown(what_stuck_is_the_answer, setup, teardown),
                cmocka_unit_test_setup_teardown(late_calls_are_not_begun, setup, teardown),
                cmocka_unit_test_setup_teardown(late_calls_are_not_prepared, setup, teardown),
                cmocka_unit_test_setup_teardown(only_new_requests_are_prepared, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        a_snapshot_too_old_does_not_answer, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
