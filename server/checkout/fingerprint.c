/*
 * The name of a quote: FNV-1a over 128 bits (Fowler, Noll, Vo; draft-eastlake-fnv) of everything
 * that a customer agrees to. It needs no key: whoever found another quote of the same name would
 * still be asked for what PlaceOrder computes by itself.
 *
 * Refused: storing quotes. They would be rows that nobody deletes, written by a read.
 */
#include "server/checkout/edit.h"
#include "server/checkout/quote.h"

#include <string.h>

typedef unsigned __int128 wide;

#define FNV_OFFSET (((wide)0x6c62272e07bb0142 << 64) | 0x62b821756295c58d)
#define FNV_PRIME  (((wide)1 << 88) | 0x13b)

static void add_bytes(wide *digest, const void *data, size_t len)
{
        const uint8_t *bytes = data;

        for (size_t i = 0; i < len; i++)
                *digest = (*digest ^ bytes[i]) * FNV_PRIME;
}

/* With its NUL, so that neighbouring texts do not run together. */
static void add_text(wide *digest, const char *text)
{
        add_bytes(digest, text, strlen(text) + 1);
}

static void add_number(wide *digest, int64_t number)
{
        uint8_t bytes[8];

        for (size_t i = 0; i < sizeof(bytes); i++)
                bytes[i] = (uint8_t)((uint64_t)number >> (8 * i));
        add_bytes(digest, bytes, sizeof(bytes));
}

static void add_taxes(wide *digest, TaxAmount *const *taxes, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                add_text(digest, taxes[i]->rate);
                add_number(digest, taxes[i]->amount_minor);
        }
}

static void add_line(wide *digest, const QuoteLine *line)
{
        const int64_t numbers[] = {line->number, line->kind, line->quantity, line->unit_price_minor,
                line->amount_minor, line->net_minor, line->gross_minor, line->tax_status,
                (int64_t)line->n_taxes, line->discount_minor};

        add_text(digest, line->variant_id);
        add_text(digest, line->tax_country_code);
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
                add_number(digest, numbers[i]);
        add_taxes(digest, line->taxes, line->n_taxes);
}

static const char *name_of(struct call *call, wide digest)
{
        uint8_t bytes[sizeof(digest)];
        char *text = arena_alloc(call->arena, 2 * sizeof(bytes) + 1);

        for (size_t i = 0; i < sizeof(bytes); i++)
                bytes[i] = (uint8_t)(digest >> (8 * (sizeof(bytes) - 1 - i)));
        bytes_to_hex(bytes_of(bytes, sizeof(bytes)), text);
        return text;
}

const char *quote_fingerprint(
        struct call *call, const Quote *quote, const char *country_code, const char *method_id)
{
        wide digest = FNV_OFFSET;

        add_text(&digest, quote->cart_id);
        add_text(&digest, country_code);
        add_text(&digest, method_id);
        add_text(&digest, quote->currency_code);
        for (size_t i = 0; i < quote->n_lines; i++)
                add_line(&digest, quote->lines[i]);
        add_number(&digest, quote->payable_minor);
        add_number(&digest, quote->points);
        add_number(&digest, quote->points_minor);
        return name_of(call, digest);
}

/* ---- edits of orders ---- */

static void add_new_line(wide *digest, const OrderLine *line)
{
        add_text(digest, line->variant_id);
        add_text(digest, line->tax_country_code);
        add_number(digest, line->quantity);
        add_number(digest, line->unit_price_minor);
        add_number(digest, line->net_minor);
        add_number(digest, line->gross_minor);
        add_taxes(digest, line->taxes, line->n_taxes);
}

static void add_address(wide *digest, const PostalAddress *address)
{
        const char *const texts[] = {address->country_code, address->recipient, address->phone,
                address->district, address->city, address->region, address->postal_code};

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                add_text(digest, texts[i]);
        for (size_t i = 0; i < address->n_lines; i++)
                add_text(digest, address->lines[i]);
}

const char *edit_fingerprint(struct call *call, const struct edit *edit)
{
        wide digest = FNV_OFFSET;

        add_text(&digest, edit->order->id);
        add_number(&digest, edit->order->revision_count);
        add_number(&digest, edit->waits);
        add_number(&digest, (int64_t)edit->removal_count);
        for (size_t i = 0; i < edit->removal_count; i++) {
                add_number(&digest, edit->removals[i].line->number);
                add_number(&digest, edit->removals[i].quantity);
                add_number(&digest, edit->removals[i].refund.gross_minor);
                add_number(&digest, edit->removals[i].refund.points_minor);
        }
        for (size_t i = 0; i < edit->added_count; i++)
                add_new_line(&digest, edit->added[i]);
        if (edit->address != NULL)
                add_address(&digest, edit->address);
        return name_of(call, digest);
}
