/*
 * One line of the file is a sale, a credit, a stock adjustment or refused. Prices are decimal
 * pounds and become pence exactly; a fraction of a penny is refused, never rounded. The file is
 * read twice: whether an invoice is too long for an order is known at its end only. Refused: two
 * orders of one invoice, which no credit would know apart.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/base/money.h"
#include "lib/base/utf8.h"
#include "lib/schema/rules.h"
#include "tools/shopctl/replay/csv.h"
#include "tools/shopctl/replay/lines.h"

enum column { INVOICE, CODE, DESCRIPTION, QUANTITY, DATE, PRICE, CUSTOMER, COUNTRY, COLUMN_COUNT };

static const char *const headings[COLUMN_COUNT] = {"InvoiceNo", "StockCode", "Description",
        "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"};

const char *reject_name(enum reject reject)
{
        static const char *const texts[REJECT_COUNT] = {
                [REJECT_NOT_A_SALE] = "NOT_A_SALE",
                [REJECT_NEGATIVE_PRICE] = "NEGATIVE_PRICE",
                [REJECT_FRACTION_OF_A_PENNY] = "FRACTION_OF_A_PENNY",
                [REJECT_MALFORMED] = "MALFORMED",
                [REJECT_INVOICE_TOO_LONG] = "INVOICE_TOO_LONG",
        };

        return texts[reject];
}

static bool parse_integer(const char *text, int64_t *out)
{
        char *end;
        long long value;

        errno = 0;
        value = strtoll(text, &end, 10);
        if (end == text || *end != '\0' || errno != 0)
                return false;
        *out = value;
        return true;
}

/* "2010-12-01 08:26:00", read as UTC. */
static bool parse_time(const char *text, int64_t *time_us)
{
        char rfc[CLOCK_TEXT_MAX];

        if (strlen(text) != 19 || text[10] != ' ')
                return false;
        snprintf(rfc, sizeof rfc, "%.10sT%.8sZ", text, text + 11);
        return clock_parse(rfc, time_us) == 0;
}

/* Pounds to pence; what is no whole number of pence is a reject. */
static bool parse_price(const char *text, int64_t *minor, enum reject *reject)
{
        struct decimal price;
        int64_t scale = 1;

        *reject = REJECT_MALFORMED;
        if (!decimal_parse(text, &price) || !money_multiply(price.units, 100, &price.units))
                return false;
        for (int i = 0; i < price.scale; i++)
                scale *= 10;
        *reject = price.units < 0 ? REJECT_NEGATIVE_PRICE : REJECT_FRACTION_OF_A_PENNY;
        if (price.units < 0 || price.units % scale != 0)
                return false;
        *minor = price.units / scale;
        return true;
}

#define QUANTITY_MAX 1000000
#define TITLE_MAX    120

/* A value that the shop's methods would refuse is refused here: there it would stop the replay at
 * this line for good. Invoices are part of longer names. */
static bool fits(const struct csv_record *record, const struct line *line)
{
        static const size_t longest[COLUMN_COUNT] = {
                [INVOICE] = 28, [CODE] = 40, [CUSTOMER] = 64, [COUNTRY] = 40};
        int64_t units = llabs(line->quantity), amount;

        for (size_t i = 0; i < COLUMN_COUNT; i++) {
                const char *text = record->fields[i];

                if (text[0] != '\0' && !rules_format_ok(FORMAT_LINE, text))
                        return false;
                if (longest[i] > 0 && utf8_length(bytes_of_text(text)) > longest[i])
                        return false;
        }
        return units <= QUANTITY_MAX && money_multiply(units, line->price_minor, &amount) &&
               amount <= MONEY_MINOR_MAX;
}

