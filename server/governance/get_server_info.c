/* What a server tells anybody about itself: enough to see that the right one answers. */
#include "governance.handlers.h"
#include "server/clock.h"
#include "server/pipeline.h"

enum status governance_get_server_info(
        struct call *call, const GetServerInfoRequest *request, ServerInfo *response)
{
        struct store_stats stats;

        store_stats(call_store(call), &stats);
        response->version = "shopd " SHOP_VERSION;
        response->shop_time = call_now(call);
        response->simulated_clock = clock_mode(call_clock(call)) == CLOCK_SIMULATED;
        response->sequence = stats.sequence;
        response->method_count = (int32_t)call_schema(call)->method_count;
        response->store_bytes = (int64_t)stats.bytes_used;
        return OK;
}
