/*
 * The usual interval since a customer bought something is over: they are reminded once of what can
 * still be ordered. Whether a notice may reach them is the notices' to say.
 */
#include <string.h>
#include "catalog.rows.h"
#include "insight.handlers.h"
#include "server/catalog/catalog.h"
#include "server/notification/notification.h"

#define NOTICE "replenishment.reminder"

static void remind(struct call *call, const MemberProduct *row)
{
        const Product *product = product_get(call->txn, row->product_id);
        const char *title = catalog_text(call, product->titles, product->n_titles);

        notification_send(
                call, &(struct notification){
                              .member_id = row->member_id,
                              .template_key = NOTICE,
                              .dedupe_key = call_printf(call, "again:%s:%s:%lld", row->member_id,
                                      row->product_id, (long long)row->order_count),
                              .variables = {{"product", call_printf(call, "%.200s", title)}},
                      });
}

enum status insight_remind_replenishment(
        struct call *call, const TimerRequest *request, MemberProduct *response)
{
        const char *colon = strchr(request->subject_id, ':');

        if (colon == NULL)
                return OK;
        const char *member_id =
                call_printf(call, "%.*s", (int)(colon - request->subject_id), request->subject_id);
        MemberProduct *row = member_product_get(call->txn, member_id, colon + 1);
        const Product *product = product_get(call->txn, colon + 1);

        if (row == NULL || product == NULL || product->state != PRODUCT_STATE_LISTED)
                return OK;
        row->remind_time = call_now(call);
        member_product_update(call->txn, row);
        remind(call, row);
        call_event(call, "replenishment.due", row->product_id, row->member_id, NULL);
        *response = *row;
        return OK;
}
