/*
 * Transactions: a snapshot, and for a call in a group the group's overlay over it. The error
 * sticks here and nowhere else; every other function begins by looking at it. Returning a status
 * from each read and write was refused: a handler with twenty of them would forget one.
 */
#include <assert.h>
#include <stdlib.h>
#include "lib/base/clock.h"
#include "lib/store/internal.h"
#include "lib/store/scan.h"

static struct txn *txn_new(struct store *store, struct arena *arena)
{
        struct txn *txn = arena_new(arena, struct txn);

        txn->store = store;
        txn->arena = arena;
        txn->begin_us = clock_monotonic_us();
        error_init(&txn->error, arena);
        return txn;
}

enum status txn_stick(
        struct txn *txn, enum status code, const char *reason, const char *format, ...)
{
        va_list args;

        if (!txn_ok(txn))
                return txn->error.code;
        va_start(args, format);
        error_set(&txn->error, code, reason, "%s", arena_vprintf(txn->arena, format, args));
        va_end(args);
        return code;
}

void txn_on_stuck(struct txn *txn, jmp_buf *to)
{
        txn->on_stuck = to;
}

void *txn_row(struct txn *txn, void *row)
{
        if (row == NULL && txn->on_stuck != NULL && !txn_ok(txn))
                longjmp(*txn->on_stuck, 1);
        return row;
}

static void stick_failed(struct txn *txn)
{
        txn_stick(txn, UNAVAILABLE, "STORE_FAILED", "the database cannot be read");
}

struct txn *txn_begin_read(struct store *store, struct arena *arena)
{
        struct txn *txn = txn_new(store, arena);

        /* Before the snapshot: zero then means finished in it, too. */
        txn->building = atomic_load(&store->unfinished) > 0;
        txn->snapshot = store->engine->ops->snapshot_begin(store->engine);
        if (txn->snapshot == NULL)
                stick_failed(txn);
        return txn;
}

void txn_end(struct txn *txn)
{
        assert(txn->group == NULL);
        scans_close(txn);
        if (txn->snapshot != NULL)
                txn->store->engine->ops->snapshot_end(txn->snapshot);
        txn->snapshot = NULL;
}

struct txn_memory txn_memory(const struct txn *txn)
{
        return (struct txn_memory){arena_mark(txn->arena), txn->scans};
}

void txn_forget(struct txn *txn, struct txn_memory memory)
{
        assert(txn->group == NULL);
        if (!txn_ok(txn))
                return;
        scans_close_since(txn, memory.scans);
        arena_rewind(txn->arena, memory.arena);
}

struct txn *group_txn(struct group *group, struct arena *arena)
{
        struct txn *txn = txn_new(group->store, arena);

        assert(group->running == NULL);
        group->running = txn;
        txn->group = group;
        txn->snapshot = group->snapshot;
        txn->sequence = group->sequence + 1;
        txn->building = atomic_load(&group->store->unfinished) > 0;
        if (group->snapshot == NULL || atomic_load(&group->store->failed))
                stick_failed(txn);
        return txn;
}

static void running_end(struct txn *txn)
{
        assert(txn->group != NULL && txn->group->running == txn);
        scans_close(txn);
        txn->group->running = NULL;
        txn->group = NULL;
        txn->snapshot = NULL;
}

uint64_t txn_keep(struct txn *txn)
{
        assert(txn_ok(txn));
        overlay_keep(txn->group->overlay);
        txn->group->sequence = txn->sequence;
        running_end(txn);
        return txn->sequence;
}

void txn_keep_quietly(struct txn *txn)
{
        assert(txn_ok(txn));
        overlay_keep(txn->group->overlay);
        running_end(txn);
}

/* What goes back to what it was changes once more. */
static void undo(struct txn *txn, size_t mark)
{
        struct overlay *overlay = txn->group->overlay;

        for (size_t i = mark; i < overlay->journal_len; i++)
                shared_changed(txn->store->shared, overlay->journal[i].node->key);
        overlay_rewind(overlay, mark);
}

void txn_drop(struct txn *txn)
{
        undo(txn, 0);
        running_end(txn);
}

uint64_t txn_sequence(const struct txn *txn)
{
        struct bytes value;

        if (txn->sequence != 0 || txn->snapshot == NULL)
                return txn->sequence;
        /* Read where it is first asked for; what a reader may know never changes. */
        struct txn *reader = (struct txn *)(uintptr_t)txn;
        if (meta_read(reader, "sequence", &value) && value.len == 8)
                reader->sequence = layout_get_u64(value.data);
        return txn->sequence;
}

struct arena *txn_arena(struct txn *txn)
{
        return txn->arena;
}

