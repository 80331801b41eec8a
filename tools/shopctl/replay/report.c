/*
 * The report is read back from the server: orders, cases, credits, adjustments, receipts and stock
 * are listed and added up. Only the refused lines, which no server ever saw, come from the plan.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "aftersales.client.h"
#include "catalog.client.h"
#include "checkout.client.h"
#include "lib/base/bytes.h"
#include "lib/base/clock.h"
#include "lib/schema/json.h"
#include "membership.client.h"
#include "supply.client.h"
#include "tools/shopctl/replay/replay.h"

#define PAGE_SIZE 1000

/* Sums by a text key, in the order in which the keys came. */
struct sums {
        struct names names;
        const char **texts;
        int64_t *values;
        size_t capacity;
};

struct report {
        struct replay *replay;
        int64_t orders, sale_lines, gross_minor, tax_minor;
        int64_t returned_minor, goodwill_minor;
        int64_t adjustments, members, products, received_units, on_hand_units;
        struct sums gross_by_country, gross_by_month, credited_by_month, goodwill_by_reason;
        struct names credit_lines;
};

static void sums_add(struct report *report, struct sums *sums, const char *key, int64_t value)
{
        struct arena *arena = report->replay->arena;
        uint32_t number = names_number(&sums->names, key);

        if (number >= sums->capacity) {
                size_t capacity = sums->capacity * 2 + 16;

                sums->values = arena_grow(arena, sums->values, sums->capacity * sizeof(int64_t),
                        capacity * sizeof(int64_t));
                sums->texts = arena_grow(arena, sums->texts, sums->capacity * sizeof(char *),
                        capacity * sizeof(char *));
                sums->capacity = capacity;
        }
        sums->texts[number] = names_text(&sums->names, key);
        sums->values[number] += value;
}

static void sums_add_month(struct report *report, struct sums *sums,
        const Google__Protobuf__Timestamp *time, int64_t value)
{
        char text[CLOCK_TEXT_MAX];

        clock_format(timestamp_us(time), text);
        text[7] = '\0';
        sums_add(report, sums, text, value);
}

static void take_orders(void *context, const ProtobufCMessage *page)
{
        struct report *report = context;
        const Shop__ListAllOrdersResponse *response = (const Shop__ListAllOrdersResponse *)page;

        for (size_t i = 0; i < response->n_orders; i++) {
                const Shop__Order *order = response->orders[i];

                report->orders++;
                report->sale_lines += order->line_count;
                report->gross_minor += order->gross_minor;
                report->tax_minor += order->tax_minor;
                sums_add(report, &report->gross_by_country, order->country_label,
                        order->gross_minor);
                sums_add_month(
                        report, &report->gross_by_month, order->place_time, order->gross_minor);
        }
}

/* The lines of a case name the credit lines that it came from. */
static bool take_case_lines(struct report *report, const char *id)
{
        struct replay *replay = report->replay;
        Shop__GetReturnRequest request = SHOP__GET_RETURN_REQUEST__INIT;
        Shop__ReturnCase *answer = NULL;

        request.id = id;
        if (shop_aftersales_get_return(replay->channel, &request, NULL, &answer, &replay->error) !=
                SHOP_OK)
                return replay_failed(replay, "reading case %s", id);
        for (size_t i = 0; i < answer->n_lines; i++)
                names_number(&report->credit_lines, answer->lines[i]->line_key);
        protobuf_c_message_free_unpacked(&answer->base, NULL);
        return true;
}

static void take_cases(void *context, const ProtobufCMessage *page)
{
        struct report *report = context;
        const Shop__ListAllReturnsResponse *response = (const Shop__ListAllReturnsResponse *)page;

        for (size_t i = 0; i < response->n_return_cases; i++) {
                const Shop__ReturnCase *row = response->return_cases[i];

                report->returned_minor += row->refund_minor;
                sums_add_month(
                        report, &report->credited_by_month, row->create_time, row->refund_minor);
                take_case_lines(report, row->id);
        }
}

