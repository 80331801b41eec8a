/* Adds a template whose words are known to be good, so that filling them in cannot fail later. */
#include "notification.handlers.h"
#include "server/change.h"
#include "server/notification/template.h"
#include "server/notification/words.h"

enum status notification_create_notification_template(struct call *call,
        const CreateNotificationTemplateRequest *request, NotificationTemplate *response)
{
        NotificationTemplate row = *request->notification_template;
        enum status status =
                change_check_new(call, &notification_template_table, &row, "notification_template");

        if (status == OK)
                status = template_join(call, &row);
        if (status == OK)
                status = words_check(call, &row, "notification_template");
        if (status != OK)
                return status;
        call_respond(response, change_insert(call, &notification_template_table, &row));
        return OK;
}
