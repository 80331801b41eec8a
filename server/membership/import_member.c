/*
 * Takes over a customer of another system. The external_id makes it happen once however often a
 * file is imported; a member who has changed their particulars since keeps them. A guest is not a
 * member under the same name: that is another customer.
 */
#include "server/membership/account.h"
#include "membership.handlers.h"

enum status membership_import_member(
        struct call *call, const ImportMemberRequest *request, Member *response)
{
        const Member *existing = member_get_by_external_id(call->txn, request->external_id);

        if (existing != NULL && existing->kind != request->kind)
                return call_fail(call, ALREADY_EXISTS, "EXTERNAL_ID_REUSED",
                        "external_id %s is the name of another kind of customer, %s",
                        request->external_id, existing->id);
        if (existing != NULL) {
                *response = *existing;
                return OK;
        }
        Member *member = account_new(call, request->kind);

        member->external_id = request->external_id;
        member->display_name = request->display_name;
        member->country_code = request->country_code;
        member_insert(call->txn, member);
        call_event(call, "member.imported", member->id, member->id, NULL);
        *response = *member;
        return OK;
}
