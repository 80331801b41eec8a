#pragma once
/*
 * A view of bytes that somebody else owns, and a growing buffer.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
        const uint8_t *data;
        size_t len;
};

static inline struct bytes bytes_of(const void *data, size_t len)
{
        return (struct bytes){.data = data, .len = len};
}

static inline struct bytes bytes_of_text(const char *text)
{
        return (struct bytes){.data = (const uint8_t *)text, .len = strlen(text)};
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
        return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool bytes_begin_with(struct bytes bytes, struct bytes prefix)
{
        return bytes.len >= prefix.len && memcmp(bytes.data, prefix.data, prefix.len) == 0;
}

/* Below, equal to or above zero as a sorts before, with or after b; a prefix sorts first. */
int bytes_compare(struct bytes a, struct bytes b);

/* For tables of this process; a seed that nobody knows keeps others from choosing what collides. */
uint64_t bytes_hash(struct bytes bytes, uint64_t seed);

/* Writes 2*len hexadecimal digits and a NUL to out. */
void bytes_to_hex(struct bytes bytes, char *out);

/* Writes a number in decimal and a NUL to out, at most DECIMAL_SIZE bytes; returns the digits. */
#define DECIMAL_SIZE 21
size_t decimal_text(uint64_t number, char out[DECIMAL_SIZE]);

/* A heap buffer that grows by doubling; zero-initialise, release when done. */
struct buffer {
        uint8_t *data;
        size_t len;
        size_t capacity;
};

void buffer_release(struct buffer *buffer);
void buffer_clear(struct buffer *buffer);
/* Room for size more bytes at the end; the pointer is valid until the next call on buffer. */
uint8_t *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_append(struct buffer *buffer, const void *data, size_t size);
void buffer_append_text(struct buffer *buffer, const char *text);
/* The text as a JSON string with its quotes; text is valid UTF-8. */
void buffer_append_quoted(struct buffer *buffer, struct bytes text);
void buffer_printf(struct buffer *buffer, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
