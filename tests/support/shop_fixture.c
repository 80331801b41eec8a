/*
 * The shop of a test is the real one without threads and socket: every call is one pipeline_run,
 * every answer is there when it returns. The machine's clock is a number here, so that expiry can
 * be tested without waiting, and everything random follows from the seed.
 */
#include "tests/support/shop_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/calendar.h"
#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/rpc/compress.h"
#include "lib/schema/decode.h"
#include "lib/schema/json.h"
#include "lib/seal/seal.h"
#include "governance.rows.h"
#include "membership.rows.h"
#include "server/clock.h"
#include "server/follow.h"
#include "server/jobs.h"
#include "server/pipeline.h"
#include "server/row_rules.h"
#include "server/session.h"
#include "server/verify.h"
#include "server/work.h"
#include "shop.schema.h"

#define SHOP_START "2010-12-01T08:00:00Z"
#define REAL_START "2026-01-01T00:00:00Z"

struct shop {
        struct arena arena;
        struct keyring *keyring;
        struct store *store;
        struct clock *clock;
        struct pipeline *pipeline;
        const struct follower *followers;
        struct trade_terms terms;
        struct random random;
        int64_t real_us;
        struct txn *reading;
        struct group *writing;
        struct persona staff[ROLE_COUNT];
        unsigned token_count;
        const char *peer;
};

static void open_pipeline(struct shop *shop)
{
        int64_t start_us;

        clock_parse(SHOP_START, &start_us);
        shop->clock = clock_new(CLOCK_SIMULATED, shop->store, start_us);
        shop->pipeline = pipeline_new(&(struct pipeline_options){
                .schema = &shop_schema,
                .methods = server_methods,
                .store = shop->store,
                .keyring = shop->keyring,
                .clock = shop->clock,
                .jobs = job_kinds,
                .followers = shop->followers,
                .row_rules = row_rules,
                .terms = &shop->terms,
                .handlers = HANDLERS_CHECKED,
                .password_kib = SEAL_PASSWORD_KIB_LEAST,
                .real_us = &shop->real_us,
        });
}

struct shop *shop_open_seeded(uint64_t seed)
{
        struct shop *shop = calloc(1, sizeof(*shop));
        struct error error;

        log_open(LOG_PLAIN, LOG_ERROR);
        arena_init(&shop->arena);
        error_init(&error, &shop->arena);
        random_seed(&shop->random, seed);
        clock_parse(REAL_START, &shop->real_us);
        shop->keyring = keyring_from_seed(seed);
        const struct store_options options = {.schema = &shop_schema, .keyring = shop->keyring};

        if (store_open(&shop->store, &options, &error) != OK)
                fail_msg("the store did not open: %s", error.message);
        shop->terms = trade_terms_default;
        shop_zone(shop, shop->terms.time_zone);
        shop->followers = followers;
        shop->peer = "";
        open_pipeline(shop);
        return shop;
}

struct shop *shop_open(void)
{
        return shop_open_seeded(1);
}

/* Ends the snapshot that shop_read gave. */
static void end_reading(struct shop *shop)
{
        assert_null(shop->writing); /* shop_write_begin without shop_write_end */
        if (shop->reading != NULL)
                txn_end(shop->reading);
        shop->reading = NULL;
}

static void close_pipeline(struct shop *shop)
{
        end_reading(shop);
        pipeline_free(shop->pipeline);
        clock_free(shop->clock);
}

void shop_restart(struct shop *shop)
{
        close_pipeline(shop);
        open_pipeline(shop);
}

void shop_restart_followed(struct shop *shop, const struct follower *table)
{
        shop->followers = table;
        shop_restart(shop);
}

static void print_fault(
        void *context, const char *kind, const char *table, const char *key, const char *sentence)
{
        size_t *count = context;

        if ((*count)++ == 0)
                print_error("first fault: %s %s %s: %s\n", kind, table, key, sentence);
}

void shop_abandon(struct shop *shop)
{
        end_reading(shop);
        close_pipeline(shop);
        store_close(shop->store);
        keyring_close(shop->keyring);
        arena_release(&shop->arena);
        free(shop);
}

