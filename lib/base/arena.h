#pragma once
/*
 * Memory with one lifetime. Everything that belongs to a call is taken from the call's arena and
 * disappears with it; nothing is freed one by one. Memory is zeroed and aligned to 16 bytes.
 * arena_alloc never returns NULL: a process that is out of memory stops.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
        struct arena_block *first; /* kept by arena_reset */
        struct arena_block *last;
        size_t used;               /* bytes handed out since the last reset */
};

void arena_init(struct arena *arena);
void arena_release(struct arena *arena);

/* Forgets everything handed out; keeps the first block for the next call. */
void arena_reset(struct arena *arena);

void *arena_alloc(struct arena *arena, size_t size);
/* Grows an array: copies old_size bytes into new room of new_size. old may be NULL. */
void *arena_grow(struct arena *arena, const void *old, size_t old_size, size_t new_size);
void *arena_copy(struct arena *arena, const void *data, size_t size);
char *arena_text(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args);

#define arena_new(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc((arena), (count) * sizeof(type)))
