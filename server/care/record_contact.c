/* Records that somebody spoke with a member: the caller, and not later than now. */
#include "care.handlers.h"
#include "server/care/care.h"

enum status care_record_contact(
        struct call *call, const RecordContactRequest *request, ContactRecord *response)
{
        ContactRecord contact = CONTACT_RECORD_INIT;

        if (time_us(request->contact_time) > call->now_us)
                return call_fail_field(call, "contact_time", "TIME_IS_FUTURE",
                        "contact_time: nobody has spoken with them then yet");
        contact.id = call_new_id(call);
        contact.member_id = request->member_id;
        contact.staff_id = call->caller->id;
        contact.channel = request->channel;
        contact.direction = request->direction;
        contact.contact_time =
                request->contact_time != NULL ? request->contact_time : call_now(call);
        contact.subject_id = request->subject_id;
        contact.summary = request->summary;
        contact.create_time = call_now(call);
        contact_record_insert(call->txn, &contact);
        call_event(call, "contact.recorded", contact.id, "", "channel", (int64_t)contact.channel,
                NULL);
        *response = contact;
        return OK;
}
