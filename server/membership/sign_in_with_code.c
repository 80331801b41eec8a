/*
 * A code instead of a password, and at once a sign-up where the address has no account: only who
 * reads the address learns which of the two it was. A guest who becomes the member stays the same
 * row, so nothing that hangs on it moves.
 */
#include "server/cart/cart.h"
#include "server/membership/code.h"
#include "server/membership/device.h"
#include "membership.handlers.h"

static Member *join(struct call *call, Member *guest, const struct target *target)
{
        account_promote(call, guest);
        target_set(guest, target, TARGET_PROVED);
        member_update(call->txn, guest);
        target_keep(call, target, guest->id);
        call_event(call, "member.signed_up", guest->id, guest->id, "was_guest", INT64_C(1), NULL);
        return guest;
}

static Member *enter(struct call *call, const SignInWithCodeRequest *request, Member *guest,
        const Credential *credential, SessionGrant *response)
{
        Member *member = member_get(call->txn, credential->member_id);

        cart_merge(call, guest->id, member->id, request->merge_mode, &response->warnings,
                &response->n_warnings);
        account_join(call, guest, member);
        call_event(call, "member.signed_in", member->id, member->id, NULL);
        return member;
}

enum status membership_sign_in_with_code(
        struct call *call, const SignInWithCodeRequest *request, SessionGrant *response)
{
        struct target target;
        const struct code code = {CODE_PURPOSE_SIGN_IN, call->caller->id, &target};
        Member *guest = member_get(call->txn, call->caller->id), *member;

        if (guest == NULL || guest->kind != MEMBER_KIND_GUEST)
                return call_fail(
                        call, FAILED_PRECONDITION, "NOT_A_GUEST", "only guests sign in by a code");
        if (target_of(call, request->email, request->phone, &target) != OK ||
                code_check(call, &code, request->code) != OK)
                return call->error.code;
        const Credential *credential = credential_get(call->txn, target.hash);

        member = credential == NULL ? join(call, guest, &target)
                                    : enter(call, request, guest, credential, response);
        device_open(call, member, request->device_name, response);
        return OK;
}
