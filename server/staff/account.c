/*
 * What the methods on accounts share. Whoever makes an account knows its first password, so that
 * one is good once, for three days, and only to set another. Refused: a mail with a link, which a
 * shop without mail could not start with.
 */
#include "server/staff/account.h"

#include "server/grants.h"
#include "server/secret.h"
#include "server/session.h"

enum status staff_prepare_password(struct call *call)
{
        struct staff_password *password = call_new(call, struct staff_password);

        call_leave_snapshot(call);
        password->text = secret_text(call);
        password->hash = secret_password(call, password->text);
        call->prepared = password;
        return call->error.code;
}

StaffAccount *staff_open_account(
        struct call *call, const char *login_name, const char *display_name)
{
        StaffAccount *account = call_new(call, StaffAccount);

        *account = (StaffAccount)STAFF_ACCOUNT_INIT;
        account->id = call_new_id(call);
        account->login_name = login_name;
        account->display_name = display_name;
        account->state = STAFF_STATE_ACTIVE;
        account->create_time = call_now(call);
        account->update_time = account->create_time;
        staff_account_insert(call->txn, account);
        call_event(call, "staff_account.created", account->id, "", NULL);
        return account;
}

void staff_keep_password(
        struct call *call, const char *staff_id, const char *hash, int64_t one_time_until_us)
{
        StaffCredential credential = STAFF_CREDENTIAL_INIT;

        credential.staff_id = staff_id;
        credential.password_hash = hash;
        if (one_time_until_us != STAFF_OWN_PASSWORD_US)
                credential.one_time_until = call_time(call, one_time_until_us);
        if (staff_credential_has(call->txn, staff_id))
                staff_credential_update(call->txn, &credential);
        else
                staff_credential_insert(call->txn, &credential);
}

void staff_answer_password(struct call *call, StaffAccount *account, StaffPassword *response)
{
        const struct staff_password *password = call->prepared;
        int64_t until_us = session_now_us(call) + STAFF_ONE_TIME_US;

        staff_keep_password(call, account->id, password->hash, until_us);
        response->staff_account = account;
        response->one_time_password = password->text;
        response->expire_time = call_time(call, until_us);
}

void staff_set_state(struct call *call, StaffAccount *account, StaffState state)
{
        account->state = state;
        account->update_time = call_now(call);
        staff_account_update(call->txn, account);
}

bool staff_serves(struct call *call, const char *staff_id)
{
        const uint32_t service =
                1u << ROLE_SERVICE_AGENT | 1u << ROLE_SPECIALIST | 1u << ROLE_SERVICE_LEAD;
        const StaffAccount *account = staff_account_get(call->txn, staff_id);

        return account != NULL && account->state == STAFF_STATE_ACTIVE &&
               (grants_of(call->txn, staff_id, call->now_us).roles & service) != 0;
}

enum status staff_check_agent(struct call *call, const char *agent_id, const char *team_id)
{
        if (!staff_serves(call, agent_id))
                return call_fail_field(call, "agent_id", "NOT_AN_AGENT",
                        "agent_id: must be somebody with a post of service and an open account");
        if (team_id[0] != '\0' && !team_member_has(call->txn, team_id, agent_id))
                return call_fail_field(
                        call, "agent_id", "AGENT_NOT_IN_TEAM", "agent_id: must be one of the team");
        return OK;
}
