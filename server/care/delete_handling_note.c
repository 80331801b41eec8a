/* Takes a note away; like its writing, without telling the member. */
#include "care.handlers.h"
#include "server/care/care.h"

enum status care_delete_handling_note(struct call *call, const DeleteHandlingNoteRequest *request,
        Google__Protobuf__Empty *response)
{
        handling_note_delete(call->txn, request->id);
        call_event(call, "handling_note.deleted", request->id, "", NULL);
        return OK;
}
