/*
 * `shopctl audit`: what staff and programs did, a line each, and whether the log is still the one
 * that it was. A head that was kept elsewhere (--keep-head) is checked here and not by the server
 * alone (--verify-head): its signature with the key in the file, and what the running shop says of
 * the record with that number, so that a database that was written anew in itself consistently is
 * found by whoever kept a hundred bytes.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "governance.pb-c.h"
#include "lib/base/clock.h"
#include "lib/schema/json.h"
#include "lib/seal/seal.h"
#include "tools/shopctl/shopctl.h"

#define FILE_MAX     4096
#define PAGE_SIZE    1000
#define DAY_TEXT_LEN 10 /* 2026-01-31 */

static const char usage[] =
        "usage: shopctl audit [--who ID] [--what METHOD|SERVICE.] [--subject ID] [--refused]\n"
        "                     [--since TIME] [--until TIME]\n"
        "       shopctl audit --keep-head FILE\n"
        "       shopctl audit --verify-head FILE\n"
        "TIME is RFC 3339, or a day as in 2026-01-31, which begins at midnight UTC\n";

/* ---- searching ---- */

static const struct flag {
        const char *name;
        const char *field; /* of the request */
} flags[] = {
        {"--who", "principal"},
        {"--what", "method"},
        {"--subject", "subject"},
        {"--since", "time_from"},
        {"--until", "time_before"},
};

static const char *field_of(const char *flag)
{
        for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
                if (strcmp(flags[i].name, flag) == 0)
                        return flags[i].field;
        return NULL;
}

/* A day is its first moment. */
static const char *value_of(struct arena *arena, const char *field, const char *text)
{
        if (strncmp(field, "time_", 5) == 0 && strlen(text) == DAY_TEXT_LEN)
                return arena_printf(arena, "%sT00:00:00Z", text);
        return text;
}

/* The request that the flags make; NULL with the exit status. */
static Shop__SearchAuditRequest *read_flags(
        struct settings *settings, int argc, char **argv, int *status)
{
        const struct schema_method *method = contract_method("governance.SearchAudit");
        Shop__SearchAuditRequest *request = arena_new(settings->arena, Shop__SearchAuditRequest);
        struct error error;

        shop__search_audit_request__init(request);
        request->page_size = PAGE_SIZE;
        for (int i = 1; i < argc; i++) {
                const char *field = field_of(argv[i]);

                if (strcmp(argv[i], "--refused") == 0) {
                        request->refused = true;
                        continue;
                }
                if (field == NULL || i + 1 == argc) {
                        fputs(usage, stderr);
                        *status = EXIT_USAGE;
                        return NULL;
                }
                error_init(&error, settings->arena);
                if (json_set(settings->arena, method->request, request, field,
                            value_of(settings->arena, field, argv[++i]), &error) != OK) {
                        *status = print_local_error(settings, &error);
                        return NULL;
                }
        }
        return request;
}

static void print_posts(const Shop__AuditRecord *record)
{
        for (size_t i = 0; i < record->n_posts; i++) {
                const ProtobufCEnumValue *post = protobuf_c_enum_descriptor_get_value(
                        &shop__post__descriptor, record->posts[i]);

                printf("%s%s", i == 0 ? "" : ",",
                        post != NULL ? post->name + strlen("POST_") : "?");
        }
}

/* "2026-01-31T12:00:00Z  #17  01hx... (WAREHOUSE)  supply.AdjustStock  OK  01hy... 01hz..." */
static void print_record(const Shop__AuditRecord *record)
{
        char time[CLOCK_TEXT_MAX];

        printf("%s  #%" PRIu64 "  ", clock_format(schema_time_us(record->time), time),
                record->number);
        print_shown(stdout, record->principal);
        fputs(" (", stdout);
        print_posts(record);
        fputs(")  ", stdout);
        print_shown(stdout, record->method);
        printf("  %s", shop_status_name((enum shop_status)record->code));
        if (record->reason[0] != '\0') {
                putchar(' ');
                print_shown(stdout, record->reason);
        }
        putchar(' ');
        for (size_t i = 0; i < record->n_subjects; i++) {
                putchar(' ');
                print_shown(stdout, record->subjects[i]);
        }
        for (size_t i = 0; i < record->n_members; i++) {
                fputs(i == 0 ? "  saw " : " ", stdout);
                print_shown(stdout, record->members[i]);
        }
        putchar('\n');
}

static int call_failed(struct settings *settings, struct shop_error *error)
{
        int status = print_error(settings, error);

        shop_error_release(error);
        return status;
}

static int search(struct settings *settings, Shop__SearchAuditRequest *request)
{
        const struct schema_method *method = contract_method("governance.SearchAudit");
        const struct schema_message *row =
                method->response->fields[schema_field_named(method->response, "records")].message;

        do {
                struct shop_error error = {0};
                const Shop__SearchAuditResponse *page =
                        session_call(settings, settings->arena, method, request, &error);

                if (page == NULL)
                        return call_failed(settings, &error);
                for (size_t i = 0; i < page->n_records; i++)
                        if (settings->output == OUTPUT_TEXT)
                                print_record(page->records[i]);
                        else
                                print_message(settings, row, page->records[i]);
                request->page_token = page->next_page_token;
        } while (request->page_token[0] != '\0');
        return 0;
}

