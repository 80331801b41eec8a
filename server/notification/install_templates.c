/*
 * The shipped words become rows that people can change. At every start: what is there stays as it
 * is, what a newer program says besides is added.
 */
#include "notification.handlers.h"
#include "server/change.h"
#include "server/notification/notice.h"
#include "server/notification/template.h"

static void install(
        struct call *call, const struct notice *notice, const struct notice_words *words)
{
        NotificationTemplate row = NOTIFICATION_TEMPLATE_INIT;

        if (notification_template_get_by_template_key_language_channel(call->txn, notice->key,
                    words->language, NOTIFICATION_CHANNEL_UNSPECIFIED) != NULL)
                return;
        row.template_key = notice->key;
        row.language = words->language;
        row.subject = words->subject;
        row.body = words->body;
        if (template_join(call, &row) == OK)
                change_insert(call, &notification_template_table, &row);
}

enum status notification_install_templates(struct call *call,
        const InstallTemplatesRequest *request, Google__Protobuf__Empty *response)
{
        for (const struct notice *notice = notices; notice->key != NULL; notice++)
                for (size_t i = 0; i < NOTICE_LANGUAGES; i++)
                        install(call, notice, &notice->words[i]);
        return OK;
}
