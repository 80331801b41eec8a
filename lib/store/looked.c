/*
 * Refused: keeping decoded rows instead, which would save more: a handler changes the rows that it
 * was given before it stores them, so each call needs its own. Those that it only reads are shared
 * (shared.h).
 */
#include "lib/store/looked.h"

void looked_note(struct looked *looked, struct looked_entry *entry, struct arena *arena,
        const struct looked_entry *found)
{
        *entry = *found;
        entry->group = looked->group;
        entry->key.data = arena_copy(arena, found->key.data, found->key.len);
}
