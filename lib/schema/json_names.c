/*
 * Names of fields in their two spellings, and the nearest name to one that was mistyped: the fewest
 * insertions, deletions, replacements and swaps of neighbours (optimal string alignment), with
 * three rows of the usual table.
 *
 * Refused: suggesting whatever is nearest. Beyond a third of the name it is another word.
 */
#include "lib/schema/json_parts.h"

#define NAME_LEN_MAX 80

static size_t least(size_t a, size_t b)
{
        return a < b ? a : b;
}

static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
        size_t rows[3][NAME_LEN_MAX + 1];
        size_t *before = rows[0];
        size_t *last = rows[1];
        size_t *row = rows[2];

        for (size_t j = 0; j <= b_len; j++)
                last[j] = before[j] = j;
        for (size_t i = 1; i <= a_len; i++) {
                size_t *oldest = before;

                row[0] = i;
                for (size_t j = 1; j <= b_len; j++) {
                        row[j] = last[j - 1] + (a[i - 1] != b[j - 1]);
                        row[j] = least(row[j], least(last[j], row[j - 1]) + 1);
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                                row[j] = least(row[j], before[j - 2] + 1);
                }
                before = last;
                last = row;
                row = oldest;
        }
        return last[b_len];
}

const char *json_nearest(const char *name, const char *const *names, size_t count)
{
        size_t len = strlen(name);
        size_t limit = (len + 2) / 3;
        const char *nearest = NULL;

        if (len > NAME_LEN_MAX)
                return NULL;
        for (size_t i = 0; i < count; i++) {
                size_t other_len = strlen(names[i]);
                size_t far;

                if (other_len > NAME_LEN_MAX)
                        continue;
                far = distance(name, len, names[i], other_len);
                if (far < limit || (far == limit && nearest == NULL)) {
                        nearest = names[i];
                        limit = far;
                }
        }
        return nearest;
}

char *json_path(struct arena *arena, const char *path, const char *name)
{
        return arena_printf(arena, "%s%s%s", path, *path == '\0' ? "" : ".", name);
}

/* member_id and memberId. */
static bool is_camel_of(const char *camel, const char *snake)
{
        for (; *snake != '\0'; snake++, camel++) {
                char want = *snake;

                if (want == '_' && snake[1] >= 'a' && snake[1] <= 'z')
                        want = (char)(*++snake - 'a' + 'A');
                else if (want == '_' && snake[1] != '\0')
                        want = *++snake;
                if (*camel != want)
                        return false;
        }
        return *camel == '\0';
}

static void refuse_unknown(struct json_reader *reader, const ProtobufCMessageDescriptor *descriptor,
        const char *path, const char *name)
{
        const char **names = arena_array(reader->arena, const char *, descriptor->n_fields);
        const char *full = json_path(reader->arena, path, name);
        const char *nearest;

        for (unsigned i = 0; i < descriptor->n_fields; i++)
                names[i] = descriptor->fields[i].name;
        nearest = json_nearest(name, names, descriptor->n_fields);
        if (nearest != NULL)
                error_violation(reader->error, full, "UNKNOWN_FIELD",
                        "%s is not a field of %s; the nearest is %s", full, descriptor->short_name,
                        nearest);
        else
                error_violation(reader->error, full, "UNKNOWN_FIELD", "%s is not a field of %s",
                        full, descriptor->short_name);
}

const ProtobufCFieldDescriptor *json_field(struct json_reader *reader,
        const ProtobufCMessageDescriptor *descriptor, const char *path, const char *name)
{
        for (unsigned i = 0; i < descriptor->n_fields; i++) {
                const char *known = descriptor->fields[i].name;

                if (strcmp(known, name) == 0 || is_camel_of(name, known))
                        return &descriptor->fields[i];
        }
        refuse_unknown(reader, descriptor, path, name);
        return NULL;
}
