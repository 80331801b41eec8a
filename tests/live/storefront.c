/*
 * Everything through the public client library, as any other program would: what a test cannot
 * set up that way a shop could not either.
 */
#include "tests/live/storefront.h"

#include <stdio.h>
#include <string.h>
#include "cart.client.h"
#include "catalog.client.h"
#include "checkout.client.h"
#include "loyalty.client.h"
#include "membership.client.h"
#include "supply.client.h"
#include "tests/live/daemon.h"

void *live_call(struct shop_channel *channel, const struct shop_method *method, const void *request,
        const char *token)
{
        const struct shop_call_options options = {.token = token};
        struct shop_error error = {0};
        ProtobufCMessage *answer;

        if (shop_invoke(channel, method, request, &options, &answer, &error) != SHOP_OK)
                live_fail("%s: %s %s: %s", method->name, shop_status_name(error.code), error.reason,
                        error.message);
        return answer;
}

void live_free(void *answer)
{
        protobuf_c_message_free_unpacked(answer, NULL);
}

void live_find_code(const char *body, char code[8])
{
        while (*body != '\0' && strspn(body, "0123456789") != 6)
                body++;
        snprintf(code, 8, "%.6s", body);
}

struct shop_channel *live_channel(const char *url, const char *token)
{
        const struct shop_channel_options options = {
                .url = url, .token = token, .agent = "tests/live", .timeout_ms = 60000};
        struct shop_error error = {0};
        struct shop_channel *channel = shop_channel_open(&options, &error);

        if (channel == NULL)
                live_fail("%s: %s", url, error.message);
        return channel;
}

void id_copy(char out[ID_SIZE], const char *id)
{
        snprintf(out, ID_SIZE, "%s", id);
}

static Shop__LocalText english(const char *text)
{
        Shop__LocalText local = SHOP__LOCAL_TEXT__INIT;

        local.language = "en";
        local.text = text;
        return local;
}

static void add_tax(struct shop_channel *channel)
{
        Shop__CreateTaxRateRequest create = SHOP__CREATE_TAX_RATE_REQUEST__INIT;
        Shop__TaxRate rate = SHOP__TAX_RATE__INIT;

        rate.country_code = "GB";
        rate.tax_class = "standard";
        rate.title = "VAT";
        rate.rate = "0.2";
        create.tax_rate = &rate;
        live_free(live_call(channel, &shop_checkout_create_tax_rate_method, &create, NULL));
}

/* Points, of which all goods can be paid. */
static void add_programme(struct shop_channel *channel)
{
        Shop__CreateProgrammeVersionRequest create = SHOP__CREATE_PROGRAMME_VERSION_REQUEST__INIT;
        Shop__ActivateProgrammeVersionRequest activate =
                SHOP__ACTIVATE_PROGRAMME_VERSION_REQUEST__INIT;
        Shop__ProgrammeVersion programme = SHOP__PROGRAMME_VERSION__INIT, *made;
        Shop__EarnRate rate = SHOP__EARN_RATE__INIT, *rates[] = {&rate};

        rate.currency_code = "GBP";
        rate.points = "1";
        programme.title = "Club";
        programme.earn_rates = rates;
        programme.n_earn_rates = 1;
        programme.expire_months = programme.tier_months = 12;
        programme.tender_share = "1";
        create.programme_version = &programme;
        made = live_call(channel, &shop_loyalty_create_programme_version_method, &create, NULL);
        activate.id = made->id;
        live_free(live_call(
                channel, &shop_loyalty_activate_programme_version_method, &activate, NULL));
        live_free(made);
}

static void add_price_list(struct storefront *storefront, struct shop_channel *channel)
{
        Shop__CreatePriceListRequest create = SHOP__CREATE_PRICE_LIST_REQUEST__INIT;
        Shop__PriceList list = SHOP__PRICE_LIST__INIT, *made;

        list.slug = "retail";
        list.currency_code = "GBP";
        list.tax_included = true;
        list.home_country_code = "GB";
        create.price_list = &list;
        made = live_call(channel, &shop_catalog_create_price_list_method, &create, NULL);
        id_copy(storefront->price_list_id, made->id);
        live_free(made);
}

static void add_location(struct storefront *storefront, struct shop_channel *channel)
{
        Shop__CreateLocationRequest create = SHOP__CREATE_LOCATION_REQUEST__INIT;
        Shop__Location location = SHOP__LOCATION__INIT, *made;

        location.slug = "main";
        location.country_code = "GB";
        create.location = &location;
        made = live_call(channel, &shop_supply_create_location_method, &create, NULL);
        id_copy(storefront->location_id, made->id);
        live_free(made);
}

static void add_shipping(struct storefront *storefront, struct shop_channel *channel)
{
        Shop__CreateShippingMethodRequest create = SHOP__CREATE_SHIPPING_METHOD_REQUEST__INIT;
        Shop__ShippingMethod shipping = SHOP__SHIPPING_METHOD__INIT, *made;
        Shop__LocalText title = english("Standard"), *titles[] = {&title};

        shipping.slug = "standard";
        shipping.titles = titles;
        shipping.n_titles = 1;
        shipping.price_list_id = storefront->price_list_id;
        shipping.fee_minor = 395;
        create.shipping_method = &shipping;
        made = live_call(channel, &shop_checkout_create_shipping_method_method, &create, NULL);
        id_copy(storefront->shipping_method_id, made->id);
        live_free(made);
}

