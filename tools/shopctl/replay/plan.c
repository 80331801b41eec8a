/*
 * From lines to documents. Documents run in the order of their first lines; a small simulation of
 * stock and of what every customer still has says what must be received and what a credit gives
 * back. Nothing here asks a server.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/shopctl/replay/lines.h"
#include "tools/shopctl/replay/plan.h"

/* Units of one sale line that were not credited yet; newest first within customer and code. */
struct bought {
        uint32_t document;
        uint32_t sale_number;
        int64_t price_minor;
        int64_t left;
        struct bought *older;
};

struct bought_key {
        uint32_t customer;
        uint32_t code;
        struct bought *newest;
        struct bought_key *next;
};

#define BOUGHT_BUCKETS 65536

struct simulation {
        struct plan *plan;
        int64_t *on_hand; /* by code */
        struct bought_key *buckets[BOUGHT_BUCKETS];
};

const char *goodwill_name(enum goodwill goodwill)
{
        static const char *const texts[] = {
                [GOODWILL_NO_CUSTOMER] = "NO_CUSTOMER",
                [GOODWILL_NEVER_BOUGHT] = "NEVER_BOUGHT",
                [GOODWILL_OTHER_PRICE] = "OTHER_PRICE",
                [GOODWILL_ALREADY_CREDITED] = "ALREADY_CREDITED",
        };

        return texts[goodwill];
}

static struct bought_key *bought_key(
        struct simulation *simulation, uint32_t customer, uint32_t code)
{
        size_t bucket = (customer * 2654435761u ^ code * 40503u) % BOUGHT_BUCKETS;
        struct bought_key *key = simulation->buckets[bucket];

        while (key != NULL && (key->customer != customer || key->code != code))
                key = key->next;
        if (key != NULL)
                return key;
        key = arena_new(&simulation->plan->arena, struct bought_key);
        *key = (struct bought_key){
                .customer = customer, .code = code, .next = simulation->buckets[bucket]};
        simulation->buckets[bucket] = key;
        return key;
}

/* ---- an order: its sales, and what must be received before it ---- */

static void add_receive(struct simulation *simulation, struct plan_document *document,
        const struct line *const *lines, size_t count)
{
        struct arena *arena = &simulation->plan->arena;
        int64_t *on_hand = simulation->on_hand;

        document->receive = arena_array(arena, struct plan_units, count);
        for (size_t i = 0; i < count; i++)
                if (lines[i]->kind == LINE_SALE)
                        on_hand[lines[i]->code] -= lines[i]->quantity;
        for (size_t i = 0; i < count; i++) {
                uint32_t code = lines[i]->code;

                if (lines[i]->kind != LINE_SALE || on_hand[code] >= 0)
                        continue;
                document->receive[document->receive_count++] =
                        (struct plan_units){.code = code, .quantity = -on_hand[code]};
                on_hand[code] = 0;
        }
}

static void add_sales(struct simulation *simulation, uint32_t number,
        const struct line *const *lines, size_t count)
{
        struct plan *plan = simulation->plan;
        struct plan_document *document = &plan->documents[number];

        document->sales = arena_array(&plan->arena, struct plan_sale, count);
        for (size_t i = 0; i < count; i++) {
                const struct line *line = lines[i];
                struct bought_key *key;
                struct bought *bought;

                if (line->kind != LINE_SALE)
                        continue;
                document->sales[document->sale_count++] = (struct plan_sale){.line = line->number,
                        .code = line->code,
                        .quantity = line->quantity,
                        .price_minor = line->price_minor};
                if (line->customer == PLAN_NONE)
                        continue;
                key = bought_key(simulation, line->customer, line->code);
                bought = arena_new(&plan->arena, struct bought);
                *bought = (struct bought){.document = number,
                        .sale_number = (uint32_t)document->sale_count,
                        .price_minor = line->price_minor,
                        .left = line->quantity,
                        .older = key->newest};
                key->newest = bought;
        }
}

