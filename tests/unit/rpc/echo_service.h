#pragma once
/*
 * A program above the server, for tests: answers by method name, with one worker thread behind a
 * bounded queue.
 *
 *   echo.Read   READ   answers the request's bytes
 *   echo.Busy   READ   as echo.Read, after 300 us of work
 *   echo.Bytes  READ   answers as many bytes as the request's text says
 *   echo.Fail   READ   answers NOT_FOUND, NO_SUCH_THING with a violation, a fact and a detail
 *   echo.Flaky  READ   answers UNAVAILABLE until fail_first calls have failed, then as echo.Read
 *   echo.Refuse READ   answers RESOURCE_EXHAUSTED with a retry delay, always
 *   echo.Hang   READ   is not answered before echo_release_parked
 *   echo.Health WAIT   answers "well", or "ill" while it is; counts as no read
 *   echo.Write  WRITE  on the worker; counts the request ids that are new
 *   echo.Sleep  SLOW   on the worker; sleeps as many milliseconds as the request's text says
 *   echo.Wait   WAIT   parks until echo_release_parked
 *
 * Refusals of the server's own are localized as "zh:" and their reason for who accepts zh.
 */
#include <pthread.h>
#include <stdatomic.h>
#include "lib/rpc/server.h"

#define ECHO_IDS_MAX     4096
#define ECHO_PARKED_MAX  5000
#define ECHO_REQUEST_MAX (1u << 20) /* of a compressed one */

struct echo {
        struct rpc_service service;
        pthread_mutex_t lock;
        pthread_cond_t changed;
        pthread_t worker;
        struct rpc_call **queue;
        size_t queue_count;
        size_t queue_max;
        struct rpc_call *parked[ECHO_PARKED_MAX];
        size_t parked_count;
        bool stopping;
        char ids[ECHO_IDS_MAX][40]; /* request ids of writes */
        size_t id_count;
        atomic_int fail_first;
        atomic_bool ill;
        atomic_bool hanging; /* echo.Read is echo.Hang */
        atomic_int reads;
        atomic_int read_batches;
        atomic_int writes;
        atomic_int compressed; /* requests that came so to echo.Read */
        atomic_int late;       /* queued calls whose deadline had passed */
        atomic_ulong sequence;
        atomic_ulong min_sequence_seen;
        char token_seen[64];
};

void echo_start(struct echo *echo, size_t queue_max);
/* Answers what waits, and refuses what comes: its server may close. */
void echo_stop(struct echo *echo);
/* After its server is closed. */
void echo_release(struct echo *echo);
/* Answers what echo.Wait has parked. */
void echo_release_parked(struct echo *echo);
/* The same with UNAVAILABLE. */
void echo_refuse_parked(struct echo *echo);
size_t echo_parked(struct echo *echo);
