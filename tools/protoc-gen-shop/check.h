#pragma once
/*
 * What the generator refuses. Every refusal is a sentence in model->refusals that names file,
 * message and field (or method), so that somebody who has never seen the generator can mend it.
 */
#include "tools/protoc-gen-shop/model.h"

/* True when the contract may be generated. */
bool check_model(struct model *model);

void check_messages(struct model *model);
void check_tables(struct model *model);
void check_methods(struct model *model);

void refuse_file(struct model *model, const struct file *file, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void refuse_message(struct model *model, const struct message *message, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void refuse_field(struct model *model, const struct message *message, const char *field,
        const char *format, ...) __attribute__((format(printf, 4, 5)));
void refuse_method(struct model *model, const struct method *method, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
