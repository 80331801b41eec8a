/*
 * Gives somebody a post. ADMINISTRATOR waits for a second pair of eyes: it can do everything, also
 * grant. A program with an administrator's key grants no such post, and neither approves: two keys
 * are not two people.
 */
#include "server/staff/grant.h"

#include <string.h>
#include "staff.handlers.h"

static bool is_staff_post(Post post)
{
        return post != POST_UNSPECIFIED && post != POST_GUEST && post != POST_MEMBER &&
               post != POST_IMPORTER;
}

static bool is_service_post(Post post)
{
        return post == POST_SERVICE_AGENT || post == POST_SPECIALIST || post == POST_SERVICE_LEAD;
}

static enum status check(struct call *call, const GrantRoleRequest *request)
{
        if (!is_staff_post(request->post))
                call_fail_field(call, "post", "NOT_A_STAFF_POST",
                        "post: people have staff posts, not a customer's or a program's");
        if (request->expire_time != NULL && time_us(request->expire_time) <= call->now_us)
                call_fail_field(call, "expire_time", "TIME_IS_PAST",
                        "expire_time: a grant must end in the future");
        if (request->reach == GRANT_REACH_TEAM && !is_service_post(request->post))
                call_fail_field(call, "reach", "NOT_A_SERVICE_POST",
                        "reach: only posts of service are narrowed to teams");
        return call->error.code;
}

static enum status check_people(struct call *call, const GrantRoleRequest *request)
{
        const StaffAccount *account = staff_account_get(call->txn, request->staff_id);
        const RoleGrant *held = grant_held(call, account->id, request->post);

        if (strcmp(request->staff_id, call->caller->id) == 0)
                return grant_deny(
                        call, "staff_id", "GRANT_TO_SELF", "nobody gives a post to themselves");
        if (request->post == POST_ADMINISTRATOR && !grant_by_person(call))
                return grant_deny(
                        call, "post", "NOT_A_PERSON", "administrators are made by people");
        if (account->state != STAFF_STATE_ACTIVE)
                return call_fail(call, FAILED_PRECONDITION, "ACCOUNT_SUSPENDED",
                        "account %s is suspended", account->id);
        if (held == NULL)
                return OK;
        call_fact(call, "grant_id", "%s", held->id);
        return call_fail(call, ALREADY_EXISTS, "POST_HELD",
                "they have this post by grant %s; revoke that first", held->id);
}

enum status staff_grant_role(
        struct call *call, const GrantRoleRequest *request, RoleGrant *response)
{
        enum status status = check(call, request);

        if (status == OK)
                status = check_people(call, request);
        if (status != OK)
                return status;
        RoleGrant *grant = grant_new(call, request->staff_id, request->post);

        grant->reach = request->reach;
        grant->reason = request->reason;
        grant->expire_time = request->expire_time;
        if (request->post == POST_ADMINISTRATOR)
                grant_wait(call, grant);
        else
                grant_start(call, grant);
        role_grant_insert(call->txn, grant);
        grant_tell(call,
                grant->state == GRANT_STATE_PENDING ? "role_grant.requested" : "role_grant.granted",
                grant);
        call_respond(response, role_grant_get(call->txn, grant->id));
        return OK;
}
