/*
 * Adds a shipping method. Custom because its fee either has a tax class of its own, one that there
 * is a rate for, or is split over those of the goods.
 */
#include "checkout.handlers.h"
#include "server/catalog/catalog.h"
#include "server/change.h"

enum status checkout_create_shipping_method(
        struct call *call, const CreateShippingMethodRequest *request, ShippingMethod *response)
{
        enum status status = change_check_new(
                call, &shipping_method_table, request->shipping_method, "shipping_method");
        ShippingMethod method = *request->shipping_method;

        if (status != OK)
                return status;
        if (method.tax_split && method.tax_class[0] != '\0')
                return call_fail_field(call, "shipping_method.tax_class", "NOT_TOGETHER",
                        "shipping_method.tax_class: a fee that is split has the goods' classes");
        if (!catalog_check_tax_class(call, method.tax_class, "shipping_method.tax_class"))
                return call->error.code;
        call_respond(response, change_insert(call, &shipping_method_table, &method));
        return OK;
}
