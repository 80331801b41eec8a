/* Everything of one owner, found by the contract's tables rather than by a list kept here: what is
 * added to the contract is exported from its first day. */
#include "lib/base/clock.h"
#include "privacy.handlers.h"
#include "server/owned.h"

#define EXPORT_BYTES_MAX (3 << 20) /* a reply has 4 MiB */

enum status privacy_export_member(
        struct call *call, const ExportMemberRequest *request, ExportMemberResponse *response)
{
        struct owned_document document = {0};
        char now[CLOCK_TEXT_MAX];

        owned_export(call, request->member_id, request->page_token, EXPORT_BYTES_MAX, &document);
        response->document =
                call_printf(call, "{\"member_id\":\"%s\",\"time\":\"%s\",\"rows\":%.*s}",
                        request->member_id, clock_format(call->now_us, now), (int)document.json.len,
                        (const char *)document.json.data);
        response->row_count = document.row_count;
        response->next_page_token = document.next;
        buffer_release(&document.json);
        return OK;
}
