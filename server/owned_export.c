/*
 * All rows of a member, and of the guests who they were, as one JSON object that may come in parts,
 * cut behind any row. Refused: whole documents with their child rows inside, one of which may not
 * fit an answer, and parts that are objects themselves, which everybody would have to merge.
 */
#include <string.h>
#include "lib/schema/json.h"
#include "server/fields.h"
#include "server/owned.h"
#include "server/page_token.h"
#include "server/pipeline.h"
#include "server/work.h"

/* ---- where it goes on ---- */

/* The table of the last row, whose list is open, whose it is, and its place. */
struct cut {
        uint16_t table;
        const char *owner;
        struct owned_place place;
};

#define CUT_HEAD 6 /* the table and two lengths, of 16 bits each */

static struct page_scope scope_of(const struct call *call, const char *member_id)
{
        return (struct page_scope){
                .keyring = call->private->pipeline->options.keyring,
                .method = bytes_of_text(call->method->name),
                .filter = bytes_of_text(member_id),
                .principal = bytes_of_text(call->caller->id),
        };
}

static void put_u16(uint8_t *out, size_t number)
{
        out[0] = (uint8_t)(number >> 8);
        out[1] = (uint8_t)number;
}

static size_t get_u16(const uint8_t *in)
{
        return (size_t)in[0] << 8 | in[1];
}

static const char *cut_write(struct call *call, const char *member_id, const struct cut *cut)
{
        const struct page_scope scope = scope_of(call, member_id);
        const struct bytes parts[] = {bytes_of_text(cut->owner), cut->place.before, cut->place.row};
        size_t len = CUT_HEAD;
        uint8_t *data =
                arena_alloc(call->arena, CUT_HEAD + parts[0].len + parts[1].len + parts[2].len);

        put_u16(data, cut->table);
        put_u16(data + 2, parts[0].len);
        put_u16(data + 4, parts[1].len);
        for (size_t i = 0; i < 3; i++) {
                if (parts[i].len > 0)
                        memcpy(data + len, parts[i].data, parts[i].len);
                len += parts[i].len;
        }
        return page_token_make(call->arena, &scope, bytes_of(data, len));
}

/* What it made itself, or it has another MAC. */
static bool cut_read(struct call *call, const char *member_id, const char *token, struct cut *out)
{
        const struct page_scope scope = scope_of(call, member_id);
        struct bytes data;

        if (!page_token_read(call->arena, &scope, token, &data))
                return false;
        size_t owner_len = get_u16(data.data + 2), before_len = get_u16(data.data + 4);
        const uint8_t *owner = data.data + CUT_HEAD, *row = owner + owner_len + before_len;

        out->table = (uint16_t)get_u16(data.data);
        out->owner = call_printf(call, "%.*s", (int)owner_len, (const char *)owner);
        out->place.before = bytes_of(owner + owner_len, before_len);
        out->place.row = bytes_of(row, data.len - (size_t)(row - data.data));
        return true;
}

/* ---- the rows ---- */

static void write_row(const struct schema_table *table, void *row, struct buffer *out)
{
        fields_hide(table->message, row, SCHEMA_SECRET | SCHEMA_INPUT_ONLY);
        json_write(out, table->message, row, JSON_LINE);
}

struct lists {
        struct call *call;
        struct call_owners owners;
        const struct schema_table *open; /* whose list is; NULL: none yet */
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
static bool write_rows(struct lists *lists, struct owned *owned)
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

/* All owners' rows of a table; false where the part is full, and then cut says behind which row. */
static bool write_table(struct lists *lists, const struct schema_table *table, struct cut *cut)
{
        struct call *call = lists->call;

        for (size_t i = 0; i < lists->owners.count; i++) {
                const char *owner = lists->owners.ids[i];
                bool goes_on = table->number == cut->table;

                if (goes_on && strcmp(owner, cut->owner) < 0)
                        continue;
                struct owned owned = owned_begin(call->txn, table, owner);

                owned_fleeting(&owned);
                if (goes_on && strcmp(owner, cut->owner) == 0)
                        owned_after(&owned, &cut->place);
                if (write_rows(lists, &owned))
                        continue;
                *cut = (struct cut){table->number, owner, owned_position(&owned)};
                return false;
        }
        return true;
}

enum status owned_export(struct call *call, const char *member_id, const char *page_token,
        size_t size_max, struct owned_part *out)
{
        const struct schema *schema = call_schema(call);
        struct lists lists = {.call = call, .size_max = size_max, .part = out};
        struct cut cut = {0};

        out->next = "";
        if (page_token[0] != '\0' && !cut_read(call, member_id, page_token, &cut))
                return refuse_token(call);
        if (page_token[0] != '\0')
                lists.open = schema_table(schema, cut.table);
        call_owners(call, member_id, &lists.owners);
        for (size_t i = 0; i < schema->table_count; i++) {
                const struct schema_table *table = schema->tables[i];

                if (table->number < cut.table || !owned_has(schema, table))
                        continue;
                if (write_table(&lists, table, &cut))
                        continue;
                out->next = cut_write(call, member_id, &cut);
                return OK;
        }
        buffer_append_text(&out->json, lists.open == NULL ? "" : "]");
        return OK;
}
