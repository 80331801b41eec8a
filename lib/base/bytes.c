/*
 * One growing buffer for everything that is built front to back: answers, JSON, log lines. It
 * grows by doubling and keeps its room when it is cleared, so that a loop allocates only at first.
 *
 * Refused: building such things in the arena, which would keep every outgrown copy until the end
 * of the call.
 */
#include "lib/base/bytes.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAPACITY 256

static const char digits[] = "0123456789abcdef";

int bytes_compare(struct bytes a, struct bytes b)
{
        size_t len = a.len < b.len ? a.len : b.len;
        int order = len == 0 ? 0 : memcmp(a.data, b.data, len);

        if (order != 0)
                return order;
        return (a.len > b.len) - (a.len < b.len);
}

/* Of less than eight bytes. Put together in memory it would be read before it was written there,
 * which takes as long as a dozen steps. */
static uint64_t short_word(struct bytes bytes)
{
        uint64_t word = 0;
        uint32_t start, end;

        if (bytes.len >= 4) {
                memcpy(&start, bytes.data, 4);
                memcpy(&end, bytes.data + bytes.len - 4, 4);
                return (uint64_t)end << 32 | start;
        }
        for (size_t i = 0; i < bytes.len; i++)
                word = word << 8 | bytes.data[i];
        return word;
}

/* Both halves of the product: a factor's high bits are in the product's high half only, and places
 * in a table are taken from low bits. As in wyhash (Wang Yi), twice at the end. */
static uint64_t folded(uint64_t a, uint64_t b)
{
        unsigned __int128 product = (unsigned __int128)a * b;

        return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t bytes_hash(struct bytes bytes, uint64_t seed)
{
        const uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
        uint64_t hash = seed ^ bytes.len * factor;
        uint64_t word = 0;

        for (size_t at = 0; at + 8 < bytes.len; at += 8) {
                memcpy(&word, bytes.data + at, 8);
                hash = folded(hash ^ word, factor);
        }
        /* The last eight overlap with what is hashed: a rest of any length is a call of memcpy. */
        if (bytes.len >= 8)
                memcpy(&word, bytes.data + bytes.len - 8, 8);
        else
                word = short_word(bytes);
        return folded(folded(hash ^ word, factor), factor);
}

void bytes_to_hex(struct bytes bytes, char *out)
{
        for (size_t i = 0; i < bytes.len; i++) {
                *out++ = digits[bytes.data[i] >> 4];
                *out++ = digits[bytes.data[i] & 15];
        }
        *out = '\0';
}

size_t decimal_text(uint64_t number, char out[DECIMAL_SIZE])
{
        char turned[DECIMAL_SIZE];
        size_t len = 0;

        do {
                turned[len++] = (char)('0' + number % 10);
                number /= 10;
        } while (number > 0);
        for (size_t i = 0; i < len; i++)
                out[i] = turned[len - 1 - i];
        out[len] = '\0';
        return len;
}

void buffer_release(struct buffer *buffer)
{
        free(buffer->data);
        *buffer = (struct buffer){0};
}

void buffer_clear(struct buffer *buffer)
{
        buffer->len = 0;
}

uint8_t *buffer_reserve(struct buffer *buffer, size_t size)
{
        size_t capacity = buffer->capacity == 0 ? FIRST_CAPACITY : buffer->capacity;

        assert(size <= SIZE_MAX / 4 && buffer->len <= SIZE_MAX / 4);
        if (buffer->data != NULL && size <= buffer->capacity - buffer->len)
                return buffer->data + buffer->len;
        while (capacity - buffer->len < size)
                capacity *= 2;
        buffer->data = realloc(buffer->data, capacity);
        if (buffer->data == NULL)
                abort();
        buffer->capacity = capacity;
        return buffer->data + buffer->len;
}

void buffer_append(struct buffer *buffer, const void *data, size_t size)
{
        uint8_t *room = buffer_reserve(buffer, size);

        if (size > 0)
                memcpy(room, data, size);
        buffer->len += size;
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
        buffer_append(buffer, text, strlen(text));
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
        va_list args;
        char *room;
        int len;

        assert(format != NULL); /* and GCC's sanitizers see it */
        va_start(args, format);
        len = vsnprintf(NULL, 0, format, args);
        va_end(args);
        assert(len >= 0);
        room = (char *)buffer_reserve(buffer, (size_t)len + 1);
        va_start(args, format);
        vsnprintf(room, (size_t)len + 1, format, args);
        va_end(args);
        buffer->len += (size_t)len;
}

static void append_escape(struct buffer *buffer, uint8_t byte)
{
        static const char shorts[] = "\"\\\b\f\n\r\t";
        static const char letters[] = "\"\\bfnrt";
        const char *at = byte == 0 ? NULL : strchr(shorts, byte);

        if (at != NULL)
                buffer_append(buffer, (char[]){'\\', letters[at - shorts]}, 2);
        else
                buffer_append(buffer,
                        (char[]){'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]}, 6);
}

void buffer_append_quoted(struct buffer *buffer, struct bytes text)
{
        size_t from = 0;

        buffer_append(buffer, "\"", 1);
        for (size_t i = 0; i < text.len; i++) {
                uint8_t byte = text.data[i];

                if (byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7F)
                        continue;
                buffer_append(buffer, text.data + from, i - from);
                append_escape(buffer, byte);
                from = i + 1;
        }
        if (from < text.len) /* no text has no address either */
                buffer_append(buffer, text.data + from, text.len - from);
        buffer_append(buffer, "\"", 1);
}
