/* Takes a word from a member. */
#include "care.handlers.h"
#include "server/care/care.h"

enum status care_untag_member(
        struct call *call, const UntagMemberRequest *request, Google__Protobuf__Empty *response)
{
        if (member_tag_get(call->txn, request->member_id, request->tag) == NULL)
                return call_fail_absent(call, "tag", "MEMBER_TAG", "member tag", request->tag);
        member_tag_delete(call->txn, request->member_id, request->tag);
        call_event(call, "member_tag.deleted", request->member_id, "", NULL);
        return OK;
}
