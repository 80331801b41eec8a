/*
 * The life of a grant: it waits or counts, and ends once. A person holds a post by one grant at a
 * time, so its end is the end of the post. Refused: editing a grant; whoever wants another end or
 * reach revokes it and gives a new one, and both stay to be read.
 */
#include "server/staff/grant.h"

#include <string.h>

#define EXPIRY_METHOD "staff.ExpireGrant"
#define APPROVAL_US   (INT64_C(7) * 24 * 3600 * 1000000)

static RoleGrant *grant_in(struct call *call, const char *staff_id, Post post, GrantState state)
{
        struct scan *scan = role_grant_by_staff_id_state(call->txn, staff_id, state);

        for (RoleGrant *grant; (grant = role_grant_next(scan)) != NULL;)
                if (grant->post == post)
                        return grant;
        return NULL;
}

RoleGrant *grant_held(struct call *call, const char *staff_id, Post post)
{
        RoleGrant *grant = grant_in(call, staff_id, post, GRANT_STATE_ACTIVE);

        return grant != NULL ? grant : grant_in(call, staff_id, post, GRANT_STATE_PENDING);
}

RoleGrant *grant_new(struct call *call, const char *staff_id, Post post)
{
        RoleGrant *grant = call_new(call, RoleGrant);

        *grant = (RoleGrant)ROLE_GRANT_INIT;
        grant->id = call_new_id(call);
        grant->staff_id = staff_id;
        grant->post = post;
        grant->granted_by = call->caller->id;
        grant->create_time = call_now(call);
        grant->update_time = grant->create_time;
        return grant;
}

void grant_start(struct call *call, RoleGrant *grant)
{
        grant->state = GRANT_STATE_ACTIVE;
        grant->start_time = call_now(call);
        grant->update_time = grant->start_time;
        if (grant->expire_time != NULL)
                call_schedule(call, time_us(grant->expire_time), EXPIRY_METHOD, grant->id);
        else
                call_unschedule(call, EXPIRY_METHOD, grant->id);
}

void grant_wait(struct call *call, RoleGrant *grant)
{
        int64_t until_us = call->now_us + APPROVAL_US;

        if (grant->expire_time != NULL && time_us(grant->expire_time) < until_us)
                until_us = time_us(grant->expire_time);
        grant->state = GRANT_STATE_PENDING;
        call_schedule(call, until_us, EXPIRY_METHOD, grant->id);
}

void grant_end(struct call *call, RoleGrant *grant, GrantState state, const char *reason)
{
        grant->state = state;
        grant->end_time = call_now(call);
        grant->update_time = grant->end_time;
        if (state == GRANT_STATE_REVOKED) {
                grant->revoked_by = call->caller->id;
                grant->revoke_reason = reason;
        }
        call_unschedule(call, EXPIRY_METHOD, grant->id);
        role_grant_update(call->txn, grant);
        grant_tell(call, state == GRANT_STATE_REVOKED ? "role_grant.revoked" : "role_grant.expired",
                grant);
}

void grant_tell(struct call *call, const char *type, const RoleGrant *grant)
{
        call_event(call, type, grant->id, "", "post", (int64_t)grant->post, NULL);
}

bool grant_by_person(struct call *call)
{
        return strcmp(call->caller->id, "administrator") == 0 ||
               staff_account_has(call->txn, call->caller->id);
}

/* Whether they are an administrator whose grant has no end. */
static bool administers(struct call *call, const char *staff_id)
{
        const RoleGrant *grant = grant_in(call, staff_id, POST_ADMINISTRATOR, GRANT_STATE_ACTIVE);

        return grant != NULL && grant->expire_time == NULL;
}

bool grant_is_last_administrator(struct call *call, const char *staff_id)
{
        struct scan *scan =
                role_grant_by_post_state(call->txn, POST_ADMINISTRATOR, GRANT_STATE_ACTIVE);

        if (!administers(call, staff_id))
                return false;
        for (const RoleGrant *grant; (grant = role_grant_next(scan)) != NULL;) {
                const StaffAccount *account = staff_account_get(call->txn, grant->staff_id);

                if (strcmp(grant->staff_id, staff_id) != 0 && grant->expire_time == NULL &&
                        account != NULL && account->state == STAFF_STATE_ACTIVE)
                        return false;
        }
        return true;
}

enum status grant_refuse_last(struct call *call, const char *field)
{
        call_fail_field(call, field, "LAST_ADMINISTRATOR",
                "%s: no administrator would be left; make another first", field);
        return call_fail(call, FAILED_PRECONDITION, "LAST_ADMINISTRATOR",
                "%s: no administrator would be left; make another first", field);
}

enum status grant_deny(
        struct call *call, const char *field, const char *reason, const char *sentence)
{
        call_fail_field(call, field, reason, "%s: %s", field, sentence);
        return call_fail(call, PERMISSION_DENIED, reason, "%s: %s", field, sentence);
}
