/* Notes down what colleagues should know. The event names no owner: members watch what is theirs,
 * and this is not. */
#include "care.handlers.h"
#include "server/care/care.h"

enum status care_create_handling_note(
        struct call *call, const CreateHandlingNoteRequest *request, HandlingNote *response)
{
        HandlingNote note = HANDLING_NOTE_INIT;

        note.id = call_new_id(call);
        note.member_id = request->member_id;
        note.author_id = call->caller->id;
        note.text = request->text;
        note.create_time = call_now(call);
        handling_note_insert(call->txn, &note);
        call_event(call, "handling_note.created", note.id, "", NULL);
        *response = note;
        return OK;
}
