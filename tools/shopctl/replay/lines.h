#pragma once
/* The lines of an Online Retail file, judged one by one. */
#include "lib/base/arena.h"
#include "tools/shopctl/replay/names.h"
#include "tools/shopctl/replay/plan.h"

enum line_kind { LINE_SALE, LINE_CREDIT, LINE_ADJUSTMENT };

struct line {
        uint32_t number; /* in the file */
        uint32_t invoice;
        uint32_t code;
        uint32_t customer; /* PLAN_NONE without one */
        enum line_kind kind;
        int64_t quantity; /* as in the file */
        int64_t price_minor;
        int64_t time_us;
        const char *country;
};

struct lines {
        struct line *at;
        size_t count;
        struct names invoices;
        struct names codes;
        struct names customers;
        struct names countries;
        const char **invoice_texts;
        const char **code_titles;
        const char **code_texts;
        const char **customer_texts;
};

/* False with a sentence on standard error. Texts and arrays are the plan's arena's. */
bool lines_read(struct lines *lines, struct plan *plan, const char *path, const char *rejects_path);
void lines_release(struct lines *lines);
