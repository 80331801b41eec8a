/*
 * What a cart would cost: prices, taxes and shipping, how they add up, and what is in the way of
 * ordering it.
 */
#include "tests/domain/stall.h"

#include <string.h>
#include "cart.rows.h"
#include "catalog.rows.h"

static struct refusal refusal(const char *method, enum status code, const char *reason)
{
        return (struct refusal){method, code, reason};
}

static void assert_blockers(const Quote *quote, const char *const *expected)
{
        size_t count = 0;

        for (; expected[count] != NULL; count++) {
                assert_true(count < quote->n_blockers);
                assert_string_equal(quote->blockers[count], expected[count]);
        }
        assert_int_equal(quote->n_blockers, count);
}

static void a_quote_adds_up(void **state)
{
        struct stall stall = stall_open();
        const char *cart_id = stall_cart(&stall, stall.alice, (struct basket){{3, 1, 0}});
        const Quote *quote = stall_quote(&stall, cart_id, "");

        assert_int_equal(quote->n_lines, 2);
        assert_int_equal(quote->lines[0]->unit_price_minor, 111);
        assert_int_equal(quote->lines[0]->amount_minor, 333);
        assert_int_equal(quote->lines[0]->net_minor, 333);
        assert_int_equal(quote->lines[0]->n_taxes, 1);
        assert_string_equal(quote->lines[0]->taxes[0]->title, "VAT");
        assert_int_equal(quote->lines[0]->taxes[0]->amount_minor, 67);
        assert_int_equal(quote->lines[0]->gross_minor, 400);
        assert_string_equal(quote->lines[1]->sku, "BOWL");
        assert_int_equal(quote->goods_minor, 2333);
        assert_int_equal(quote->tax_minor, 467);
        assert_int_equal(quote->payable_minor, 2800);
        assert_string_equal(quote->currency_code, "GBP");
        assert_int_equal(quote->n_blockers, 0);
        assert_int_equal(strlen(quote->fingerprint), 32);
        assert_string_equal(quote->fingerprint, stall_quote(&stall, cart_id, "GB")->fingerprint);
        quote = stall_quote(&stall, cart_id, "US");
        assert_int_equal(quote->tax_minor, 0);
        assert_int_equal(quote->payable_minor, 2333);
        stall_close(&stall);
}

/* A second list whose prices hold British tax; what one mug costs in it, delivered somewhere. */
static int64_t included_price(struct stall *stall, const char *extra, const char *country)
{
        struct persona staff = shop_as(stall->shop, ROLE_PRODUCT_SPECIALIST);
        const PriceList *list = stall_ok(stall, staff, "catalog.CreatePriceList",
                "{'price_list':{'slug':'with-tax-%s','currency_code':'GBP','tax_included':true,"
                "'home_country_code':'GB'%s}}",
                country[0] == 'G'  ? "gb"
                : extra[0] != '\0' ? "kept"
                                   : "other",
                extra);
        const Cart *cart;

        stall_ok(stall, staff, "catalog.CreatePrice",
                "{'price':{'variant_id':'%s','price_list_id':'%s','amount_minor':'100'}}",
                stall->variant_ids[WARE_MUG], list->id);
        cart = stall_ok(stall, stall->alice, "cart.CreateCart", "{'price_list_id':'%s'}", list->id);
        stall_ok(stall, stall->alice, "cart.AddCartLines",
                "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':2}]}", cart->id,
                stall->variant_ids[WARE_MUG]);
        return stall_quote(stall, cart->id, country)->payable_minor;
}

static void included_tax_follows_the_goods(void **state)
{
        struct stall stall = stall_open();

        assert_int_equal(included_price(&stall, "", "GB"), 200);
        assert_int_equal(included_price(&stall, "", "JE"), 167); /* rule 2: the net at home */
        assert_int_equal(included_price(&stall, ",'gross_kept':true", "JE"), 200);
        stall_close(&stall);
}