static void add_adjustments(struct simulation *simulation, struct plan_document *document,
        const struct line *const *lines, size_t count)
{
        document->adjustments =
                arena_array(&simulation->plan->arena, struct plan_adjustment, count);
        for (size_t i = 0; i < count; i++) {
                const struct line *line = lines[i];
                int64_t *on_hand = &simulation->on_hand[line->code];
                int64_t receive = 0;

                if (line->kind != LINE_ADJUSTMENT)
                        continue;
                if (*on_hand + line->quantity < 0)
                        receive = -(*on_hand + line->quantity);
                *on_hand += receive + line->quantity;
                document->adjustments[document->adjustment_count++] =
                        (struct plan_adjustment){.line = line->number,
                                .code = line->code,
                                .quantity = line->quantity,
                                .receive = receive};
        }
}

/* ---- credits ---- */

static enum goodwill goodwill_reason(const struct line *line, const struct bought *newest)
{
        if (line->customer == PLAN_NONE)
                return GOODWILL_NO_CUSTOMER;
        if (newest == NULL)
                return GOODWILL_NEVER_BOUGHT;
        for (const struct bought *b = newest; b != NULL; b = b->older)
                if (b->left > 0 && b->price_minor != line->price_minor)
                        return GOODWILL_OTHER_PRICE;
        return GOODWILL_ALREADY_CREDITED;
}

static int by_order(const void *a, const void *b)
{
        const struct plan_return *x = a;
        const struct plan_return *y = b;

        if (x->order != y->order)
                return x->order < y->order ? -1 : 1;
        if (x->line != y->line)
                return x->line < y->line ? -1 : 1;
        return x->sale_number < y->sale_number ? 1 : -1;
}

/* Appends what one credit line gives back; returns the units that remain. */
static int64_t give_back(struct simulation *simulation, struct plan_document *document,
        const struct line *line, struct bought *newest, size_t *capacity)
{
        int64_t wanted = -line->quantity;

        for (struct bought *b = newest; b != NULL && wanted > 0; b = b->older) {
                int64_t taken = b->left < wanted ? b->left : wanted;

                if (b->price_minor != line->price_minor || taken == 0)
                        continue;
                if (document->return_count == *capacity) {
                        size_t size = sizeof *document->returns;

                        document->returns = arena_grow(&simulation->plan->arena, document->returns,
                                *capacity * size, (*capacity * 2 + 4) * size);
                        *capacity = *capacity * 2 + 4;
                }
                document->returns[document->return_count++] =
                        (struct plan_return){.line = line->number,
                                .order = b->document,
                                .sale_number = b->sale_number,
                                .quantity = taken};
                b->left -= taken;
                wanted -= taken;
                simulation->on_hand[line->code] += taken;
        }
        return wanted;
}

static void add_credits(struct simulation *simulation, struct plan_document *document,
        const struct line *const *lines, size_t count)
{
        size_t capacity = 0;

        document->goodwill = arena_array(&simulation->plan->arena, struct plan_goodwill, count);
        for (size_t i = 0; i < count; i++) {
                const struct line *line = lines[i];
                struct bought *newest = NULL;
                int64_t remaining;

                if (line->kind != LINE_CREDIT)
                        continue;
                if (line->customer != PLAN_NONE)
                        newest = bought_key(simulation, line->customer, line->code)->newest;
                remaining = give_back(simulation, document, line, newest, &capacity);
                if (remaining * line->price_minor == 0)
                        continue;
                document->goodwill[document->goodwill_count++] =
                        (struct plan_goodwill){.line = line->number,
                                .customer = line->customer,
                                .amount_minor = remaining * line->price_minor,
                                .reason = goodwill_reason(line, newest)};
        }
        if (document->return_count > 0)
                qsort(document->returns, document->return_count, sizeof *document->returns,
                        by_order);
}

/* ---- the whole ---- */

