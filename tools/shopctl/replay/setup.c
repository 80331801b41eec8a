/*
 * Everything that must be there before the first document: the tax rate, the price list, the
 * location, a product with one variant and one price for every code, a member for every customer.
 * Rows are found by the names that the file gives them; only what is missing is made.
 */
#include <stdio.h>
#include <string.h>
#include "catalog.client.h"
#include "checkout.client.h"
#include "membership.client.h"
#include "supply.client.h"
#include "tools/shopctl/replay/fan.h"
#include "tools/shopctl/replay/replay.h"

#define PAGE_SIZE 1000
#define SLUG      "online-retail"

struct setup {
        struct replay *replay;
        struct names codes;
        struct names customers;
        const char **product_ids;
        const char **price_ids;
        bool *listed;
        struct names variants; /* variant ids, numbered as met */
        uint32_t *variant_code;
        size_t variant_capacity;
};

/* ---- the few rows that everything hangs on ---- */

static void take_price_lists(void *context, const ProtobufCMessage *page)
{
        struct setup *setup = context;
        const Shop__ListPriceListsResponse *response = (const Shop__ListPriceListsResponse *)page;

        for (size_t i = 0; i < response->n_price_lists; i++)
                setup->replay->price_list_id =
                        arena_text(setup->replay->arena, response->price_lists[i]->id);
}

static bool ensure_price_list(struct setup *setup)
{
        struct replay *replay = setup->replay;
        Shop__ListPriceListsRequest list = SHOP__LIST_PRICE_LISTS_REQUEST__INIT;
        Shop__CreatePriceListRequest create = SHOP__CREATE_PRICE_LIST_REQUEST__INIT;
        Shop__PriceList row = SHOP__PRICE_LIST__INIT;
        Shop__PriceList *made;

        list.slug = SLUG;
        if (!replay_pages(setup->replay, &shop_catalog_list_price_lists_method, &list.base,
                    take_price_lists, setup))
                return false;
        if (replay->price_list_id != NULL)
                return true;
        row.slug = SLUG;
        row.currency_code = "GBP";
        row.tax_included = true;
        row.home_country_code = "GB";
        create.price_list = &row;
        if (shop_catalog_create_price_list(replay->channel, &create, NULL, &made, &replay->error) !=
                SHOP_OK)
                return replay_failed(replay, "making the price list");
        replay->price_list_id = arena_text(replay->arena, made->id);
        protobuf_c_message_free_unpacked(&made->base, NULL);
        return true;
}

static void take_locations(void *context, const ProtobufCMessage *page)
{
        struct setup *setup = context;
        const Shop__ListLocationsResponse *response = (const Shop__ListLocationsResponse *)page;

        for (size_t i = 0; i < response->n_locations; i++)
                setup->replay->location_id =
                        arena_text(setup->replay->arena, response->locations[i]->id);
}

static bool ensure_location(struct setup *setup)
{
        struct replay *replay = setup->replay;
        Shop__ListLocationsRequest list = SHOP__LIST_LOCATIONS_REQUEST__INIT;
        Shop__CreateLocationRequest create = SHOP__CREATE_LOCATION_REQUEST__INIT;
        Shop__Location row = SHOP__LOCATION__INIT;
        Shop__Location *made;

        list.slug = SLUG;
        if (!replay_pages(setup->replay, &shop_supply_list_locations_method, &list.base,
                    take_locations, setup))
                return false;
        if (replay->location_id != NULL)
                return true;
        row.slug = SLUG;
        row.title = "Online Retail";
        row.country_code = "GB";
        create.location = &row;
        if (shop_supply_create_location(replay->channel, &create, NULL, &made, &replay->error) !=
                SHOP_OK)
                return replay_failed(replay, "making the location");
        replay->location_id = arena_text(replay->arena, made->id);
        protobuf_c_message_free_unpacked(&made->base, NULL);
        return true;
}

static bool ensure_tax_rate(struct setup *setup)
{
        struct replay *replay = setup->replay;
        Shop__ListTaxRatesRequest list = SHOP__LIST_TAX_RATES_REQUEST__INIT;
        Shop__ListTaxRatesResponse *rates;
        Shop__CreateTaxRateRequest create = SHOP__CREATE_TAX_RATE_REQUEST__INIT;
        Shop__TaxRate row = SHOP__TAX_RATE__INIT;
        size_t count;

        list.country_code = "GB";
        if (shop_checkout_list_tax_rates(replay->channel, &list, NULL, &rates, &replay->error) !=
                SHOP_OK)
                return replay_failed(replay, "asking for tax rates");
        count = rates->n_tax_rates;
        protobuf_c_message_free_unpacked(&rates->base, NULL);
        if (count > 0)
                return true;
        row.country_code = "GB";
        row.tax_class = "standard";
        row.title = "VAT";
        row.rate = "0.2";
        create.tax_rate = &row;
        return shop_checkout_create_tax_rate(
                       replay->channel, &create, NULL, NULL, &replay->error) == SHOP_OK ||
               replay_failed(replay, "making the tax rate");
}

