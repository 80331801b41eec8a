/*
 * The name of a quote: a hash of everything that a customer agrees to. It needs no key: whoever
 * found another quote of the same name would still be asked for what PlaceOrder computes by itself.
 *
 * Refused: storing quotes. They would be rows that nobody deletes, written by a read.
 */
#include "server/checkout/edit.h"
#include "server/checkout/quote.h"

#include <string.h>
#include "lib/seal/seal.h"

/* With its NUL, so that neighbouring texts do not run together. */
static void add_text(struct buffer *agreed, const char *text)
{
        buffer_append(agreed, text, strlen(text) + 1);
}

static void add_number(struct buffer *agreed, int64_t number)
{
        uint8_t bytes[8];

        for (size_t i = 0; i < sizeof(bytes); i++)
                bytes[i] = (uint8_t)((uint64_t)number >> (8 * i));
        buffer_append(agreed, bytes, sizeof(bytes));
}

static void add_taxes(struct buffer *agreed, TaxAmount *const *taxes, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                add_text(agreed, taxes[i]->rate);
                add_number(agreed, taxes[i]->amount_minor);
        }
}

static void add_line(struct buffer *agreed, const QuoteLine *line)
{
        const int64_t numbers[] = {line->number, line->kind, line->quantity, line->unit_price_minor,
                line->amount_minor, line->net_minor, line->gross_minor, line->tax_status,
                (int64_t)line->n_taxes, line->discount_minor};

        add_text(agreed, line->variant_id);
        add_text(agreed, line->tax_country_code);
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
                add_number(agreed, numbers[i]);
        add_taxes(agreed, line->taxes, line->n_taxes);
}

/* Releases what was gathered. */
static const char *name_of(struct call *call, struct buffer *agreed)
{
        uint8_t name[SEAL_NAME_LEN];
        char *text = arena_alloc(call->arena, 2 * sizeof(name) + 1);

        seal_name(bytes_of(agreed->data, agreed->len), name);
        bytes_to_hex(bytes_of(name, sizeof(name)), text);
        buffer_release(agreed);
        return text;
}

const char *quote_fingerprint(
        struct call *call, const Quote *quote, const char *country_code, const char *method_id)
{
        struct buffer agreed = {0};

        add_text(&agreed, quote->cart_id);
        add_text(&agreed, country_code);
        add_text(&agreed, method_id);
        add_text(&agreed, quote->currency_code);
        for (size_t i = 0; i < quote->n_lines; i++)
                add_line(&agreed, quote->lines[i]);
        add_number(&agreed, quote->payable_minor);
        add_number(&agreed, quote->points);
        add_number(&agreed, quote->points_minor);
        return name_of(call, &agreed);
}

/* ---- edits of orders ---- */

static void add_new_line(struct buffer *agreed, const OrderLine *line)
{
        add_text(agreed, line->variant_id);
        add_text(agreed, line->tax_country_code);
        add_number(agreed, line->quantity);
        add_number(agreed, line->unit_price_minor);
        add_number(agreed, line->net_minor);
        add_number(agreed, line->gross_minor);
        add_taxes(agreed, line->taxes, line->n_taxes);
}

static void add_address(struct buffer *agreed, const PostalAddress *address)
{
        const char *const texts[] = {address->country_code, address->recipient, address->phone,
                address->district, address->city, address->region, address->postal_code};

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                add_text(agreed, texts[i]);
        for (size_t i = 0; i < address->n_lines; i++)
                add_text(agreed, address->lines[i]);
}

const char *edit_fingerprint(struct call *call, const struct edit *edit)
{
        struct buffer agreed = {0};

        add_text(&agreed, edit->order->id);
        add_number(&agreed, edit->order->revision_count);
        add_number(&agreed, edit->waits);
        add_number(&agreed, (int64_t)edit->removal_count);
        for (size_t i = 0; i < edit->removal_count; i++) {
                add_number(&agreed, edit->removals[i].line->number);
                add_number(&agreed, edit->removals[i].quantity);
                add_number(&agreed, edit->removals[i].refund.gross_minor);
                add_number(&agreed, edit->removals[i].refund.points_minor);
        }
        for (size_t i = 0; i < edit->added_count; i++)
                add_new_line(&agreed, edit->added[i]);
        if (edit->address != NULL)
                add_address(&agreed, edit->address);
        return name_of(call, &agreed);
}
