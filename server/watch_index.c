/*
 * What parked calls wait for in the log of events, so that an event wakes those that it may
 * concern: a hash table of owners, and of what the types of wanted events begin with. An event is
 * looked for under its owner and under every beginning of its type. Who is found by chance, or for
 * an owner's event of another type, is looked at for nothing.
 */
#include <string.h>
#include "server/watch.h"

#define HASH_START UINT64_C(14695981039346656037) /* FNV-1a */
#define HASH_PRIME UINT64_C(1099511628211)

enum wanted { WANTED_OWNER = 'o', WANTED_TYPE = 't' };

static uint64_t hash_step(uint64_t hash, char c)
{
        return (hash ^ (uint8_t)c) * HASH_PRIME;
}

static uint64_t hash_of(enum wanted wanted, const char *text)
{
        uint64_t hash = hash_step(HASH_START, (char)wanted);

        for (; *text != '\0'; text++)
                hash = hash_step(hash, *text);
        return hash;
}

void watch_want(struct work *work, const struct call_news *news)
{
        size_t count = news == NULL ? 0 : news->owner_count > 0 ? news->owner_count : 1;

        if (count > work->wish_room) {
                work->wishes = arena_array(&work->arena, struct wish, count);
                work->wish_room = count;
        }
        work->wish_count = count;
        for (size_t i = 0; i < count; i++)
                work->wishes[i] = (struct wish){
                        .work = work,
                        .key = news->owner_count > 0 ? hash_of(WANTED_OWNER, news->owners[i])
                                                     : hash_of(WANTED_TYPE, news->type_prefix),
                };
}

void watch_index_add(struct parked *parked, struct work *work)
{
        for (size_t i = 0; i < work->wish_count; i++) {
                struct wish *wish = &work->wishes[i];

                wish->at = &parked->index[wish->key % WATCH_LISTS];
                wish->next = *wish->at;
                if (wish->next != NULL)
                        wish->next->at = &wish->next;
                *wish->at = wish;
        }
}

void watch_index_remove(struct work *work)
{
        for (size_t i = 0; i < work->wish_count; i++) {
                struct wish *wish = &work->wishes[i];

                if (wish->at == NULL)
                        continue;
                *wish->at = wish->next;
                if (wish->next != NULL)
                        wish->next->at = wish->at;
                wish->at = NULL;
        }
}

static struct work *find(const struct parked *parked, uint64_t key)
{
        for (struct wish *wish = parked->index[key % WATCH_LISTS]; wish != NULL; wish = wish->next)
                if (wish->key == key)
                        return wish->work;
        return NULL;
}

struct work *watch_index_find(const struct parked *parked, const char *owner, const char *type)
{
        struct work *work = find(parked, hash_of(WANTED_OWNER, owner));
        uint64_t key = hash_of(WANTED_TYPE, "");

        while (work == NULL && (work = find(parked, key)) == NULL && *type != '\0')
                key = hash_step(key, *type++);
        return work;
}
