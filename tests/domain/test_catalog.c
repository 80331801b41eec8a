/*
 * The catalogue: who sees what, what is found, what it costs.
 */
#include <string.h>
#include "catalog.rows.h"
#include "catalog_internal.rows.h"
#include "server/catalog/catalog.h"
#include "tests/domain/stall.h"

/* A shop with staff and one price list, nothing on its shelves. */
struct bench {
        struct stall stall;
        struct persona staff;
        const char *list_id;
};

static struct bench bench_open(void)
{
        struct bench bench = {.stall = {.shop = shop_open()}};

        bench.staff = shop_as(bench.stall.shop, ROLE_PRODUCT_SPECIALIST);
        const PriceList *list = stall_ok(&bench.stall, bench.staff, "catalog.CreatePriceList",
                "{'price_list':{'slug':'eu','currency_code':'EUR'}}");

        bench.list_id = list->id;
        return bench;
}

static const char *draft(struct bench *bench, const char *fields)
{
        const Product *product = stall_ok(
                &bench->stall, bench->staff, "catalog.CreateProduct", "{'product':{%s}}", fields);

        return product->id;
}

static const char *add_variant(struct bench *bench, const char *product_id, const char *sku)
{
        const Variant *variant = stall_ok(&bench->stall, bench->staff, "catalog.CreateVariant",
                "{'variant':{'product_id':'%s','sku':'%s'}}", product_id, sku);

        return variant->id;
}

static void add_price(struct bench *bench, const char *variant_id, const char *fields)
{
        stall_ok(&bench->stall, bench->staff, "catalog.CreatePrice",
                "{'price':{'variant_id':'%s','price_list_id':'%s',%s}}", variant_id, bench->list_id,
                fields);
}

static const char *listed(struct bench *bench, const char *sku, const char *fields)
{
        const char *id = draft(bench, fields);

        add_price(bench, add_variant(bench, id, sku), "'amount_minor':'100'");
        stall_ok(&bench->stall, bench->staff, "catalog.ListProductForSale", "{'id':'%s'}", id);
        return id;
}

#define TITLE(language, text) "'titles':[{'language':'" language "','text':'" text "'}]"

/* ---- who sees what ---- */

static void drafts_are_not_there(void **state)
{
        struct bench bench = bench_open();
        const char *id = draft(&bench, TITLE("en", "Secret"));
        const struct refusal hidden = {"catalog.GetProduct", NOT_FOUND, "PRODUCT_NOT_FOUND"};
        const char *absent = "01jzzzzzzzzzzzzzzzzzzzzzzz";
        struct persona alice = shop_member(bench.stall.shop, "alice");

        for (int i = 0; i < 2; i++) {
                struct persona who = i == 0 ? shop_nobody() : alice;
                struct error *draft_error =
                        stall_refused(&bench.stall, who, hidden, "{'id':'%s'}", id);
                struct error *absent_error =
                        stall_refused(&bench.stall, who, hidden, "{'id':'%s'}", absent);

                assert_int_equal(strlen(id), strlen(absent));
                assert_int_equal(strlen(draft_error->message), strlen(absent_error->message));
                assert_memory_equal(draft_error->message, absent_error->message,
                        strlen(absent_error->message) - strlen(absent));
                assert_true(
                        (draft_error->violations == NULL) == (absent_error->violations == NULL));
                assert_true((draft_error->facts == NULL) == (absent_error->facts == NULL));
        }
        const Product *product =
                stall_ok(&bench.stall, bench.staff, "catalog.GetProduct", "{'id':'%s'}", id);

        assert_int_equal(product->state, PRODUCT_STATE_DRAFT);
        stall_refused(&bench.stall, alice,
                (struct refusal){"catalog.CreateProduct", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"},
                "{'product':{}}");
        shop_close(bench.stall.shop);
}

/* A variant has the name of its product's news: it is as hidden as they are. */
static void variants_of_drafts_are_not_there(void **state)
{
        struct bench bench = bench_open();
        const char *id = draft(&bench, TITLE("en", "Secret"));
        const char *variant_id = add_variant(&bench, id, "S-1");
        static const char *const lists[] = {"{}", "{'sku':'S-1'}", "{'product_id':'%s'}"};
        const struct refusal hidden = {"catalog.GetVariant", NOT_FOUND, "VARIANT_NOT_FOUND"};

        stall_refused(&bench.stall, shop_nobody(), hidden, "{'id':'%s'}", variant_id);
        stall_refused(&bench.stall, shop_nobody(), hidden, "{'id':'%s'}", id);
        stall_ok(&bench.stall, bench.staff, "catalog.GetVariant", "{'id':'%s'}", variant_id);
        for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
                const char *request = arena_printf(shop_arena(bench.stall.shop), lists[i], id);
                const ListVariantsResponse *seen = stall_ok(
                        &bench.stall, shop_nobody(), "catalog.ListVariants", "%s", request);

                for (size_t n = 0; n < seen->n_variants; n++)
                        assert_string_not_equal(seen->variants[n]->sku, "S-1");
                seen = stall_ok(&bench.stall, bench.staff, "catalog.ListVariants", "%s", request);
                assert_string_equal(seen->variants[seen->n_variants - 1]->sku, "S-1");
        }
        shop_close(bench.stall.shop);
}

