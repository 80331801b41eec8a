/*
 * What was acknowledged, read back row by row through the same methods that everybody uses.
 */
#include "tests/crash/checks.h"

#include <stdio.h>
#include <string.h>
#include "cart.client.h"
#include "checkout.client.h"
#include "governance.client.h"
#include "membership.client.h"
#include "payment.client.h"
#include "supply.client.h"

/* The row that a read answers, or NULL and a fault. */
static void *read_row(struct shop_channel *channel, const struct shop_method *method,
        const void *request, const char *token, size_t *faults)
{
        const struct shop_call_options options = {.token = token};
        struct shop_error error = {0};
        ProtobufCMessage *row = NULL;

        if (shop_invoke(channel, method, request, &options, &row, &error) != SHOP_OK)
                *faults += fault("%s: %s %s: %s", method->name, shop_status_name(error.code),
                        error.reason, error.message);
        shop_error_release(&error);
        return row;
}

/* ---- one kind of write each ---- */

static size_t read_member(struct shop_channel *channel, const Shop__SessionGrant *grant)
{
        Shop__GetMemberRequest request = SHOP__GET_MEMBER_REQUEST__INIT;
        size_t faults = 0;

        request.id = grant->member->id;
        void *row = read_row(
                channel, &shop_membership_get_member_method, &request, grant->token, &faults);

        if (row != NULL)
                live_free(row);
        return faults;
}

static size_t read_order(struct shop_channel *channel, const Shop__Order *order)
{
        Shop__GetOrderRequest request = SHOP__GET_ORDER_REQUEST__INIT;
        size_t faults = 0;

        request.id = order->id;
        Shop__Order *row =
                read_row(channel, &shop_checkout_get_order_method, &request, NULL, &faults);

        if (row == NULL)
                return faults;
        if (row->gross_minor != order->gross_minor || row->n_lines != order->n_lines ||
                strcmp(row->cart_id, order->cart_id) != 0)
                faults += fault("order %s is not as it was placed", order->id);
        live_free(row);
        return faults;
}

/* The order is over, or waits for its payment to be closed. */
static size_t read_cancelled(struct shop_channel *channel, const Shop__Order *order)
{
        Shop__GetOrderRequest request = SHOP__GET_ORDER_REQUEST__INIT;
        size_t faults = 0;

        request.id = order->id;
        Shop__Order *row =
                read_row(channel, &shop_checkout_get_order_method, &request, NULL, &faults);

        if (row == NULL)
                return faults;
        if (row->state == SHOP__ORDER_STATE__ORDER_STATE_PLACED && row->end_reason[0] == '\0')
                faults += fault("order %s was cancelled and is not", order->id);
        live_free(row);
        return faults;
}

static size_t read_attempt(struct shop_channel *channel, const Shop__PaymentAttempt *attempt)
{
        Shop__GetPaymentAttemptRequest request = SHOP__GET_PAYMENT_ATTEMPT_REQUEST__INIT;
        size_t faults = 0;

        request.id = attempt->id;
        Shop__PaymentAttempt *row = read_row(
                channel, &shop_payment_get_payment_attempt_method, &request, NULL, &faults);

        if (row == NULL)
                return faults;
        if (row->amount_minor != attempt->amount_minor ||
                strcmp(row->order_id, attempt->order_id) != 0)
                faults += fault("attempt %s is not as it was opened", attempt->id);
        live_free(row);
        return faults;
}

static size_t read_receipt(struct shop_channel *channel, const Shop__GoodsReceipt *receipt)
{
        Shop__ListGoodsReceiptsRequest request = SHOP__LIST_GOODS_RECEIPTS_REQUEST__INIT;
        size_t faults = 0;

        if (receipt->external_id[0] == '\0')
                return 0;
        request.external_id = receipt->external_id;
        Shop__ListGoodsReceiptsResponse *page =
                read_row(channel, &shop_supply_list_goods_receipts_method, &request, NULL, &faults);

        if (page == NULL)
                return faults;
        if (page->n_goods_receipts != 1 || strcmp(page->goods_receipts[0]->id, receipt->id) != 0)
                faults += fault(
                        "%zu receipts are called %s", page->n_goods_receipts, receipt->external_id);
        live_free(page);
        return faults;
}

