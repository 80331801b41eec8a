/*
 * Unpacking streams through zlib (which also passes plain files through) or liblzma into one
 * buffer; a record is cut out of it in place. Refused: reading through a pipe to xz, which would
 * make the file name part of a command line.
 */
#include <errno.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "lib/base/bytes.h"
#include "tools/shopctl/replay/csv.h"

#define CHUNK 65536

struct csv {
        FILE *file; /* xz */
        gzFile gz;  /* gzip and plain */
        lzma_stream lzma;
        uint8_t in[CHUNK];
        uint8_t out[CHUNK];
        size_t out_len;
        size_t out_at;
        uint32_t line;
        bool failed;
        struct buffer raw;
        struct buffer cells;
};

static bool open_xz(struct csv *csv, const char *path)
{
        csv->file = fopen(path, "rb");
        csv->lzma = (lzma_stream)LZMA_STREAM_INIT;
        return csv->file != NULL &&
               lzma_stream_decoder(&csv->lzma, UINT64_MAX, LZMA_CONCATENATED) == LZMA_OK;
}

struct csv *csv_open(const char *path)
{
        static const uint8_t xz_magic[6] = {0xfd, '7', 'z', 'X', 'Z', 0};
        uint8_t head[6] = {0};
        FILE *probe = fopen(path, "rb");
        struct csv *csv;
        bool opened;

        if (probe == NULL) {
                fprintf(stderr, "shopctl: %s: %s\n", path, strerror(errno));
                return NULL;
        }
        if (fread(head, 1, sizeof head, probe) == 0)
                head[0] = 0;
        fclose(probe);
        csv = calloc(1, sizeof *csv);
        csv->line = 1;
        if (memcmp(head, xz_magic, sizeof head) == 0)
                opened = open_xz(csv, path);
        else
                opened = (csv->gz = gzopen(path, "rb")) != NULL;
        if (!opened) {
                fprintf(stderr, "shopctl: %s cannot be opened\n", path);
                csv_close(csv);
                return NULL;
        }
        return csv;
}

static void fill_xz(struct csv *csv)
{
        lzma_ret ret = LZMA_OK;

        csv->lzma.next_out = csv->out;
        csv->lzma.avail_out = sizeof csv->out;
        while (csv->lzma.avail_out > 0 && ret == LZMA_OK) {
                if (csv->lzma.avail_in == 0 && !feof(csv->file)) {
                        csv->lzma.next_in = csv->in;
                        csv->lzma.avail_in = fread(csv->in, 1, sizeof csv->in, csv->file);
                }
                ret = lzma_code(&csv->lzma, feof(csv->file) ? LZMA_FINISH : LZMA_RUN);
        }
        csv->failed = ret != LZMA_OK && ret != LZMA_STREAM_END;
        csv->out_len = sizeof csv->out - csv->lzma.avail_out;
}

static void fill_gz(struct csv *csv)
{
        int n = gzread(csv->gz, csv->out, sizeof csv->out);
        int problem = Z_OK;

        /* A file that was cut off is read to its last byte before zlib says so. */
        gzerror(csv->gz, &problem);
        csv->failed = n < 0 || problem == Z_BUF_ERROR;
        csv->out_len = n > 0 ? (size_t)n : 0;
}

/* The next byte, or -1. */
static int next_byte(struct csv *csv)
{
        if (csv->out_at == csv->out_len) {
                if (csv->failed)
                        return -1;
                csv->out_at = 0;
                if (csv->gz != NULL)
                        fill_gz(csv);
                else
                        fill_xz(csv);
                if (csv->out_len == 0)
                        return -1;
        }
        return csv->out[csv->out_at++];
}

/* Reads one record's bytes: to the line end that is not inside quotes. */
static bool read_raw(struct csv *csv)
{
        bool quoted = false;
        int c;

        buffer_clear(&csv->raw);
        while ((c = next_byte(csv)) >= 0) {
                uint8_t byte = (uint8_t)c;

                if (c == '\n')
                        csv->line++;
                if (c == '\n' && !quoted)
                        break;
                if (c == '"')
                        quoted = !quoted;
                buffer_append(&csv->raw, &byte, 1);
        }
        if (c < 0 && csv->raw.len == 0)
                return false;
        if (csv->raw.len > 0 && csv->raw.data[csv->raw.len - 1] == '\r')
                csv->raw.len--;
        buffer_append(&csv->raw, "", 1);
        return true;
}

/* Cuts the raw record into cells, unquoting into a buffer that cannot grow under them. */
static void split(struct csv *csv, struct csv_record *record)
{
        const char *at = (const char *)csv->raw.data;
        char *to;
        bool quoted = false;

        buffer_clear(&csv->cells);
        to = (char *)buffer_reserve(&csv->cells, csv->raw.len + 1);
        record->count = 1;
        record->fields[0] = to;
        for (; *at != '\0'; at++) {
                if (*at == '"' && quoted && at[1] == '"') {
                        *to++ = *at++;
                } else if (*at == '"') {
                        quoted = !quoted;
                } else if (*at == ',' && !quoted) {
                        *to++ = '\0';
                        if (record->count == CSV_FIELDS_MAX)
                                return;
                        record->fields[record->count++] = to;
                } else {
                        *to++ = *at;
                }
        }
        *to = '\0';
}

bool csv_next(struct csv *csv, struct csv_record *record)
{
        record->line = csv->line;
        if (!read_raw(csv))
                return false;
        split(csv, record);
        record->raw = (const char *)csv->raw.data;
        return true;
}

bool csv_failed(const struct csv *csv)
{
        return csv->failed;
}

void csv_close(struct csv *csv)
{
        if (csv == NULL)
                return;
        if (csv->gz != NULL)
                gzclose(csv->gz);
        if (csv->file != NULL) {
                lzma_end(&csv->lzma);
                fclose(csv->file);
        }
        buffer_release(&csv->raw);
        buffer_release(&csv->cells);
        free(csv);
}
