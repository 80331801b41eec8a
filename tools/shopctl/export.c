/*
 * `shopctl export METHOD name=value ... [--field NAME] [--cursor FILE]`: a list read to its end, a
 * row a line; or a text that comes in parts, one a page, joined again, such as the document of
 * privacy.ExportMember. The
 * cursor is the token of the next page, kept in FILE once the page before is on standard output, so
 * an export that was stopped goes on where it was when it is asked for again; at the worst it says
 * a page twice, never none. The server holds nothing between two pages: neither its restart nor a
 * reader who takes a day costs anybody anything.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "lib/schema/json.h"
#include "tools/shopctl/shopctl.h"

#define CURSOR_MAX 1100

struct export
{
        struct settings *settings;
        const struct schema_method *method;
        void *request;
        const char *cursor_file; /* or NULL */
        const char *field_name;  /* of the text whose parts are printed; NULL: rows are */
        uint16_t page_token;     /* positions */
        uint16_t next_page_token;
        uint16_t rows; /* or the text */
};

/* The repeated message of an answer; SCHEMA_NONE where there is none. */
static uint16_t find_rows(const struct schema_message *response)
{
        for (unsigned i = 0; i < response->descriptor->n_fields; i++)
                if (response->descriptor->fields[i].label == PROTOBUF_C_LABEL_REPEATED &&
                        response->fields[i].message != NULL)
                        return (uint16_t)i;
        return SCHEMA_NONE;
}

/* A text of an answer; SCHEMA_NONE where there is none of this name. */
static uint16_t find_text(const struct schema_message *response, const char *name)
{
        uint16_t at = schema_field_named(response, name);
        const ProtobufCFieldDescriptor *field = &response->descriptor->fields[at];

        if (at == SCHEMA_NONE || field->type != PROTOBUF_C_TYPE_STRING ||
                field->label == PROTOBUF_C_LABEL_REPEATED)
                return SCHEMA_NONE;
        return at;
}

static bool find_fields(struct export *export)
{
        const struct schema_method *method = export->method;
        bool pages;

        export->page_token = schema_field_named(method->request, "page_token");
        export->next_page_token = schema_field_named(method->response, "next_page_token");
        export->rows = export->field_name == NULL ? find_rows(method->response)
                                                  : find_text(method->response, export->field_name);
        pages = export->page_token != SCHEMA_NONE && export->next_page_token != SCHEMA_NONE;
        if (pages && export->rows != SCHEMA_NONE)
                return true;
        if (pages && export->field_name != NULL)
                fprintf(stderr, "shopctl: %s answers no text %s\n", method->name,
                        export->field_name);
        else if (pages)
                fprintf(stderr, "shopctl: %s has no rows; --field names a text of its pages\n",
                        method->name);
        else
                fprintf(stderr, "shopctl: %s has no pages; export is for lists\n", method->name);
        return false;
}

static const char **page_token_of(const struct export *export)
{
        const ProtobufCFieldDescriptor *field =
                &export->method->request->descriptor->fields[export->page_token];

        return (const char **)((uint8_t *)export->request + field->offset);
}

/* ---- the cursor ---- */

/* A file that is not there yet is the beginning. */
static bool read_cursor(struct export *export)
{
        char line[CURSOR_MAX] = "";
        FILE *file = fopen(export->cursor_file, "r");

        if (file == NULL && errno == ENOENT)
                return true;
        if (file == NULL || (fgets(line, sizeof line, file) == NULL && ferror(file))) {
                fprintf(stderr, "shopctl: %s: %s\n", export->cursor_file, strerror(errno));
                if (file != NULL)
                        fclose(file);
                return false;
        }
        fclose(file);
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] != '\0')
                *page_token_of(export) = arena_text(export->settings->arena, line);
        return true;
}

/* Whole or not at all; at the end there is nothing to go on with. */
static bool keep_cursor(const struct export *export, const char *token)
{
        const char *path = export->cursor_file;
        const char *fresh = arena_printf(export->settings->arena, "%s.new", path);
        FILE *file;

        if (token[0] == '\0')
                return unlink(path) == 0 || errno == ENOENT;
        file = fopen(fresh, "w");
        if (file == NULL)
                return false;
        bool written =
                fprintf(file, "%s\n", token) > 0 && fflush(file) == 0 && fsync(fileno(file)) == 0;

        return fclose(file) == 0 && written && rename(fresh, path) == 0;
}

