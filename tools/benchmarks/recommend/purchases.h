#pragma once
/* Who bought what when, of a file in the Online Retail format, cut in two halves by time. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct purchase {
        int32_t customer;
        int32_t item;
        int32_t orders; /* in which it was bought */
        int64_t last_us;
};

struct list {
        struct purchase *at;
        size_t n;
};

struct purchases {
        char **items; /* their codes */
        size_t item_count;
        size_t customer_count;
        int64_t cut_us;         /* where the second half begins */
        struct list first;      /* by customer, each item once */
        struct list second;     /* the same, of the second half */
        struct list *histories; /* of each customer in the first half, the latest first */
        struct list *buyers;    /* of each item in the first half, the latest first */
};

/* Sales of customers only. False with a sentence on standard error. */
bool purchases_read(struct purchases *out, const char *path);
