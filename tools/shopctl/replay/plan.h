#pragma once
/*
 * What a year of the Online Retail file means for a shop. The plan is a pure function of the file:
 * which documents there are, in which order, what must be received before each, and which sold
 * units every credit gives back. So a run that was interrupted makes the same plan again and only
 * has to ask the server how far it came.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/base/arena.h"

#define PLAN_NONE UINT32_MAX

enum reject {
        REJECT_NOT_A_SALE,
        REJECT_NEGATIVE_PRICE,
        REJECT_FRACTION_OF_A_PENNY,
        REJECT_MALFORMED,
        REJECT_INVOICE_TOO_LONG
};
#define REJECT_COUNT 5
/* An order has no more lines; all lines of an invoice with more sales are refused. */
#define PLAN_SALES_MAX 2000
const char *reject_name(enum reject reject);

/* Why a credit is goodwill; names are the reasons on the server. */
enum goodwill {
        GOODWILL_NO_CUSTOMER,
        GOODWILL_NEVER_BOUGHT,
        GOODWILL_OTHER_PRICE,
        GOODWILL_ALREADY_CREDITED
};
const char *goodwill_name(enum goodwill goodwill);

/* One stock code: a product with one variant. */
struct plan_code {
        const char *sku;
        const char *title;   /* the first description that is not empty, else the code */
        int64_t price_minor; /* the first price above zero, else 0 */
};

struct plan_customer {
        const char *external_id; /* as in the file, or "guest:<invoice>" */
        bool guest;
};

struct plan_units {
        uint32_t code;
        int64_t quantity;
};

/* A sale line; its number in the order is its place among the document's sales, from 1. */
struct plan_sale {
        uint32_t line; /* in the file, from 1, the heading counted */
        uint32_t code;
        int64_t quantity;
        int64_t price_minor;
};

struct plan_adjustment {
        uint32_t line;
        uint32_t code;
        int64_t quantity;
        int64_t receive; /* units to be received before it */
};

/* Units that a credit line gives back. */
struct plan_return {
        uint32_t line;        /* of the credit */
        uint32_t order;       /* document that sold them */
        uint32_t sale_number; /* line of that order */
        int64_t quantity;
};

struct plan_goodwill {
        uint32_t line;
        uint32_t customer; /* or PLAN_NONE */
        int64_t amount_minor;
        enum goodwill reason;
};

struct plan_document {
        const char *invoice;
        int64_t time_us;
        uint32_t customer; /* of the order; PLAN_NONE without sales */
        const char *country;
        struct plan_units *receive; /* before the order */
        size_t receive_count;
        struct plan_sale *sales;
        size_t sale_count;
        struct plan_adjustment *adjustments;
        size_t adjustment_count;
        struct plan_return *returns; /* grouped by order */
        size_t return_count;
        struct plan_goodwill *goodwill;
        size_t goodwill_count;
};

struct plan {
        struct arena arena;
        struct plan_document *documents; /* in the order of their first lines */
        size_t document_count;
        struct plan_code *codes;
        size_t code_count;
        struct plan_customer *customers;
        size_t customer_count;
        uint64_t rejected[REJECT_COUNT];
        uint64_t line_count;
};

/*
 * Reads the file (plain, .gz or .xz) and makes the plan; refused lines go to the file rejects_path
 * (NULL: nowhere). False with a sentence on standard error when the file cannot be read or is not
 * in this format.
 */
bool plan_make(struct plan *plan, const char *path, const char *rejects_path);
void plan_release(struct plan *plan);
