/*
 * A skip list for order beside a hash table for single keys: a call reads some sixty keys and
 * scans a few, and most of them nobody has just changed; a bit says so, in memory that the cache
 * holds, where the hash table has a miss or two and a search of the list a dozen. A group's keys
 * come in their order, so each is looked for from where the last one was put.
 *
 * A node is complete before the links to it are stored with release, and its lowest link first,
 * so a reader who loads with acquire finds it complete or not at all; a link that is not there
 * yet only makes the way longer. Nodes of groups behind the reader's are passed over.
 *
 * Refused: one table for ever, with entries taken out when they are in the engine. Taking nodes
 * out under readers needs epochs for each of them; dropping whole tables needs one count.
 */
#include "lib/store/recent.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct recent *recent_new(uint64_t seed)
{
        struct recent *recent = calloc(1, sizeof(*recent));

        assert(recent != NULL);
        arena_init(&recent->arena);
        recent->seed = seed;
        random_seed(&recent->random, recent->seed);
        return recent;
}

void recent_free(struct recent *recent)
{
        if (recent == NULL)
                return;
        arena_release(&recent->arena);
        free(recent);
}

static struct recent_node *load(const _Atomic(struct recent_node *) *link)
{
        return atomic_load_explicit(link, memory_order_acquire);
}

/* The bit of a hash, of other bits than its bucket. */
static size_t mark_of(uint64_t hash)
{
        return hash >> 32 & (RECENT_MARKS - 1);
}

static void mark(struct recent *recent, uint64_t hash)
{
        size_t at = mark_of(hash);

        atomic_fetch_or_explicit(
                &recent->marks[at / 64], UINT64_C(1) << at % 64, memory_order_release);
}

static bool marked(const struct recent *recent, uint64_t hash)
{
        size_t at = mark_of(hash);

        return (atomic_load_explicit(&recent->marks[at / 64], memory_order_relaxed) >> at % 64 &
                       1) != 0;
}

bool recent_may_begin(struct recent *recent, struct bytes prefix)
{
        uint64_t stem = stem_of(prefix, recent->seed);

        return recent_has_tree(recent, prefix.data[0]) && (stem == 0 || marked(recent, stem));
}

static struct recent_node *find(const struct recent *recent, struct bytes key, uint64_t hash)
{
        if (!marked(recent, hash))
                return NULL;
        struct recent_node *node = load(&recent->buckets[hash % RECENT_BUCKETS]);

        while (node != NULL && !bytes_equal(node->key, key))
                node = node->bucket_next;
        return node;
}

/* The last node below key, or NULL. A node that stopped the search on one level is not compared
 * again on the next. */
static const struct recent_node *search(const struct recent *recent, struct bytes key)
{
        const _Atomic(struct recent_node *) *links = recent->head;
        const struct recent_node *below = NULL;
        const struct recent_node *stop = NULL;

        for (int level = RECENT_HEIGHT_MAX - 1; level >= 0; level--) {
                const struct recent_node *next = load(&links[level]);

                while (next != stop && next != NULL && bytes_compare(next->key, key) < 0) {
                        below = next;
                        links = next->next;
                        next = load(&links[level]);
                }
                stop = next;
        }
        return below;
}

static bool is_below(const struct recent_node *node, struct bytes key)
{
        return node != NULL && bytes_compare(node->key, key) < 0;
}

/* Moves the path to the links before key: up from the last one as far as they end below it, and
 * from there down. */
static void move_path(struct recent *recent, struct bytes key)
{
        int level = 0;

        if (recent->last == NULL || bytes_compare(recent->last->key, key) > 0)
                for (int i = 0; i < RECENT_HEIGHT_MAX; i++)
                        recent->path[i] = &recent->head[i];
        while (level < RECENT_HEIGHT_MAX - 1 && is_below(load(recent->path[level + 1]), key))
                level++;
        const _Atomic(struct recent_node *) *links = recent->path[level] - level;

        for (; level >= 0; level--) {
                const struct recent_node *next = load(&links[level]);

                while (is_below(next, key)) {
                        links = next->next;
                        next = load(&links[level]);
                }
                recent->path[level] = &links[level];
        }
}

static int height_next(struct recent *recent)
{
        uint64_t bits = random_next(&recent->random);
        int height = 1;

        while (height < RECENT_HEIGHT_MAX && (bits & 3) == 0) {
                height++;
                bits >>= 2;
        }
        return height;
}