enum status txn_status(const struct txn *txn)
{
        return txn->error.code;
}

const struct error *txn_error(const struct txn *txn)
{
        return &txn->error;
}

size_t txn_change_count(const struct txn *txn)
{
        return txn->group == NULL ? 0 : txn->group->overlay->change_count;
}

size_t txn_mark(struct txn *txn)
{
        assert(txn->group != NULL);
        return overlay_mark(txn->group->overlay);
}

void txn_rewind(struct txn *txn, size_t mark)
{
        assert(txn->group != NULL);
        undo(txn, mark);
        txn->key_memo.known = false; /* it may have been made since */
        txn->inserted = (struct bytes){0};
}

void txn_digest(const struct txn *txn, uint8_t out[32])
{
        struct buffer text = {0};
        uint8_t len[8];

        memset(out, 0, 32);
        if (txn->group == NULL)
                return;
        const struct sorted_node **nodes = overlay_changes(txn->group->overlay);
        for (size_t i = 0; i < txn->group->overlay->change_count; i++) {
                buffer_clear(&text);
                layout_put_u64(len, nodes[i]->key.len << 1 | (nodes[i]->state == OVERLAY_GONE));
                buffer_append(&text, len, sizeof(len));
                buffer_append(&text, nodes[i]->key.data, nodes[i]->key.len);
                if (nodes[i]->value.len > 0)
                        buffer_append(&text, nodes[i]->value.data, nodes[i]->value.len);
                seal_chain(out, bytes_of(text.data, text.len), out);
        }
        buffer_release(&text);
        free(nodes);
}

/* In the snapshot; a group remembers what it has looked at there. */
static bool snapshot_look(struct txn *txn, struct bytes key, uint64_t hash, struct bytes *value)
{
        struct group *group = txn->group;
        struct looked_entry *entry = group == NULL ? NULL : looked_slot(&group->looked, hash);

        if (entry != NULL && looked_has(&group->looked, entry, key)) {
                if (entry->there)
                        *value = entry->value;
                return entry->there;
        }
        enum engine_found found = txn->snapshot->engine->ops->get(txn->snapshot, key, value);

        if (found == ENGINE_FAILED)
                stick_failed(txn);
        else if (entry != NULL)
                looked_note(&group->looked, entry, group->overlay->arena,
                        &(struct looked_entry){.key = key,
                                .value = found == ENGINE_FOUND ? *value : (struct bytes){0},
                                .there = found == ENGINE_FOUND});
        return found == ENGINE_FOUND;
}

bool txn_look(struct txn *txn, struct bytes key, struct bytes *value)
{
        if (txn->snapshot == NULL)
                return false;
        if (txn->group == NULL)
                return snapshot_look(txn, key, 0, value);
        uint64_t hash = overlay_hash(key);
        enum overlay_state state = overlay_get(txn->group->overlay, key, hash, value);

        return state == OVERLAY_NONE ? snapshot_look(txn, key, hash, value)
                                     : state == OVERLAY_VALUE;
}

bool txn_find(struct txn *txn, struct bytes key, bool fresh, struct bytes *value)
{
        if (!fresh)
                return txn_read(txn, key, value);
        return overlay_get(txn->group->overlay, key, overlay_hash(key), value) == OVERLAY_VALUE;
}

bool txn_read(struct txn *txn, struct bytes key, struct bytes *value)
{
        if (txn->snapshot == NULL)
                return false;
        if (txn->group != NULL)
                return txn_look(txn, key, value);
        if (txn->found.len > 0 && bytes_equal(key, key_bytes_of(&txn->found))) {
                *value = txn->found_value;
                return true;
        }
        if (!snapshot_look(txn, key, 0, value))
                return false;
        key_clear(&txn->found);
        key_append_raw(&txn->found, key);
        txn->found_value = *value;
        return true;
}

static bool may_change(struct txn *txn)
{
        if (!txn_ok(txn))
                return false;
        assert(txn->group != NULL);
        if (txn->group->overlay->change_count < TXN_CHANGES_MAX)
                return true;
        txn_stick(txn, RESOURCE_EXHAUSTED, "CALL_TOO_LARGE", "a call may change %d keys",
                TXN_CHANGES_MAX);
        return false;
}

const uint8_t *txn_put(struct txn *txn, struct bytes key, struct bytes value)
{
        if (!may_change(txn))
                return NULL;
        shared_changed(txn->store->shared, key);
        return overlay_put(txn->group->overlay, key, value);
}

void txn_erase(struct txn *txn, struct bytes key)
{
        if (!may_change(txn))
                return;
        shared_changed(txn->store->shared, key);
        overlay_erase(txn->group->overlay, key);
}