/* A page that hides some is as long as any other, and goes on behind what it showed. */
static void variants_come_in_pages(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);
        const char *token = "";
        size_t pages = 0, seen = 0;

        for (int i = 0; i < 4; i++) {
                const Product *product =
                        stall_ok(&stall, staff, "catalog.CreateProduct", "{'product':{}}");

                stall_ok(&stall, staff, "catalog.CreateVariant",
                        "{'variant':{'product_id':'%s','sku':'S-%d'}}", product->id, i);
        }
        do {
                const ListVariantsResponse *page = stall_ok(&stall, stall.alice,
                        "catalog.ListVariants", "{'page_size':2,'page_token':'%s'}", token);

                seen += page->n_variants;
                token = page->next_page_token;
                pages++;
        } while (token[0] != '\0');
        assert_int_equal(seen, WARE_COUNT);
        assert_int_equal(pages, 2);
        stall_close(&stall);
}

static void listing_names_all_that_is_missing(void **state)
{
        struct bench bench = bench_open();
        const char *id = draft(&bench, "'brand':'Acme'");
        const struct refusal incomplete = {
                "catalog.ListProductForSale", FAILED_PRECONDITION, "PRODUCT_INCOMPLETE"};
        struct error *error =
                stall_refused(&bench.stall, bench.staff, incomplete, "{'id':'%s'}", id);

        assert_string_equal(error->violations->field, "titles");
        assert_string_equal(error->violations->next->field, "variants");
        assert_null(error->violations->next->next);
        const char *variant_id = add_variant(&bench, id, "A-1");

        stall_ok(&bench.stall, bench.staff, "catalog.UpdateProduct",
                "{'product':{'id':'%s'," TITLE("en", "Anvil") "}}", id);
        error = stall_refused(&bench.stall, bench.staff, incomplete, "{'id':'%s'}", id);
        assert_string_equal(error->violations->field, "prices");
        assert_null(error->violations->next);
        add_price(&bench, variant_id, "'amount_minor':'0'");
        const Product *product = stall_ok(
                &bench.stall, bench.staff, "catalog.ListProductForSale", "{'id':'%s'}", id);

        assert_int_equal(product->state, PRODUCT_STATE_LISTED);
        assert_int_equal(product->n_variants, 1);
        assert_int_equal(shop_event_count(bench.stall.shop, "product.listed"), 1);
        /* Again: nothing happens. */
        stall_ok(&bench.stall, bench.staff, "catalog.ListProductForSale", "{'id':'%s'}", id);
        assert_int_equal(shop_event_count(bench.stall.shop, "product.listed"), 1);
        product = stall_ok(&bench.stall, shop_nobody(), "catalog.GetProduct", "{'id':'%s'}", id);
        assert_string_equal(product->variants[0]->sku, "A-1");
        /* Variants are filled in, never stored. */
        assert_int_equal(product_get(shop_read(bench.stall.shop), id)->n_variants, 0);
        shop_close(bench.stall.shop);
}