void shop_close(struct shop *shop)
{
        size_t count = 0;

        end_reading(shop);
        size_t faults = verify_run(shop->store, print_fault, &count);

        shop_abandon(shop);
        if (faults > 0)
                fail_msg("the shop has %zu faults", faults);
}

/* ---- people ---- */

struct persona shop_nobody(void)
{
        return (struct persona){.id = "", .token = ""};
}

static struct txn *write_begin(struct shop *shop, struct arena *arena)
{
        end_reading(shop);
        shop->writing = group_begin(shop->store);
        return group_txn(shop->writing, arena);
}

struct txn *shop_write_begin(struct shop *shop)
{
        return write_begin(shop, &shop->arena);
}

void shop_write_end(struct shop *shop, struct txn *txn)
{
        struct error error;

        error_init(&error, &shop->arena);
        if (txn_status(txn) != OK)
                fail_msg("rows could not be written: %s", txn_error(txn)->message);
        txn_keep(txn);
        if (group_commit(shop->writing, &error) != OK)
                fail_msg("the group was refused: %s", error.message);
        shop->writing = NULL;
}

static struct outcome inside(
        struct shop *shop, struct arena *arena, shop_function *function, void *context)
{
        const struct caller caller = {.id = "system", .session_id = ""};
        const struct rpc_call rpc = {.peer = ""};
        struct work work = {.rpc = &rpc};
        struct call_private private = {.pipeline = shop->pipeline,
                .work = &work,
                .seeded = true,
                .real_us = shop->real_us,
                .due_us = INT64_MAX};
        struct txn *txn = write_begin(shop, arena);
        struct call call = {.arena = arena,
                .txn = txn,
                .now_us = shop_now_us(shop),
                .caller = &caller,
                .method = &shop_schema.methods[0],
                .terms = &shop->terms,
                .private = &private};
        struct outcome outcome = {0};

        error_init(&call.error, arena);
        random_seed(&private.random, random_next(&shop->random));
        if (function(&call, context) != OK) {
                outcome.error = arena_new(&shop->arena, struct error);
                *outcome.error = call.error;
                txn_drop(txn);
                txn = group_txn(shop->writing, arena);
        }
        shop_write_end(shop, txn);
        return outcome;
}

struct outcome shop_inside(struct shop *shop, shop_function *function, void *context)
{
        return inside(shop, &shop->arena, function, context);
}

void shop_inside_briefly(struct shop *shop, shop_function *function, void *context)
{
        struct arena arena;

        arena_init(&arena);
        const struct outcome outcome = inside(shop, &arena, function, context);

        if (outcome.error != NULL)
                fail_msg("%s: %s", outcome.error->reason, outcome.error->message);
        arena_release(&arena);
}

struct persona shop_mint(struct shop *shop, const char *id, uint32_t roles)
{
        struct persona who = {
                .id = arena_text(&shop->arena, id),
                .token = arena_printf(&shop->arena, "token-%u", ++shop->token_count),
        };
        struct txn *txn = shop_write_begin(shop);

        session_open_for(txn, shop->keyring, who.token, id, roles);
        shop_write_end(shop, txn);
        return who;
}

struct persona shop_as(struct shop *shop, enum role role)
{
        if (role == ROLE_ANYONE)
                return shop_nobody();
        if (shop->staff[role].id == NULL) {
                const char *id = arena_printf(&shop->arena, "staff-%d", role);

                shop->staff[role] = shop_mint(shop, id, 1u << role);
        }
        return shop->staff[role];
}

static struct persona insert_member(
        struct shop *shop, const char *id, MemberKind kind, enum role role)
{
        int64_t now_us = shop_now_us(shop);
        Timestamp now = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
        Member member = MEMBER_INIT;
        struct txn *txn = shop_write_begin(shop);

        now.seconds = now_us / 1000000;
        member.id = id;
        member.kind = kind;
        member.language = "en";
        member.create_time = &now;
        member.update_time = &now;
        member_insert(txn, &member);
        shop_write_end(shop, txn);
        return shop_mint(shop, id, 1u << role);
}

struct persona shop_member(struct shop *shop, const char *id)
{
        return insert_member(shop, id, MEMBER_KIND_MEMBER, ROLE_MEMBER);
}

