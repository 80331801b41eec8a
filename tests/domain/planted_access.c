/* Faults of the log of who saw whose personal data: alice's order, which the desk has read. */
#include "governance.rows.h"
#include "tests/domain/planted.h"

void planted_access(struct world *world)
{
        stall_ok(&world->stall, stall_staff(&world->stall, ROLE_SERVICE_AGENT), "checkout.GetOrder",
                "{'id':'%s'}", world->open_id);
}

static DataAccess *access_of_alice(struct txn *txn)
{
        return data_access_next(data_access_of(txn, "alice"));
}

void access_forgotten(struct world *world, struct txn *txn)
{
        const DataAccess *access = access_of_alice(txn);

        data_access_delete(txn, access->member_id, access->number);
}

void access_by_somebody_else(struct world *world, struct txn *txn)
{
        DataAccess *access = access_of_alice(txn);

        access->principal = "somebody-else";
        data_access_update(txn, access);
}

void access_invented(struct world *world, struct txn *txn)
{
        DataAccess *access = access_of_alice(txn);

        access->number = 1;
        data_access_insert(txn, access);
}
