/*
 * Forgets somebody who asks for it. Members who erase themselves give their password, since a
 * session alone may be a computer that was left open; a guest has no more than the token. Staff
 * give a reason.
 */
#include <string.h>
#include "membership.rows.h"
#include "privacy.handlers.h"
#include "server/membership/account.h"
#include "server/password.h"
#include "server/privacy/erasure.h"

static const char *account_name(struct call *call, const char *member_id)
{
        return call_printf(call, "password:%s", member_id);
}

enum status privacy_erase_member_prepare(struct call *call, const EraseMemberRequest *request)
{
        const char *hash = account_password_of(call, request->member_id);

        if (call_is_staff(call) || hash == NULL)
                return OK;
        if (request->password[0] == '\0')
                return call_fail_field(
                        call, "password", "REQUIRED", "password: it is needed to be forgotten");
        call->prepared =
                password_try(call, account_name(call, request->member_id), hash, request->password);
        return call->prepared == NULL ? call->error.code : OK;
}

/* ---- who may ---- */

static enum status judge_own(struct call *call, const EraseMemberRequest *request)
{
        const char *hash = account_password_of(call, request->member_id);
        struct password_trial *trial = call->prepared;

        if (hash == NULL)
                return OK;
        if (trial == NULL)
                return call_fail(call, ABORTED, "CREDENTIAL_CHANGED",
                        "the account changed while the password was checked; try again");
        if (password_judge(call, trial, hash) == OK)
                return OK;
        if (call->error.code != UNAUTHENTICATED)
                return call->error.code;
        call_event(call, "member.sign_in_failed", request->member_id, request->member_id,
                "failures", (int64_t)trial->failures, NULL);
        call_fail_field(call, "password", "BAD_CREDENTIALS", "password: is not the password");
        return call_refuse(
                call, PERMISSION_DENIED, "BAD_CREDENTIALS", "the password is not the account's");
}

static enum status judge_staff(struct call *call, const EraseMemberRequest *request)
{
        if (request->reason[0] != '\0')
                return OK;
        return call_fail_field(call, "reason", "REQUIRED", "reason: staff say why");
}

/* A guest who signed in is the member, and forgotten with them. */
static enum status check_person(struct call *call, const char *member_id)
{
        const Member *member = member_get(call->txn, member_id);

        if (member->joined_member_id[0] != '\0') {
                call_fact(call, "member_id", "%s", member->joined_member_id);
                return call_fail(call, FAILED_PRECONDITION, "MEMBER_JOINED",
                        "guest %s is member %s", member_id, member->joined_member_id);
        }
        if (erasure_get_by_member_id(call->txn, member_id) == NULL)
                return OK;
        return call_fail(call, FAILED_PRECONDITION, "MEMBER_ERASED", "member %s was erased before",
                member_id);
}

enum status privacy_erase_member(
        struct call *call, const EraseMemberRequest *request, Erasure *response)
{
        enum status status =
                call_is_staff(call) ? judge_staff(call, request) : judge_own(call, request);
        struct call_owners owners;

        if (status != OK)
                return status;
        if (check_person(call, request->member_id) != OK)
                return call->error.code;
        call_owners(call, request->member_id, &owners);
        for (size_t i = 0; i < owners.count; i++)
                if (erasure_check_business(call, owners.ids[i]) != OK)
                        return call->error.code;
        response->author_id = call_text(call, call->caller->id);
        response->reason = call_is_staff(call) ? request->reason : "";
        for (size_t i = 0; i < owners.count; i++)
                if (strcmp(owners.ids[i], request->member_id) != 0)
                        erasure_begin(call, owners.ids[i], response);
        erasure_begin(call, request->member_id, response); /* the last is the answer */
        return OK;
}