static void version_fill(struct recent *recent, struct recent_version *version, uint64_t number,
        const struct engine_write *write)
{
        version->number = number;
        version->gone = write->gone;
        version->append = write->append;
        version->value = bytes_of(NULL, write->value.len);
        if (write->value.len > 0)
                version->value.data =
                        arena_copy(&recent->arena, write->value.data, write->value.len);
}

static struct recent_node *node_add(
        struct recent *recent, uint64_t hash, uint64_t number, const struct engine_write *write)
{
        int height = height_next(recent);
        size_t bucket = hash % RECENT_BUCKETS;
        struct stems stems = stems_of(write->key, recent->seed);
        size_t links = sizeof(struct recent_node) + (size_t)height * sizeof(recent->path[0]);
        struct recent_node *node = arena_alloc(&recent->arena, links + write->key.len);

        memcpy((uint8_t *)node + links, write->key.data, write->key.len);
        node->key = bytes_of((uint8_t *)node + links, write->key.len);
        version_fill(recent, &node->first, number, write);
        atomic_init(&node->newest, &node->first);
        node->bucket_next = load(&recent->buckets[bucket]);
        move_path(recent, node->key);
        for (int level = 0; level < height; level++)
                atomic_init(&node->next[level], load(recent->path[level]));
        for (int level = 0; level < height; level++) {
                atomic_store_explicit(
                        (_Atomic(struct recent_node *) *)(uintptr_t)recent->path[level], node,
                        memory_order_release);
                recent->path[level] = &node->next[level];
        }
        atomic_store_explicit(&recent->buckets[bucket], node, memory_order_release);
        mark(recent, hash);
        for (size_t i = 0; i < 2; i++)
                mark(recent, stems.hashes[i]);
        recent->count++;
        return node;
}

void recent_expect(const struct recent *recent, struct bytes key)
{
        uint64_t hash = bytes_hash(key, recent->seed);
        struct stems stems = stems_of(key, recent->seed);

        __builtin_prefetch((const void *)&recent->buckets[hash % RECENT_BUCKETS], 1);
        __builtin_prefetch((const void *)&recent->marks[mark_of(hash) / 64], 1);
        __builtin_prefetch((const void *)&recent->marks[mark_of(stems.hashes[1]) / 64], 1);
}

void recent_put(struct recent *recent, uint64_t number, const struct engine_write *write)
{
        uint64_t hash = bytes_hash(write->key, recent->seed);
        struct recent_node *node = find(recent, write->key, hash);
        uint32_t tree = UINT32_C(1) << write->key.data[0];

        if ((atomic_load_explicit(&recent->trees, memory_order_relaxed) & tree) == 0)
                atomic_fetch_or_explicit(&recent->trees, tree, memory_order_release);
        if (node == NULL) {
                recent->last = node_add(recent, hash, number, write);
                return;
        }
        struct recent_version *version = arena_new(&recent->arena, struct recent_version);
        version_fill(recent, version, number, write);
        version->older = atomic_load_explicit(&node->newest, memory_order_relaxed);
        assert(version->older->number <= number);
        atomic_store_explicit(&node->newest, version, memory_order_release);
}

const struct recent_version *recent_seen(const struct recent_node *node, uint64_t number)
{
        const struct recent_version *version =
                atomic_load_explicit(&node->newest, memory_order_acquire);

        while (version != NULL && version->number > number)
                version = version->older;
        return version;
}

const struct recent_version *recent_get(
        const struct recent *recent, struct bytes key, uint64_t hash, uint64_t number)
{
        const struct recent_node *node = find(recent, key, hash);

        return node != NULL ? recent_seen(node, number) : NULL;
}

const struct recent_node *recent_first(const struct recent *recent)
{
        return load(&recent->head[0]);
}

const struct recent_node *recent_next(const struct recent_node *node)
{
        return load(&node->next[0]);
}

const struct recent_node *recent_from(const struct recent *recent, struct bytes key)
{
        const struct recent_node *node = search(recent, key);

        node = node != NULL ? recent_next(node) : recent_first(recent);
        /* Others may have been put in between since. */
        while (node != NULL && bytes_compare(node->key, key) < 0)
                node = recent_next(node);
        return node;
}

const struct recent_node *recent_before(const struct recent *recent, struct bytes key)
{
        return search(recent, key);
}
