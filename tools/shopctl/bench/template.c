/*
 * Placeholders are replaced in the words of the command line, which then go the way of every
 * other request. Requests without a number are made once per line and kept: making one costs more
 * than the call.
 */
#include "tools/shopctl/bench/template.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/schema/decode.h"

#define NUMBER "{n}"
#define LINE   "{line}"

/* ---- data ---- */

static bool read_lines(struct template *template, const char *path, struct error *error)
{
        FILE *file = fopen(path, "r");
        struct arena *arena = template->settings->arena;
        size_t capacity = 0, size = 0;
        char *line = NULL;

        if (file == NULL) {
                error_set(error, INVALID_ARGUMENT, "NO_DATA", "%s: %s", path, strerror(errno));
                return false;
        }
        while (getline(&line, &size, file) >= 0) {
                line[strcspn(line, "\r\n")] = '\0';
                if (line[0] == '\0')
                        continue;
                if (template->line_count == capacity) {
                        capacity = capacity == 0 ? 1024 : capacity * 2;
                        template->lines =
                                realloc(template->lines, capacity * sizeof(*template->lines));
                }
                template->lines[template->line_count++] = arena_text(arena, line);
        }
        free(line);
        fclose(file);
        if (template->line_count == 0)
                error_set(error, INVALID_ARGUMENT, "NO_DATA", "%s has no lines", path);
        return template->line_count > 0;
}

/* -d @FILE becomes the file's text, which may hold placeholders too. */
static bool read_files(struct template *template, struct error *error)
{
        struct arena *arena = template->settings->arena;

        for (int i = 1; i < template->word_count; i++) {
                struct bytes text;

                if (strcmp(template->words[i - 1], "-d") != 0)
                        continue;
                if (!invoke_data(arena, template->words[i], &text, error))
                        return false;
                template->words[i] =
                        arena_printf(arena, "%.*s", (int)text.len, (const char *)text.data);
        }
        return true;
}

/* ---- placeholders ---- */

static void append_part(struct buffer *out, const char *line, int number)
{
        for (; number > 1 && line != NULL; number--) {
                line = strchr(line, '\t');
                line = line == NULL ? NULL : line + 1;
        }
        if (line != NULL)
                buffer_append(out, line, strcspn(line, "\t"));
}

/* Replaces the placeholder at the beginning of text; returns its length, or 0 for none. */
static size_t append_placeholder(struct buffer *out, const char *text, uint64_t n, const char *line)
{
        if (strncmp(text, NUMBER, strlen(NUMBER)) == 0) {
                buffer_printf(out, "%" PRIu64, n);
                return strlen(NUMBER);
        }
        if (line == NULL)
                return 0;
        if (strncmp(text, LINE, strlen(LINE)) == 0) {
                buffer_append_text(out, line);
                return strlen(LINE);
        }
        if (text[0] != '{' || text[1] < '1' || text[1] > '9' || text[2] != '}')
                return 0;
        append_part(out, line, text[1] - '0');
        return 3;
}

static char *expand(struct arena *arena, const char *text, uint64_t n, const char *line)
{
        struct buffer out = {0};

        while (*text != '\0') {
                size_t len = append_placeholder(&out, text, n, line);

                if (len == 0) {
                        buffer_append(&out, text, 1);
                        len = 1;
                }
                text += len;
        }
        buffer_append(&out, "", 1);
        char *copy = arena_copy(arena, out.data, out.len);

        buffer_release(&out);
        return copy;
}

static bool mentions(const struct template *template, const char *placeholder)
{
        if (template->token != NULL && strstr(template->token, placeholder) != NULL)
                return true;
        for (int i = 0; i < template->word_count; i++)
                if (strstr(template->words[i], placeholder) != NULL)
                        return true;
        return false;
}

/* ---- requests ---- */

static bool make(struct template *template, struct arena *arena, uint64_t n,
        struct template_call *out, struct error *error)
{
        const char *line =
                template->line_count == 0 ? NULL : template->lines[(n - 1) % template->line_count];
        char **words = arena_array(arena, char *, (size_t) template->word_count);

        for (int i = 0; i < template->word_count; i++)
                words[i] = expand(arena, template->words[i], n, line);
        void *request = invoke_request(
                arena, template->method->request, template->word_count, words, error);

        if (request == NULL)
                return false;
        out->request = encode(arena, request);
        out->token = template->token == NULL ? NULL : expand(arena, template->token, n, line);
        return true;
}

static bool keep_all(struct template *template, struct error *error)
{
        struct arena *arena = template->settings->arena;
        size_t count = template->line_count == 0 ? 1 : template->line_count;

        template->kept = arena_array(arena, struct template_call, count);
        for (size_t i = 0; i < count; i++)
                if (!make(template, arena, i + 1, &template->kept[i], error))
                        return false;
        return true;
}

bool template_init(struct template *template, const char *data, struct error *error)
{
        struct template_call first;

        arena_init(&template->scratch);
        if (!read_files(template, error) || (data != NULL && !read_lines(template, data, error)))
                return false;
        if (data == NULL && mentions(template, LINE)) {
                error_set(error, INVALID_ARGUMENT, "NO_DATA", LINE " needs --data FILE");
                return false;
        }
        if (mentions(template, NUMBER))
                return template_make(template, 1, &first, error);
        return keep_all(template, error);
}

void template_release(struct template *template)
{
        arena_release(&template->scratch);
        free(template->lines);
}

bool template_make(
        struct template *template, uint64_t n, struct template_call *out, struct error *error)
{
        if (template->kept != NULL) {
                *out = template->kept[template->line_count == 0 ? 0
                                                                : (n - 1) % template->line_count];
                return true;
        }
        arena_reset(&template->scratch);
        return make(template, &template->scratch, n, out, error);
}