static void names_are_taken_once(void **state)
{
        struct bench bench = bench_open();
        const char *id = draft(&bench, "'external_id':'X-1'");

        stall_refused(&bench.stall, bench.staff,
                (struct refusal){
                        "catalog.CreateProduct", ALREADY_EXISTS, "PRODUCT_EXTERNAL_ID_TAKEN"},
                "{'product':{'external_id':'X-1'}}");
        add_variant(&bench, id, "A-1");
        stall_refused(&bench.stall, bench.staff,
                (struct refusal){"catalog.CreateVariant", ALREADY_EXISTS, "VARIANT_SKU_TAKEN"},
                "{'variant':{'product_id':'%s','sku':'A-1'}}", id);
        add_variant(&bench, id, "a-1"); /* case matters */
        stall_refused(&bench.stall, bench.staff,
                (struct refusal){
                        "catalog.CreatePriceList", ALREADY_EXISTS, "PRICE_LIST_SLUG_TAKEN"},
                "{'price_list':{'slug':'eu','currency_code':'EUR'}}");
        shop_close(bench.stall.shop);
}

static void tax_in_prices_names_its_zone(void **state)
{
        struct bench bench = bench_open();
        const struct refusal refusal = {"catalog.CreatePriceList", INVALID_ARGUMENT, "REQUIRED"};
        struct error *error = stall_refused(&bench.stall, bench.staff, refusal,
                "{'price_list':{'slug':'gb','currency_code':'GBP','tax_included':true}}");

        assert_string_equal(error->violations->field, "price_list.home_country_code");
        error = stall_refused(&bench.stall, bench.staff,
                (struct refusal){refusal.method, INVALID_ARGUMENT, "OUTPUT_ONLY"},
                "{'price_list':{'id':'mine','slug':'gb','currency_code':'GBP'}}");
        assert_string_equal(error->violations->field, "price_list.id");
        const PriceList *list = stall_ok(&bench.stall, bench.staff, refusal.method,
                "{'price_list':{'slug':'gb','currency_code':'GBP','tax_included':true,"
                "'home_country_code':'GB'}}");

        assert_string_not_equal(list->etag, "");
        shop_close(bench.stall.shop);
}

/* ---- pages ---- */

static void browsing_goes_newest_first_in_pages(void **state)
{
        struct bench bench = bench_open();
        const char *ids[5];
        const char *token = "";
        struct persona alice = shop_member(bench.stall.shop, "alice");

        for (int i = 0; i < 5; i++) {
                char sku[] = {'S', '-', (char)('0' + i), '\0'};

                ids[i] = listed(&bench, sku, TITLE("en", "Mug"));
                shop_advance(bench.stall.shop, MINUTE_US);
        }
        draft(&bench, TITLE("en", "Draft"));
        stall_ok(&bench.stall, bench.staff, "catalog.DelistProduct", "{'id':'%s'}", ids[3]);
        const char *expected[] = {ids[4], ids[2], ids[1], ids[0]};
        size_t seen = 0;

        do {
                const BrowseProductsResponse *page = stall_ok(&bench.stall, shop_nobody(),
                        "catalog.BrowseProducts", "{'page_size':2,'page_token':'%s'}", token);

                assert_true(page->n_products <= 2);
                for (size_t i = 0; i < page->n_products; i++, seen++) {
                        assert_true(seen < 4);
                        assert_string_equal(page->products[i]->id, expected[seen]);
                        assert_int_equal(page->products[i]->n_variants, 0);
                }
                token = page->next_page_token;
                if (token[0] != '\0')
                        stall_refused(&bench.stall, alice,
                                (struct refusal){"catalog.BrowseProducts", INVALID_ARGUMENT,
                                        "BAD_PAGE_TOKEN"},
                                "{'page_size':2,'page_token':'%s'}", token);
        } while (token[0] != '\0');
        assert_int_equal(seen, 4);
        shop_close(bench.stall.shop);
}

/* ---- search ---- */

static void assert_found(
        struct bench *bench, const char *query, const char *const *ids, size_t count)
{
        const SearchProductsResponse *found = stall_ok(
                &bench->stall, shop_nobody(), "catalog.SearchProducts", "{'query':'%s'}", query);

        if (found->n_products != count)
                fail_msg("%s finds %zu products instead of %zu", query, found->n_products, count);
        for (size_t i = 0; i < count; i++)
                assert_string_equal(found->products[i]->id, ids[i]);
}

