#pragma once
/*
 * A whole shop in a test: a store in memory, a simulated clock that starts at
 * 2010-12-01T08:00:00Z, the real pipeline with every handler, no threads, no socket. Everything
 * happens inside the call that asks for it, in order, repeatably from the seed.
 *
 *      struct shop *shop = shop_open();
 *      struct persona alice = shop_member(shop, "alice");
 *      Product *product = shop_ok(shop, shop_as(shop, ROLE_PRODUCT_SPECIALIST),
 *              "catalog.CreateProduct", &(CreateProductRequest){...});
 *      shop_refused(shop, alice, "cart.AddLine", &request, FAILED_PRECONDITION, "OUT_OF_STOCK");
 *      shop_advance(shop, 30 * MINUTE_US);
 *      shop_close(shop);
 *
 * shop_close proves the store and all domain checks and fails the test with the first fault.
 * Handlers run twice and must write the same; writes must tell an event. Memory of answers lives
 * until shop_close.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "lib/base/arena.h"
#include "lib/schema/schema.h"
#include "lib/store/store.h"
#include "server/call.h"

struct follower;
struct shop;
struct pipeline;

/* Somebody who calls. Copied freely; memory is the shop's. */
struct persona {
        const char *id;    /* principal */
        const char *token; /* "" is nobody */
};

struct shop *shop_open(void);
struct shop *shop_open_seeded(uint64_t seed);
/* The same rows and clock behind a new pipeline, as after a restart. */
void shop_restart(struct shop *shop);
void shop_close(struct shop *shop);
/* And with other followers of the event log. */
void shop_restart_followed(struct shop *shop, const struct follower *followers);
/* Closes without proving anything: a shop that was damaged on purpose. */
void shop_abandon(struct shop *shop);

/* ---- people ---- */

struct persona shop_nobody(void);
/* A session for any principal and any roles (bits 1 << role), whether rows for it exist or not. */
struct persona shop_mint(struct shop *shop, const char *id, uint32_t roles);
/* Staff with one role, id "staff-<role number>". Made once per role. */
struct persona shop_as(struct shop *shop, enum role role);
/* A member (or guest) with a Member row of this id and a session. */
struct persona shop_member(struct shop *shop, const char *id);
struct persona shop_guest(struct shop *shop, const char *id);

/* ---- calls ---- */

struct outcome {
        struct error *error; /* NULL: success */
        void *response;      /* decoded; NULL on failure */
        struct bytes bytes;  /* the response as it would travel */
        uint64_t sequence;
};

/* Any method by its wire name, with a typed request. Writes get a fresh request id. */
struct outcome shop_call(
        struct shop *shop, struct persona who, const char *method, const void *request);
/* With a request id of one's own (NULL: none is sent): repeated, it is a retry. */
struct outcome shop_call_id(struct shop *shop, struct persona who, const char *method,
        const void *request, const char *request_id);
/* The request in JSON, as shopctl -d gives it. */
struct outcome shop_call_json(
        struct shop *shop, struct persona who, const char *method, const char *json);
/* As the shop itself, as timers and jobs call. */
struct outcome shop_call_system(struct shop *shop, const char *method, const char *json);
/* Bytes as they come. */
struct outcome shop_call_bytes(struct shop *shop, struct persona who, const char *method,
        struct bytes request, const char *request_id);
/* The same, compressed. */
struct outcome shop_call_packed(struct shop *shop, struct persona who, const char *method,
        struct bytes request, const char *request_id);
char *shop_request_id(struct shop *shop);
/* The address that calls come from, from now on; "" at first. */
void shop_come_from(struct shop *shop, const char *peer);

/* The call must succeed: its decoded response. */
void *shop_ok(struct shop *shop, struct persona who, const char *method, const void *request);
void *shop_ok_json(struct shop *shop, struct persona who, const char *method, const char *json);
/* The call must fail with this code and reason. The error, for its facts and sentence. */
struct error *shop_refused(struct shop *shop, struct persona who, const char *method,
        const void *request, enum status code, const char *reason);
struct error *shop_refused_json(struct shop *shop, struct persona who, const char *method,
        const char *json, enum status code, const char *reason);

/* The terms of trade, the defaults at first. What a test writes here counts from the next call. */
struct trade_terms *shop_terms(struct shop *shop);
/* Its days are those of another zone from now on; UTC's at first. */
void shop_zone(struct shop *shop, const char *name);

/* ---- time ---- */

#define SECOND_US INT64_C(1000000)
#define MINUTE_US (60 * SECOND_US)
#define HOUR_US   (60 * MINUTE_US)
#define DAY_US    (24 * HOUR_US)

int64_t shop_now_us(struct shop *shop);
/* Moves shop time, running what falls due on the way. */
void shop_advance(struct shop *shop, int64_t by_us);
/* Runs what is due now: jobs just asked for, timers of this instant. */
void shop_settle(struct shop *shop);
/* Moves the machine's clock, by which sessions and request ids expire. */
void shop_pass_real_time(struct shop *shop, int64_t by_us);

/* ---- looking inside ---- */

struct arena *shop_arena(struct shop *shop);
/* A snapshot for the generated readers; ended by the next shop_ call. */
struct txn *shop_read(struct shop *shop);
/* Changes rows behind the pipeline's back, for planted faults and rows that no method makes. */
struct txn *shop_write_begin(struct shop *shop);
void shop_write_end(struct shop *shop, struct txn *txn);
/* Runs a function inside a call of the shop itself, for what domains offer each other: kept where
 * it is OK. Jobs that it asks for run with shop_settle. */
typedef enum status shop_function(struct call *call, void *context);
struct outcome shop_inside(struct shop *shop, shop_function *function, void *context);
/* The same for what must be OK, its memory given back: for very many calls. */
void shop_inside_briefly(struct shop *shop, shop_function *function, void *context);
/* How many events of a type ("" for all) there are. */
size_t shop_event_count(struct shop *shop, const char *type);
/* Proves everything now; number of faults, the first one's kind in *kind ("" if none). */
size_t shop_verify(struct shop *shop, const char **kind);
struct store *shop_store(struct shop *shop);
struct pipeline *shop_pipeline(struct shop *shop);