static bool judge(const struct csv_record *record, struct line *line, enum reject *reject)
{
        const char *invoice = record->fields[INVOICE];
        bool credit = invoice[0] == 'C';

        *reject = REJECT_MALFORMED;
        if (record->count != COLUMN_COUNT || record->fields[CODE][0] == '\0' ||
                !parse_integer(record->fields[QUANTITY], &line->quantity) ||
                !parse_time(record->fields[DATE], &line->time_us))
                return false;
        *reject = REJECT_NOT_A_SALE;
        if (!credit && (invoice[0] < '0' || invoice[0] > '9'))
                return false;
        if (!parse_price(record->fields[PRICE], &line->price_minor, reject))
                return false;
        *reject = REJECT_MALFORMED;
        if (line->quantity == 0 || (credit && line->quantity > 0) || !fits(record, line))
                return false;
        if (credit)
                line->kind = LINE_CREDIT;
        else if (line->quantity < 0 ||
                 (line->price_minor == 0 && record->fields[CUSTOMER][0] == '\0'))
                line->kind = LINE_ADJUSTMENT;
        else
                line->kind = LINE_SALE;
        return true;
}

/* Grows by doubling; the old room stays with the arena. */
static void *grow(struct arena *arena, void *array, size_t count, size_t size)
{
        if (count > 0 && (count & (count - 1)) != 0)
                return array;
        return arena_grow(arena, array, count * size, (count == 0 ? 1 : count * 2) * size);
}

/* The number of a name, and its text in the table of texts. */
static uint32_t number_of(
        struct arena *arena, struct names *names, const char ***texts, const char *text)
{
        uint32_t before = names->count;
        uint32_t number;

        if (names_find(names, text) == UINT32_MAX)
                *texts = grow(arena, *texts, before, sizeof **texts);
        number = names_number(names, text);
        if (number == before)
                (*texts)[number] = names_text(names, text);
        return number;
}

/* As much of a description as a product's title can have. */
static const char *title_of(struct arena *arena, const char *description)
{
        struct bytes rest = bytes_of_text(description);

        for (size_t i = 0; i < TITLE_MAX && rest.len > 0; i++)
                utf8_take(&rest);
        return arena_printf(arena, "%.*s", (int)(strlen(description) - rest.len), description);
}

static void keep(
        struct lines *lines, struct plan *plan, const struct csv_record *record, struct line *line)
{
        struct arena *arena = &plan->arena;
        uint32_t codes_before = lines->codes.count;

        if (names_find(&lines->codes, record->fields[CODE]) == UINT32_MAX)
                lines->code_titles = grow(arena, lines->code_titles, codes_before, sizeof(char *));
        line->number = record->line;
        line->invoice =
                number_of(arena, &lines->invoices, &lines->invoice_texts, record->fields[INVOICE]);
        line->code = number_of(arena, &lines->codes, &lines->code_texts, record->fields[CODE]);
        line->customer = record->fields[CUSTOMER][0] == '\0'
                                 ? PLAN_NONE
                                 : number_of(arena, &lines->customers, &lines->customer_texts,
                                           record->fields[CUSTOMER]);
        line->country = names_text(&lines->countries, record->fields[COUNTRY]);
        if (lines->codes.count > codes_before)
                lines->code_titles[line->code] = NULL;
        if (lines->code_titles[line->code] == NULL && record->fields[DESCRIPTION][0] != '\0')
                lines->code_titles[line->code] = title_of(arena, record->fields[DESCRIPTION]);
        lines->at = grow(arena, lines->at, lines->count, sizeof *lines->at);
        lines->at[lines->count++] = *line;
}

static bool check_heading(struct csv *csv, const char *path)
{
        struct csv_record record;

        if (csv_next(csv, &record) && record.count == COLUMN_COUNT) {
                size_t same = 0;

                for (size_t i = 0; i < COLUMN_COUNT; i++)
                        same += strcmp(record.fields[i], headings[i]) == 0;
                if (same == COLUMN_COUNT)
                        return true;
        }
        fprintf(stderr,
                "shopctl: %s does not begin with the heading InvoiceNo,StockCode,Description,"
                "Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n",
                path);
        return false;
}

/* How many sales each invoice has. */
struct tally {
        struct names invoices;
        uint32_t *sales;
};