static void rates_have_their_time(void **state)
{
        struct stall stall = stall_open();
        struct persona finance = shop_as(stall.shop, ROLE_FINANCE);
        const char *cart_id = stall_cart(&stall, stall.alice, stall_mugs(1));

        stall_ok(&stall, finance, "checkout.CreateTaxRate",
                "{'tax_rate':{'country_code':'FR','tax_class':'standard','title':'TVA',"
                "'rate':'0.2','end_time':'2010-12-02T08:00:00Z'}}");
        stall_ok(&stall, finance, "checkout.CreateTaxRate",
                "{'tax_rate':{'country_code':'FR','tax_class':'standard','title':'TVA',"
                "'rate':'0.25','start_time':'2010-12-02T08:00:00Z'}}");
        shop_advance(stall.shop, DAY_US - 1);
        assert_int_equal(stall_quote(&stall, cart_id, "FR")->tax_minor, 22);
        shop_advance(stall.shop, 1);
        assert_int_equal(stall_quote(&stall, cart_id, "FR")->tax_minor, 28);
        stall_close(&stall);
}

/* A rate can never be taken away: one that would keep a country from buying does not get in. */
static void rates_that_no_quote_can_have_are_refused(void **state)
{
        static const struct {
                const char *rest;
                enum status code;
                const char *reason;
                const char *field;
        } cases[] = {
                {"'rate':'-0.5'", INVALID_ARGUMENT, "OUT_OF_RANGE", "tax_rate.rate"},
                {"'rate':'100'", INVALID_ARGUMENT, "OUT_OF_RANGE", "tax_rate.rate"},
                {"'rate':'0.1','start_time':'2011-01-01T00:00:00Z',"
                 "'end_time':'2011-01-01T00:00:00Z'",
                        INVALID_ARGUMENT, "OUT_OF_RANGE", "tax_rate.end_time"},
                {"'rate':'0.1'", FAILED_PRECONDITION, "TOO_MANY_TAX_RATES", ""},
        };
        struct stall stall = stall_open();
        struct persona finance = shop_as(stall.shop, ROLE_FINANCE);
        const char *cart_id = stall_cart(&stall, stall.alice, stall_mugs(1));
        const char *request = "{'tax_rate':{'country_code':'FR','tax_class':'standard',"
                              "'title':'T',%s}}";

        for (int i = 0; i < 4; i++)
                stall_ok(&stall, finance, "checkout.CreateTaxRate", request,
                        "'rate':'0.05','end_time':'2012-01-01T00:00:00Z'");
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct error *error = stall_refused(&stall, finance,
                        refusal("checkout.CreateTaxRate", cases[i].code, cases[i].reason), request,
                        cases[i].rest);

                if (cases[i].field[0] != '\0')
                        assert_string_equal(error->violations->field, cases[i].field);
        }
        stall_ok(&stall, finance, "checkout.CreateTaxRate", request,
                "'rate':'0.1','start_time':'2012-01-01T00:00:00Z'");
        assert_int_equal(stall_quote(&stall, cart_id, "FR")->lines[0]->n_taxes, 4);
        stall_close(&stall);
}

static void shipping_is_a_line_of_its_own(void **state)
{
        struct stall stall = stall_open();
        const char *cart_id = stall_cart(&stall, stall.alice, (struct basket){{0, 1, 0}});
        const char *method_id = stall_shipping(&stall, 2001);
        const Quote *quote = stall_quote_shipped(&stall, cart_id, "GB", method_id);

        assert_int_equal(quote->n_lines, 2);
        assert_int_equal(quote->lines[1]->kind, LINE_KIND_SHIPPING);
        assert_int_equal(quote->lines[1]->number, 0);
        assert_string_equal(quote->lines[1]->title, "Post");
        assert_int_equal(quote->shipping_minor, 450);
        assert_int_equal(quote->lines[1]->gross_minor, 540);
        assert_int_equal(quote->payable_minor, 2940);
        quote = stall_quote_shipped(&stall, cart_id, "GB", stall_shipping(&stall, 2000));
        assert_int_equal(quote->shipping_minor, 0);
        assert_int_equal(quote->payable_minor, 2400);
        quote = stall_quote_shipped(&stall, cart_id, "US", method_id);
        assert_blockers(quote, (const char *const[]){"SHIPPING_NOT_POSSIBLE", NULL});
        stall_refused(&stall, stall.alice, stall_placing(INVALID_ARGUMENT, "ADDRESS_MISSING"),
                "{'cart_id':'%s','fingerprint':'%s','shipping_method_id':'%s'}", cart_id,
                quote->fingerprint, method_id);
        stall_close(&stall);
}

