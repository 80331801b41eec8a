/* Changes the words of a template, judged as when it was made. */
#include "notification.handlers.h"
#include "server/change.h"
#include "server/notification/words.h"

enum status notification_update_notification_template(struct call *call,
        const UpdateNotificationTemplateRequest *request, NotificationTemplate *response)
{
        NotificationTemplate *row = change_row(call, &notification_template_table,
                request->notification_template, request->update_mask);

        if (row == NULL || words_check(call, row, "notification_template") != OK)
                return call->error.code;
        notification_template_update(call->txn, row);
        call_event(call, "notification_template.updated", row->id, "", NULL);
        call_respond(response, notification_template_get(call->txn, row->id));
        return OK;
}
