#pragma once
/* Writing the generated files. Each works on a contract without refusals. */
#include "tools/protoc-gen-shop/model.h"

/* The files of one run. */
struct outputs {
        struct arena *arena;
        struct output *first;
        struct output *last;
        size_t count;
};

struct output {
        const char *name;
        struct buffer text;
        struct output *next;
};

/* A new file with its first lines; headers have #pragma once. */
struct buffer *output_begin(struct outputs *outputs, const char *name, const char *source);

void emit_schema(struct outputs *outputs, const struct model *model);
/* The constants that schema_message, schema_table and schema_method need: emit_schema's parts. */
void emit_messages(struct buffer *out, const struct model *model);
void emit_tables(struct buffer *out, const struct model *model);
void emit_methods(struct buffer *out, const struct model *model);

void emit_rows(struct outputs *outputs, const struct model *model, const struct file *file);
void emit_handlers(struct outputs *outputs, const struct model *model, const struct file *file);
void emit_thunks(struct outputs *outputs, const struct model *model);
void emit_client(struct outputs *outputs, const struct model *model, const struct file *file);
