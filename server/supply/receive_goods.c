/*
 * Goods arrive. A receipt with an external_id happens once, whatever the request ids: importers
 * repeat whole files. What it held is remembered as a fingerprint of its lines, enough to tell a
 * repetition from a mistake without keeping the lines twice, which the movements have.
 */
#include <string.h>
#include "server/supply/supply.h"
#include "supply.handlers.h"

/* FNV-1a, 64 bits (Fowler, Noll, Vo); not against malice, importers are trusted. */
#define FNV_BASIS UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

static uint64_t mix(uint64_t hash, const void *data, size_t len)
{
        const uint8_t *bytes = data;

        for (size_t i = 0; i < len; i++)
                hash = (hash ^ bytes[i]) * FNV_PRIME;
        return hash;
}

static GoodsReceipt *make_receipt(struct call *call, const ReceiveGoodsRequest *request)
{
        GoodsReceipt *receipt = call_new(call, GoodsReceipt);

        *receipt = (GoodsReceipt)GOODS_RECEIPT_INIT;
        receipt->external_id = request->external_id;
        receipt->location_id = request->location_id;
        receipt->line_count = (int32_t)request->n_lines;
        receipt->fingerprint = FNV_BASIS;
        for (size_t i = 0; i < request->n_lines; i++) {
                const ReceiveGoodsLine *line = request->lines[i];

                receipt->unit_count += line->quantity;
                receipt->fingerprint =
                        mix(receipt->fingerprint, line->variant_id, strlen(line->variant_id) + 1);
                receipt->fingerprint =
                        mix(receipt->fingerprint, &line->quantity, sizeof(line->quantity));
        }
        return receipt;
}

static enum status answer_again(struct call *call, const GoodsReceipt *receipt,
        const GoodsReceipt *existing, GoodsReceipt *response)
{
        if (strcmp(existing->location_id, receipt->location_id) != 0 ||
                existing->fingerprint != receipt->fingerprint)
                return call_fail(call, ALREADY_EXISTS, "EXTERNAL_ID_REUSED",
                        "external_id %s is the name of another receipt, %s", receipt->external_id,
                        existing->id);
        *response = *existing;
        return OK;
}

enum status supply_receive_goods(
        struct call *call, const ReceiveGoodsRequest *request, GoodsReceipt *response)
{
        GoodsReceipt *receipt = make_receipt(call, request);

        if (receipt->external_id[0] != '\0') {
                const GoodsReceipt *existing =
                        goods_receipt_get_by_external_id(call->txn, receipt->external_id);

                if (existing != NULL)
                        return answer_again(call, receipt, existing, response);
        }
        receipt->id = call_new_id(call);
        receipt->create_time = call_now(call);
        for (size_t i = 0; i < request->n_lines; i++) {
                enum status status =
                        supply_move(call, MOVEMENT_TYPE_RECEIVE, request->lines[i]->variant_id,
                                request->location_id, request->lines[i]->quantity, receipt->id);

                if (status != OK)
                        return status;
        }
        goods_receipt_insert(call->txn, receipt);
        call_event(call, "goods.received", receipt->id, "", "lines", (int64_t)receipt->line_count,
                "units", receipt->unit_count, NULL);
        *response = *receipt;
        return OK;
}