static uint32_t add_guest(struct plan *plan, const char *invoice)
{
        uint32_t number = (uint32_t)plan->customer_count++;

        plan->customers[number] = (struct plan_customer){
                .external_id = arena_printf(&plan->arena, "guest:%s", invoice), .guest = true};
        return number;
}

static void add_document(struct simulation *simulation, uint32_t number,
        const struct line *const *lines, size_t count, const char *invoice)
{
        struct plan *plan = simulation->plan;
        struct plan_document *document = &plan->documents[number];

        *document = (struct plan_document){.invoice = invoice,
                .time_us = lines[0]->time_us,
                .customer = PLAN_NONE,
                .country = lines[0]->country};
        add_receive(simulation, document, lines, count);
        add_sales(simulation, number, lines, count);
        add_adjustments(simulation, document, lines, count);
        add_credits(simulation, document, lines, count);
        for (size_t i = 0; i < count && document->sale_count > 0; i++)
                if (lines[i]->customer != PLAN_NONE)
                        document->customer = lines[i]->customer;
        if (document->sale_count > 0 && document->customer == PLAN_NONE)
                document->customer = add_guest(plan, invoice);
}

/* The lines of each invoice next to each other, invoices in the order in which they appear. */
static void add_documents(struct plan *plan, const struct lines *lines)
{
        uint32_t invoices = lines->invoices.count;
        size_t *begin = calloc((size_t)invoices + 2, sizeof *begin);
        const struct line **sorted = calloc(lines->count + 1, sizeof *sorted);
        struct simulation *simulation = calloc(1, sizeof *simulation);

        simulation->plan = plan;
        simulation->on_hand = calloc(lines->codes.count + 1, sizeof(int64_t));
        for (size_t i = 0; i < lines->count; i++)
                begin[lines->at[i].invoice + 2]++;
        for (uint32_t i = 2; i < invoices + 2; i++)
                begin[i] += begin[i - 1];
        for (size_t i = 0; i < lines->count; i++)
                sorted[begin[lines->at[i].invoice + 1]++] = &lines->at[i];
        plan->documents = arena_array(&plan->arena, struct plan_document, invoices + 1);
        plan->document_count = invoices;
        for (uint32_t i = 0; i < invoices; i++)
                add_document(simulation, i, sorted + begin[i], begin[i + 1] - begin[i],
                        lines->invoice_texts[i]);
        free(simulation->on_hand);
        free(simulation);
        free(sorted);
        free(begin);
}

static void add_names(struct plan *plan, const struct lines *lines)
{
        plan->code_count = lines->codes.count;
        plan->codes = arena_array(&plan->arena, struct plan_code, plan->code_count + 1);
        for (size_t i = 0; i < plan->code_count; i++)
                plan->codes[i] = (struct plan_code){.sku = lines->code_texts[i],
                        .title = lines->code_titles[i] != NULL ? lines->code_titles[i]
                                                               : lines->code_texts[i]};
        for (size_t i = 0; i < lines->count; i++) {
                struct plan_code *code = &plan->codes[lines->at[i].code];

                if (code->price_minor == 0)
                        code->price_minor = lines->at[i].price_minor;
        }
        plan->customer_count = lines->customers.count;
        plan->customers = arena_array(&plan->arena, struct plan_customer,
                plan->customer_count + lines->invoices.count + 1);
        for (size_t i = 0; i < plan->customer_count; i++)
                plan->customers[i].external_id = lines->customer_texts[i];
}

bool plan_make(struct plan *plan, const char *path, const char *rejects_path)
{
        struct lines lines;
        bool read;

        memset(plan, 0, sizeof *plan);
        arena_init(&plan->arena);
        read = lines_read(&lines, plan, path, rejects_path);
        if (read) {
                add_names(plan, &lines);
                add_documents(plan, &lines);
        }
        lines_release(&lines);
        if (!read)
                plan_release(plan);
        return read;
}

void plan_release(struct plan *plan)
{
        arena_release(&plan->arena);
        memset(plan, 0, sizeof *plan);
}
