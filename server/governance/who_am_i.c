/* Who the token says the caller is. */
#include "governance.handlers.h"

enum status governance_who_am_i(
        struct call *call, const WhoAmIRequest *request, WhoAmIResponse *response)
{
        response->id = call->caller->id;
        response->posts = call_array(call, Post, ROLE_COUNT);
        for (int role = ROLE_GUEST; role < ROLE_COUNT; role++)
                if (role != ROLE_SYSTEM && call_has_role(call, (enum role)role))
                        response->posts[response->n_posts++] = (Post)role;
        return OK;
}