static void search_finds_words_of_both_languages(void **state)
{
        struct bench bench = bench_open();
        const char *pot = listed(&bench, "POT",
                "'titles':[{'language':'en','text':'Blue Café Teapot'},"
                "{'language':'zh','text':'蓝色陶瓷茶壶'}],'brand':'Willow'");

        shop_advance(bench.stall.shop, SECOND_US);
        const char *cup = listed(&bench, "CUP",
                "'titles':[{'language':'en','text':'Tea cup, 200ml'},"
                "{'language':'zh','text':'陶瓷茶杯'}],'brand':'Willow'");

        shop_advance(bench.stall.shop, SECOND_US);
        const char *branch =
                listed(&bench, "BRANCH", TITLE("en", "Willow branch") ",'brand':'Garden'");

        shop_advance(bench.stall.shop, SECOND_US);
        const char *holder =
                listed(&bench, "HOLDER", TITLE("en", "Branch holder") ",'brand':'Willow'");

        draft(&bench, TITLE("en", "Teapot draft"));
        const struct {
                const char *query;
                const char *ids[4];
                size_t count;
        } cases[] = {
                {"teapot", {pot}, 1},
                {"TEA", {cup, pot}, 2}, /* beginnings, newest first */
                {"tea blue", {pot}, 1}, /* all words */
                {"pot", {0}, 0},        /* not the middle of a word */
                {"cafe", {pot}, 1},     /* accents do not count */
                {"ＣＵＰ", {cup}, 1},   /* full-width forms */
                {"200ml", {cup}, 1},
                {"willow", {branch, holder, cup, pot}, 4}, /* in a title before in a brand */
                {"branch willow", {branch, holder}, 2},    /* all of them in a title */
                {"willow tea", {cup, pot}, 2},
                {"陶瓷", {cup, pot}, 2},
                {"茶壶", {pot}, 1},
                {"茶", {cup, pot}, 2},
                {"壶", {pot}, 1},
                {"瓷茶壶", {pot}, 1},
                {"茶瓷", {0}, 0}, /* order matters */
                {"陶瓷 tea", {cup, pot}, 2},
                {"draft", {0}, 0},
                {"!?", {0}, 0},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                assert_found(&bench, cases[i].query, cases[i].ids, cases[i].count);
        shop_restart(bench.stall.shop);
        assert_found(&bench, "teapot", (const char *const[]){pot}, 1);
        shop_close(bench.stall.shop);
}

static size_t term_count(struct bench *bench)
{
        struct scan *scan = search_term_all(shop_read(bench->stall.shop));
        size_t count = 0;

        while (search_term_next(scan) != NULL)
                count++;
        return count;
}

static void search_follows_changes(void **state)
{
        struct bench bench = bench_open();
        const char *id = listed(&bench, "POT", TITLE("en", "Old pot"));
        const Product *product = stall_ok(&bench.stall, bench.staff, "catalog.UpdateProduct",
                "{'product':{'id':'%s'," TITLE("en", "New pot") ",'brand':'pot'}}", id);

        assert_found(&bench, "old", NULL, 0);
        assert_found(&bench, "new", &id, 1);
        assert_int_equal(term_count(&bench), 2);
        /* An etag of before is refused, nothing else is needed to change. */
        stall_refused(&bench.stall, bench.staff,
                (struct refusal){"catalog.UpdateProduct", ABORTED, "ETAG_MISMATCH"},
                "{'product':{'id':'%s','brand':'B','etag':'1'}}", id);
        stall_ok(&bench.stall, bench.staff, "catalog.UpdateProduct",
                "{'product':{'id':'%s','brand':'Brand','etag':'%s'}}", id, product->etag);
        struct error *error = stall_refused(&bench.stall, bench.staff,
                (struct refusal){"catalog.UpdateProduct", INVALID_ARGUMENT, "REQUIRED"},
                "{'product':{'id':'%s'},'update_mask':'titles'}", id);

        assert_string_equal(error->violations->field, "product.titles");
        stall_refused(&bench.stall, bench.staff,
                (struct refusal){"catalog.UpdateProduct", INVALID_ARGUMENT, "TOO_LONG"},
                "{'product':{'id':'%s','brand':'%s'}}", id,
                "0123456789012345678901234567890123456789012345678901234567890");
        stall_ok(&bench.stall, bench.staff, "catalog.DelistProduct", "{'id':'%s'}", id);
        assert_found(&bench, "new", NULL, 0);
        assert_int_equal(term_count(&bench), 0);
        stall_ok(&bench.stall, bench.staff, "catalog.ListProductForSale", "{'id':'%s'}", id);
        assert_found(&bench, "brand", &id, 1);
        stall_refused(&bench.stall, bench.staff,
                (struct refusal){
                        "catalog.DelistProduct", FAILED_PRECONDITION, "PRODUCT_NOT_LISTED"},
                "{'id':'%s'}", draft(&bench, ""));
        shop_close(bench.stall.shop);
}

/* ---- prices ---- */

static void a_price_follows_quantity_and_time(void **state)
{
        struct bench bench = bench_open();
        const char *id = draft(&bench, "");
        const char *variant_id = add_variant(&bench, id, "A");
        const char *bare_id = add_variant(&bench, id, "B");

        add_price(&bench, variant_id, "'amount_minor':'1000'");
        add_price(&bench, variant_id, "'amount_minor':'900','quantity_min':'10'");
        add_price(&bench, variant_id, "'amount_minor':'800','quantity_min':'100'");
        add_price(&bench, variant_id,
                "'amount_minor':'950','start_time':'2010-12-10T00:00:00Z',"
                "'end_time':'2010-12-20T00:00:00Z'");
        add_price(&bench, variant_id,
                "'amount_minor':'940','quantity_min':'1','start_time':'2010-12-05T00:00:00Z',"
                "'end_time':'2010-12-15T00:00:00Z'");
        add_price(&bench, variant_id,
                "'amount_minor':'700','quantity_min':'100','start_time':'2010-12-12T00:00:00Z'");
        const struct {
                const char *variant_id;
                int64_t quantity;
                int64_t days;     /* after 2010-12-01 */
                int64_t expected; /* -1: none */
        } cases[] = {
                {variant_id, 1, 0, 1000},
                {variant_id, 9, 0, 1000},
                {variant_id, 10, 0, 900},
                {variant_id, 99, 0, 900},
                {variant_id, 100, 0, 800},
                {variant_id, 5000, 0, 800},
                {variant_id, 1, 4, 940}, /* from its first instant */
                {variant_id, 1, 9, 950}, /* 0 and 1 are one step: the later start counts */
                {variant_id, 1, 14, 950},
                {variant_id, 1, 19, 1000}, /* over at its last instant */
                {variant_id, 10, 9, 900},  /* the greater quantity_min goes first */
                {variant_id, 100, 10, 800},
                {variant_id, 100, 11, 700},
                {bare_id, 1, 0, -1},
        };
        int64_t start_us = shop_now_us(bench.stall.shop) - 8 * HOUR_US;

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct call call = {
                        .arena = shop_arena(bench.stall.shop),
                        .txn = shop_read(bench.stall.shop),
                        .now_us = start_us + cases[i].days * DAY_US,
                };
                int64_t price = -1;
                bool found = catalog_unit_price(
                        &call, cases[i].variant_id, bench.list_id, cases[i].quantity, &price);

                assert_int_equal(found, cases[i].expected >= 0);
                if (price != cases[i].expected)
                        fail_msg("case %zu costs %lld", i, (long long)price);
        }
        shop_close(bench.stall.shop);
}

