/* What SIGTERM does, for who has a token but no shell. Asking twice is asking once. */
#include "governance.handlers.h"
#include "server/pipeline.h"

enum status governance_drain_server(
        struct call *call, const DrainServerRequest *request, DrainServerResponse *response)
{
        call_drain(call);
        return OK;
}
