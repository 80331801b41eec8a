/*
 * One write on the writer thread: its steps inside its own transaction of the group, and what
 * becomes of that. Kept are the changes of an OK, of a refusal (call_refuse) and of the shop's own
 * step even where the method after it failed: a timer that fails is over, not a loop.
 */
#include <assert.h>
#include <string.h>
#include "server/audit.h"
#include "server/clock_run.h"
#include "server/mask.h"
#include "server/work.h"

enum outcome { OUTCOME_DROP, OUTCOME_KEEP };

/* dedupe > own > run; the answer is kept for its request id. */
static enum outcome run_method(struct work *work)
{
        struct call *call = &work->call;

        if (work->once) {
                switch (dedupe_find(work)) {
                case REPLAY_FOUND:
                        if (call->error.code != OK)
                                work_fail(work);
                        return OUTCOME_DROP;
                case REPLAY_REFUSED:
                        work_fail(work);
                        return OUTCOME_DROP;
                case REPLAY_NONE:
                        break;
                }
        }
        enum status status = mask_check_request(work);

        if (status == OK)
                status = own_request(work);
        if (status == OK)
                status = dispatch_method(work);
        if (status != OK)
                work_fail(work);
        if (status != OK && !work->private.refused)
                return OUTCOME_DROP;
        if (work->failed)
                mask_finish(work); /* before it is kept */
        if (work->once && txn_status(call->txn) == OK)
                dedupe_keep(work);
        return OUTCOME_KEEP;
}

/* identify > role > dedupe > own > run. */
static enum outcome run_call(struct work *work)
{
        if (admit_deadline(work) != OK || identify_caller(work) != OK ||
                identify_role(work) != OK) {
                work_fail(work);
                return OUTCOME_DROP;
        }
        return run_method(work);
}

static enum outcome run_steps(struct work *work)
{
        struct txn *txn = work->call.txn;

        if (work->step != NULL) {
                if (!work->step(work, txn))
                        return OUTCOME_DROP;
                work->stepped = true;
        }
        if (work->plan == NULL || work->failed || work->answered)
                return work->stepped ? OUTCOME_KEEP : OUTCOME_DROP;
        size_t mark = txn_mark(txn);
        enum outcome outcome = run_call(work);

        if (outcome == OUTCOME_DROP && work->stepped && txn_status(txn) == OK) {
                txn_rewind(txn, mark);
                return OUTCOME_KEEP;
        }
        return outcome;
}

/* What happens at a time is durable together with the time. False: it stuck. */
static bool keep_or_fail(struct work *work)
{
        struct call *call = &work->call;

        if (txn_status(call->txn) == OK)
                clock_keep(work->private.pipeline->options.clock, call->txn);
        if (txn_status(call->txn) == OK) {
                txn_keep(call->txn);
                return true;
        }
        call->error = *txn_error(call->txn);
        work_fail(work);
        txn_drop(call->txn);
        return false;
}

/* The method's own failure stuck in the transaction: the step is done without it and sees that it
 * failed, or the shop would try the same for ever. What the store refused is tried again. */
static void redo_step(struct work *work, struct group *group)
{
        struct call *call = &work->call;

        if (!work->stepped || work_store_refused(work))
                work->stepped = false;
        if (!work->stepped)
                return;
        call->txn = group_txn(group, call->arena);
        work->stepped = work->step(work, call->txn);
        if (work->stepped)
                work->stepped = keep_or_fail(work);
        else
                txn_drop(call->txn);
}

/* The store names a field of the row; the caller knows it by its place in the request. */
static void name_in_request(struct work *work)
{
        const struct schema_message *request =
                work->plan == NULL ? NULL : work->plan->method->request;

        if (request == NULL)
                return;
        for (struct violation *at = work->call.error.violations; at != NULL; at = at->next) {
                if (schema_field_named(request, at->field) != SCHEMA_NONE)
                        continue;
                for (unsigned i = 0; i < request->descriptor->n_fields; i++) {
                        const struct schema_message *row = request->fields[i].message;

                        if (row == NULL || schema_field_named(row, at->field) == SCHEMA_NONE)
                                continue;
                        at->field = arena_printf(work->call.arena, "%s.%s",
                                request->descriptor->fields[i].name, at->field);
                        break;
                }
        }
}

/* What was dropped has its record all the same, in a transaction of its own: where that cannot be
 * kept, nothing is answered of what came of the call. */
static void record_dropped(struct work *work, struct group *group)
{
        struct call *call = &work->call;

        call->txn = group_txn(group, call->arena);
        audit_append(work, call->txn);
        keep_or_fail(work);
}

static void write_one(struct work *work, struct group *group)
{
        struct call *call = &work->call;
        struct clock *clock = work->private.pipeline->options.clock;

        call->txn = group_txn(group, call->arena);
        call->now_us = clock_now_us(clock);
        enum outcome outcome = run_steps(work);

        if (work->plan != NULL && !work->answered)
                mask_finish(work);
        if (outcome == OUTCOME_KEEP && txn_status(call->txn) == OK && !work->answered &&
                audit_owes(work))
                audit_append(work, call->txn);
        if (outcome == OUTCOME_KEEP && txn_status(call->txn) == OK)
                clock_keep(clock, call->txn);
        bool kept = outcome == OUTCOME_KEEP && txn_status(call->txn) == OK;

        if (txn_status(call->txn) != OK) {
                call->error = *txn_error(call->txn);
                name_in_request(work);
                work_fail(work);
                txn_drop(call->txn);
                redo_step(work, group);
        } else if (outcome == OUTCOME_KEEP) {
                atomic_fetch_add_explicit(&work->private.pipeline->counters.changes,
                        txn_change_count(call->txn), memory_order_relaxed);
                work->sequence = txn_keep(call->txn);
        } else {
                txn_drop(call->txn);
        }
        if (!kept && !work->answered && audit_owes(work))
                record_dropped(work, group);
        call->txn = NULL;
}

/* What is still needed of a call that ran in the writer's memory moves to the call's own. */
static void move_out(struct work *work)
{
        struct arena *own = &work->arena;
        struct call *call = &work->call;

        call->arena = own;
        if (work->failed)
                call->error = *error_clone(&call->error, own);
        else
                error_init(&call->error, own);
        if (work->answer.len > 0)
                work->answer.data = arena_copy(own, work->answer.data, work->answer.len);
        if (work->caller.id != NULL) /* or its time was over before anybody asked who calls */
                work->caller.id = arena_text(own, work->caller.id);
        work->caller.session_id = "";
        work->response = NULL;
        work->members = NULL;
        work->member_count = work->member_room = 0;
}

void write_work(struct work *work, struct group *group, struct arena *scratch)
{
        /* Who is the shop's own step may keep what it read. */
        if (work->done != work_reply_and_free || work->step != NULL || work->answered) {
                write_one(work, group);
                return;
        }
        arena_reset(scratch);
        work->call.arena = scratch;
        write_one(work, group);
        move_out(work);
}
