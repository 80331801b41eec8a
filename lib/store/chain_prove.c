/*
 * A chained log linked anew from its first row: what verify does for the whole database, for one
 * log and up to one row. Reading the row's stored link instead would tell only what the row says of
 * itself.
 */
#include <assert.h>
#include <string.h>
#include "lib/store/internal.h"

uint64_t txn_log_last(struct txn *txn, const struct schema_table *table)
{
        struct log_head head;

        log_head_read(txn, table, &head);
        return head.number;
}

uint64_t txn_chain_prove(struct txn *txn, const struct schema_table *table, uint64_t number,
        uint8_t link[SEAL_HASH_LEN])
{
        assert(table->chained);
        memset(link, 0, SEAL_HASH_LEN);
        for (uint64_t at = 1; at <= number; at++) {
                const struct key_value key = key_uint(at);
                uint8_t next[LINK_LEN];
                struct row_view view;
                struct place place;

                if (!row_find(txn, table, &key, &place, &view))
                        return at - 1;
                log_link(link, view.message, view.sequence, next);
                if (memcmp(next, view.link, LINK_LEN) != 0)
                        return at - 1;
                memcpy(link, next, LINK_LEN);
        }
        return number;
}
