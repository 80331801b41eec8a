/* Whether calls are taken. Answered also while the server drains: then the answer is no. */
#include "governance.handlers.h"
#include "server/governance/health.h"

enum status governance_check_health(
        struct call *call, const CheckHealthRequest *request, CheckHealthResponse *response)
{
        return health_of(call, request->service, &response->state);
}
