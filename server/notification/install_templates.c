/*
 * The shipped words become rows that people can change. At every start: what is there stays as it
 * is, what a newer program says besides is added.
 */
#include "notification.handlers.h"
#include "server/change.h"
#include "server/notification/notice.h"
#include "server/notification/notification.h"
#include "server/notification/template.h"

static bool is_there(struct txn *txn, const struct notice *notice, const struct notice_words *words)
{
        return notification_template_get_by_template_key_language_channel(
                       txn, notice->key, words->language, NOTIFICATION_CHANNEL_UNSPECIFIED) != NULL;
}

bool notification_installed(struct txn *txn)
{
        for (const struct notice *notice = notices; notice->key != NULL; notice++)
                for (size_t i = 0; i < NOTICE_LANGUAGES; i++)
                        if (!is_there(txn, notice, &notice->words[i]))
                                return false;
        return true;
}

static void install(
        struct call *call, const struct notice *notice, const struct notice_words *words)
{
        NotificationTemplate row = NOTIFICATION_TEMPLATE_INIT;

        if (is_there(call->txn, notice, words))
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
