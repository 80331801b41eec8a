/*
 * Walks the tables by owner: a table under owners by its place, another by its key or an index that
 * begins with the owner. Where there is neither, all its rows are gone through, which is why
 * exports are SLOW; what is changed at an erasure must be found by one of the others.
 */
#include "server/owned.h"

#include <assert.h>
#include <string.h>
#include "lib/schema/json.h"
#include "server/fields.h"
#include "server/pipeline.h"

struct owned {
        struct call *call;
        const struct schema_table *table;
        const char *owner;
        struct scan *scan;
};

static const struct schema_index *index_of(const struct schema_table *table)
{
        for (uint16_t i = 0; i < table->index_count; i++)
                if (table->indexes[i].fields[0] == table->owner)
                        return &table->indexes[i];
        return NULL;
}

/* Rows of children come with their parents; keys are nobody's to see. */
static bool has_rows(const struct schema *schema, const struct schema_table *table)
{
        return table->owner != SCHEMA_NONE && table->parent == NULL && table != schema->owner_keys;
}

static struct owned owned_begin(
        struct call *call, const struct schema_table *table, const char *owner)
{
        const struct key_value value = key_text(owner);
        const struct schema_index *index = index_of(table);
        struct owned owned = {.call = call, .table = table, .owner = owner};

        if (table->under_owner && !table->log)
                owned.scan = txn_scan(call->txn, table, NULL, owner, NULL, 0, ASCENDING);
        else if (table->key[0] == table->owner)
                owned.scan = txn_scan(call->txn, table, NULL, NULL, &value, 1, ASCENDING);
        else if (index != NULL)
                owned.scan = txn_scan(call->txn, table, index, NULL, &value, 1, ASCENDING);
        else
                owned.scan = txn_scan(call->txn, table, NULL, NULL, NULL, 0, ASCENDING);
        return owned;
}

static void *owned_next(struct owned *owned)
{
        const ProtobufCFieldDescriptor *field =
                &owned->table->message->descriptor->fields[owned->table->owner];
        void *row;

        while ((row = scan_next(owned->scan)) != NULL)
                if (strcmp(schema_text_at(row, field, 0), owned->owner) == 0)
                        return row;
        return NULL;
}

/* ---- export ---- */

static void write_row(struct owned *owned, void *row, struct buffer *out)
{
        const struct schema_message *message = owned->table->message;
        struct key_value key[KEY_PARTS_MAX];

        if (owned->table->child_count > 0) {
                fields_key(owned->table, row, key);
                row = txn_document(owned->call->txn, owned->table, key);
        }
        if (row == NULL)
                return;
        fields_hide(message, row, SCHEMA_SECRET | SCHEMA_INPUT_ONLY);
        json_write(out, message, row, JSON_LINE);
}

static int64_t write_kind(
        struct call *call, const struct schema_table *table, const char *owner, struct buffer *out)
{
        struct owned owned = owned_begin(call, table, owner);
        int64_t count = 0;
        void *row;

        while ((row = owned_next(&owned)) != NULL) {
                buffer_append_text(out, count++ == 0 ? "" : ",");
                write_row(&owned, row, out);
        }
        return count;
}

void owned_export(struct call *call, const char *owner, const char *after, size_t size_max,
        struct owned_document *out)
{
        const struct schema *schema = call_schema(call);
        bool begun = after[0] == '\0', first = true;
        const char *last = after;

        out->next = "";
        buffer_append_text(&out->json, "{");
        for (size_t i = 0; i < schema->table_count; i++) {
                const struct schema_table *table = schema->tables[i];
                struct buffer rows = {0};
                int64_t count = 0;

                if (begun && has_rows(schema, table))
                        count = write_kind(call, table, owner, &rows);
                begun = begun || strcmp(table->name, after) == 0;
                if (count > 0 && !first && out->json.len + rows.len > size_max)
                        out->next = last;
                if (count > 0 && out->next[0] == '\0') {
                        buffer_printf(&out->json, "%s\"%s\":[", first ? "" : ",", table->name);
                        buffer_append(&out->json, rows.data, rows.len);
                        buffer_append_text(&out->json, "]");
                        out->row_count += count;
                        first = false;
                        last = table->name;
                }
                buffer_release(&rows);
                if (out->next[0] != '\0')
                        break;
        }
        buffer_append_text(&out->json, "}");
}

struct scan *owned_all(struct txn *txn, const struct schema_table *table)
{
        return txn_scan(txn, table, NULL, NULL, NULL, 0, ASCENDING);
}

/* ---- erasure ---- */

static bool is_listed(const struct schema_table *table)
{
        for (uint16_t i = 0; i < table->index_count; i++)
                if (table->indexes[i].blind)
                        return true;
        return false;
}

void owned_unlist(struct call *call, const char *owner)
{
        const struct schema *schema = call_schema(call);

        for (size_t i = 0; i < schema->table_count; i++) {
                const struct schema_table *table = schema->tables[i];
                void *row;

                if (!has_rows(schema, table) || !is_listed(table))
                        continue;
                struct owned owned = owned_begin(call, table, owner);

                while ((row = owned_next(&owned)) != NULL) {
                        for (uint16_t f = 0; f < table->sealed_count; f++)
                                schema_clear(table->message, row, table->sealed[f]);
                        txn_update(call->txn, table, row);
                }
        }
}

size_t owned_forget(struct call *call, const char *owner, size_t count)
{
        const struct schema *schema = call_schema(call);
        size_t gone = 0;

        for (size_t i = 0; i < schema->table_count; i++) {
                const struct schema_table *table = schema->tables[i];
                struct key_value key[KEY_PARTS_MAX];
                void *row;

                if (!has_rows(schema, table) || !table->forget)
                        continue;
                struct owned owned = owned_begin(call, table, owner);

                while (gone < count && (row = owned_next(&owned)) != NULL) {
                        fields_key(table, row, key);
                        txn_delete(call->txn, table, key);
                        gone++;
                }
        }
        return gone;
}