static size_t read_adjustment(struct shop_channel *channel, const Shop__StockAdjustment *adjustment)
{
        Shop__ListStockAdjustmentsRequest request = SHOP__LIST_STOCK_ADJUSTMENTS_REQUEST__INIT;
        size_t faults = 0;

        if (adjustment->external_id[0] == '\0')
                return 0;
        request.external_id = adjustment->external_id;
        Shop__ListStockAdjustmentsResponse *page = read_row(
                channel, &shop_supply_list_stock_adjustments_method, &request, NULL, &faults);

        if (page == NULL)
                return faults;
        if (page->n_stock_adjustments != 1 ||
                strcmp(page->stock_adjustments[0]->id, adjustment->id) != 0)
                faults += fault("%zu adjustments are called %s", page->n_stock_adjustments,
                        adjustment->external_id);
        live_free(page);
        return faults;
}

static size_t read_import(struct shop_channel *channel, const Shop__Member *member)
{
        Shop__ListMembersRequest request = SHOP__LIST_MEMBERS_REQUEST__INIT;
        size_t faults = 0;

        request.external_id = member->external_id;
        Shop__ListMembersResponse *page =
                read_row(channel, &shop_membership_list_members_method, &request, NULL, &faults);

        if (page == NULL)
                return faults;
        if (page->n_members != 1 || strcmp(page->members[0]->id, member->id) != 0)
                faults += fault("%zu members are called %s", page->n_members, member->external_id);
        live_free(page);
        return faults;
}

static size_t read_entry(struct shop_channel *channel, const struct entry *entry)
{
        const struct shop_method *method = entry->method;
        void *answer = entry_answer(entry);
        size_t faults = 0;

        if (answer == NULL)
                return 0;
        if (method->response == &shop__session_grant__descriptor)
                faults = read_member(channel, answer);
        if (method == &shop_checkout_place_order_method)
                faults = read_order(channel, answer);
        if (method == &shop_checkout_cancel_order_method)
                faults = read_cancelled(channel, answer);
        if (method == &shop_payment_pay_order_method)
                faults = read_attempt(channel, answer);
        if (method == &shop_supply_receive_goods_method)
                faults = read_receipt(channel, answer);
        if (method == &shop_supply_adjust_stock_method)
                faults = read_adjustment(channel, answer);
        if (method == &shop_membership_import_member_method)
                faults = read_import(channel, answer);
        live_free(answer);
        return faults;
}

size_t check_reads(const struct books *books, struct shop_channel *channel, size_t first)
{
        size_t faults = 0;

        for (size_t i = first; i < books->journal.count; i++)
                faults += read_entry(channel, books->journal.at[i]);
        return faults;
}

/* ---- carts ---- */

static size_t compare_lines(
        const struct storefront *storefront, const struct basket *basket, const Shop__Cart *cart)
{
        size_t faults = 0;

        for (size_t i = 0; i < storefront->variant_count; i++) {
                int64_t there = 0;

                for (size_t j = 0; j < cart->n_lines; j++)
                        if (strcmp(cart->lines[j]->variant_id, storefront->variant_ids[i]) == 0)
                                there += cart->lines[j]->quantity;
                if (there != basket->quantity[i])
                        faults += fault("cart %s has %lld of variant %zu, not %lld", cart->id,
                                (long long)there, i, (long long)basket->quantity[i]);
        }
        return faults;
}

static size_t check_basket(
        const struct storefront *storefront, struct basket *basket, struct shop_channel *channel)
{
        Shop__GetCartRequest request = SHOP__GET_CART_REQUEST__INIT;
        size_t faults = 0;

        request.id = basket->cart_id;
        Shop__Cart *cart =
                read_row(channel, &shop_cart_get_cart_method, &request, basket->token, &faults);

        if (cart == NULL)
                return faults;
        bool ordered = cart->state == SHOP__CART_STATE__CART_STATE_ORDERED;

        if (ordered != (basket->order != NULL))
                faults += fault("cart %s is %sordered, its owner was told otherwise", cart->id,
                        ordered ? "" : "not ");
        faults += compare_lines(storefront, basket, cart);
        live_free(cart);
        return faults;
}