/* ---- products ---- */

static void take_products(void *context, const ProtobufCMessage *page)
{
        struct setup *setup = context;
        const Shop__ListProductsResponse *response = (const Shop__ListProductsResponse *)page;

        for (size_t i = 0; i < response->n_products; i++) {
                const Shop__Product *product = response->products[i];
                uint32_t code = names_find(&setup->codes, product->external_id);

                if (code == UINT32_MAX)
                        continue;
                setup->product_ids[code] = arena_text(setup->replay->arena, product->id);
                setup->listed[code] = product->state != SHOP__PRODUCT_STATE__PRODUCT_STATE_DRAFT;
        }
}

static void take_variants(void *context, const ProtobufCMessage *page)
{
        struct setup *setup = context;
        const Shop__ListVariantsResponse *response = (const Shop__ListVariantsResponse *)page;

        for (size_t i = 0; i < response->n_variants; i++) {
                const Shop__Variant *variant = response->variants[i];
                uint32_t code = names_find(&setup->codes, variant->sku);
                uint32_t number;

                if (code == UINT32_MAX)
                        continue;
                setup->replay->variant_ids[code] = arena_text(setup->replay->arena, variant->id);
                number = names_number(&setup->variants, variant->id);
                if (number < setup->variant_capacity)
                        setup->variant_code[number] = code;
        }
}

static void take_prices(void *context, const ProtobufCMessage *page)
{
        struct setup *setup = context;
        const Shop__ListPricesResponse *response = (const Shop__ListPricesResponse *)page;

        for (size_t i = 0; i < response->n_prices; i++) {
                uint32_t number = names_find(&setup->variants, response->prices[i]->variant_id);

                if (number < setup->variant_capacity)
                        setup->price_ids[setup->variant_code[number]] = "known";
        }
}

static bool load_catalogue(struct setup *setup)
{
        Shop__ListProductsRequest products = SHOP__LIST_PRODUCTS_REQUEST__INIT;
        Shop__ListVariantsRequest variants = SHOP__LIST_VARIANTS_REQUEST__INIT;
        Shop__ListPricesRequest prices = SHOP__LIST_PRICES_REQUEST__INIT;

        products.page_size = PAGE_SIZE;
        variants.page_size = PAGE_SIZE;
        prices.page_size = PAGE_SIZE;
        return replay_pages(setup->replay, &shop_catalog_list_products_method, &products.base,
                       take_products, setup) &&
               replay_pages(setup->replay, &shop_catalog_list_variants_method, &variants.base,
                       take_variants, setup) &&
               replay_pages(setup->replay, &shop_catalog_list_prices_method, &prices.base,
                       take_prices, setup);
}

static bool call_product(struct setup *setup, struct fan *fan, size_t code)
{
        const struct plan_code *plan = &setup->replay->plan->codes[code];
        Shop__CreateProductRequest request = SHOP__CREATE_PRODUCT_REQUEST__INIT;
        Shop__Product product = SHOP__PRODUCT__INIT;
        Shop__LocalText title = SHOP__LOCAL_TEXT__INIT;
        Shop__LocalText *titles[] = {&title};

        title.language = "en";
        title.text = plan->title;
        product.external_id = plan->sku;
        product.n_titles = 1;
        product.titles = titles;
        product.tax_class = "standard";
        request.product = &product;
        return fan_call(
                fan, &shop_catalog_create_product_method, &request.base, &setup->product_ids[code]);
}

static bool call_variant(struct setup *setup, struct fan *fan, size_t code)
{
        Shop__CreateVariantRequest request = SHOP__CREATE_VARIANT_REQUEST__INIT;
        Shop__Variant variant = SHOP__VARIANT__INIT;

        variant.product_id = setup->product_ids[code];
        variant.sku = setup->replay->plan->codes[code].sku;
        request.variant = &variant;
        return fan_call(fan, &shop_catalog_create_variant_method, &request.base,
                &setup->replay->variant_ids[code]);
}

static bool call_price(struct setup *setup, struct fan *fan, size_t code)
{
        Shop__CreatePriceRequest request = SHOP__CREATE_PRICE_REQUEST__INIT;
        Shop__Price price = SHOP__PRICE__INIT;

        price.variant_id = setup->replay->variant_ids[code];
        price.price_list_id = setup->replay->price_list_id;
        price.amount_minor = setup->replay->plan->codes[code].price_minor;
        request.price = &price;
        return fan_call(
                fan, &shop_catalog_create_price_method, &request.base, &setup->price_ids[code]);
}

