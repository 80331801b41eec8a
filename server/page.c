/*
 * The tokens of custom lists: the standard ones, bound to method, filters and caller, so that a
 * page can only be continued by whoever began it, and as it was begun.
 */
#include "server/page.h"

#include "lib/schema/decode.h"
#include "server/fields.h"
#include "server/page_token.h"
#include "server/work.h"

#define PAGE_SIZE_DEFAULT 50

static const ProtobufCFieldDescriptor *field_named(const struct call *call, const char *name)
{
        const struct schema_message *message = call->method->request;

        return &message->descriptor->fields[schema_field_named(message, name)];
}

static struct page_scope scope_of(struct call *call, const void *request)
{
        const struct schema_message *message = call->method->request;
        void *filter = arena_copy(call->arena, request, message->descriptor->sizeof_message);

        schema_clear(message, filter, schema_field_named(message, "page_size"));
        schema_clear(message, filter, schema_field_named(message, "page_token"));
        return (struct page_scope){
                .keyring = call->private->pipeline->options.keyring,
                .method = bytes_of_text(call->method->name),
                .filter = encode(call->arena, filter),
                .principal = bytes_of_text(call->caller->id),
        };
}

size_t page_size(const struct call *call, const void *request)
{
        int64_t size = schema_number_at(request, field_named(call, "page_size"), 0);

        return size > 0 ? (size_t)size : PAGE_SIZE_DEFAULT;
}

enum status page_resume(struct call *call, const void *request, struct scan *scan)
{
        const char *token = schema_text_at(request, field_named(call, "page_token"), 0);
        struct page_scope scope;
        struct bytes position;

        if (token == NULL || token[0] == '\0')
                return OK;
        scope = scope_of(call, request);
        if (!page_token_read(call->arena, &scope, token, &position))
                return call_fail_field(call, "page_token", "BAD_PAGE_TOKEN",
                        "page_token: not one that this list, filter and caller were given");
        scan_after(scan, position);
        return OK;
}

char *page_token_here(struct call *call, const void *request, const struct scan *scan)
{
        struct page_scope scope = scope_of(call, request);

        return page_token_make(call->arena, &scope, scan_position(scan));
}
