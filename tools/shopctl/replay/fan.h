#pragma once
/*
 * Many calls in flight at once, where each answer is a row whose id is wanted. The first failure
 * stops the starting of new ones and is kept.
 */
#include <pthread.h>
#include "client/shop.h"
#include "lib/base/arena.h"

struct fan {
        struct shop_channel *channel;
        struct arena *arena;
        pthread_mutex_t lock;
        pthread_cond_t changed;
        size_t in_flight;
        size_t done;
        enum shop_status failed;
        char *reason; /* sentence of the first failure */
};

void fan_begin(struct fan *fan, struct shop_channel *channel, struct arena *arena);
/* Starts a call as soon as there is room; its answer's id goes to *id. False after a failure. */
bool fan_call(struct fan *fan, const struct shop_method *method, const ProtobufCMessage *request,
        const char **id);
/* Waits for all; false when one failed. */
bool fan_end(struct fan *fan);
