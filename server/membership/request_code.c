/*
 * Sends a code to an address, the same whether anybody has it or not: who may know is who reads it,
 * and they are told by what the code is given to. Asking needs a guest's token at least, so that
 * the code belongs to somebody.
 */
#include <inttypes.h>
#include "server/membership/code.h"
#include "membership.handlers.h"

static enum status refuse_soon(struct call *call, int64_t wait_ms)
{
        call->error.retry_after_ms = wait_ms;
        call_fact(call, "retry_after_ms", "%" PRId64, wait_ms);
        return call_fail(call, RESOURCE_EXHAUSTED, "CODE_TOO_SOON",
                "one code a minute and ten a day are sent to an address, and so many a day are "
                "asked for "
                "from one");
}

enum status membership_request_code(
        struct call *call, const RequestCodeRequest *request, RequestCodeResponse *response)
{
        struct target target;
        const struct code code = {request->purpose, call->caller->id, &target};

        if (!member_has(call->txn, call->caller->id))
                return call_fail(call, FAILED_PRECONDITION, "NOT_A_MEMBER",
                        "only members and guests ask for codes");
        if (target_of(call, request->email, request->phone, &target) != OK)
                return call->error.code;
        int64_t wait_ms = code_wait_ms(call, &target);

        if (wait_ms > 0)
                return refuse_soon(call, wait_ms);
        code_send(call, &code);
        call_event(call, "member.code_sent", call->caller->id, call->caller->id, "purpose",
                (int64_t)request->purpose, NULL);
        response->expire_time = call_time(call, call->now_us + CODE_TTL_US);
        return OK;
}