/* ---- the pages ---- */

static void print_rows(const struct export *export, const void *response)
{
        if (export->field_name != NULL) {
                fputs(schema_text_at(response,
                              &export->method->response->descriptor->fields[export->rows], 0),
                        stdout);
                return;
        }
        const ProtobufCFieldDescriptor *field =
                &export->method->response->descriptor->fields[export->rows];
        const struct schema_message *row = export->method->response->fields[export->rows].message;
        size_t count = schema_count(response, field);

        for (size_t i = 0; i < count; i++)
                print_message(export->settings, row, schema_message_at(response, field, i));
}

/* One page; the exit status, or below zero when another follows. */
static int export_page(struct export *export, struct arena *arena)
{
        const struct schema_message *answer = export->method->response;
        struct shop_error error = {0};
        void *response =
                session_call(export->settings, arena, export->method, export->request, &error);

        if (response == NULL) {
                int status = print_error(export->settings, &error);

                shop_error_release(&error);
                return status;
        }
        const char *token =
                schema_text_at(response, &answer->descriptor->fields[export->next_page_token], 0);

        print_rows(export, response);
        if (fflush(stdout) != 0) {
                fprintf(stderr, "shopctl: standard output: %s\n", strerror(errno));
                return EXIT_STATUS_BASE + SHOP_DATA_LOSS;
        }
        if (export->cursor_file != NULL && !keep_cursor(export, token)) {
                fprintf(stderr, "shopctl: %s: %s\n", export->cursor_file, strerror(errno));
                return EXIT_STATUS_BASE + SHOP_DATA_LOSS;
        }
        *page_token_of(export) = token;
        return token[0] == '\0' ? 0 : -1;
}

static int export_pages(struct export *export)
{
        struct arena arenas[2]; /* the token of a page outlives its answer by one */
        int status = -1;

        arena_init(&arenas[0]);
        arena_init(&arenas[1]);
        for (size_t page = 0; status < 0; page++) {
                arena_reset(&arenas[page % 2]);
                status = export_page(export, &arenas[page % 2]);
        }
        arena_release(&arenas[0]);
        arena_release(&arenas[1]);
        if (export->field_name != NULL && status == 0)
                putchar('\n');
        return status;
}

/* Takes "--cursor FILE" and "--field NAME" out of the arguments. */
static bool take_flags(struct export *export, int *argc, char **argv)
{
        int kept = 0;

        for (int i = 0; i < *argc; i++) {
                bool cursor = strcmp(argv[i], "--cursor") == 0;

                if (!cursor && strcmp(argv[i], "--field") != 0) {
                        argv[kept++] = argv[i];
                        continue;
                }
                if (++i == *argc) {
                        fprintf(stderr, "shopctl: %s\n",
                                cursor ? "--cursor needs a file" : "--field needs a name");
                        return false;
                }
                *(cursor ? &export->cursor_file : &export->field_name) = argv[i];
        }
        *argc = kept;
        return true;
}

int export_run(struct settings *settings, int argc, char **argv)
{
        struct export export = {.settings = settings};
        struct error problem;

        if (!take_flags(&export, &argc, argv))
                return EXIT_USAGE;
        if (argc < 2) {
                fputs("usage: shopctl export METHOD [NAME=VALUE]... [--field NAME]"
                      " [--cursor FILE]\n",
                        stderr);
                return EXIT_USAGE;
        }
        export.method = contract_method(argv[1]);
        if (export.method == NULL)
                return EXIT_STATUS_BASE + SHOP_UNIMPLEMENTED;
        if (!find_fields(&export))
                return EXIT_USAGE;
        error_init(&problem, settings->arena);
        export.request = invoke_request(
                settings->arena, export.method->request, argc - 1, argv + 1, &problem);
        if (export.request == NULL)
                return print_local_error(settings, &problem);
        if (export.cursor_file != NULL && !read_cursor(&export))
                return EXIT_USAGE;
        return export_pages(&export);
}
