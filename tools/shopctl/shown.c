/* Bytes that are no text are shown as numbers, so that a program's eye sees them too. */
#include "tools/shopctl/shown.h"

#include <string.h>

#include "lib/base/utf8.h"

#define NAME_WIDTH 36

/* What a terminal would obey instead of show: control characters, also those of ISO 6429 above
 * 0x7F, and what turns the direction of a line or breaks it. */
static bool is_obeyed(int32_t point)
{
        return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0x200E ||
               point == 0x200F || (point >= 0x2028 && point <= 0x202E) ||
               (point >= 0x2066 && point <= 0x2069);
}

static void show(FILE *file, struct bytes rest)
{
        while (rest.len > 0) {
                const uint8_t *begin = rest.data;
                int32_t point = utf8_take(&rest);

                if (point < 0) {
                        fprintf(file, "\\x%02x", *begin);
                        rest = bytes_of(rest.data + 1, rest.len - 1);
                } else if (point == '\n') {
                        fputs("\\n", file);
                } else if (is_obeyed(point)) {
                        fprintf(file, "\\u%04x", (unsigned)point);
                } else {
                        fwrite(begin, 1, (size_t)(rest.data - begin), file);
                }
        }
}

void print_shown(FILE *file, const char *text)
{
        show(file, bytes_of_text(text));
}

/* The first sentence of a documentation. */
static struct bytes sentence(const char *doc)
{
        const char *end = strstr(doc, ". ");

        return bytes_of(doc, end != NULL ? (size_t)(end - doc) + 1 : strcspn(doc, "\n"));
}

void print_method(FILE *file, enum output output, const char *name, const char *doc)
{
        size_t len = strlen(name);

        print_shown(file, name);
        if (output == OUTPUT_TEXT) {
                fprintf(file, "%*s ", (int)(len < NAME_WIDTH ? NAME_WIDTH - len : 0), "");
                show(file, sentence(doc));
        }
        fputc('\n', file);
}
