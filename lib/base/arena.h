#pragma once
/*
 * Memory with one lifetime. Everything that belongs to a call is taken from the call's arena and
 * disappears with it; nothing is freed one by one. Memory is aligned to 16 bytes, and zeroed but
 * for arena_room. Neither returns NULL: a process that is out of memory stops.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
        struct arena_block *first; /* kept by arena_reset */
        struct arena_block *last;
        size_t used; /* bytes handed out since the last reset */
};

void arena_init(struct arena *arena);
/* Its first block is the caller's room, aligned to 16 bytes, which must outlive the arena: what
 * is small then needs no malloc at all. */
void arena_init_in(struct arena *arena, void *room, size_t size);
void arena_release(struct arena *arena);

/* Forgets everything handed out; keeps the first block for the next call. */
void arena_reset(struct arena *arena);

/* A point to go back to: everything handed out since is forgotten. For loops that must not grow
 * with the number of their turns. Marks are gone back to in reverse order of being made. */
struct arena_mark {
        struct arena_block *last;
        struct arena_block *behind; /* last's follower when the mark was made */
        size_t last_used;
        size_t used;
};
struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

void *arena_alloc(struct arena *arena, size_t size);
/* The same, not zeroed: for what is written whole before it is read. */
void *arena_room(struct arena *arena, size_t size);
/* Grows an array: copies old_size bytes into new room of new_size. old may be NULL. */
void *arena_grow(struct arena *arena, const void *old, size_t old_size, size_t new_size);
void *arena_copy(struct arena *arena, const void *data, size_t size);
char *arena_text(struct arena *arena, const char *text);
char *arena_printf(struct arena *arena, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args);

#define arena_new(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc((arena), (count) * sizeof(type)))
