/*
 * `shopctl METHOD name=value ... -d JSON`: builds the request from the contract's tables, calls,
 * shows the answer. JSON comes first, single fields then change it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/schema/json.h"
#include "tools/shopctl/shopctl.h"

#define JSON_BYTES_MAX (4u << 20)

static struct bytes read_all(struct arena *arena, FILE *file)
{
        struct buffer text = {0};
        struct bytes copy;
        size_t n;

        do {
                n = fread(buffer_reserve(&text, 65536), 1, 65536, file);
                text.len += n;
        } while (n > 0 && text.len <= JSON_BYTES_MAX);
        copy = bytes_of(arena_copy(arena, text.data, text.len), text.len);
        buffer_release(&text);
        return copy;
}

bool invoke_data(struct arena *arena, const char *argument, struct bytes *text, struct error *error)
{
        FILE *file;

        if (argument[0] != '@') {
                *text = bytes_of_text(argument);
                return true;
        }
        file = strcmp(argument, "@-") == 0 ? stdin : fopen(argument + 1, "r");
        if (file == NULL) {
                error_set(error, INVALID_ARGUMENT, "NO_DATA", "%s: %s", argument + 1,
                        strerror(errno));
                return false;
        }
        *text = read_all(arena, file);
        if (ferror(file))
                error_set(error, INVALID_ARGUMENT, "NO_DATA", "%s: %s", argument + 1,
                        strerror(errno));
        else if (text->len > JSON_BYTES_MAX)
                error_set(error, INVALID_ARGUMENT, "TOO_MUCH_DATA", "%s holds more than %u bytes",
                        argument + 1, JSON_BYTES_MAX);
        if (file != stdin)
                fclose(file);
        return error->code == OK;
}

void *invoke_request(struct arena *arena, const struct schema_message *schema, int argc,
        char **argv, struct error *error)
{
        void *request = arena_alloc(arena, schema->descriptor->sizeof_message);

        schema_message_init(schema, request);
        for (int i = 1; i < argc; i++) {
                char *equals = strchr(argv[i], '=');
                struct bytes text;

                if (strcmp(argv[i], "-d") == 0) {
                        if (i + 1 == argc) {
                                error_set(error, INVALID_ARGUMENT, "NO_DATA",
                                        "-d needs JSON, @FILE or @-");
                                return NULL;
                        }
                        if (!invoke_data(arena, argv[++i], &text, error))
                                return NULL;
                        request = json_read(arena, schema, text, error);
                        if (request == NULL)
                                return NULL;
                        continue;
                }
                if (equals == NULL || argv[i][0] == '-') {
                        error_set(error, INVALID_ARGUMENT, "NOT_A_FIELD",
                                "%s is neither name=value nor -d JSON%s", argv[i],
                                argv[i][0] == '-' ? "; options come before the method" : "");
                        return NULL;
                }
                *equals = '\0';
                if (json_set(arena, schema, request, argv[i], equals + 1, error) != OK)
                        return NULL;
        }
        return request;
}

int invoke_run(struct settings *settings, int argc, char **argv)
{
        const struct schema_method *method = contract_method(argv[0]);
        struct shop_error error = {0};
        struct error problem;
        void *request;
        void *response;
        int status;

        if (method == NULL)
                return EXIT_STATUS_BASE + SHOP_UNIMPLEMENTED;
        error_init(&problem, settings->arena);
        request = invoke_request(settings->arena, method->request, argc, argv, &problem);
        if (request == NULL)
                return print_local_error(settings, &problem);
        response = session_call(settings, settings->arena, method, request, &error);
        if (response == NULL) {
                status = print_error(settings, &error);
                shop_error_release(&error);
                return status;
        }
        print_message(settings, method->response, response);
        return 0;
}

int verify_run(struct settings *settings, int argc, char **argv)
{
        const struct schema_method *method = contract_method("governance.Verify");
        const ProtobufCFieldDescriptor *count;
        struct shop_error error = {0};
        void *request;
        void *response;
        int status;

        if (argc > 1) {
                fprintf(stderr, "shopctl: %s takes no arguments\n", argv[0]);
                return EXIT_USAGE;
        }
        request = arena_alloc(settings->arena, method->request->descriptor->sizeof_message);
        schema_message_init(method->request, request);
        if (settings->timeout_ms == 0)
                settings->timeout_ms = 300 * 1000;
        response = session_call(settings, settings->arena, method, request, &error);
        if (response == NULL) {
                status = print_error(settings, &error);
                shop_error_release(&error);
                return status;
        }
        print_message(settings, method->response, response);
        count = &method->response->descriptor
                         ->fields[schema_field_named(method->response, "fault_count")];
        if (schema_number_at(response, count, 0) > 0)
                return EXIT_STATUS_BASE + SHOP_DATA_LOSS;
        if (settings->output == OUTPUT_TEXT)
                puts("no faults: every row, index, chain and sum holds");
        return 0;
}