struct persona shop_guest(struct shop *shop, const char *id)
{
        return insert_member(shop, id, MEMBER_KIND_GUEST, ROLE_GUEST);
}

/* ---- calls ---- */

char *shop_request_id(struct shop *shop)
{
        char *id = arena_alloc(&shop->arena, REQUEST_ID_LEN + 1);

        request_id_make(shop->real_us, &shop->random, id);
        return id;
}

void shop_come_from(struct shop *shop, const char *peer)
{
        shop->peer = peer;
}

static struct rpc_call call_of(
        struct persona who, const char *method, struct bytes request, const char *request_id)
{
        return (struct rpc_call){
                .id = 1,
                .method = bytes_of_text(method),
                .request = request,
                .token = bytes_of_text(who.token),
                .request_id = bytes_of_text(request_id == NULL ? "" : request_id),
                .peer = "",
        };
}

static struct outcome run_call(struct shop *shop, struct rpc_call *call)
{
        const struct schema_method *known = schema_method(&shop_schema, call->method);
        struct outcome outcome = {0};
        struct rpc_reply reply;

        call->peer = shop->peer;
        end_reading(shop);
        pipeline_run(shop->pipeline, call, &shop->arena, &reply);
        outcome.sequence = reply.sequence;
        outcome.error = (struct error *)reply.error;
        if (reply.error != NULL)
                return outcome;
        outcome.bytes = reply.response;
        outcome.response =
                decode_trusted(&shop->arena, known->response->descriptor, reply.response);
        if (outcome.response == NULL)
                fail_msg("%s: the answer is not a %s", known->name,
                        known->response->descriptor->name);
        return outcome;
}

struct outcome shop_call_bytes(struct shop *shop, struct persona who, const char *method,
        struct bytes request, const char *request_id)
{
        struct rpc_call call = call_of(who, method, request, request_id);

        return run_call(shop, &call);
}

struct outcome shop_call_packed(struct shop *shop, struct persona who, const char *method,
        struct bytes request, const char *request_id)
{
        struct buffer packed = {0};

        if (!compress_shrink(request, &packed))
                fail_msg("%s: %zu bytes do not shrink", method, request.len);
        struct rpc_call call = call_of(who, method, bytes_of(packed.data, packed.len), request_id);

        call.zstd_bytes = (uint32_t)request.len;
        struct outcome outcome = run_call(shop, &call);

        buffer_release(&packed);
        return outcome;
}

struct outcome shop_call_id(struct shop *shop, struct persona who, const char *method,
        const void *request, const char *request_id)
{
        return shop_call_bytes(shop, who, method, encode(&shop->arena, request), request_id);
}

struct outcome shop_call(
        struct shop *shop, struct persona who, const char *method, const void *request)
{
        return shop_call_id(shop, who, method, request, shop_request_id(shop));
}

static void *read_request(struct shop *shop, const char *method, const char *json)
{
        const struct schema_method *known = schema_method(&shop_schema, bytes_of_text(method));
        struct error error;

        error_init(&error, &shop->arena);
        if (known == NULL)
                fail_msg("there is no method %s", method);
        void *request = json_read(&shop->arena, known->request, bytes_of_text(json), &error);

        if (request == NULL)
                fail_msg("%s: the test's request is wrong: %s", method, error.message);
        return request;
}

struct outcome shop_call_json(
        struct shop *shop, struct persona who, const char *method, const char *json)
{
        return shop_call(shop, who, method, read_request(shop, method, json));
}

struct outcome shop_call_system(struct shop *shop, const char *method, const char *json)
{
        const struct schema_method *known = schema_method(&shop_schema, bytes_of_text(method));
        const void *request = read_request(shop, method, json);
        struct outcome outcome = {0};
        struct work *work;

        end_reading(shop);
        work = work_system(shop->pipeline, method, request, shop_request_id(shop), "");
        work->once = !work->failed;
        work_wait_all(shop->pipeline, &work, 1);
        outcome.sequence = work->sequence;
        if (work->failed) {
                outcome.error = arena_new(&shop->arena, struct error);
                error_init(outcome.error, &shop->arena);
                error_set(outcome.error, work->call.error.code,
                        arena_text(&shop->arena, work->call.error.reason), "%s",
                        work->call.error.message);
        } else {
                outcome.response =
                        decode_trusted(&shop->arena, known->response->descriptor, work->answer);
        }
        work_free(work);
        return outcome;
}