static bool call_listing(struct setup *setup, struct fan *fan, size_t code)
{
        Shop__ListProductForSaleRequest request = SHOP__LIST_PRODUCT_FOR_SALE_REQUEST__INIT;

        request.id = setup->product_ids[code];
        return fan_call(fan, &shop_catalog_list_product_for_sale_method, &request.base, NULL);
}

static bool call_member(struct setup *setup, struct fan *fan, size_t customer)
{
        const struct plan_customer *plan = &setup->replay->plan->customers[customer];
        Shop__ImportMemberRequest request = SHOP__IMPORT_MEMBER_REQUEST__INIT;

        request.external_id = plan->external_id;
        request.kind = plan->guest ? SHOP__MEMBER_KIND__MEMBER_KIND_GUEST
                                   : SHOP__MEMBER_KIND__MEMBER_KIND_MEMBER;
        return fan_call(fan, &shop_membership_import_member_method, &request.base,
                &setup->replay->member_ids[customer]);
}

/* Calls for every number below count whose id is not known yet. */
static bool fill(struct setup *setup, const char *what, const char *const *ids, const bool *done,
        size_t count, bool (*call)(struct setup *, struct fan *, size_t))
{
        struct progress *progress = progress_begin(what, count);
        struct fan fan;
        bool going = true;

        fan_begin(&fan, setup->replay->channel, setup->replay->arena);
        for (size_t i = 0; i < count && going && !atomic_load(&replay_stop); i++) {
                if (done != NULL ? !done[i] : ids[i] == NULL)
                        going = call(setup, &fan, i);
                progress_step(progress, i + 1);
        }
        going = fan_end(&fan);
        progress_end(progress);
        if (!going) {
                fprintf(stderr, "shopctl: %s: %s\n", what, fan.reason);
                setup->replay->error.code = fan.failed;
        }
        return going && !atomic_load(&replay_stop);
}

static bool fill_all(struct setup *setup)
{
        const struct plan *plan = setup->replay->plan;

        return fill(setup, "products", setup->product_ids, NULL, plan->code_count, call_product) &&
               fill(setup, "variants", setup->replay->variant_ids, NULL, plan->code_count,
                       call_variant) &&
               fill(setup, "prices", setup->price_ids, NULL, plan->code_count, call_price) &&
               fill(setup, "listings", NULL, setup->listed, plan->code_count, call_listing) &&
               fill(setup, "customers", setup->replay->member_ids, NULL, plan->customer_count,
                       call_member);
}

/* ---- customers ---- */

static void take_members(void *context, const ProtobufCMessage *page)
{
        struct setup *setup = context;
        const Shop__ListMembersResponse *response = (const Shop__ListMembersResponse *)page;

        for (size_t i = 0; i < response->n_members; i++) {
                uint32_t customer =
                        names_find(&setup->customers, response->members[i]->external_id);

                if (customer != UINT32_MAX)
                        setup->replay->member_ids[customer] =
                                arena_text(setup->replay->arena, response->members[i]->id);
        }
}

static void prepare(struct setup *setup, struct replay *replay)
{
        const struct plan *plan = replay->plan;

        *setup = (struct setup){.replay = replay};
        names_init(&setup->codes, replay->arena);
        names_init(&setup->customers, replay->arena);
        names_init(&setup->variants, replay->arena);
        for (size_t i = 0; i < plan->code_count; i++)
                names_number(&setup->codes, plan->codes[i].sku);
        for (size_t i = 0; i < plan->customer_count; i++)
                names_number(&setup->customers, plan->customers[i].external_id);
        replay->variant_ids = arena_array(replay->arena, const char *, plan->code_count + 1);
        replay->member_ids = arena_array(replay->arena, const char *, plan->customer_count + 1);
        setup->product_ids = arena_array(replay->arena, const char *, plan->code_count + 1);
        setup->price_ids = arena_array(replay->arena, const char *, plan->code_count + 1);
        setup->listed = arena_array(replay->arena, bool, plan->code_count + 1);
        setup->variant_code = arena_array(replay->arena, uint32_t, plan->code_count + 1);
        setup->variant_capacity = plan->code_count;
}

bool setup_run(struct replay *replay)
{
        Shop__ListMembersRequest members = SHOP__LIST_MEMBERS_REQUEST__INIT;
        struct setup setup;
        bool done;

        prepare(&setup, replay);
        members.page_size = PAGE_SIZE;
        done = ensure_tax_rate(&setup) && ensure_price_list(&setup) && ensure_location(&setup) &&
               load_catalogue(&setup) &&
               replay_pages(replay, &shop_membership_list_members_method, &members.base,
                       take_members, &setup) &&
               fill_all(&setup);
        names_release(&setup.codes);
        names_release(&setup.customers);
        names_release(&setup.variants);
        return done;
}
