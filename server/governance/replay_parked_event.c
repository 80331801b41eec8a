/* Has an event handled that was put aside: in its own order no more, but exactly once. */
#include <inttypes.h>
#include "governance.handlers.h"
#include "server/follow.h"

enum status governance_replay_parked_event(
        struct call *call, const ReplayParkedEventRequest *request, ParkedEvent *response)
{
        ParkedEvent *parked = parked_event_get(call->txn, request->follower, request->number);
        const char *key = call_printf(call, "%s:%" PRIu64, request->follower, request->number);

        if (parked == NULL)
                return call_fail_absent(call, "number", "PARKED_EVENT", "parked event", key);
        *response = *parked;
        enum status status = follow_replay(call, parked);

        if (status == OK)
                call_event(call, "event.replayed", key, "", NULL);
        return status;
}
