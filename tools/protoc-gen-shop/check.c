/*
 * The order of the checks, the form of a refusal, and what is checked of whole files. All refusals
 * of a run are reported together: a person mends a contract once, not once per mistake. The client
 * sees only the public files, so names that it cannot resolve may be internal tables and are
 * left to the server's run, which every build makes.
 */
#include "tools/protoc-gen-shop/check.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include "tools/protoc-gen-shop/source.h"

static void refuse(struct model *model, const char *where, const char *format, va_list args)
{
        buffer_printf(&model->refusals, "%s%s: %s", model->refusals.len == 0 ? "" : "\n", where,
                arena_vprintf(model->arena, format, args));
}

void refuse_file(struct model *model, const struct file *file, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        refuse(model, file->name, format, args);
        va_end(args);
}

void refuse_message(struct model *model, const struct message *message, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        refuse(model, arena_printf(model->arena, "%s: message %s", message->source, message->name),
                format, args);
        va_end(args);
}

void refuse_field(struct model *model, const struct message *message, const char *field,
        const char *format, ...)
{
        va_list args;

        va_start(args, format);
        refuse(model,
                arena_printf(model->arena, "%s: message %s, field \"%s\"", message->source,
                        message->name, field),
                format, args);
        va_end(args);
}

void refuse_method(struct model *model, const struct method *method, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        refuse(model,
                arena_printf(model->arena, "%s: method %s.%s", method->file->name, method->service,
                        method->name),
                format, args);
        va_end(args);
}

/* "CatalogService" of "catalog"; capitals inside are the author's: AfterSalesService. */
static const char *service_name(struct arena *arena, const char *domain)
{
        return arena_printf(arena, "%c%sService", toupper((unsigned char)domain[0]), domain + 1);
}

static void check_file(struct model *model, const struct file *file)
{
        const Google__Protobuf__FileDescriptorProto *proto = file->proto;
        const Shop__Generator__CNames *names = file->options->names;

        if (file->domain == NULL)
                refuse_file(model, file, "its package must be called shop.<domain>.v<number>");
        if (proto->syntax == NULL || strcmp(proto->syntax, "proto3") != 0)
                refuse_file(model, file, "it must be of syntax proto3");
        if (names == NULL || !names->const_strings || names->c_package == NULL ||
                strcmp(names->c_package, "shop") != 0)
                refuse_file(model, file,
                        "it must say option (pb_c_file) = { const_strings: true"
                        " c_package: \"shop\" }");
        if (proto->n_service > 1)
                refuse_file(model, file, "it has more than one service");
        for (size_t i = 0; file->domain != NULL && i < proto->n_service; i++) {
                const char *expected = service_name(model->arena, file->domain);

                if (strcasecmp(proto->service[i]->name, expected) != 0)
                        refuse_file(model, file, "service %s must be called %s",
                                proto->service[i]->name, expected);
        }
        for (size_t i = 0; i < proto->n_service; i++)
                if (source_doc(model->arena, proto, (int32_t[]){6, (int32_t)i}, 2)[0] == 0)
                        refuse_file(model, file, "service %s has no comment that says what it is",
                                proto->service[i]->name);
}

bool check_model(struct model *model)
{
        for (size_t i = 0; i < model->file_count; i++)
                check_file(model, &model->files[i]);
        check_messages(model);
        check_tables(model);
        check_methods(model);
        return model->refusals.len == 0;
}