static bool count_sales(struct tally *tally, struct plan *plan, struct csv *csv)
{
        struct csv_record record;

        while (csv_next(csv, &record)) {
                uint32_t before = tally->invoices.count, number;
                struct line line = {0};
                enum reject reject;

                if (!judge(&record, &line, &reject) || line.kind != LINE_SALE)
                        continue;
                if (names_find(&tally->invoices, record.fields[INVOICE]) == UINT32_MAX)
                        tally->sales =
                                grow(&plan->arena, tally->sales, before, sizeof *tally->sales);
                number = names_number(&tally->invoices, record.fields[INVOICE]);
                if (number == before)
                        tally->sales[number] = 0;
                tally->sales[number]++;
        }
        return !csv_failed(csv);
}

static bool too_long(const struct tally *tally, const char *invoice)
{
        uint32_t number = names_find(&tally->invoices, invoice);

        return number != UINT32_MAX && tally->sales[number] > PLAN_SALES_MAX;
}

/* What the second reading needs. */
struct reading {
        struct csv *csv;
        const struct tally *tally;
        FILE *rejects; /* or NULL */
};

static bool read_lines(struct lines *lines, struct plan *plan, const struct reading *reading)
{
        struct csv_record record;

        while (csv_next(reading->csv, &record)) {
                struct line line = {0};
                enum reject reject;
                bool fits = judge(&record, &line, &reject);

                plan->line_count++;
                if (fits && !too_long(reading->tally, record.fields[INVOICE])) {
                        keep(lines, plan, &record, &line);
                        continue;
                }
                if (fits)
                        reject = REJECT_INVOICE_TOO_LONG;
                plan->rejected[reject]++;
                if (reading->rejects != NULL)
                        fprintf(reading->rejects, "%u,%s,%s\n", record.line, reject_name(reject),
                                record.raw);
        }
        return !csv_failed(reading->csv);
}

static bool tell_damaged(const char *path)
{
        fprintf(stderr, "shopctl: %s is damaged\n", path);
        return false;
}

/* The file from its beginning, behind its heading; NULL with a sentence. */
static struct csv *open_file(const char *path)
{
        struct csv *csv = csv_open(path);

        if (csv == NULL || check_heading(csv, path))
                return csv;
        csv_close(csv);
        return NULL;
}

static bool read_first(struct tally *tally, struct plan *plan, const char *path)
{
        struct csv *csv = open_file(path);
        bool read;

        names_init(&tally->invoices, &plan->arena);
        if (csv == NULL)
                return false;
        read = count_sales(tally, plan, csv) || tell_damaged(path);
        csv_close(csv);
        return read;
}

static bool read_again(struct lines *lines, struct plan *plan, const char *path,
        const struct tally *tally, const char *rejects_path)
{
        struct reading reading = {.tally = tally};
        bool read;

        if (rejects_path != NULL && (reading.rejects = fopen(rejects_path, "w")) == NULL) {
                fprintf(stderr, "shopctl: %s: %s\n", rejects_path, strerror(errno));
                return false;
        }
        reading.csv = open_file(path);
        read = reading.csv != NULL;
        if (read) {
                read = read_lines(lines, plan, &reading) || tell_damaged(path);
                csv_close(reading.csv);
        }
        if (reading.rejects != NULL && fclose(reading.rejects) != 0) {
                fprintf(stderr, "shopctl: %s: %s\n", rejects_path, strerror(errno));
                read = false;
        }
        return read;
}

bool lines_read(struct lines *lines, struct plan *plan, const char *path, const char *rejects_path)
{
        struct tally tally = {0};
        bool read;

        *lines = (struct lines){0};
        names_init(&lines->invoices, &plan->arena);
        names_init(&lines->codes, &plan->arena);
        names_init(&lines->customers, &plan->arena);
        names_init(&lines->countries, &plan->arena);
        read = read_first(&tally, plan, path) &&
               read_again(lines, plan, path, &tally, rejects_path);
        names_release(&tally.invoices);
        return read;
}

void lines_release(struct lines *lines)
{
        names_release(&lines->invoices);
        names_release(&lines->codes);
        names_release(&lines->customers);
        names_release(&lines->countries);
}
