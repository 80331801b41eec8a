/* Somebody looks at a product: the latest of what they looked at are kept, and no more. */
#include "insight.handlers.h"
#include "server/insight/recommend.h"

/* The oldest makes room. */
static void make_room(struct call *call, const char *member_id)
{
        struct scan *scan = recent_view_by_member_id(call->txn, member_id);
        const RecentView *oldest = NULL, *row;
        size_t n = 0;

        for (; (row = recent_view_next(scan)) != NULL; n++)
                if (n == 0)
                        oldest = row;
        if (n >= SIGHTS_MAX)
                recent_view_delete(call->txn, member_id, oldest->product_id);
}

enum status insight_record_view(
        struct call *call, const RecordViewRequest *request, RecentView *response)
{
        if (recommend_check_caller(call) != OK)
                return call->error.code;
        RecentView *row = recent_view_get(call->txn, call->caller->id, request->product_id);
        RecentView first = RECENT_VIEW_INIT;

        if (row == NULL) {
                make_room(call, call->caller->id);
                row = &first;
                row->member_id = call->caller->id;
                row->product_id = request->product_id;
        }
        row->view_time = call_now(call);
        row->view_count++;
        if (row == &first)
                recent_view_insert(call->txn, row);
        else
                recent_view_update(call->txn, row);
        call_event(call, "product.viewed", row->product_id, row->member_id, NULL);
        *response = *row;
        return OK;
}
