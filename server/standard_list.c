/*
 * List: a page of the rows that list_access.c finds, which goes on after the position in its token.
 *
 * Rows travel from store to answer as bytes; nothing is decoded unless a field must be hidden.
 */
#include <assert.h>
#include <string.h>
#include "lib/schema/decode.h"
#include "server/fields.h"
#include "server/list_access.h"
#include "server/page_token.h"

#define PAGE_SIZE_DEFAULT 50
#define PAGE_SIZE_MAX     1000
#define PAGE_BYTES_MAX    (2u << 20)
#define POSITION_MAX      (2 * KEY_LEN_MAX)

/* Scans whose rows follow each other, one for each owner that the caller is. Positions hold the
 * owner and owners are in order, so a position is behind all rows of those before. */
struct chain {
        struct scan *scans[CALL_OWNERS_MAX];
        size_t count, at;
};

static struct page_scope page_scope(struct work *work)
{
        const struct schema_method *method = work->plan->method;
        void *filter = arena_copy(
                work->call.arena, work->request, method->request->descriptor->sizeof_message);

        schema_clear(method->request, filter, method->page_size);
        schema_clear(method->request, filter, method->page_token);
        return (struct page_scope){
                .keyring = work->private.pipeline->options.keyring,
                .method = bytes_of_text(method->name),
                .filter = encode(work->call.arena, filter),
                .principal = bytes_of_text(work->caller.id),
        };
}

static size_t page_size(const struct work *work)
{
        const struct schema_method *method = work->plan->method;
        int64_t size = schema_number_at(
                work->request, &method->request->descriptor->fields[method->page_size], 0);

        if (size <= 0)
                return PAGE_SIZE_DEFAULT;
        return size > PAGE_SIZE_MAX ? PAGE_SIZE_MAX : (size_t)size;
}

struct page {
        struct arena *arena;
        uint8_t *data;
        size_t len;
        size_t capacity;
};

static void page_append(struct page *page, const void *data, size_t size)
{
        if (page->len + size > page->capacity) {
                size_t capacity = (page->len + size) * 2 + 1024;

                page->data = arena_grow(page->arena, page->data, page->len, capacity);
                page->capacity = capacity;
        }
        if (size > 0)
                memcpy(page->data + page->len, data, size);
        page->len += size;
}

static void page_append_number(struct page *page, uint64_t number)
{
        uint8_t bytes[10];
        size_t len = 0;

        while (number >= 128) {
                bytes[len++] = (uint8_t)(number | 128);
                number >>= 7;
        }
        bytes[len++] = (uint8_t)number;
        page_append(page, bytes, len);
}

/* A length-delimited field of the answer. */
static void page_append_field(struct page *page, uint32_t number, struct bytes bytes)
{
        page_append_number(page, (uint64_t)number << 3 | 2);
        page_append_number(page, bytes.len);
        page_append(page, bytes.data, bytes.len);
}

static struct bytes row_bytes(struct work *work, struct bytes stored)
{
        const struct schema_table *table = work->plan->method->table;

        if (!work->plan->has_masked)
                return stored;
        void *row = decode_trusted(work->call.arena, table->message->descriptor, stored);

        fields_hide(table->message, row, fields_hidden(work->plan->method));
        return encode(work->call.arena, row);
}

static struct bytes chain_next(struct chain *chain)
{
        struct bytes row = {0};

        while (row.data == NULL && chain->at < chain->count) {
                row = scan_next_bytes(chain->scans[chain->at]);
                chain->at += row.data == NULL;
        }
        return row;
}

static void fill_page(struct work *work, struct chain *chain, const struct page_scope *scope)
{
        const struct schema_method *method = work->plan->method;
        const ProtobufCFieldDescriptor *fields = method->response->descriptor->fields;
        struct page page = {.arena = work->call.arena};
        size_t left = page_size(work);
        uint8_t place[POSITION_MAX];
        struct bytes position = {0};
        bool more = false;

        for (;;) {
                struct bytes row = chain_next(chain);

                if (row.data == NULL)
                        break;
                if (left == 0 || (page.len > 0 && page.len + row.len > PAGE_BYTES_MAX)) {
                        more = true;
                        break;
                }
                page_append_field(&page, fields[method->items].id, row_bytes(work, row));
                struct bytes at = scan_position(chain->scans[chain->at]);

                assert(at.len <= sizeof(place));
                memcpy(place, at.data, at.len);
                position = bytes_of(place, at.len);
                left--;
        }
        if (more) {
                const char *token = page_token_make(page.arena, scope, position);

                page_append_field(&page, fields[method->next_page_token].id, bytes_of_text(token));
        }
        work->answer = bytes_of(page.data, page.len);
}

static void add_scan(struct work *work, const struct wanted *wanted, const struct access *access,
        struct chain *chain)
{
        struct scan *scan = txn_scan(work->call.txn, work->plan->method->table, access->index,
                access->owner, access->values, access->count, ASCENDING);

        if (wanted->range_field != SCHEMA_NONE)
                scan_between(scan, wanted->has_from ? &wanted->from : NULL,
                        wanted->has_before ? &wanted->before : NULL);
        chain->scans[chain->count++] = scan;
}

/* Of a list of what is the caller's own, by every owner that they are. */
static void begin_chain(
        struct work *work, struct wanted *wanted, struct access *access, struct chain *chain)
{
        const struct schema_table *table = work->plan->method->table;
        bool own = work->caller.scope == SCOPE_OWN && !wanted->owner_given &&
                   table->owner != SCHEMA_NONE && table->parent == NULL &&
                   wanted_value(wanted, table->owner) != NULL;
        struct call_owners owners = {.count = 1};

        if (own)
                call_owners(&work->call, work->caller.id, &owners);
        for (size_t i = 0; i < owners.count; i++) {
                if (owners.count > 1)
                        wanted->equal[0].value = key_text(owners.ids[i]);
                if (owners.count == 1 || access_choose(table, wanted, access))
                        add_scan(work, wanted, access, chain);
        }
}

enum status standard_list(struct work *work)
{
        struct call *call = &work->call;
        const struct schema_method *method = work->plan->method;
        struct wanted wanted;
        struct access access;

        list_want(work, &wanted);
        if (list_want_team(work, &wanted) != OK)
                return call->error.code;
        if (!access_choose_owned(work, &wanted, &access))
                return call_fail(call, INVALID_ARGUMENT, "FILTER_NOT_SERVED",
                        "%s: rows are kept by owner or parent; give that filter", method->name);
        struct page_scope scope = page_scope(work);
        const char *token = schema_text_at(
                work->request, &method->request->descriptor->fields[method->page_token], 0);
        struct bytes position = {0};

        if (token != NULL && token[0] != '\0' &&
                !page_token_read(call->arena, &scope, token, &position))
                return call_fail_field(call, "page_token", "BAD_PAGE_TOKEN",
                        "page_token: not one that this list, filter and caller were given");
        struct chain chain = {0};

        begin_chain(work, &wanted, &access, &chain);
        for (size_t i = 0; position.data != NULL && i < chain.count; i++)
                scan_after(chain.scans[i], position);
        fill_page(work, &chain, &scope);
        return OK;
}
