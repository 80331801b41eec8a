#pragma once
/* Calls of an administrator from any thread, and a counter that they raise. */
#include <pthread.h>
#include "tests/unit/server/rig.h"

#define COUNTER_TYPE "counter.raised"

/* A rig that is open, and the token of one who may all. */
struct rig_shop {
        struct rig *rig;
        const char *admin;
};

struct caller_thread {
        struct rig_shop *shop;
        pthread_t thread;
        struct arena arena;
        struct random random;
        uint64_t last_sequence;
        int64_t wait_ms; /* of a call that may be parked, and how long it took */
        int64_t took_us;
        size_t failed;
};

void caller_begin(struct caller_thread *thread, struct rig_shop *shop, uint64_t seed);
void caller_run(struct caller_thread *thread, const char *method, const void *request,
        struct rpc_reply *reply);
/* governance.CreateServiceKey, whatever is bound to it; it must be done after all before it. */
void caller_raise(struct caller_thread *thread);

/* To be bound to it: raises a number that is a row, so that lost updates would show. */
enum status raise_counter(struct call *call, const void *message, void *response);
