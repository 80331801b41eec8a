/* The store's own parts, put together as the store never would. */
#include "tests/support/forge.h"

#include <assert.h>
#include <string.h>
#include "lib/schema/decode.h"
#include "lib/store/internal.h"

static void find(struct txn *txn, const struct schema_table *table, uint64_t number,
        struct place *place, struct row_view *view)
{
        const struct key_value key = key_uint(number);
        bool found = row_find(txn, table, &key, place, view);

        assert(found);
}

static void put(struct txn *txn, const struct schema_table *table, const struct place *place,
        const struct row_view *view)
{
        struct bytes key = key_bytes_of(&place->key);

        txn_put(txn, key, layout_row_close(txn->arena, txn->store->keyring, table, key, view));
}

void forge_change(
        struct txn *txn, const struct schema_table *table, uint64_t number, const void *message)
{
        struct place place;
        struct row_view view;

        find(txn, table, number, &place, &view);
        view.message = encode(txn->arena, message);
        view.link = arena_copy(txn->arena, view.link, LINK_LEN);
        put(txn, table, &place, &view);
}

void forge_remove(struct txn *txn, const struct schema_table *table, uint64_t number)
{
        struct place place;
        struct row_view view;

        find(txn, table, number, &place, &view);
        txn_erase(txn, key_bytes_of(&place.key));
}

/* The row's parts in the arena, so that they outlive what is put. */
static struct row_view copy(struct txn *txn, struct row_view view)
{
        view.message = bytes_of(
                arena_copy(txn->arena, view.message.data, view.message.len), view.message.len);
        view.link = arena_copy(txn->arena, view.link, LINK_LEN);
        return view;
}

void forge_swap(struct txn *txn, const struct schema_table *table, uint64_t a, uint64_t b)
{
        struct place places[2];
        struct row_view views[2];

        find(txn, table, a, &places[0], &views[0]);
        views[0] = copy(txn, views[0]);
        find(txn, table, b, &places[1], &views[1]);
        views[1] = copy(txn, views[1]);
        put(txn, table, &places[0], &views[1]);
        put(txn, table, &places[1], &views[0]);
}

void forge_cut(struct txn *txn, const struct schema_table *table, uint64_t number)
{
        struct log_head head;
        struct place place;
        struct row_view view;

        log_head_read(txn, table, &head);
        for (uint64_t at = number + 1; at <= head.number; at++)
                forge_remove(txn, table, at);
        find(txn, table, number, &place, &view);
        head.number = number;
        head.sequence = view.sequence;
        memcpy(head.link, view.link, LINK_LEN);
        log_head_write(txn, table, &head);
}

void forge_links(struct txn *txn, const struct schema_table *table)
{
        uint8_t link[LINK_LEN] = {0};
        struct log_head head;

        log_head_read(txn, table, &head);
        for (uint64_t number = 1; number <= head.number; number++) {
                struct place place;
                struct row_view view;

                find(txn, table, number, &place, &view);
                view = copy(txn, view);
                log_link(link, view.message, view.sequence, link);
                view.link = link;
                put(txn, table, &place, &view);
        }
        memcpy(head.link, link, LINK_LEN);
        log_head_write(txn, table, &head);
}