static void *must_succeed(const char *method, struct outcome outcome)
{
        if (outcome.error != NULL)
                fail_msg("%s failed: %s %s: %s", method, status_name(outcome.error->code),
                        outcome.error->reason, outcome.error->message);
        return outcome.response;
}

static struct error *must_fail(
        const char *method, struct outcome outcome, enum status code, const char *reason)
{
        if (outcome.error == NULL)
                fail_msg("%s succeeded, expected %s %s", method, status_name(code), reason);
        if (outcome.error->code != code || strcmp(outcome.error->reason, reason) != 0)
                fail_msg("%s: expected %s %s, got %s %s: %s", method, status_name(code), reason,
                        status_name(outcome.error->code), outcome.error->reason,
                        outcome.error->message);
        return outcome.error;
}

void *shop_ok(struct shop *shop, struct persona who, const char *method, const void *request)
{
        return must_succeed(method, shop_call(shop, who, method, request));
}

void *shop_ok_json(struct shop *shop, struct persona who, const char *method, const char *json)
{
        return must_succeed(method, shop_call_json(shop, who, method, json));
}

struct error *shop_refused(struct shop *shop, struct persona who, const char *method,
        const void *request, enum status code, const char *reason)
{
        return must_fail(method, shop_call(shop, who, method, request), code, reason);
}

struct error *shop_refused_json(struct shop *shop, struct persona who, const char *method,
        const char *json, enum status code, const char *reason)
{
        return must_fail(method, shop_call_json(shop, who, method, json), code, reason);
}

/* ---- time ---- */

int64_t shop_now_us(struct shop *shop)
{
        return clock_now_us(shop->clock);
}

void shop_advance(struct shop *shop, int64_t by_us)
{
        struct clock_run run;
        struct error error;

        end_reading(shop);
        error_init(&error, &shop->arena);
        if (clock_advance(shop->clock, clock_now_us(shop->clock) + by_us, &run, &error) != OK)
                fail_msg("the clock did not advance: %s", error.message);
}

void shop_settle(struct shop *shop)
{
        shop_advance(shop, 0);
}

void shop_pass_real_time(struct shop *shop, int64_t by_us)
{
        shop->real_us += by_us;
}

/* ---- looking inside ---- */

struct arena *shop_arena(struct shop *shop)
{
        return &shop->arena;
}

struct txn *shop_read(struct shop *shop)
{
        end_reading(shop);
        shop->reading = txn_begin_read(shop->store, &shop->arena);
        return shop->reading;
}

size_t shop_event_count(struct shop *shop, const char *type)
{
        struct scan *scan = event_all(shop_read(shop));
        size_t count = 0;
        Event *event;

        while ((event = event_next(scan)) != NULL)
                if (type[0] == '\0' || strcmp(event->type, type) == 0)
                        count++;
        return count;
}

struct first_fault {
        const char *kind;
        struct arena *arena;
};

static void note_fault(
        void *context, const char *kind, const char *table, const char *key, const char *sentence)
{
        struct first_fault *first = context;

        if (first->kind[0] == '\0')
                first->kind = arena_text(first->arena, kind);
}

size_t shop_verify(struct shop *shop, const char **kind)
{
        struct first_fault first = {.kind = "", .arena = &shop->arena};

        end_reading(shop);
        size_t faults = verify_run(shop->store, note_fault, &first);

        if (kind != NULL)
                *kind = first.kind;
        return faults;
}

struct store *shop_store(struct shop *shop)
{
        return shop->store;
}

struct pipeline *shop_pipeline(struct shop *shop)
{
        return shop->pipeline;
}

void shop_zone(struct shop *shop, const char *name)
{
        shop->terms.time_zone = name;
        calendar_zone_set(name);
}

struct trade_terms *shop_terms(struct shop *shop)
{
        return &shop->terms;
}