size_t check_baskets(struct books *books, struct shop_channel *channel)
{
        size_t faults = 0;

        for (struct basket *basket = books->baskets; basket != NULL; basket = basket->next) {
                basket_settle(basket);
                faults += check_basket(&books->storefront, basket, channel);
        }
        return faults;
}

/* ---- stock ---- */

static size_t variant_number(const struct storefront *storefront, const char *variant_id)
{
        size_t number = 0;

        while (strcmp(storefront->variant_ids[number], variant_id) != 0)
                number++;
        return number;
}

static void add_entry(
        const struct storefront *storefront, const struct entry *entry, int64_t *units)
{
        if (!entry_succeeded(entry) || (entry->method != &shop_supply_receive_goods_method &&
                                               entry->method != &shop_supply_adjust_stock_method))
                return;
        void *request = entry_request(entry);

        if (entry->method == &shop_supply_receive_goods_method) {
                const Shop__ReceiveGoodsRequest *receive = request;

                for (size_t i = 0; i < receive->n_lines; i++)
                        units[variant_number(storefront, receive->lines[i]->variant_id)] +=
                                receive->lines[i]->quantity;
        } else {
                const Shop__AdjustStockRequest *adjust = request;

                units[variant_number(storefront, adjust->variant_id)] += adjust->quantity;
        }
        live_free(request);
}

size_t check_stock(const struct books *books, struct shop_channel *channel, int64_t initial_units)
{
        const struct storefront *storefront = &books->storefront;
        Shop__ListStockRequest request = SHOP__LIST_STOCK_REQUEST__INIT;
        int64_t units[VARIANTS_MAX] = {0};
        size_t faults = 0;

        for (size_t i = 0; i < books->journal.count; i++)
                add_entry(storefront, books->journal.at[i], units);
        request.location_id = storefront->location_id;
        Shop__ListStockResponse *stock =
                read_row(channel, &shop_supply_list_stock_method, &request, NULL, &faults);

        if (stock == NULL)
                return faults;
        if (stock->n_stock != storefront->variant_count)
                faults += fault("%zu stock rows", stock->n_stock);
        for (size_t i = 0; i < stock->n_stock; i++) {
                size_t number = variant_number(storefront, stock->stock[i]->variant_id);

                if (stock->stock[i]->on_hand != initial_units + units[number])
                        faults += fault("of variant %zu there are %lld, not %lld", number,
                                (long long)stock->stock[i]->on_hand,
                                (long long)(initial_units + units[number]));
        }
        live_free(stock);
        return faults;
}

/* They have handled every event, once: that each did is what verify proves of what they keep. */
size_t check_followers(struct shop_channel *channel)
{
        Shop__ListFollowersRequest request = SHOP__LIST_FOLLOWERS_REQUEST__INIT;
        size_t faults = 0;
        Shop__ListFollowersResponse *answer =
                read_row(channel, &shop_governance_list_followers_method, &request, NULL, &faults);

        if (answer == NULL)
                return faults;
        for (size_t i = 0; i < answer->n_followers; i++) {
                const Shop__Follower *row = answer->followers[i];

                if (row->lag > 0 || row->parked_count > 0)
                        faults += fault("follower %s is %llu events behind and put %u aside",
                                row->name, (unsigned long long)row->lag, row->parked_count);
        }
        live_free(answer);
        return faults;
}

size_t check_verify(struct shop_channel *channel)
{
        Shop__VerifyRequest request = SHOP__VERIFY_REQUEST__INIT;
        size_t faults = 0;
        Shop__VerifyResponse *proof =
                read_row(channel, &shop_governance_verify_method, &request, NULL, &faults);

        if (proof == NULL)
                return faults;
        for (size_t i = 0; i < proof->n_faults; i++)
                faults += fault("verify: %s %s %s: %s", proof->faults[i]->kind,
                        proof->faults[i]->table, proof->faults[i]->key,
                        proof->faults[i]->description);
        live_free(proof);
        return faults;
}