/* Prices without tax and without a home: nothing is sold before somebody says whose tax it is. */
static void tax_is_somebodys(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);
        const PriceList *list = stall_ok(&stall, staff, "catalog.CreatePriceList",
                "{'price_list':{'slug':'trade','currency_code':'GBP'}}");

        stall_ok(&stall, staff, "catalog.CreatePrice",
                "{'price':{'variant_id':'%s','price_list_id':'%s','amount_minor':'100'}}",
                stall.variant_ids[WARE_MUG], list->id);
        const Cart *cart = stall_ok(
                &stall, stall.alice, "cart.CreateCart", "{'price_list_id':'%s'}", list->id);

        stall_ok(&stall, stall.alice, "cart.AddCartLines",
                "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':1}]}", cart->id,
                stall.variant_ids[WARE_MUG]);
        const Quote *quote = stall_quote(&stall, cart->id, "");

        assert_blockers(quote, (const char *const[]){"COUNTRY_MISSING", NULL});
        stall_refused(&stall, stall.alice, stall_placing(FAILED_PRECONDITION, "COUNTRY_MISSING"),
                "{'cart_id':'%s','fingerprint':'%s'}", cart->id, quote->fingerprint);
        quote = stall_quote(&stall, cart->id, "GB");
        assert_int_equal(quote->payable_minor, 120);
        stall_ok(&stall, stall.alice, "checkout.PlaceOrder",
                "{'cart_id':'%s','fingerprint':'%s','delivery_address':{'country_code':'GB'}}",
                cart->id, quote->fingerprint);
        stall_close(&stall);
}

/* Bowls at 20.00 without tax or 24.00 with it; a fee of the other kind, free from so much of it. */
static void a_fee_in_the_other_basis_is_converted(void **state)
{
        static const struct {
                const char *fees; /* the list of the fee */
                const char *goods;
                int price, fee, free_from;
                int64_t shipping_minor, gross_minor;
        } rows[] = {
                {"true", "false", 2000, 600, 0, 500, 600},
                {"false", "true", 2400, 500, 0, 600, 600},
                {"true", "false", 2000, 600, 2400, 0, 0},
                {"true", "false", 2000, 600, 2402, 500, 600},
                {"false", "true", 2400, 500, 2000, 0, 0},
                {"false", "true", 2400, 500, 2001, 600, 600},
                {"true", "true", 2400, 600, 2401, 600, 600},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct stall stall = stall_open();
                struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);
                const char *list = "{'price_list':{'slug':'%s','currency_code':'GBP',"
                                   "'tax_included':%s,'home_country_code':'GB'}}";
                const PriceList *fees = stall_ok(
                        &stall, staff, "catalog.CreatePriceList", list, "fees", rows[i].fees);
                const PriceList *goods = stall_ok(
                        &stall, staff, "catalog.CreatePriceList", list, "goods", rows[i].goods);
                const ShippingMethod *method = stall_ok(&stall,
                        shop_as(stall.shop, ROLE_OPERATIONS), "checkout.CreateShippingMethod",
                        "{'shipping_method':{'slug':'post','price_list_id':'%s','fee_minor':'%d',"
                        "'free_from_minor':'%d','titles':[{'language':'en','text':'Post'}]}}",
                        fees->id, rows[i].fee, rows[i].free_from);

                stall_ok(&stall, staff, "catalog.CreatePrice",
                        "{'price':{'variant_id':'%s','price_list_id':'%s','amount_minor':'%d'}}",
                        stall.variant_ids[WARE_BOWL], goods->id, rows[i].price);
                stall.price_list_id = goods->id;
                const char *cart_id = stall_cart(&stall, stall.alice, (struct basket){{0, 1, 0}});
                const Quote *quote = stall_quote_shipped(&stall, cart_id, "GB", method->id);

                assert_int_equal(quote->shipping_minor, rows[i].shipping_minor);
                assert_int_equal(quote->lines[1]->gross_minor, rows[i].gross_minor);
                stall_close(&stall);
        }
}

