/* Shows what EditOrder would make of an order, or why it would not. */
#include "checkout.handlers.h"
#include "server/checkout/edit.h"

enum status checkout_preview_order_edit(
        struct call *call, const PreviewOrderEditRequest *request, OrderEditPreview *response)
{
        Order *order = order_get(call->txn, request->id);
        struct edit edit;
        enum status status = edit_make(call, order, request->edit, &edit);

        if (status == OK)
                status = edit_check_stock(call, &edit);
        if (status == OK)
                *response = *edit_preview(call, &edit);
        return status;
}
