/*
 * Purpose and variables belong to the notice, not to a language: a translation that makes an offer
 * a transaction would be sent without consent. So the first template says them for all.
 */
#include "server/notification/template.h"

#include <string.h>
#include "server/notification/notice.h"
#include "server/notification/words.h"

#define PATH "notification_template"

static bool same_variables(const NotificationTemplate *row, const char *const *names, size_t n)
{
        for (size_t i = 0; i < n && i < row->n_variables; i++)
                if (strcmp(row->variables[i], names[i]) != 0)
                        return false;
        return row->n_variables == n;
}

/* names live as long as the call. */
static enum status join(struct call *call, NotificationTemplate *row, NotificationPurpose purpose,
        const char *const *names, size_t n)
{
        if (row->purpose != NOTIFICATION_PURPOSE_UNSPECIFIED && row->purpose != purpose)
                return call_fail_field(call, PATH ".purpose", "TEMPLATE_DIFFERS",
                        PATH ".purpose: that of %s is another", row->template_key);
        if (row->n_variables > 0 && !same_variables(row, names, n))
                return call_fail_field(call, PATH ".variables", "TEMPLATE_DIFFERS",
                        PATH ".variables: those of %s are others", row->template_key);
        row->purpose = purpose;
        row->n_variables = n;
        row->variables = call_array(call, const char *, n);
        for (size_t i = 0; i < n; i++)
                row->variables[i] = names[i];
        return OK;
}

static enum status check_name(struct call *call, const NotificationTemplate *row, size_t number)
{
        const char *name = row->variables[number];
        char *field = call_printf(call, PATH ".variables[%zu]", number);
        bool twice = strcmp(name, WORDS_NAME) == 0;

        for (size_t i = 0; i < number; i++)
                twice |= strcmp(row->variables[i], name) == 0;
        if (twice)
                return call_fail_field(call, field, "VARIABLE_TAKEN",
                        "%s: there is a variable %s already", field, name);
        if (name[0] == '\0' || name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0')
                return call_fail_field(call, field, "BAD_VARIABLE",
                        "%s: small letters, digits and \"_\" make a variable's name", field);
        return OK;
}

/* The first template of a notice that is not the shop's own. */
static enum status check_first(struct call *call, const NotificationTemplate *row)
{
        enum status status = OK;

        if (row->purpose == NOTIFICATION_PURPOSE_UNSPECIFIED)
                return call_fail_field(call, PATH ".purpose", "REQUIRED",
                        PATH ".purpose: what is %s for?", row->template_key);
        if (row->purpose == NOTIFICATION_PURPOSE_SECURITY)
                return call_fail_field(call, PATH ".purpose", "SHOPS_OWN_PURPOSE",
                        PATH ".purpose: only the shop itself sends codes and warnings");
        for (size_t i = 0; i < row->n_variables && status == OK; i++)
                status = check_name(call, row, i);
        return status;
}

enum status template_join(struct call *call, NotificationTemplate *row)
{
        const struct notice *notice = notice_find(row->template_key);

        if (notice != NULL)
                return join(call, row, notice->purpose, notice->variables,
                        notice_variable_count(notice));
        const NotificationTemplate *other = notification_template_next(
                notification_template_by_template_key(call->txn, row->template_key));

        if (other != NULL)
                return join(call, row, other->purpose, other->variables, other->n_variables);
        return check_first(call, row);
}
