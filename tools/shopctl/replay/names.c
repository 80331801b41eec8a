/* Entries live in the arena; uthash owns only its buckets. */
#include <string.h>
#include <uthash.h>
#include "tools/shopctl/replay/names.h"

struct names_entry {
        const char *text;
        uint32_t number;
        UT_hash_handle hh;
};

void names_init(struct names *names, struct arena *arena)
{
        *names = (struct names){.arena = arena};
}

static struct names_entry *find(const struct names *names, const char *text)
{
        struct names_entry *entry = NULL;

        HASH_FIND_STR(names->table, text, entry);
        return entry;
}

static struct names_entry *find_or_add(struct names *names, const char *text)
{
        struct names_entry *entry = find(names, text);

        if (entry != NULL)
                return entry;
        entry = arena_new(names->arena, struct names_entry);
        entry->text = arena_text(names->arena, text);
        entry->number = names->count++;
        HASH_ADD_KEYPTR(hh, names->table, entry->text, strlen(entry->text), entry);
        return entry;
}

uint32_t names_number(struct names *names, const char *text)
{
        return find_or_add(names, text)->number;
}

uint32_t names_find(const struct names *names, const char *text)
{
        struct names_entry *entry = find(names, text);

        return entry != NULL ? entry->number : UINT32_MAX;
}

const char *names_text(struct names *names, const char *text)
{
        return find_or_add(names, text)->text;
}

void names_release(struct names *names)
{
        HASH_CLEAR(hh, names->table);
}
