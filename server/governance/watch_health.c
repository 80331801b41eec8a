/* The same as CheckHealth, once it is another state than the caller knows. */
#include "governance.handlers.h"
#include "server/governance/health.h"

enum status governance_watch_health(
        struct call *call, const WatchHealthRequest *request, WatchHealthResponse *response)
{
        enum status status = health_of(call, request->service, &response->state);

        if (status != OK || response->state != request->state)
                return status;
        return call_wait(call, request->wait_ms, NULL);
}
