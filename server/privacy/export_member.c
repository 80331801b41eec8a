/* Everything of one owner, found by the contract's tables rather than by a list kept here: what is
 * added to the contract is exported from its first day. */
#include "lib/base/clock.h"
#include "privacy.handlers.h"
#include "server/owned.h"

#define EXPORT_BYTES_MAX (2 << 20) /* and the row with which it is reached; a reply has 4 MiB */

enum status privacy_export_member(
        struct call *call, const ExportMemberRequest *request, ExportMemberResponse *response)
{
        struct owned_part part = {0};
        char now[CLOCK_TEXT_MAX];
        enum status status;

        txn_on_stuck(call->txn, NULL); /* a part that is never given is released, too */
        if (request->page_token[0] == '\0')
                buffer_printf(&part.json, "{\"member_id\":\"%s\",\"time\":\"%s\",\"rows\":{",
                        request->member_id, clock_format(call->now_us, now));
        status = owned_export(
                call, request->member_id, request->page_token, EXPORT_BYTES_MAX, &part);
        if (status == OK && part.next[0] == '\0')
                buffer_append_text(&part.json, "}}");
        response->member_id = request->member_id;
        response->document =
                call_printf(call, "%.*s", (int)part.json.len, (const char *)part.json.data);
        response->row_count = part.row_count;
        response->next_page_token = part.next;
        buffer_release(&part.json);
        return status;
}
