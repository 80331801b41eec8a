/*
 * A skip list for order beside a hash table for single keys: a call reads some sixty keys and
 * scans a few, and most of them nobody has just changed; the hash table says so with one miss of
 * the cache where a search of the list has a dozen.
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
#include "lib/base/clock.h"

struct recent *recent_new(void)
{
        struct recent *recent = calloc(1, sizeof(*recent));

        assert(recent != NULL);
        arena_init(&recent->arena);
        /* Nobody can choose keys that fall into one bucket. */
        recent->seed = (uint64_t)clock_monotonic_us() ^ (uint64_t)(uintptr_t)recent;
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

static size_t bucket_of(const struct recent *recent, struct bytes key)
{
        return bytes_hash(key, recent->seed) % RECENT_BUCKETS;
}

static struct recent_node *load(const _Atomic(struct recent_node *) *link)
{
        return atomic_load_explicit(link, memory_order_acquire);
}

static struct recent_node *find(const struct recent *recent, struct bytes key, size_t bucket)
{
        struct recent_node *node = load(&recent->buckets[bucket]);

        while (node != NULL && !bytes_equal(node->key, key))
                node = node->bucket_next;
        return node;
}

/* The last node below key, or NULL; where path is not NULL also the links to change on each
 * level. A node that stopped the search on one level is not compared again on the next. */
static const struct recent_node *search(const struct recent *recent, struct bytes key,
        const _Atomic(struct recent_node *) *path[RECENT_HEIGHT_MAX])
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
                if (path != NULL)
                        path[level] = &links[level];
        }
        return below;
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

static void node_add(
        struct recent *recent, size_t bucket, uint64_t number, const struct engine_write *write)
{
        const _Atomic(struct recent_node *) *path[RECENT_HEIGHT_MAX];
        int height = height_next(recent);
        size_t links = sizeof(struct recent_node) + (size_t)height * sizeof(path[0]);
        struct recent_node *node = arena_alloc(&recent->arena, links + write->key.len);

        memcpy((uint8_t *)node + links, write->key.data, write->key.len);
        node->key = bytes_of((uint8_t *)node + links, write->key.len);
        version_fill(recent, &node->first, number, write);
        atomic_init(&node->newest, &node->first);
        node->bucket_next = load(&recent->buckets[bucket]);
        search(recent, node->key, path);
        for (int level = 0; level < height; level++)
                atomic_init(&node->next[level], load(path[level]));
        for (int level = 0; level < height; level++)
                atomic_store_explicit((_Atomic(struct recent_node *) *)(uintptr_t)path[level], node,
                        memory_order_release);
        atomic_store_explicit(&recent->buckets[bucket], node, memory_order_release);
        recent->count++;
}

void recent_put(struct recent *recent, uint64_t number, const struct engine_write *write)
{
        size_t bucket = bucket_of(recent, write->key);
        struct recent_node *node = find(recent, write->key, bucket);
        uint32_t tree = UINT32_C(1) << write->key.data[0];

        if ((atomic_load_explicit(&recent->trees, memory_order_relaxed) & tree) == 0)
                atomic_fetch_or_explicit(&recent->trees, tree, memory_order_release);
        if (node == NULL) {
                node_add(recent, bucket, number, write);
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
        const struct recent *recent, struct bytes key, uint64_t number)
{
        const struct recent_node *node = find(recent, key, bucket_of(recent, key));

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
        const struct recent_node *node = search(recent, key, NULL);

        node = node != NULL ? recent_next(node) : recent_first(recent);
        /* Others may have been put in between since. */
        while (node != NULL && bytes_compare(node->key, key) < 0)
                node = recent_next(node);
        return node;
}

const struct recent_node *recent_before(const struct recent *recent, struct bytes key)
{
        return search(recent, key, NULL);
}
