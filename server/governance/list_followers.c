/* How far the followers of the event log came. */
#include "governance.handlers.h"
#include "server/follow.h"

enum status governance_list_followers(
        struct call *call, const ListFollowersRequest *request, ListFollowersResponse *response)
{
        follow_list(call, response);
        return OK;
}