static void what_keeps_a_cart_from_being_ordered(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);
        const char *empty = stall_cart(&stall, stall.alice, (struct basket){0});
        const char *cart_id = stall_cart(&stall, stall.alice, (struct basket){{6, 1, 0}});
        const Quote *quote = stall_quote(&stall, empty, "GB");

        assert_blockers(quote, (const char *const[]){"CART_EMPTY", NULL});
        stall_refused(&stall, stall.alice, stall_placing(FAILED_PRECONDITION, "CART_EMPTY"),
                "{'cart_id':'%s','fingerprint':'%s'}", empty, quote->fingerprint);
        /* Demand on two lines adds up: 6 and 5 of 10. */
        stall_ok(&stall, stall.alice, "cart.AddCartLines",
                "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':5,'line_key':'gift'}]}",
                cart_id, stall.variant_ids[WARE_MUG]);
        quote = stall_quote(&stall, cart_id, "GB");
        assert_blockers(quote, (const char *const[]){"OUT_OF_STOCK line 3", NULL});
        const struct error *error = stall_refused(&stall, stall.alice,
                stall_placing(FAILED_PRECONDITION, "OUT_OF_STOCK"),
                "{'cart_id':'%s','fingerprint':'%s'}", cart_id, quote->fingerprint);

        assert_string_equal(stall_fact(error, "line"), "3");
        assert_string_equal(stall_fact(error, "sku"), "MUG");
        assert_string_equal(stall_fact(error, "available"), "4");
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->reserved, 0);
        stall_ok(&stall, staff, "catalog.DelistProduct", "{'id':'%s'}", stall.product_id);
        quote = stall_quote(&stall, cart_id, "GB");
        assert_string_equal(quote->blockers[0], "NOT_ON_SALE line 1");
        error = stall_refused(&stall, stall.alice,
                stall_placing(FAILED_PRECONDITION, "NOT_ON_SALE"),
                "{'cart_id':'%s','fingerprint':'%s'}", cart_id, quote->fingerprint);
        assert_string_equal(stall_fact(error, "line"), "1");
        stall_close(&stall);
}

/* What staff named a price for is sold by them, and lines are told by the cart's numbers. */
static void lines_are_told_as_the_cart_numbers_them(void **state)
{
        struct stall stall = stall_open();
        const char *cart_id = stall_cart(&stall, stall.alice, stall_mugs(1));

        stall_ok(&stall, shop_as(stall.shop, ROLE_IMPORTER), "cart.AddCartLines",
                "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':21,"
                "'staff_price':{'amount_minor':5}}]}",
                cart_id, stall.variant_ids[WARE_BOWL]);
        stall_ok(&stall, stall.alice, "cart.SetCartLine", "{'cart_id':'%s','number':1}", cart_id);
        stall_ok(&stall, shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST), "catalog.DelistProduct",
                "{'id':'%s'}", stall.product_id);
        const Quote *quote = stall_quote(&stall, cart_id, "GB");

        assert_blockers(quote, (const char *const[]){"OUT_OF_STOCK line 2", NULL});
        const struct error *error = stall_refused(&stall, stall.alice,
                stall_placing(FAILED_PRECONDITION, "OUT_OF_STOCK"),
                "{'cart_id':'%s','fingerprint':'%s'}", cart_id, quote->fingerprint);

        assert_string_equal(stall_fact(error, "line"), "2");
        stall_ok(&stall, stall.alice, "cart.SetCartLine",
                "{'cart_id':'%s','number':2,'quantity':1}", cart_id);
        stall_ok(&stall, stall.alice, "checkout.PlaceOrder", "{'cart_id':'%s','fingerprint':'%s'}",
                cart_id, stall_quote(&stall, cart_id, "")->fingerprint);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_quote_adds_up),
                cmocka_unit_test(included_tax_follows_the_goods),
                cmocka_unit_test(rates_have_their_time),
                cmocka_unit_test(rates_that_no_quote_can_have_are_refused),
                cmocka_unit_test(shipping_is_a_line_of_its_own),
                cmocka_unit_test(tax_is_somebodys),
                cmocka_unit_test(a_fee_in_the_other_basis_is_converted),
                cmocka_unit_test(what_keeps_a_cart_from_being_ordered),
                cmocka_unit_test(lines_are_told_as_the_cart_numbers_them),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
