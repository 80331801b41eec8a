/*
 * Faults of staff, for test_planted_faults.c: an administrator by one pair of eyes, a post by one's
 * own hand or twice, a lead who is not there, an account without a password, an agent of another
 * team.
 */
#include "tests/domain/planted.h"

#include "membership.rows.h"
#include "staff.rows.h"
#include "staff_internal.rows.h"

static const char *put_account(struct txn *txn, const char *id)
{
        StaffAccount account = STAFF_ACCOUNT_INIT;

        account.id = id;
        account.login_name = id;
        account.state = STAFF_STATE_ACTIVE;
        staff_account_insert(txn, &account);
        return id;
}

static const char *put_person(struct txn *txn, const char *id)
{
        StaffCredential credential = STAFF_CREDENTIAL_INIT;

        credential.staff_id = id;
        staff_credential_insert(txn, &credential);
        return put_account(txn, id);
}

static RoleGrant grant_of(const char *staff_id, const char *id, Post post)
{
        static Timestamp start = {
                .base = PROTOBUF_C_MESSAGE_INIT(&google__protobuf__timestamp__descriptor),
                .seconds = 1};
        RoleGrant grant = ROLE_GRANT_INIT;

        grant.id = id;
        grant.staff_id = staff_id;
        grant.post = post;
        grant.state = GRANT_STATE_ACTIVE;
        grant.granted_by = "somebody";
        grant.start_time = &start;
        return grant;
}

void administrator_by_one(struct world *world, struct txn *txn)
{
        RoleGrant grant = grant_of(put_person(txn, "wanda"), "g", POST_ADMINISTRATOR);

        grant.approved_by = grant.granted_by;
        role_grant_insert(txn, &grant);
}

void post_by_own_hand(struct world *world, struct txn *txn)
{
        RoleGrant grant = grant_of(put_person(txn, "wanda"), "g", POST_FINANCE);

        grant.granted_by = grant.staff_id;
        role_grant_insert(txn, &grant);
}

void post_held_twice(struct world *world, struct txn *txn)
{
        const char *wanda = put_person(txn, "wanda");
        RoleGrant first = grant_of(wanda, "g", POST_FINANCE);
        RoleGrant second = grant_of(wanda, "h", POST_FINANCE);

        role_grant_insert(txn, &first);
        role_grant_insert(txn, &second);
}

void lead_not_in_team(struct world *world, struct txn *txn)
{
        Team team = TEAM_INIT;

        team.id = "team";
        team.slug = "team";
        team.lead_id = put_person(txn, "wanda");
        team_insert(txn, &team);
}

void account_without_password(struct world *world, struct txn *txn)
{
        put_account(txn, "wanda");
}

void agent_of_another_team(struct world *world, struct txn *txn)
{
        Team team = TEAM_INIT;
        Member *member = member_get(txn, world->stall.alice.id);

        team.id = "team";
        team.slug = "team";
        team_insert(txn, &team);
        member->team_id = team.id;
        member->agent_id = put_person(txn, "wanda");
        member_update(txn, member);
}
