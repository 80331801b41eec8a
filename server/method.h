#pragma once
/* How the generated method table names the handlers. In the order of shop_schema.methods. */
#include "server/call.h"

struct server_method {
        /* NULL for standard methods, which server/standard.c runs from the table. */
        enum status (*run)(struct call *call, const void *request, void *response);
        /* The step before the transaction, or NULL. call->txn is a snapshot to read from; give it
         * back with call_leave_snapshot before anything slow. */
        enum status (*prepare)(struct call *call, const void *request);
};

extern const struct server_method server_methods[];
