/*
 * Errors as a program sees them: arrays instead of lists, no NULL texts, one allocation that one
 * call frees. Filling one in frees what it held before, so a variable can serve many calls.
 */
#include "client/client.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/status.h"

/* Carves arrays and texts out of one block; without a block it only counts. */
struct packer {
        uint8_t *block;
        size_t used;
};

static void *pack_bytes(struct packer *packer, const void *data, size_t size)
{
        uint8_t *place = packer->block == NULL ? NULL : packer->block + packer->used;

        if (place != NULL && size > 0)
                memcpy(place, data, size);
        packer->used += size;
        return place;
}

static const char *pack_text(struct packer *packer, const char *text)
{
        return pack_bytes(packer, text == NULL ? "" : text, text == NULL ? 1 : strlen(text) + 1);
}

static size_t pack_violations(
        struct packer *packer, const struct error *from, struct shop_violation *out)
{
        size_t count = 0;

        for (const struct violation *v = from->violations; v != NULL; v = v->next, count++) {
                const struct shop_violation violation = {
                        .field = pack_text(packer, v->field),
                        .reason = pack_text(packer, v->reason),
                        .description = pack_text(packer, v->description),
                        .locale = v->locale == NULL ? NULL : pack_text(packer, v->locale),
                        .localized = v->locale == NULL ? NULL : pack_text(packer, v->localized),
                };

                if (out != NULL)
                        out[count] = violation;
        }
        return count;
}

static size_t pack_facts(struct packer *packer, const struct error *from, struct shop_fact *out)
{
        size_t count = 0;

        for (const struct error_fact *f = from->facts; f != NULL; f = f->next, count++) {
                const struct shop_fact fact = {
                        .name = pack_text(packer, f->name),
                        .value = pack_text(packer, f->value),
                };

                if (out != NULL)
                        out[count] = fact;
        }
        return count;
}

static void pack_error(struct packer *packer, const struct error *from, struct shop_error *out)
{
        struct packer counting = {0};
        size_t violation_count = pack_violations(&counting, from, NULL);
        size_t fact_count = pack_facts(&counting, from, NULL);
        /* Arrays first: the block is aligned for them. */
        struct shop_violation *violations = (void *)packer->block;
        struct shop_fact *facts =
                violations == NULL ? NULL : (void *)(violations + violation_count);

        packer->used = violation_count * sizeof(*violations) + fact_count * sizeof(*facts);
        *out = (struct shop_error){
                .code = (enum shop_status)from->code,
                .reason = pack_text(packer, from->reason),
                .message = pack_text(packer, from->message),
                .violations = violations,
                .violation_count = violation_count,
                .facts = facts,
                .fact_count = fact_count,
                .retry_delay_ms = from->retry_after_ms,
                .detail_type =
                        from->detail_type == NULL ? NULL : pack_text(packer, from->detail_type),
                .detail = pack_bytes(packer, from->detail, from->detail_len),
                .detail_len = from->detail_len,
                .locale = from->locale == NULL ? NULL : pack_text(packer, from->locale),
                .localized = from->locale == NULL ? NULL : pack_text(packer, from->localized),
                .memory = packer->block,
        };
        pack_violations(packer, from, violations);
        pack_facts(packer, from, facts);
}

void error_fill(struct shop_error *error, const struct error *from)
{
        struct packer packer = {0};
        struct shop_error counted;

        if (error == NULL)
                return;
        pack_error(&packer, from, &counted);
        packer = (struct packer){.block = malloc(packer.used)};
        if (packer.block == NULL)
                abort();
        struct shop_error filled;

        pack_error(&packer, from, &filled);
        shop_error_release(error);
        *error = filled;
}

enum shop_status error_report(
        struct shop_error *error, enum shop_status code, const char *reason, const char *message)
{
        error_fill(error,
                &(struct error){.code = (enum status)code, .reason = reason, .message = message});
        return code;
}

void shop_error_release(struct shop_error *error)
{
        if (error == NULL)
                return;
        free(error->memory);
        *error = (struct shop_error){0};
}

const char *shop_error_fact(const struct shop_error *error, const char *name)
{
        for (size_t i = 0; i < error->fact_count; i++)
                if (strcmp(error->facts[i].name, name) == 0)
                        return error->facts[i].value;
        return NULL;
}

const char *shop_status_name(enum shop_status status)
{
        return status_name((enum status)status);
}
