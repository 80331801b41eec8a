/*
 * Each of gRPC's 17 codes as gRPC documents it: a call that is answered with it, most of them by a
 * whole shop. Two the shop never gives (tests/tidy/tidy.py looks): they are what a caller is told
 * of an answer that is none.
 */
#include <string.h>
#include "internal.rows.h"
#include "lib/base/clock.h"
#include "membership.rows.h"
#include "server/pipeline.h"
#include "tests/domain/stall.h"

/* This program is the transport of the calls that it submits. */
static enum status replied = STATUS_COUNT;

void rpc_reply(struct rpc_call *call, const struct rpc_reply *reply)
{
        replied = reply->error == NULL ? OK : reply->error->code;
}

static enum status code_of(struct outcome outcome)
{
        return outcome.error == NULL ? OK : outcome.error->code;
}

static enum status answered(
        struct stall *stall, struct persona who, const char *method, const char *json)
{
        return code_of(shop_call_json(stall->shop, who, method, json));
}

/* "Not an error." */
static enum status everything_is_well(struct stall *stall)
{
        return answered(stall, shop_nobody(), "governance.GetServerInfo", "{}");
}

static struct rpc_call call_of(const char *method)
{
        return (struct rpc_call){.method = bytes_of_text(method), .peer = "1.1.1.1"};
}

/* "Typically by the caller." */
static enum status its_caller_gives_up(struct stall *stall)
{
        const struct rpc_service *service = pipeline_service(shop_pipeline(stall->shop));
        struct rpc_call call = call_of("governance.WatchHealth");

        call.connection = 7;
        service->submit(service->context, LANE_WAIT, &call);
        assert_int_equal(replied, STATUS_COUNT);
        service->drop(service->context, &(struct rpc_which){.connection = 7});
        return replied;
}

/* "Regardless of the state of the system." */
static enum status an_argument_is_missing(struct stall *stall)
{
        return answered(stall, stall->alice, "cart.GetCart", "{}");
}

static enum status its_time_is_over(struct stall *stall)
{
        struct rpc_call call = call_of("governance.GetServerInfo");
        struct rpc_reply reply;

        call.deadline_us = clock_monotonic_us() - 1;
        pipeline_run(shop_pipeline(stall->shop), &call, shop_arena(stall->shop), &reply);
        assert_non_null(reply.error);
        return reply.error->code;
}

static enum status nothing_is_called_that(struct stall *stall)
{
        return answered(stall, stall->alice, "cart.GetCart", "{\"id\":\"nothing\"}");
}

static enum status it_is_there_already(struct stall *stall)
{
        static const char json[] = "{\"location\":{\"slug\":\"attic\",\"title\":\"Attic\"}}";
        struct persona warehouse = stall_staff(stall, ROLE_WAREHOUSE);

        assert_int_equal(answered(stall, warehouse, "supply.CreateLocation", json), OK);
        return answered(stall, warehouse, "supply.CreateLocation", json);
}

/* "Must not be used if the caller can not be identified." */
static enum status one_may_not(struct stall *stall)
{
        return answered(stall, stall->alice, "supply.CreateLocation",
                "{\"location\":{\"slug\":\"cellar\",\"title\":\"Cellar\"}}");
}

static enum status nobody_knows_who_asks(struct stall *stall)
{
        return answered(stall, shop_nobody(), "cart.GetCart", "{\"id\":\"nothing\"}");
}

/* "Perhaps a per-user quota." */
static enum status it_was_asked_too_often(struct stall *stall)
{
        static const char json[] =
                "{\"purpose\":\"CODE_PURPOSE_SIGN_IN\",\"email\":\"zoe@example.com\"}";

        assert_int_equal(
                answered(stall, shop_nobody(), "membership.RequestCode", json), UNAUTHENTICATED);
        struct persona guest = shop_guest(stall->shop, "zoe");

        assert_int_equal(answered(stall, guest, "membership.RequestCode", json), OK);
        return answered(stall, guest, "membership.RequestCode", json);
}

/* "The client should not retry until the system state has been explicitly fixed." */
static enum status the_cart_is_empty(struct stall *stall)
{
        const char *cart = stall_open_cart(stall, stall->alice);

        return answered(stall, stall->alice, "checkout.PlaceOrder",
                arena_printf(shop_arena(stall->shop), "{\"cart_id\":\"%s\",\"fingerprint\":\"x\"}",
                        cart));
}

/* "The client should retry at a higher level": ask for the quote again. */
static enum status the_quote_has_changed(struct stall *stall)
{
        const char *cart = stall_cart(stall, stall->alice, stall_mugs(1));

