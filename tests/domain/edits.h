#pragma once
/* What tests of edits ask of a stall. An edit is the JSON of an OrderEdit. */
#include "tests/domain/stall.h"

const char *edits_text(struct stall *stall, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
const char *edits_remove(struct stall *stall, int line, int quantity);
const char *edits_add(struct stall *stall, enum ware ware, int quantity);

const OrderEditPreview *edits_preview(
        struct stall *stall, struct persona who, const char *order_id, const char *edit);
/* Makes it as previewed: the order. */
const Order *edits_make(
        struct stall *stall, struct persona who, const char *order_id, const char *edit);
/* Preview and edit are refused alike; the edit's error. */
const struct error *edits_refused(struct stall *stall, struct persona who, const char *order_id,
        const char *reason, const char *edit);
