/*
 * Words for search. Text is folded by Unicode's compatibility forms and case, accents taken away,
 * so that "CAFÉ", "café" and full-width "ＣＡＦＥ" are one. Latin and its like are cut into words
 * and looked up by their beginnings; Chinese and Japanese have no spaces, so every two neighbouring
 * characters are a term, which finds any phrase without knowing words. Refused: a dictionary
 * (large, and wrong about product names) and every beginning of a word as a term of its own
 * (ten rows where an ordered key needs one).
 */
#include "server/catalog/terms.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define FOLD                                                                                       \
        (UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |                \
                UTF8PROC_IGNORE | UTF8PROC_STRIPMARK)

enum kind { KIND_GAP, KIND_LETTER, KIND_IDEOGRAPH };

/* Scripts whose words are not told apart by spaces. */
static bool is_ideograph(int32_t point)
{
        return (point >= 0x3041 && point <= 0x30FF) || /* Hiragana, Katakana */
               (point >= 0x3400 && point <= 0x4DBF) || (point >= 0x4E00 && point <= 0x9FFF) ||
               (point >= 0xF900 && point <= 0xFAFF) || (point >= 0x20000 && point <= 0x3FFFF);
}

static enum kind kind_of(int32_t point)
{
        if (is_ideograph(point))
                return KIND_IDEOGRAPH;
        utf8proc_category_t category = utf8proc_category(point);

        if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO)
                return KIND_LETTER;
        return KIND_GAP;
}

/* Folded code points in *points; how many. Nothing of a text that is not valid. */
static size_t fold(struct arena *arena, const char *text, int32_t **points)
{
        const uint8_t *bytes = (const uint8_t *)text;
        utf8proc_ssize_t len = (utf8proc_ssize_t)strlen(text);
        utf8proc_ssize_t room = utf8proc_decompose(bytes, len, NULL, 0, FOLD);

        if (room <= 0)
                return 0;
        *points = arena_array(arena, int32_t, (size_t)room + 1);
        utf8proc_decompose(bytes, len, *points, room, FOLD);
        utf8proc_ssize_t count = utf8proc_normalize_utf32(*points, room, FOLD);

        return count > 0 ? (size_t)count : 0;
}

static const char *encode_points(struct arena *arena, const int32_t *points, size_t count)
{
        uint8_t *out = arena_alloc(arena, count * 4 + 1);
        size_t len = 0;

        for (size_t i = 0; i < count; i++)
                len += (size_t)utf8proc_encode_char(points[i], out + len);
        return (const char *)out;
}

struct sink {
        struct arena *arena;
        struct terms *terms;
        bool in_title;
        bool query; /* no single characters beside pairs */
};

static void put(const struct sink *sink, const int32_t *points, size_t count, bool whole)
{
        struct terms *terms = sink->terms;

        if (terms->at == NULL)
                terms->at = arena_array(sink->arena, struct term, TERMS_MAX);
        if (terms->n == TERMS_MAX)
                return;
        terms->at[terms->n++] = (struct term){
                .text = encode_points(
                        sink->arena, points, count < TERM_CHARS_MAX ? count : TERM_CHARS_MAX),
                .in_title = sink->in_title,
                .whole = whole,
        };
}

static void put_ideographs(const struct sink *sink, const int32_t *points, size_t count)
{
        for (size_t i = 0; i < count; i++)
                if (!sink->query || count == 1)
                        put(sink, points + i, 1, true);
        for (size_t i = 0; i + 1 < count; i++)
                put(sink, points + i, 2, true);
}

static void cut(const struct sink *sink, const char *text)
{
        int32_t *points = NULL;
        size_t count = fold(sink->arena, text, &points);

        for (size_t from = 0; from < count;) {
                enum kind kind = kind_of(points[from]);
                size_t to = from + 1;

                while (to < count && kind_of(points[to]) == kind)
                        to++;
                if (kind == KIND_LETTER)
                        put(sink, points + from, to - from, false);
                else if (kind == KIND_IDEOGRAPH)
                        put_ideographs(sink, points + from, to - from);
                from = to;
        }
}

static int compare_terms(const void *a, const void *b)
{
        return strcmp(((const struct term *)a)->text, ((const struct term *)b)->text);
}

void terms_sort(struct terms *terms)
{
        size_t kept = 0;

        if (terms->n == 0)
                return;
        qsort(terms->at, terms->n, sizeof(*terms->at), compare_terms);
        for (size_t i = 1; i < terms->n; i++) {
                if (strcmp(terms->at[i].text, terms->at[kept].text) == 0)
                        terms->at[kept].in_title |= terms->at[i].in_title;
                else
                        terms->at[++kept] = terms->at[i];
        }
        terms->n = kept + 1;
}

void terms_add(struct arena *arena, struct terms *terms, const char *text, bool in_title)
{
        const struct sink sink = {.arena = arena, .terms = terms, .in_title = in_title};

        cut(&sink, text);
}

struct terms terms_of_query(struct arena *arena, const char *query)
{
        struct terms terms = {0};
        const struct sink sink = {.arena = arena, .terms = &terms, .query = true};

        cut(&sink, query);
        terms_sort(&terms);
        return terms;
}
