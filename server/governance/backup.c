/* A hot copy. The master key is not in it: whoever keeps the copy should not hold the key too. */
#include "governance.handlers.h"
#include "server/pipeline.h"

enum status governance_backup(
        struct call *call, const BackupRequest *request, BackupResponse *response)
{
        struct store *store = call_store(call);
        const char *dir = store_dir(store);

        if (dir == NULL)
                return call_fail(call, FAILED_PRECONDITION, "STORE_IN_MEMORY",
                        "a shop in memory has nothing to copy");
        if (request->name[0] == '.')
                return call_fail_field(call, "name", "BAD_FORMAT",
                        "name: a backup's name does not begin with a point");
        call_leave_snapshot(call);
        response->sequence = store_sequence(store);
        return store_backup(store, call_printf(call, "%s/../%s", dir, request->name), &call->error);
}
