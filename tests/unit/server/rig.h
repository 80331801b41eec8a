#pragma once
/*
 * A pipeline over a store in memory with the handlers that a test gives it: the contract's methods
 * and tables, but none of the shop's own handlers.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include "lib/base/random.h"
#include "lib/rpc/frame.h"
#include "server/clock.h"
#include "server/jobs.h"
#include "server/pipeline.h"
#include "shop.schema.h"

struct rig {
        struct arena arena;
        struct keyring *keyring;
        struct store *store;
        struct clock *clock;
        struct pipeline *pipeline;
        struct server_method *methods;
        struct random random;
        int64_t real_us;
        const struct job_kind *jobs;
        const struct follower *followers;
        enum pipeline_handlers handlers;
        enum clock_mode clock_mode;
        size_t queue_max;
        int64_t write_wait_us;
        struct payer_limits payer_limits;
};

struct rig *rig_new(void);
/* The store in a directory, at most so large. */
struct rig *rig_new_in(const char *dir, uint64_t map_bytes);
/* Binds a custom method to a handler, before rig_open. */
void rig_bind(struct rig *rig, const char *method,
        enum status (*run)(struct call *call, const void *request, void *response));
void rig_bind_prepare(struct rig *rig, const char *method,
        enum status (*prepare)(struct call *call, const void *request));
/* Makes the pipeline; rig_open again is a restart over the same store. */
void rig_open(struct rig *rig);
void rig_close_pipeline(struct rig *rig);
void rig_free(struct rig *rig);

const char *rig_token(struct rig *rig, const char *id, uint32_t roles);
char *rig_request_id(struct rig *rig);

struct answer {
        const struct error *error;
        struct bytes bytes;
        void *message; /* decoded */
        uint64_t sequence;
};
struct answer rig_call(struct rig *rig, const char *token, const char *method, const void *request);
struct answer rig_call_id(struct rig *rig, const char *token, const char *method,
        const void *request, const char *request_id);
void rig_expect(struct answer answer, enum status code, const char *reason);
void rig_expect_ok(struct answer answer);
