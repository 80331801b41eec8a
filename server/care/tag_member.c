/* Marks a member with a word; marked before, nothing changes. */
#include "care.handlers.h"
#include "server/care/care.h"

#define TAGS_MAX 50

static int count_tags(struct call *call, const char *member_id)
{
        struct scan *scan = member_tag_of(call->txn, member_id);
        int count = 0;

        while (member_tag_next(scan) != NULL)
                count++;
        return count;
}

enum status care_tag_member(struct call *call, const TagMemberRequest *request, MemberTag *response)
{
        const MemberTag *there = member_tag_get(call->txn, request->member_id, request->tag);
        MemberTag tag = MEMBER_TAG_INIT;

        if (there != NULL) {
                *response = *there;
                return OK;
        }
        if (count_tags(call, request->member_id) >= TAGS_MAX)
                return call_fail(call, FAILED_PRECONDITION, "TOO_MANY_TAGS",
                        "a member has at most %d tags", TAGS_MAX);
        tag.member_id = request->member_id;
        tag.tag = request->tag;
        tag.author_id = call->caller->id;
        tag.create_time = call_now(call);
        member_tag_insert(call->txn, &tag);
        call_event(call, "member_tag.created", tag.member_id, "", NULL);
        *response = tag;
        return OK;
}