static void take_goodwill(void *context, const ProtobufCMessage *page)
{
        struct report *report = context;
        const Shop__ListGoodwillCreditsResponse *response =
                (const Shop__ListGoodwillCreditsResponse *)page;

        for (size_t i = 0; i < response->n_goodwill_credits; i++) {
                const Shop__GoodwillCredit *row = response->goodwill_credits[i];
                const char *colon = strchr(row->external_id, ':');

                report->goodwill_minor += row->amount_minor;
                sums_add(report, &report->goodwill_by_reason, row->reason, row->amount_minor);
                sums_add_month(
                        report, &report->credited_by_month, row->create_time, row->amount_minor);
                if (colon != NULL)
                        names_number(&report->credit_lines, colon + 1);
        }
}

static void take_adjustments(void *context, const ProtobufCMessage *page)
{
        struct report *report = context;
        report->adjustments +=
                (int64_t)((const Shop__ListStockAdjustmentsResponse *)page)->n_stock_adjustments;
}

static void take_receipts(void *context, const ProtobufCMessage *page)
{
        struct report *report = context;
        const Shop__ListGoodsReceiptsResponse *response =
                (const Shop__ListGoodsReceiptsResponse *)page;

        for (size_t i = 0; i < response->n_goods_receipts; i++)
                report->received_units += response->goods_receipts[i]->unit_count;
}

static void take_stock(void *context, const ProtobufCMessage *page)
{
        struct report *report = context;
        const Shop__ListStockResponse *response = (const Shop__ListStockResponse *)page;

        for (size_t i = 0; i < response->n_stock; i++)
                report->on_hand_units += response->stock[i]->on_hand;
}

static void take_members(void *context, const ProtobufCMessage *page)
{
        struct report *report = context;
        report->members += (int64_t)((const Shop__ListMembersResponse *)page)->n_members;
}

static void take_products(void *context, const ProtobufCMessage *page)
{
        struct report *report = context;
        report->products += (int64_t)((const Shop__ListProductsResponse *)page)->n_products;
}

static bool read_back(struct report *report)
{
        Shop__ListAllOrdersRequest orders = SHOP__LIST_ALL_ORDERS_REQUEST__INIT;
        Shop__ListAllReturnsRequest cases = SHOP__LIST_ALL_RETURNS_REQUEST__INIT;
        Shop__ListGoodwillCreditsRequest goodwill = SHOP__LIST_GOODWILL_CREDITS_REQUEST__INIT;
        Shop__ListStockAdjustmentsRequest adjustments = SHOP__LIST_STOCK_ADJUSTMENTS_REQUEST__INIT;
        Shop__ListGoodsReceiptsRequest receipts = SHOP__LIST_GOODS_RECEIPTS_REQUEST__INIT;
        Shop__ListStockRequest stock = SHOP__LIST_STOCK_REQUEST__INIT;
        Shop__ListMembersRequest members = SHOP__LIST_MEMBERS_REQUEST__INIT;
        Shop__ListProductsRequest products = SHOP__LIST_PRODUCTS_REQUEST__INIT;

        orders.page_size = cases.page_size = goodwill.page_size = adjustments.page_size = PAGE_SIZE;
        receipts.page_size = stock.page_size = members.page_size = products.page_size = PAGE_SIZE;
        members.kind = SHOP__MEMBER_KIND__MEMBER_KIND_MEMBER;
        return replay_pages(report->replay, &shop_checkout_list_all_orders_method, &orders.base,
                       take_orders, report) &&
               replay_pages(report->replay, &shop_aftersales_list_all_returns_method, &cases.base,
                       take_cases, report) &&
               report->replay->failed_at == NULL &&
               replay_pages(report->replay, &shop_aftersales_list_goodwill_credits_method,
                       &goodwill.base, take_goodwill, report) &&
               replay_pages(report->replay, &shop_supply_list_stock_adjustments_method,
                       &adjustments.base, take_adjustments, report) &&
               replay_pages(report->replay, &shop_supply_list_goods_receipts_method, &receipts.base,
                       take_receipts, report) &&
               replay_pages(report->replay, &shop_supply_list_stock_method, &stock.base, take_stock,
                       report) &&
               replay_pages(report->replay, &shop_membership_list_members_method, &members.base,
                       take_members, report) &&
               replay_pages(report->replay, &shop_catalog_list_products_method, &products.base,
                       take_products, report);
}