        return answered(stall, stall->alice, "checkout.PlaceOrder",
                arena_printf(shop_arena(stall->shop),
                        "{\"cart_id\":\"%s\",\"fingerprint\":\"x\",\"delivery_address\":"
                        "{\"country_code\":\"GB\",\"recipient\":\"A\",\"lines\":[\"1 High St\"],"
                        "\"city\":\"Leeds\",\"postal_code\":\"LS1 1AA\"}}",
                        cart));
}

/* "A problem that may be fixed if the system state changes": more records come. */
static enum status it_is_behind_the_end(struct stall *stall)
{
        return answered(stall, stall_staff(stall, ROLE_RISK), "governance.ExportAuditHead",
                "{\"number\":\"1000000\"}");
}

static enum status there_is_no_such_method(struct stall *stall)
{
        return code_of(shop_call_bytes(
                stall->shop, shop_nobody(), "governance.GetServrInfo", (struct bytes){0}, NULL));
}

/* "Most likely a transient condition": a server that stops has a follower. */
static enum status the_server_stops(struct stall *stall)
{
        pipeline_drain(shop_pipeline(stall->shop));
        return answered(stall, stall->alice, "cart.GetCart", "{\"id\":\"nothing\"}");
}

/* "Unrecoverable": the answer that was kept is not what was written. */
static enum status what_was_kept_is_damaged(struct stall *stall)
{
        const CreateGuestRequest guest = CREATE_GUEST_REQUEST_INIT;
        const char *id = shop_request_id(stall->shop);
        struct outcome first =
                shop_call_id(stall->shop, shop_nobody(), "membership.CreateGuest", &guest, id);
        struct txn *txn = shop_write_begin(stall->shop);
        struct scan *scan = replay_all(txn);

        assert_int_equal(code_of(first), OK);
        for (Replay *row; (row = replay_next(scan)) != NULL;) {
                row->kind = REPLAY_KIND_SEALED;
                row->answer = (ProtobufCBinaryData){.data = (uint8_t *)"damaged", .len = 7};
                replay_update(txn, row);
        }
        shop_write_end(stall->shop, txn);
        return code_of(
                shop_call_id(stall->shop, shop_nobody(), "membership.CreateGuest", &guest, id));
}

static enum status told_of(const struct error *sent)
{
        struct arena arena;
        struct error error;
        struct buffer body = {0};
        struct rpc_answer *answers;
        size_t count;

        arena_init(&arena);
        error_init(&error, &arena);
        frame_write_reply(&body, 1, &(struct rpc_reply){.error = sent});
        enum status status =
                frame_read_replies(&arena, bytes_of(body.data, body.len), &answers, &count, &error);

        if (status == OK)
                status = answers[0].error->code;
        buffer_release(&body);
        arena_release(&arena);
        return status;
}

/* "Errors raised by APIs that do not return enough error information." */
static enum status a_code_that_there_is_not(struct stall *stall)
{
        return told_of(&(struct error){.code = (enum status)99, .reason = "", .message = ""});
}

/* "Some invariants expected by the underlying system have been broken." */
static enum status an_answer_that_is_none(struct stall *stall)
{
        struct rpc_answer *answers;
        struct error error;
        size_t count;

        error_init(&error, shop_arena(stall->shop));
        return frame_read_replies(
                shop_arena(stall->shop), bytes_of_text("not protobuf"), &answers, &count, &error);
}

static const struct {
        enum status code;
        enum status (*ask)(struct stall *stall);
} codes[STATUS_COUNT] = {
        {OK, everything_is_well},
        {CANCELLED, its_caller_gives_up},
        {UNKNOWN, a_code_that_there_is_not},
        {INVALID_ARGUMENT, an_argument_is_missing},
        {DEADLINE_EXCEEDED, its_time_is_over},
        {NOT_FOUND, nothing_is_called_that},
        {ALREADY_EXISTS, it_is_there_already},
        {PERMISSION_DENIED, one_may_not},
        {RESOURCE_EXHAUSTED, it_was_asked_too_often},
        {FAILED_PRECONDITION, the_cart_is_empty},
        {ABORTED, the_quote_has_changed},
        {OUT_OF_RANGE, it_is_behind_the_end},
        {UNIMPLEMENTED, there_is_no_such_method},
        {INTERNAL, an_answer_that_is_none},
        {UNAVAILABLE, the_server_stops},
        {DATA_LOSS, what_was_kept_is_damaged},
        {UNAUTHENTICATED, nobody_knows_who_asks},
};

static void each_code_is_given_for_what_it_means(void **state)
{
        for (size_t i = 0; i < STATUS_COUNT; i++) {
                struct stall stall = stall_open();
                enum status code = codes[i].ask(&stall);

                assert_int_equal(codes[i].code, i); /* gRPC's number */
                if (code != codes[i].code)
                        fail_msg("%s instead of %s", status_name(code), status_name(codes[i].code));
                shop_abandon(stall.shop);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_code_is_given_for_what_it_means),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
