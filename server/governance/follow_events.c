/* A follower's next events; see server/follow.h. */
#include "governance.handlers.h"
#include "server/follow.h"

enum status governance_follow_events(
        struct call *call, const FollowEventsRequest *request, FollowEventsResponse *response)
{
        return follow_events(call, request, response);
}
