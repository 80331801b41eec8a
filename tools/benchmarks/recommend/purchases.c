/*
 * Reads the file as the replay does: a sale is a line with a customer, a number without a letter
 * before it and a quantity above zero; all codes are products. The second half begins in the middle
 * between the first and the last sale. A process that ends frees nothing.
 */
#include "tools/benchmarks/recommend/purchases.h"

#include <ctype.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/clock.h"
#include "tools/shopctl/replay/csv.h"

enum { INVOICE, CODE, TITLE, QUANTITY, TIME, PRICE, CUSTOMER, COUNTRY, FIELDS };
#define NAMES_MAX 100000

struct sale {
        int32_t customer;
        int32_t item;
        int32_t invoice;
        int64_t us;
};

struct names {
        struct hsearch_data table;
        char **at;
        size_t n;
};

static void *checked(void *memory)
{
        if (memory == NULL) {
                fprintf(stderr, "out of memory\n");
                exit(1);
        }
        return memory;
}

static void names_init(struct names *names)
{
        *names = (struct names){.at = checked(calloc(NAMES_MAX, sizeof(char *)))};
        if (hcreate_r(NAMES_MAX * 2, &names->table) == 0)
                checked(NULL);
}

static int32_t number_of(struct names *names, const char *name)
{
        ENTRY *found, wanted = {.key = (char *)name};

        if (hsearch_r(wanted, FIND, &found, &names->table) != 0)
                return (int32_t)(intptr_t)found->data;
        if (names->n == NAMES_MAX) {
                fprintf(stderr, "more than %d names\n", NAMES_MAX);
                exit(1);
        }
        wanted.key = names->at[names->n] = checked(strdup(name));
        wanted.data = (void *)(intptr_t)names->n;
        hsearch_r(wanted, ENTER, &found, &names->table);
        return (int32_t)names->n++;
}

/* "2010-12-01 08:26:00" */
static bool read_time(const char *text, int64_t *us)
{
        char iso[32];

        if (strlen(text) != 19)
                return false;
        snprintf(iso, sizeof(iso), "%.10sT%sZ", text, text + 11);
        return clock_parse(iso, us) == 0;
}

static bool is_sale(const struct csv_record *record)
{
        return record->count == FIELDS && isdigit((unsigned char)record->fields[INVOICE][0]) &&
               record->fields[CUSTOMER][0] != '\0' && atoll(record->fields[QUANTITY]) > 0;
}

static int by_item(const void *a, const void *b)
{
        const struct sale *x = a, *y = b;

        if (x->customer != y->customer)
                return x->customer < y->customer ? -1 : 1;
        if (x->item != y->item)
                return x->item < y->item ? -1 : 1;
        return (x->invoice > y->invoice) - (x->invoice < y->invoice);
}

/* Sales of one half, sorted, as purchases. */
static struct list merge(const struct sale *sales, size_t n)
{
        struct list list = {.at = checked(calloc(n + 1, sizeof(struct purchase)))};

        for (size_t i = 0; i < n; i++) {
                const struct sale *sale = &sales[i];
                struct purchase *last = &list.at[list.n > 0 ? list.n - 1 : 0];

                if (list.n == 0 || last->customer != sale->customer || last->item != sale->item) {
                        last = &list.at[list.n++];
                        *last = (struct purchase){sale->customer, sale->item, 0, sale->us};
                }
                last->orders += i == 0 || sales[i - 1].invoice != sale->invoice ||
                                sales[i - 1].item != sale->item ||
                                sales[i - 1].customer != sale->customer;
                if (sale->us > last->last_us)
                        last->last_us = sale->us;
        }
        return list;
}

static int latest_first(const void *a, const void *b)
{
        const struct purchase *x = a, *y = b;

        if (x->last_us != y->last_us)
                return x->last_us > y->last_us ? -1 : 1;
        if (x->item != y->item)
                return x->item < y->item ? -1 : 1;
        return (x->customer > y->customer) - (x->customer < y->customer);
}

static int32_t key_customer(const struct purchase *purchase)
{
        return purchase->customer;
}

static int32_t key_item(const struct purchase *purchase)
{
        return purchase->item;
}

static struct list *group(
        const struct list *all, size_t count, int32_t (*key)(const struct purchase *))
{
        struct list *groups = checked(calloc(count, sizeof(*groups)));

        for (size_t i = 0; i < all->n; i++)
                groups[key(&all->at[i])].n++;
        for (size_t i = 0; i < count; i++) {
                groups[i].at = checked(calloc(groups[i].n + 1, sizeof(struct purchase)));
                groups[i].n = 0;
        }
        for (size_t i = 0; i < all->n; i++) {
                struct list *list = &groups[key(&all->at[i])];

                list->at[list->n++] = all->at[i];
        }
        for (size_t i = 0; i < count; i++)
                qsort(groups[i].at, groups[i].n, sizeof(struct purchase), latest_first);
        return groups;
}

static void cut(struct purchases *out, struct sale *sales, size_t n)
{
        int64_t first_us = INT64_MAX, last_us = INT64_MIN;
        size_t before = 0;

        for (size_t i = 0; i < n; i++) {
                first_us = sales[i].us < first_us ? sales[i].us : first_us;
                last_us = sales[i].us > last_us ? sales[i].us : last_us;
        }
        out->cut_us = first_us + (last_us - first_us) / 2;
        for (size_t i = 0; i < n; i++)
                if (sales[i].us < out->cut_us) {
                        struct sale sale = sales[before];

                        sales[before++] = sales[i];
                        sales[i] = sale;
                }
        qsort(sales, before, sizeof(*sales), by_item);
        qsort(sales + before, n - before, sizeof(*sales), by_item);
        out->first = merge(sales, before);
        out->second = merge(sales + before, n - before);
        out->histories = group(&out->first, out->customer_count, key_customer);
        out->buyers = group(&out->first, out->item_count, key_item);
}

bool purchases_read(struct purchases *out, const char *path)
{
        struct names customers, items, invoices;
        struct sale *sales = NULL;
        size_t n = 0, room = 0;
        struct csv *csv = csv_open(path);
        struct csv_record record;

        if (csv == NULL)
                return false;
        names_init(&customers);
        names_init(&items);
        names_init(&invoices);
        while (csv_next(csv, &record)) {
                struct sale sale;

                if (!is_sale(&record) || !read_time(record.fields[TIME], &sale.us))
                        continue;
                sale.customer = number_of(&customers, record.fields[CUSTOMER]);
                sale.item = number_of(&items, record.fields[CODE]);
                sale.invoice = number_of(&invoices, record.fields[INVOICE]);
                if (n == room) {
                        room = room * 2 + 1024;
                        sales = checked(realloc(sales, room * sizeof(*sales)));
                }
                sales[n++] = sale;
        }
        bool read = !csv_failed(csv) && n > 0;

        csv_close(csv);
        *out = (struct purchases){
                .items = items.at, .item_count = items.n, .customer_count = customers.n};
        if (read)
                cut(out, sales, n);
        else
                fprintf(stderr, "%s has no sales\n", path);
        return read;
}
