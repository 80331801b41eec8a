/*
 * protobuf-c's own naming rules had to be repeated here because its plugin passes nothing on; a
 * difference shows at once, as generated code that does not compile. Comments are joined to
 * lines because they are read again in other widths: --help of shopctl, comments of the stubs.
 */
#include "tools/protoc-gen-shop/names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define COMMENT_COLUMNS 96

static char *name_words(struct arena *arena, const char *camel, int (*letter)(int))
{
        char *out = arena_alloc(arena, 2 * strlen(camel) + 1);
        size_t len = 0;
        bool after_capital = true;

        for (const char *at = camel; *at != 0; at++) {
                bool capital = isupper((unsigned char)*at);

                if (capital && !after_capital)
                        out[len++] = '_';
                out[len++] = (char)letter((unsigned char)*at);
                after_capital = capital;
        }
        return out;
}

char *name_lower(struct arena *arena, const char *camel)
{
        return name_words(arena, camel, tolower);
}

char *name_upper(struct arena *arena, const char *camel)
{
        return name_words(arena, camel, toupper);
}

static char *name_camel(struct arena *arena, const char *name)
{
        char *out = arena_alloc(arena, strlen(name) + 1);
        size_t len = 0;
        bool start = true;

        for (const char *at = name; *at != 0; at++) {
                if (*at != '_')
                        out[len++] = start ? (char)toupper((unsigned char)*at) : *at;
                start = *at == '_';
        }
        return out;
}

static char *name_parts(
        struct arena *arena, const char *full_name, char *(*form)(struct arena *, const char *))
{
        char *rest = arena_text(arena, full_name);
        char *out = NULL;

        for (char *part = strsep(&rest, "."); part != NULL; part = strsep(&rest, ".")) {
                char *formed = form(arena, part);

                out = out == NULL ? formed : arena_printf(arena, "%s__%s", out, formed);
        }
        return out;
}

char *name_type(struct arena *arena, const char *full_name)
{
        return name_parts(arena, full_name, name_camel);
}

char *name_full_lower(struct arena *arena, const char *full_name)
{
        return name_parts(arena, full_name, name_lower);
}

char *name_full_upper(struct arena *arena, const char *full_name)
{
        return name_parts(arena, full_name, name_upper);
}

const char *name_last(const char *full_name)
{
        const char *dot = strrchr(full_name, '.');

        return dot == NULL ? full_name : dot + 1;
}

char *text_paragraphs(struct arena *arena, const char *comment)
{
        char *rest = arena_text(arena, comment == NULL ? "" : comment);
        char *out = arena_alloc(arena, strlen(rest) + 1);
        bool paragraph_ends = false;

        for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n")) {
                while (isspace((unsigned char)*line))
                        line++;
                for (size_t len = strlen(line); len > 0 && isspace((unsigned char)line[len - 1]);)
                        line[--len] = 0;
                if (*line == 0) {
                        paragraph_ends = true;
                        continue;
                }
                if (*out != 0)
                        strcat(out, paragraph_ends ? "\n" : " ");
                strcat(out, line);
                paragraph_ends = false;
        }
        return out;
}

char *text_literal(struct arena *arena, const char *text)
{
        char *out = arena_alloc(arena, 4 * strlen(text) + 3);
        size_t len = 0;

        out[len++] = '"';
        for (const char *at = text; *at != 0; at++) {
                if (*at == '"' || *at == '\\' || *at == '?') {
                        out[len++] = '\\';
                        out[len++] = *at;
                } else if ((unsigned char)*at < ' ') {
                        len += (size_t)sprintf(out + len, "\\%03o", (unsigned char)*at);
                } else {
                        out[len++] = *at;
                }
        }
        out[len] = '"';
        return out;
}

/* A comment's text cannot end the comment. */
static void text_word(struct buffer *out, const char *word, size_t len)
{
        for (size_t i = 0; i < len; i++) {
                buffer_append(out, word + i, 1);
                if (word[i] == '*' && i + 1 < len && word[i + 1] == '/')
                        buffer_append(out, " ", 1);
        }
}

void text_comment(struct buffer *out, const char *paragraphs)
{
        size_t column = 2;

        buffer_printf(out, "/*");
        for (const char *at = paragraphs; *at != 0;) {
                size_t len = strcspn(at, " \n");

                if (column + 1 + len > COMMENT_COLUMNS) {
                        buffer_printf(out, "\n *");
                        column = 2;
                }
                buffer_append(out, " ", 1);
                text_word(out, at, len);
                column += len + 1;
                at += len;
                if (*at == '\n') {
                        buffer_printf(out, "\n *");
                        column = 2;
                }
                at += *at != 0;
        }
        buffer_printf(out, " */\n");
}
