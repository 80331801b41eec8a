/*
 * An address becomes the caller's name at sign-in, once a code shows that they read it. The one
 * that it replaces is told, since it may be a thief who changes it.
 */
#include <string.h>
#include "server/membership/code.h"
#include "server/notification/notification.h"
#include "server/secret.h"
#include "membership.handlers.h"

static enum status refuse_taken(struct call *call, const struct target *target)
{
        call_fail_field(
                call, target->field, "ADDRESS_TAKEN", "%s: opens another account", target->field);
        return call_fail(call, ALREADY_EXISTS, "ADDRESS_TAKEN",
                "this address opens another account; sign in to that one");
}

/* The verified address before this one opens nothing any more. */
static void replace(struct call *call, const Member *member, const struct target *target)
{
        const char *old = target_current(member, target);

        if (!target_verified(member, target) || strcmp(old, target->text) == 0)
                return;
        credential_delete(call->txn, secret_blind(call, old));
        notification_send(
                call, &(struct notification){.member_id = member->id,
                              .template_key = "account.address_changed",
                              .dedupe_key = call_printf(call, "code:%s", call_new_id(call)),
                              .channels = CHANNEL_BIT(target->channel),
                              .recipient = call_text(call, old)});
}

enum status membership_confirm_address(
        struct call *call, const ConfirmAddressRequest *request, Member *response)
{
        struct target target;
        const struct code code = {CODE_PURPOSE_CONFIRM_ADDRESS, call->caller->id, &target};
        Member *member = member_get(call->txn, call->caller->id);

        if (member == NULL || member->kind != MEMBER_KIND_MEMBER)
                return call_fail(call, FAILED_PRECONDITION, "NOT_A_MEMBER",
                        "only members have an address to sign in by");
        if (target_of(call, request->email, request->phone, &target) != OK ||
                code_check(call, &code, request->code) != OK)
                return call->error.code;
        const Credential *owner = credential_get(call->txn, target.hash);

        if (owner != NULL && strcmp(owner->member_id, member->id) != 0)
                return refuse_taken(call, &target);
        replace(call, member, &target);
        if (owner == NULL)
                target_keep(call, &target, member->id);
        target_set(member, &target, TARGET_PROVED);
        member->update_time = call_now(call);
        member_update(call->txn, member);
        call_event(call, "member.address_confirmed", member->id, member->id, "channel",
                (int64_t)target.channel, NULL);
        *response = *member;
        return OK;
}