/* ---- heads ---- */

static const struct schema_method *head_method(void)
{
        return contract_method("governance.ExportAuditHead");
}

static Shop__AuditHead *ask_head(
        struct settings *settings, uint64_t number, struct shop_error *error)
{
        Shop__ExportAuditHeadRequest request = SHOP__EXPORT_AUDIT_HEAD_REQUEST__INIT;

        request.number = number;
        if (settings->timeout_ms == 0)
                settings->timeout_ms = 300 * 1000;
        return session_call(settings, settings->arena, head_method(), &request, error);
}

static int file_failed(const char *path)
{
        fprintf(stderr, "shopctl: %s: %s\n", path, strerror(errno));
        return EXIT_USAGE;
}

static int keep_head(struct settings *settings, const char *path)
{
        struct shop_error error = {0};
        struct buffer text = {0};
        const Shop__AuditHead *head = ask_head(settings, 0, &error);

        if (head == NULL)
                return call_failed(settings, &error);
        FILE *file = fopen(path, "wx"); /* what was kept is never written over */

        if (file == NULL)
                return file_failed(path);
        json_write(&text, head_method()->response, head, JSON_LINE);
        bool written = fwrite(text.data, 1, text.len, file) == text.len && fputc('\n', file) != EOF;

        buffer_release(&text);
        if (fclose(file) != 0 || !written)
                return file_failed(path);
        printf("record %" PRIu64 " of the audit log stands in %s\n", head->number, path);
        return 0;
}

/* The head of a file or an answer; false where a part of it has not its size. */
static bool take_head(const Shop__AuditHead *from, struct seal_head *out)
{
        if (from->hash.len != sizeof(out->hash) ||
                from->public_key.len != sizeof(out->public_key) ||
                from->signature.len != sizeof(out->signature))
                return false;
        out->number = from->number;
        out->time_us = schema_time_us(from->time);
        memcpy(out->hash, from->hash.data, sizeof(out->hash));
        memcpy(out->public_key, from->public_key.data, sizeof(out->public_key));
        memcpy(out->signature, from->signature.data, sizeof(out->signature));
        return true;
}

static bool read_head(struct settings *settings, const char *path, struct seal_head *out)
{
        char text[FILE_MAX];
        FILE *file = fopen(path, "r");
        struct error error;

        if (file == NULL) {
                file_failed(path);
                return false;
        }
        size_t len = fread(text, 1, sizeof(text), file);

        fclose(file);
        error_init(&error, settings->arena);
        const Shop__AuditHead *head =
                json_read(settings->arena, head_method()->response, bytes_of(text, len), &error);

        if (head != NULL && take_head(head, out))
                return true;
        fprintf(stderr, "shopctl: %s is not a head as --keep-head writes it\n", path);
        return false;
}

static int tampered(const char *what)
{
        fprintf(stderr, "shopctl: TAMPERED: %s\n", what);
        return EXIT_STATUS_BASE + SHOP_DATA_LOSS;
}

/* What the shop says now of the record with the number of the kept head. */
static int compare(const struct seal_head *kept, const struct seal_head *now)
{
        char time[CLOCK_TEXT_MAX];

        if (now->number != kept->number || memcmp(now->hash, kept->hash, sizeof(kept->hash)) != 0)
                return tampered("the audit log was written anew: the record with that number, or"
                                " one before it, is another one than the head was made of");
        if (memcmp(now->public_key, kept->public_key, sizeof(kept->public_key)) != 0 ||
                !seal_head_signed(now))
                return tampered("the shop does not sign with the key of the kept head");
        printf("holds: the %" PRIu64 " records that were signed at %s are the same\n", kept->number,
                clock_format(kept->time_us, time));
        return 0;
}

static int verify_head(struct settings *settings, const char *path)
{
        struct shop_error error = {0};
        struct seal_head kept, now;

        if (!read_head(settings, path, &kept))
                return EXIT_USAGE;
        if (!seal_head_signed(&kept))
                return tampered("the signature does not belong to what the file says");
        const Shop__AuditHead *answer = ask_head(settings, kept.number, &error);

        if (answer == NULL) {
                int status = call_failed(settings, &error);
                bool lost = status == EXIT_STATUS_BASE + SHOP_DATA_LOSS ||
                            status == EXIT_STATUS_BASE + SHOP_INVALID_ARGUMENT;

                return lost ? tampered("the audit log does not reach or does not hold up to the"
                                       " record that the head was made of")
                            : status;
        }
        if (!take_head(answer, &now))
                return tampered("the shop answers with no head");
        return compare(&kept, &now);
}

int audit_run(struct settings *settings, int argc, char **argv)
{
        Shop__SearchAuditRequest *request;
        int status = 0;

        if (argc == 3 && strcmp(argv[1], "--keep-head") == 0)
                return keep_head(settings, argv[2]);
        if (argc == 3 && strcmp(argv[1], "--verify-head") == 0)
                return verify_head(settings, argv[2]);
        request = read_flags(settings, argc, argv, &status);
        return request == NULL ? status : search(settings, request);
}
