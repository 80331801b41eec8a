/* The latest session of an account has ended, and all before it. */
#include "server/session.h"
#include "staff.handlers.h"

enum status staff_forget_sessions(
        struct call *call, const TimerRequest *request, Google__Protobuf__Empty *response)
{
        session_forget_expired(call, request->subject_id);
        return OK;
}