static void texts_fall_back(void **state)
{
        LocalText en = SHOP__LOCAL_TEXT__INIT, zh = SHOP__LOCAL_TEXT__INIT,
                  de = SHOP__LOCAL_TEXT__INIT;

        en.language = "en-GB", en.text = "pot";
        zh.language = "zh", zh.text = "壶";
        de.language = "de", de.text = "Topf";
        LocalText *all[] = {&de, &en, &zh};
        const struct call chinese = {.language = "zh"}, english = {.language = "en"};

        assert_string_equal(catalog_text(&chinese, all, 3), "壶");
        assert_string_equal(catalog_text(&chinese, all, 2), "pot");
        assert_string_equal(catalog_text(&english, all, 3), "pot");
        assert_string_equal(catalog_text(&english, all, 1), "Topf");
        assert_string_equal(catalog_text(&english, all, 0), "");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(drafts_are_not_there),
                cmocka_unit_test(variants_of_drafts_are_not_there),
                cmocka_unit_test(variants_come_in_pages),
                cmocka_unit_test(listing_names_all_that_is_missing),
                cmocka_unit_test(names_are_taken_once),
                cmocka_unit_test(tax_in_prices_names_its_zone),
                cmocka_unit_test(browsing_goes_newest_first_in_pages),
                cmocka_unit_test(search_finds_words_of_both_languages),
                cmocka_unit_test(search_follows_changes),
                cmocka_unit_test(a_price_follows_quantity_and_time),
                cmocka_unit_test(texts_fall_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
