/*
 * Reads: a batch shares one snapshot, one arena and one look at the wall clock, and runs in the
 * thread that received it, because handing a read to another thread costs more than the read. A
 * snapshot is never held longer than the batch's budget. The arena goes back after each call: one
 * that grew over a batch met fresh memory with every call, and a third of a read's time was the
 * kernel clearing pages.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "server/audit.h"
#include "server/clock.h"
#include "server/mask.h"
#include "server/work.h"

/* What a batch needs, kept between batches. */
struct reader {
        struct reader *next;
        struct arena arena;
        struct arena callers; /* who was identified in this batch */
};

static struct reader *reader_take(struct pipeline *pipeline)
{
        pthread_mutex_lock(&pipeline->readers_mutex);
        struct reader *reader = pipeline->readers;

        if (reader != NULL) {
                pipeline->readers = reader->next;
                pipeline->readers_free--;
        }
        pthread_mutex_unlock(&pipeline->readers_mutex);
        if (reader == NULL) {
                reader = calloc(1, sizeof(*reader));
                assert(reader != NULL);
                arena_init(&reader->arena);
                arena_init(&reader->callers);
        }
        return reader;
}

static void reader_free(struct reader *reader)
{
        arena_release(&reader->arena);
        arena_release(&reader->callers);
        free(reader);
}

static void reader_give(struct pipeline *pipeline, struct reader *reader)
{
        arena_reset(&reader->arena);
        arena_reset(&reader->callers);
        pthread_mutex_lock(&pipeline->readers_mutex);
        bool keep = pipeline->readers_free < READERS_KEPT;

        if (keep) {
                reader->next = pipeline->readers;
                pipeline->readers = reader;
                pipeline->readers_free++;
        }
        pthread_mutex_unlock(&pipeline->readers_mutex);
        if (!keep)
                reader_free(reader);
}

void readers_release(struct pipeline *pipeline)
{
        while (pipeline->readers != NULL) {
                struct reader *reader = pipeline->readers;

                pipeline->readers = reader->next;
                reader_free(reader);
        }
}

/* The snapshot must hold what the caller has already seen; a server's health is no matter of
 * that. */
static enum status check_sequence(struct work *work)
{
        if (work->rpc->min_sequence <= work->sequence || work->plan->health)
                return OK;
        return error_set(&work->call.error, UNAVAILABLE, "SEQUENCE_NOT_REACHED",
                "this server has not yet seen what the caller has; try again");
}

/* role > own > run, for a caller that is known. */
static void run_identified(struct work *work)
{
        if (identify_role(work) != OK || mask_check_request(work) != OK ||
                own_request(work) != OK || dispatch_method(work) != OK)
                work_fail(work);
        else if (work->call.txn != NULL && txn_status(work->call.txn) != OK) {
                work->call.error = *txn_error(work->call.txn);
                work_fail(work);
        }
        mask_finish(work);
}

void read_work(struct work *work, struct txn *txn)
{
        work->call.txn = txn;
        work->call.now_us = clock_now_us(work->private.pipeline->options.clock);
        work->sequence = txn_sequence(txn);
        if (check_sequence(work) != OK || identify_caller(work) != OK) {
                work_fail(work);
                return;
        }
        run_identified(work);
}

/* The calls of one snapshot; the caller of the call before is remembered. */
struct batch {
        struct txn *txn;
        struct reader *reader;
        uint64_t sequence;
        int64_t now_us; /* shop time */
        struct moment moment;
        struct buffer lines; /* of the log */
        struct purse purse;
        struct bytes token;
        struct caller caller;
        bool known;
};

static enum status identify_in(struct batch *batch, struct work *work)
{
        if (batch->known && bytes_equal(batch->token, work->rpc->token)) {
                work->caller = batch->caller;
                return OK;
        }
        enum status status = identify_caller(work);

        if (status == OK && !work->plan->health) {
                struct arena *arena = &batch->reader->callers;

                batch->token = work->rpc->token;
                batch->caller = work->caller;
                batch->caller.id = arena_text(arena, work->caller.id);
                batch->caller.session_id = arena_text(arena, work->caller.session_id);
                batch->known = true;
        }
        return status;
}

static void read_one(struct pipeline *pipeline, struct batch *batch, struct rpc_call *rpc)
{
        struct work work;
        struct rpc_reply reply;

        work_init(&work, pipeline, &batch->reader->arena, &batch->moment);
        work.purse = &batch->purse;
        if (admit_call(&work, rpc) != OK) {
                work_fail(&work);
        } else {
                work.call.txn = batch->txn;
                work.call.now_us = batch->now_us;
                work.sequence = batch->sequence;
                if (admit_deadline_at(&work, batch->moment.monotonic_us) != OK ||
                        check_sequence(&work) != OK || identify_in(batch, &work) != OK)
                        work_fail(&work);
                else
                        run_identified(&work);
        }
        batch->moment.monotonic_us = clock_monotonic_us();
        if (audit_owes(&work)) {
                struct work *own = audit_adopt(&work);

                own->done = work_reply_and_free;
                audit_submit(own);
                return;
        }
        work_finished_at(&work, batch->moment.monotonic_us, &batch->lines);
        work_reply(&work, &reply);
        rpc_reply(rpc, &reply);
}

size_t read_batch(void *context, struct rpc_call *const *calls, size_t count, int64_t budget_us)
{
        struct pipeline *pipeline = context;
        struct batch batch = {.reader = reader_take(pipeline), .moment = moment_now(pipeline)};
        int64_t until_us = batch.moment.monotonic_us + budget_us;
        size_t done = 0;

        batch.txn = txn_begin_read(pipeline->options.store, &batch.reader->arena);
        batch.sequence = txn_sequence(batch.txn);
        batch.now_us = clock_now_us(pipeline->options.clock);
        struct txn_memory memory = txn_memory(batch.txn);

        while (done < count) {
                batch.purse.calls = (uint32_t)(count - done);
                read_one(pipeline, &batch, calls[done++]);
                if (txn_status(batch.txn) != OK || batch.moment.monotonic_us > until_us)
                        break;
                txn_forget(batch.txn, memory);
        }
        txn_end(batch.txn);
        gate_close_purse(pipeline, &batch.purse);
        log_write(&batch.lines);
        buffer_release(&batch.lines);
        reader_give(pipeline, batch.reader);
        return count - done;
}
