/*
 * A list of blocks; allocation moves a mark forward in the last one. What is larger than a block
 * gets a block of its own, linked behind the first, so that the room left in the last one is not
 * wasted. The first block outlives arena_reset, so that a small call needs no malloc at all.
 *
 * Refused: malloc per object with a list of destructors. A call allocates hundreds of small
 * things with the same lifetime, and one forgotten free is a leak that only a long run shows.
 * Under AddressSanitizer the unused part of each block is poisoned: using memory of a call that
 * is over is reported like any other use after free.
 */
#include "lib/base/arena.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(data, size)   ((void)(data), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(data, size) ((void)(data), (void)(size))
#endif

#define ALIGNMENT        16u
#define FIRST_BLOCK_SIZE (16u * 1024)
#define BLOCK_SIZE       (64u * 1024)

struct arena_block {
        struct arena_block *next;
        size_t size;
        size_t used;
        bool lent; /* the room is the caller's */
        _Alignas(ALIGNMENT) uint8_t data[];
};

static size_t aligned(size_t size)
{
        assert(size <= SIZE_MAX / 2);
        return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static struct arena_block *block_new(size_t size)
{
        struct arena_block *block = malloc(sizeof(*block) + size);

        if (block == NULL)
                abort();
        block->next = NULL;
        block->size = size;
        block->used = 0;
        block->lent = false;
        ASAN_POISON_MEMORY_REGION(block->data, size);
        return block;
}

static void block_free(struct arena_block *block)
{
        ASAN_UNPOISON_MEMORY_REGION(block->data, block->size);
        if (!block->lent)
                free(block);
}

static void *block_take(struct arena_block *block, size_t size)
{
        uint8_t *data = block->data + block->used;

        block->used += size;
        ASAN_UNPOISON_MEMORY_REGION(data, size);
        return data;
}

void arena_init(struct arena *arena)
{
        *arena = (struct arena){0};
}

void arena_init_in(struct arena *arena, void *room, size_t size)
{
        struct arena_block *block = room;

        assert(size > sizeof(*block) && (uintptr_t)room % ALIGNMENT == 0);
        *block = (struct arena_block){.size = size - sizeof(*block), .lent = true};
        ASAN_POISON_MEMORY_REGION(block->data, block->size);
        *arena = (struct arena){.first = block, .last = block};
}

static void free_blocks(struct arena_block *block)
{
        while (block != NULL) {
                struct arena_block *next = block->next;

                block_free(block);
                block = next;
        }
}

void arena_release(struct arena *arena)
{
        free_blocks(arena->first);
        arena_init(arena);
}

void arena_reset(struct arena *arena)
{
        struct arena_block *first = arena->first;

        arena->used = 0;
        if (first == NULL)
                return;
        free_blocks(first->next);
        first->next = NULL;
        first->used = 0;
        ASAN_POISON_MEMORY_REGION(first->data, first->size);
        arena->last = first;
}

struct arena_mark arena_mark(const struct arena *arena)
{
        const struct arena_block *last = arena->last;

        return (struct arena_mark){
                .last = arena->last,
                .behind = last != NULL ? last->next : NULL,
                .last_used = last != NULL ? last->used : 0,
                .used = arena->used,
        };
}

/* Blocks are only ever linked in right behind the last one, so what came since the mark stands
 * between its two blocks. */
void arena_rewind(struct arena *arena, struct arena_mark mark)
{
        if (mark.last == NULL) {
                arena_reset(arena);
                return;
        }
        struct arena_block *block = mark.last->next;

        while (block != mark.behind) {
                struct arena_block *next = block->next;

                block_free(block);
                block = next;
        }
        mark.last->next = mark.behind;
        mark.last->used = mark.last_used;
        ASAN_POISON_MEMORY_REGION(
                mark.last->data + mark.last_used, mark.last->size - mark.last_used);
        arena->last = mark.last;
        arena->used = mark.used;
}

static struct arena_block *add_block(struct arena *arena, size_t size)
{
        struct arena_block *block = block_new(size);

        block->next = arena->last->next;
        arena->last->next = block;
        return block;
}

/* Where the last block has no room. */
static void *take_new(struct arena *arena, size_t size)
{
        if (arena->first == NULL) {
                arena->first = arena->last = block_new(FIRST_BLOCK_SIZE);
                if (size <= FIRST_BLOCK_SIZE)
                        return block_take(arena->last, size);
        }
        if (size > BLOCK_SIZE / 4)
                return block_take(add_block(arena, size), size);
        arena->last = add_block(arena, BLOCK_SIZE);
        return block_take(arena->last, size);
}

inline void *arena_room(struct arena *arena, size_t size)
{
        struct arena_block *last = arena->last;

        size = aligned(size == 0 ? 1 : size);
        arena->used += size;
        if (last == NULL || size > last->size - last->used)
                return take_new(arena, size);
        return block_take(last, size);
}

void *arena_alloc(struct arena *arena, size_t size)
{
        return memset(arena_room(arena, size), 0, size);
}

void *arena_grow(struct arena *arena, const void *old, size_t old_size, size_t new_size)
{
        void *data;

        assert(new_size >= old_size);
        data = arena_alloc(arena, new_size);
        if (old_size > 0)
                memcpy(data, old, old_size);
        return data;
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
        void *copy = arena_room(arena, size);

        if (size > 0)
                memcpy(copy, data, size);
        return copy;
}

char *arena_text(struct arena *arena, const char *text)
{
        return arena_copy(arena, text, strlen(text) + 1);
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
        va_list again;
        char *text;
        int len;

        assert(format != NULL); /* and GCC's sanitizers see it */
        va_copy(again, args);
        len = vsnprintf(NULL, 0, format, again);
        va_end(again);
        assert(len >= 0);
        text = arena_alloc(arena, (size_t)len + 1);
        vsnprintf(text, (size_t)len + 1, format, args);
        return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
        va_list args;
        char *text;

        va_start(args, format);
        text = arena_vprintf(arena, format, args);
        va_end(args);
        return text;
}
