/*
 * All rows of an owner as one JSON object that may come in parts, cut behind any row. Refused:
 * whole documents with their child rows inside, one of which may not fit an answer, and parts that
 * are objects themselves, which everybody would have to merge.
 */
#include <string.h>
#include "lib/schema/json.h"
#include "server/fields.h"
#include "server/owned.h"
#include "server/page_token.h"
#include "server/pipeline.h"
#include "server/work.h"

/* ---- where it goes on ---- */

/* The table of the last row, whose list is open, and its place. */
struct cut {
        uint16_t table;
        struct owned_place place;
};

static struct page_scope scope_of(const struct call *call, const char *owner)
{
        return (struct page_scope){
                .keyring = call->private->pipeline->options.keyring,
                .method = bytes_of_text(call->method->name),
                .filter = bytes_of_text(owner),
                .principal = bytes_of_text(call->caller->id),
        };
}

static const char *cut_write(struct call *call, const char *owner, const struct cut *cut)
{
        const struct page_scope scope = scope_of(call, owner);
        struct bytes before = cut->place.before, row = cut->place.row;
        uint8_t *data = arena_alloc(call->arena, 4 + before.len + row.len);

        data[0] = (uint8_t)(cut->table >> 8);
        data[1] = (uint8_t)cut->table;
        data[2] = (uint8_t)(before.len >> 8);
        data[3] = (uint8_t)before.len;
        if (before.len > 0)
                memcpy(data + 4, before.data, before.len);
        memcpy(data + 4 + before.len, row.data, row.len);
        return page_token_make(call->arena, &scope, bytes_of(data, 4 + before.len + row.len));
}

static bool cut_read(struct call *call, const char *owner, const char *token, struct cut *out)
{
        const struct page_scope scope = scope_of(call, owner);
        struct bytes data;

        if (!page_token_read(call->arena, &scope, token, &data) || data.len < 4)
                return false;
        size_t before_len = (size_t)data.data[2] << 8 | data.data[3];

        if (data.len < 4 + before_len)
                return false;
        out->table = (uint16_t)(data.data[0] << 8 | data.data[1]);
        out->place.before = bytes_of(data.data + 4, before_len);
        out->place.row = bytes_of(data.data + 4 + before_len, data.len - 4 - before_len);
        return true;
}

/* ---- the rows ---- */

static void write_row(const struct schema_table *table, void *row, struct buffer *out)
{
        fields_hide(table->message, row, SCHEMA_SECRET | SCHEMA_INPUT_ONLY);
        json_write(out, table->message, row, JSON_LINE);
}

/* The table whose list is open; NULL: none yet. */
struct lists {
        const struct schema_table *open;
        size_t size_max;
        struct owned_part *part;
};

static void begin_row(struct lists *lists, const struct schema_table *table)
{
        struct buffer *json = &lists->part->json;

        if (lists->open == table) {
                buffer_append_text(json, ",");
                return;
        }
        buffer_printf(json, "%s\"%s\":[", lists->open == NULL ? "" : "],", table->name);
        lists->open = table;
}

/* False where the part is full. */
static bool write_kind(struct lists *lists, struct owned *owned)
{
        struct buffer *json = &lists->part->json;
        void *row;

        while ((row = owned_next(owned)) != NULL) {
                begin_row(lists, owned->table);
                write_row(owned->table, row, json);
                lists->part->row_count++;
                if (json->len >= lists->size_max)
                        return false;
        }
        return true;
}

static enum status refuse_token(struct call *call)
{
        return call_fail_field(call, "page_token", "BAD_PAGE_TOKEN",
                "page_token: not one that this caller was given for this member");
}

enum status owned_export(struct call *call, const char *owner, const char *page_token,
        size_t size_max, struct owned_part *out)
{
        const struct schema *schema = call_schema(call);
        struct lists lists = {.size_max = size_max, .part = out};
        struct cut cut = {0};

        out->next = "";
        if (page_token[0] != '\0' && !cut_read(call, owner, page_token, &cut))
                return refuse_token(call);
        if (page_token[0] != '\0')
                lists.open = schema_table(schema, cut.table);
        for (size_t i = 0; i < schema->table_count; i++) {
                const struct schema_table *table = schema->tables[i];

                if (table->number < cut.table || !owned_has(schema, table))
                        continue;
                struct owned owned = owned_begin(call->txn, table, owner);

                owned_fleeting(&owned);
                if (table->number == cut.table)
                        owned_after(&owned, &cut.place);
                if (write_kind(&lists, &owned))
                        continue;
                cut = (struct cut){table->number, owned_position(&owned)};
                out->next = cut_write(call, owner, &cut);
                return OK;
        }
        buffer_append_text(&out->json, lists.open == NULL ? "" : "]");
        return OK;
}
