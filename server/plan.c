/*
 * What can be known of a method before anybody calls it. Worked out once at start from the
 * contract's tables, so that the way of a call asks a flag instead of walking descriptors.
 */
#include <stdlib.h>
#include <string.h>
#include "server/fields.h"
#include "server/work.h"

static bool message_has_refs(const struct schema_message *message)
{
        for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
                const struct schema_field *field = &message->fields[i];

                if (field->ref != NULL && !(field->flags & SCHEMA_WEAK))
                        return true;
                if (field->message != NULL && message_has_refs(field->message))
                        return true;
        }
        return false;
}

static bool system_only(const struct schema_method *method)
{
        for (uint16_t i = 0; i < method->allow_count; i++)
                if (method->allow[i].role != ROLE_SYSTEM)
                        return false;
        return true;
}

static bool for_anyone(const struct schema_method *method)
{
        for (uint16_t i = 0; i < method->allow_count; i++)
                if (method->allow[i].role == ROLE_ANYONE)
                        return true;
        return false;
}

/* An administrator sees what any post sees. */
static uint32_t clear_roles(const struct schema_method *method)
{
        uint32_t roles = 0;

        for (uint16_t i = 0; i < method->allow_count; i++)
                if (method->allow[i].clear)
                        roles |= 1u << method->allow[i].role;
        return roles == 0 ? 0 : roles | 1u << ROLE_ADMINISTRATOR;
}

static bool is_health(const char *name)
{
        return strcmp(name, "governance.CheckHealth") == 0 ||
               strcmp(name, "governance.WatchHealth") == 0;
}

struct plan *plans_new(const struct schema *schema, const struct server_method *methods)
{
        struct plan *plans = calloc(schema->method_count, sizeof(*plans));

        for (size_t i = 0; i < schema->method_count; i++) {
                const struct schema_method *method = &schema->methods[i];

                plans[i] = (struct plan){
                        .method = method,
                        .handler = &methods[i],
                        .writes = method->lane == LANE_WRITE || method->prepare,
                        .has_refs = message_has_refs(method->request),
                        .has_masked = fields_flagged(method->response, fields_hidden(method)),
                        .asks_personal = fields_flagged(method->request, SCHEMA_PERSONAL),
                        .clear_roles = clear_roles(method),
                        .system_only = system_only(method),
                        .health = is_health(method->name),
                        .about_server = strncmp(method->name, "governance.", 11) == 0,
                };
                plans[i].administers =
                        plans[i].about_server && method->lane == LANE_SLOW && !for_anyone(method);
        }
        return plans;
}

const struct plan *plan_of(const struct pipeline *pipeline, const struct schema_method *method)
{
        return &pipeline->plans[method - pipeline->options.schema->methods];
}
