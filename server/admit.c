/*
 * What can be judged of a call before any transaction: is there such a method, is there room for
 * the call, are the bytes such a message, do its fields keep their rules. Runs in the thread that
 * received the call, so that what is refused here never queues for the writer.
 *
 * The row inside an Update is judged only where its mask points: a client that changes a title
 * need not send a valid rest.
 */
#include <inttypes.h>
#include <string.h>
#include "lib/base/clock.h"
#include "lib/rpc/compress.h"
#include "lib/schema/decode.h"
#include "lib/schema/json.h"
#include "lib/schema/rules.h"
#include "server/change.h"
#include "server/clock.h"
#include "server/fields.h"
#include "server/work.h"

#define METHOD_NAME_MAX 64

static const struct decode_limits request_limits = {
        .bytes_max = 1u << 20,
        .fields_max = 100000,
        .memory_max = 16u << 20,
        .refuse_unknown = true,
};

static enum status no_method(struct work *work, struct bytes name)
{
        const struct schema *schema = work->private.pipeline->options.schema;
        char text[METHOD_NAME_MAX + 1] = "";
        size_t len = name.len < METHOD_NAME_MAX ? name.len : METHOD_NAME_MAX;

        for (size_t i = 0; i < len; i++)
                text[i] = (char)(name.data[i] > ' ' && name.data[i] < 127 ? name.data[i] : '?');
        const char **names = arena_array(work->call.arena, const char *, schema->method_count);

        for (size_t i = 0; i < schema->method_count; i++)
                names[i] = schema->methods[i].name;
        const char *nearest = json_nearest(text, names, schema->method_count);

        return error_set(&work->call.error, UNIMPLEMENTED, "METHOD_NOT_FOUND",
                "there is no method %s%s%s", text, nearest != NULL ? "; the nearest name is " : "",
                nearest != NULL ? nearest : "");
}

/* The mask keeps its own rules: its paths come back in errors. */
static enum status check_mask(struct work *work)
{
        const struct schema_method *method = work->plan->method;
        bool *only;

        if (method->update_mask == SCHEMA_NONE)
                return OK;
        only = arena_array(work->call.arena, bool, method->request->descriptor->n_fields);
        only[method->update_mask] = true;
        return rules_check(
                method->request, work->request, "", RULES_REQUEST, only, &work->call.error);
}

/* The row of a Create or Update by itself: the request around it holds nothing but the mask. */
static enum status check_resource(struct work *work)
{
        const struct schema_method *method = work->plan->method;
        const ProtobufCFieldDescriptor *field =
                &method->request->descriptor->fields[method->resource];
        struct change change;

        if (schema_count(work->request, field) == 0)
                return error_violation(&work->call.error, field->name, "REQUIRED",
                        "%s must be given", field->name);
        const void *row = schema_message_at(work->request, field, 0);

        if (method->kind == METHOD_UPDATE) {
                if (check_mask(work) != OK)
                        return work->call.error.code;
                if (!standard_change(work, &change))
                        return work->call.error.code;
                return change_check(&work->call, &change);
        }
        return change_check_new(&work->call, method->table, row, field->name);
}

/* The transport says the same once it drains itself; until then it is said here. */
static enum status refuse_draining(struct work *work)
{
        work->call.error.retry_after_ms = 100;
        return error_set(&work->call.error, UNAVAILABLE, "SERVER_DRAINING",
                "the server is stopping and takes no new calls");
}

static enum status expand_request(struct work *work)
{
        const struct rpc_call *rpc = work->rpc;

        if (rpc->zstd_bytes <= request_limits.bytes_max && gate_expand(work) != OK)
                return work->call.error.code;
        if (compress_request(work->call.arena, rpc, request_limits.bytes_max, &work->sent))
                return OK;
        return error_set(&work->call.error, INVALID_ARGUMENT, "MALFORMED_REQUEST",
                "the request is not one Zstandard frame that holds %" PRIu32
                " bytes, or more than %zu",
                rpc->zstd_bytes, request_limits.bytes_max);
}

static enum status admit_request(struct work *work, const struct rpc_call *rpc)
{
        struct pipeline *pipeline = work->private.pipeline;
        const struct schema_method *method =
                rpc->route != NULL ? rpc->route
                                   : schema_method(pipeline->options.schema, rpc->method);

        work->rpc = rpc;
        if (method != NULL) {
                work->plan = plan_of(pipeline, method);
                work->call.method = method;
                work->once = work->plan->writes && !work->system;
        }
        if (gate_enter(work) != OK)
                return work->call.error.code;
        if (method == NULL)
                return no_method(work, rpc->method);
        if (atomic_load_explicit(&pipeline->draining, memory_order_relaxed) && !work->system &&
                !work->plan->about_server)
                return refuse_draining(work);
        if (work->plan->handler->run == NULL && method->kind == METHOD_CUSTOM)
                return error_set(&work->call.error, UNIMPLEMENTED, "METHOD_NOT_FOUND",
                        "%s is not served here", method->name);
        if (expand_request(work) != OK)
                return work->call.error.code;
        work->request = decode_guarded(work->call.arena, method->request->descriptor, work->sent,
                &request_limits, &work->call.error);
        if (work->request == NULL)
                return work->call.error.code;
        if (method->kind == METHOD_CREATE || method->kind == METHOD_UPDATE)
                return check_resource(work);
        return rules_check(
                method->request, work->request, "", RULES_REQUEST, NULL, &work->call.error);
}

enum status admit_call(struct work *work, const struct rpc_call *rpc)
{
        if (admit_request(work, rpc) != OK)
                return work->call.error.code;
        /* The writer has the least time of all. */
        if (work->once) {
                identify_early(work);
                dedupe_early(work);
        }
        return OK;
}

enum status admit_deadline(struct work *work)
{
        return admit_deadline_at(work, clock_monotonic_us());
}

enum status admit_deadline_at(struct work *work, int64_t monotonic_us)
{
        if (work->rpc->deadline_us == 0 || monotonic_us <= work->rpc->deadline_us)
                return OK;
        return error_set(&work->call.error, DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED",
                "the caller's time was over before %s could begin", work->plan->method->name);
}
