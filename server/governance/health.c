/*
 * One process serves all services from one store, so they are well or not together; the name is
 * asked for and checked because clients and balancers of gRPC ask by service, and a misspelt one
 * should not look healthy.
 */
#include "server/governance/health.h"

#include <string.h>
#include "server/pipeline.h"

static bool is_served(const struct schema *schema, const char *service)
{
        size_t len = strlen(service);

        for (size_t i = 0; i < schema->method_count; i++) {
                const char *name = schema->methods[i].full_name;

                if (strncmp(name, service, len) == 0 && name[len] == '/')
                        return true;
        }
        return false;
}

enum status health_of(struct call *call, const char *service, HealthState *state)
{
        if (service[0] != '\0' && !is_served(call_schema(call), service))
                return call_fail(call, NOT_FOUND, "SERVICE_NOT_FOUND",
                        "service: there is no service %s here", service);
        *state = call_serving(call) ? HEALTH_STATE_SERVING : HEALTH_STATE_NOT_SERVING;
        return OK;
}