static void add_price(
        const struct storefront *storefront, struct shop_channel *channel, const char *variant_id)
{
        Shop__CreatePriceRequest create = SHOP__CREATE_PRICE_REQUEST__INIT;
        Shop__Price price = SHOP__PRICE__INIT;

        price.variant_id = variant_id;
        price.price_list_id = storefront->price_list_id;
        price.amount_minor = UNIT_PRICE;
        create.price = &price;
        live_free(live_call(channel, &shop_catalog_create_price_method, &create, NULL));
}

static void add_variant(struct storefront *storefront, struct shop_channel *channel)
{
        Shop__CreateProductRequest create = SHOP__CREATE_PRODUCT_REQUEST__INIT;
        Shop__CreateVariantRequest add = SHOP__CREATE_VARIANT_REQUEST__INIT;
        Shop__ListProductForSaleRequest list = SHOP__LIST_PRODUCT_FOR_SALE_REQUEST__INIT;
        Shop__Product product = SHOP__PRODUCT__INIT, *made;
        Shop__Variant variant = SHOP__VARIANT__INIT, *added;
        Shop__LocalText title = english("A mug"), *titles[] = {&title};
        char sku[32];

        product.titles = titles;
        product.n_titles = 1;
        product.tax_class = "standard";
        create.product = &product;
        made = live_call(channel, &shop_catalog_create_product_method, &create, NULL);
        snprintf(sku, sizeof(sku), "MUG-%zu", storefront->variant_count);
        variant.product_id = made->id;
        variant.sku = sku;
        add.variant = &variant;
        added = live_call(channel, &shop_catalog_create_variant_method, &add, NULL);
        add_price(storefront, channel, added->id);
        list.id = made->id;
        live_free(live_call(channel, &shop_catalog_list_product_for_sale_method, &list, NULL));
        id_copy(storefront->variant_ids[storefront->variant_count++], added->id);
        live_free(made);
        live_free(added);
}

static void receive_units(
        const struct storefront *storefront, struct shop_channel *channel, int64_t units)
{
        Shop__ReceiveGoodsRequest receive = SHOP__RECEIVE_GOODS_REQUEST__INIT;
        Shop__ReceiveGoodsLine lines[VARIANTS_MAX], *at[VARIANTS_MAX];

        for (size_t i = 0; i < storefront->variant_count; i++) {
                lines[i] = (Shop__ReceiveGoodsLine)SHOP__RECEIVE_GOODS_LINE__INIT;
                lines[i].variant_id = storefront->variant_ids[i];
                lines[i].quantity = units;
                at[i] = &lines[i];
        }
        receive.location_id = storefront->location_id;
        receive.lines = at;
        receive.n_lines = storefront->variant_count;
        live_free(live_call(channel, &shop_supply_receive_goods_method, &receive, NULL));
}

void storefront_open(struct storefront *storefront, struct shop_channel *channel,
        size_t variant_count, int64_t units)
{
        *storefront = (struct storefront){0};
        add_tax(channel);
        add_programme(channel);
        add_price_list(storefront, channel);
        add_location(storefront, channel);
        add_shipping(storefront, channel);
        for (size_t i = 0; i < variant_count; i++)
                add_variant(storefront, channel);
        receive_units(storefront, channel, units);
}

void guest_enter(
        struct guest *guest, struct shop_channel *channel, const struct storefront *storefront)
{
        Shop__CreateGuestRequest enter = SHOP__CREATE_GUEST_REQUEST__INIT;
        Shop__CreateCartRequest take = SHOP__CREATE_CART_REQUEST__INIT;
        Shop__SessionGrant *grant;
        Shop__Cart *cart;

        grant = live_call(channel, &shop_membership_create_guest_method, &enter, "");
        snprintf(guest->token, sizeof(guest->token), "%s", grant->token);
        id_copy(guest->member_id, grant->member->id);
        live_free(grant);
        take.price_list_id = storefront->price_list_id;
        cart = live_call(channel, &shop_cart_create_cart_method, &take, guest->token);
        id_copy(guest->cart_id, cart->id);
        live_free(cart);
}

void guest_add(const struct guest *guest, struct shop_channel *channel, const char *variant_id,
        int64_t quantity)
{
        Shop__AddCartLinesRequest add = SHOP__ADD_CART_LINES_REQUEST__INIT;
        Shop__AddCartLine line = SHOP__ADD_CART_LINE__INIT, *lines[] = {&line};

        line.variant_id = variant_id;
        line.quantity = quantity;
        add.cart_id = guest->cart_id;
        add.lines = lines;
        add.n_lines = 1;
        live_free(live_call(channel, &shop_cart_add_cart_lines_method, &add, guest->token));
}
