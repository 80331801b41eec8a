/*
 * A skip list (Pugh 1990). Chosen over a balanced tree because insertion never moves a node, so
 * that scans and undo journals may keep pointers, and over a hash table because everything here
 * is read in order. There are no backward links: a step back is one more search, which costs a
 * descending scan a logarithm and every insertion nothing.
 */
#include "lib/store/sorted.h"
#include <assert.h>
#include <stdlib.h>

static struct sorted_node *node_new(struct sorted *map, struct bytes key, uint32_t height)
{
        size_t links = sizeof(struct sorted_node) + height * sizeof(struct sorted_node *);
        struct sorted_node *node = map->arena != NULL ? arena_alloc(map->arena, links + key.len)
                                                      : calloc(1, links + key.len);

        assert(node != NULL);
        if (key.len > 0)
                memcpy((uint8_t *)node + links, key.data, key.len);
        node->key = bytes_of((uint8_t *)node + links, key.len);
        node->height = height;
        return node;
}

void sorted_init(struct sorted *map, struct arena *arena)
{
        *map = (struct sorted){.arena = arena};
        random_seed(&map->random, 20101201);
        map->head = node_new(map, bytes_of(NULL, 0), SORTED_HEIGHT_MAX);
}

void sorted_release(struct sorted *map)
{
        struct sorted_node *node = map->head;

        assert(map->arena == NULL);
        while (node != NULL) {
                struct sorted_node *next = node->next[0];

                free(node);
                node = next;
        }
        *map = (struct sorted){0};
}

/* The last node below key; where path is not NULL also the last one on every level. A node that
 * stopped the search on one level stops it on the next without being compared again. */
static struct sorted_node *search(
        const struct sorted *map, struct bytes key, struct sorted_node **path)
{
        struct sorted_node *node = map->head;
        const struct sorted_node *stop = NULL;

        for (int level = SORTED_HEIGHT_MAX - 1; level >= 0; level--) {
                while (node->next[level] != stop && bytes_compare(node->next[level]->key, key) < 0)
                        node = node->next[level];
                stop = node->next[level];
                if (path != NULL)
                        path[level] = node;
        }
        return node;
}

struct sorted_node *sorted_from(const struct sorted *map, struct bytes key)
{
        return search(map, key, NULL)->next[0];
}

struct sorted_node *sorted_before(const struct sorted *map, struct bytes key)
{
        struct sorted_node *node = search(map, key, NULL);

        return node == map->head ? NULL : node;
}

struct sorted_node *sorted_first(const struct sorted *map)
{
        return map->head->next[0];
}

struct sorted_node *sorted_find(const struct sorted *map, struct bytes key)
{
        struct sorted_node *node = sorted_from(map, key);

        return node != NULL && bytes_equal(node->key, key) ? node : NULL;
}

static uint32_t height_next(struct sorted *map)
{
        uint64_t bits = random_next(&map->random);
        uint32_t height = 1;

        while (height < SORTED_HEIGHT_MAX && (bits & 3) == 0) {
                height++;
                bits >>= 2;
        }
        return height;
}

struct sorted_node *sorted_make(struct sorted *map, struct bytes key)
{
        return node_new(map, key, height_next(map));
}

static void link_behind(
        struct sorted *map, struct sorted_node *path[SORTED_HEIGHT_MAX], struct sorted_node *node)
{
        for (uint32_t level = 0; level < node->height; level++) {
                node->next[level] = path[level]->next[level];
                path[level]->next[level] = node;
        }
        map->count++;
}

void sorted_link(struct sorted *map, struct sorted_node *node)
{
        struct sorted_node *path[SORTED_HEIGHT_MAX];

        search(map, node->key, path);
        link_behind(map, path, node);
}

struct sorted_node *sorted_put(struct sorted *map, struct bytes key)
{
        struct sorted_node *path[SORTED_HEIGHT_MAX];
        struct sorted_node *node = search(map, key, path)->next[0];

        if (node != NULL && bytes_equal(node->key, key))
                return node;
        node = sorted_make(map, key);
        link_behind(map, path, node);
        return node;
}

void sorted_remove(struct sorted *map, struct bytes key)
{
        struct sorted_node *path[SORTED_HEIGHT_MAX];
        struct sorted_node *node = search(map, key, path)->next[0];

        assert(map->arena == NULL && node != NULL && bytes_equal(node->key, key));
        for (uint32_t level = 0; level < node->height; level++)
                path[level]->next[level] = node->next[level];
        map->count--;
        free(node);
}