static void write_sums(struct buffer *out, const char *name, const struct sums *sums)
{
        buffer_printf(out, ",\n  \"%s\": {", name);
        for (uint32_t i = 0; i < sums->names.count; i++) {
                buffer_printf(out, "%s", i > 0 ? ", " : "");
                json_write_text(out, sums->texts[i]);
                buffer_printf(out, ": %" PRId64, sums->values[i]);
        }
        buffer_printf(out, "}");
}

static void write_number(struct buffer *out, const char *name, int64_t value)
{
        buffer_printf(out, "%s\"%s\": %" PRId64, out->len > 2 ? ",\n  " : "", name, value);
}

static bool write_all(struct buffer *out, const struct report *report)
{
        const struct plan *plan = report->replay->plan;
        const char *comma = "";

        buffer_printf(out, "{ ");
        write_number(out, "orders", report->orders);
        write_number(out, "sale_lines", report->sale_lines);
        write_number(out, "gross_minor", report->gross_minor);
        write_number(out, "tax_minor", report->tax_minor);
        write_number(out, "credit_lines", report->credit_lines.count);
        write_number(out, "credited_minor", report->returned_minor + report->goodwill_minor);
        write_number(out, "returned_minor", report->returned_minor);
        write_number(out, "goodwill_minor", report->goodwill_minor);
        write_sums(out, "goodwill_by_reason", &report->goodwill_by_reason);
        write_number(out, "adjustments", report->adjustments);
        buffer_printf(out, ",\n  \"rejected\": {");
        for (int i = 0; i < REJECT_COUNT; i++) {
                if (plan->rejected[i] == 0)
                        continue;
                buffer_printf(out, "%s\"%s\": %" PRIu64, comma, reject_name((enum reject)i),
                        plan->rejected[i]);
                comma = ", ";
        }
        buffer_printf(out, "}");
        write_sums(out, "gross_by_country", &report->gross_by_country);
        write_sums(out, "gross_by_month", &report->gross_by_month);
        write_sums(out, "credited_by_month", &report->credited_by_month);
        write_number(out, "members", report->members);
        write_number(out, "products", report->products);
        write_number(out, "received_units", report->received_units);
        write_number(out, "on_hand_units", report->on_hand_units);
        bool done = programme_write(report->replay, out) && insight_write(report->replay, out);

        buffer_printf(out, "\n}\n");
        return done;
}

static bool write_file(const char *path, const struct buffer *out)
{
        FILE *file = path == NULL ? stdout : fopen(path, "w");
        bool written = file != NULL && fwrite(out->data, 1, out->len, file) == out->len;

        if (file != NULL && file != stdout)
                written = fclose(file) == 0 && written;
        if (!written)
                fprintf(stderr, "shopctl: %s: %s\n", path, strerror(errno));
        return written;
}

bool report_write(struct replay *replay, const char *path)
{
        struct report report = {.replay = replay};
        struct names *names[] = {&report.gross_by_country.names, &report.gross_by_month.names,
                &report.credited_by_month.names, &report.goodwill_by_reason.names,
                &report.credit_lines};
        struct buffer out = {0};
        bool done;

        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                names_init(names[i], replay->arena);
        done = read_back(&report);
        if (done) {
                done = write_all(&out, &report) && write_file(path, &out);
        }
        buffer_release(&out);
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                names_release(names[i]);
        return done;
}
