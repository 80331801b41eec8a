/*
 * Rule 2 from quote to refund: its figures through a real price list, buyers who pay no tax, fees
 * that are split over the goods' rates, what is not delivered, and classes that there are no rates
 * for. The sums by themselves are in test_money_rules.c.
 */
#include <string.h>
#include "cart.rows.h"
#include "catalog.rows.h"
#include "membership.rows.h"
#include "tests/domain/stall.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void add_rate(
        struct stall *stall, const char *country, const char *tax_class, const char *rate)
{
        stall_ok(stall, shop_as(stall->shop, ROLE_FINANCE), "checkout.CreateTaxRate",
                "{'tax_rate':{'country_code':'%s','tax_class':'%s','title':'VAT','rate':'%s'}}",
                country, tax_class, rate);
}

static const char *new_list(struct stall *stall, const char *slug, const char *rest)
{
        const PriceList *list = stall_ok(stall, shop_as(stall->shop, ROLE_PRODUCT_SPECIALIST),
                "catalog.CreatePriceList", "{'price_list':{'slug':'%s','currency_code':'GBP',%s}}",
                slug, rest);

        return list->id;
}

/* A ware on sale with stock and a price in a list. */
static const char *new_ware(struct stall *stall, const char *list_id, const char *tax_class,
        const char *variant_rest, long long price_minor)
{
        struct persona staff = shop_as(stall->shop, ROLE_PRODUCT_SPECIALIST);
        const Product *product = stall_ok(stall, staff, "catalog.CreateProduct",
                "{'product':{'titles':[{'language':'en','text':'Ware'}],'tax_class':'%s'}}",
                tax_class);
        const Variant *variant = stall_ok(stall, staff, "catalog.CreateVariant",
                "{'variant':{'product_id':'%s','sku':'%s'%s}}", product->id, product->id,
                variant_rest);

        stall_ok(stall, staff, "catalog.CreatePrice",
                "{'price':{'variant_id':'%s','price_list_id':'%s','amount_minor':'%lld'}}",
                variant->id, list_id, price_minor);
        stall_ok(stall, staff, "catalog.ListProductForSale", "{'id':'%s'}", product->id);
        stall_ok(stall, shop_as(stall->shop, ROLE_WAREHOUSE), "supply.ReceiveGoods",
                "{'location_id':'%s','lines':[{'variant_id':'%s','quantity':100}]}", stall->main_id,
                variant->id);
        return variant->id;
}

static const char *open_cart(struct stall *stall, const char *list_id)
{
        const Cart *cart =
                stall_ok(stall, stall->alice, "cart.CreateCart", "{'price_list_id':'%s'}", list_id);

        return cart->id;
}

static void put(struct stall *stall, const char *cart_id, const char *variant_id, int quantity)
{
        static const char *const keys[] = {"a", "b", "c", "d", "e", "f"};
        const Cart *cart = stall_ok(stall, stall->alice, "cart.GetCart", "{'id':'%s'}", cart_id);

        stall_ok(stall, stall->alice, "cart.AddCartLines",
                "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':%d,'line_key':'%s'}]}",
                cart_id, variant_id, quantity, keys[cart->n_lines]);
}

static const Order *place(struct stall *stall, const Quote *quote, const char *rest)
{
        return stall_ok(stall, stall->alice, "checkout.PlaceOrder",
                "{'cart_id':'%s','fingerprint':'%s'%s}", quote->cart_id, quote->fingerprint, rest);
}

static void expect_blockers(const Quote *quote, const char *expected)
{
        assert_int_equal(quote->n_blockers, expected[0] != '\0');
        if (quote->n_blockers > 0)
                assert_string_equal(quote->blockers[0], expected);
}

/* ---- figures ---- */

static void the_figures_of_rule_2(void **state)
{
        static const struct {
                const char *list; /* the rest of it */
                const char *rates[2];
                long long price_minor;
                int quantities[2];
                const char *country;
                int64_t tax_minor;
                int64_t payable_minor;
        } rows[] = {
                {"'tax_included':false", {"0.23"}, 1010, {10}, "DE", 2323, 12423},
                {"'tax_included':false", {"0.2"}, 999999900, {2}, "DE", 399999960, 2399999760},
                {"'tax_included':true,'home_country_code':'DE'", {"0.05", "0.07"}, 100, {1}, "DE",
                        11, 100},
                {"'tax_included':true,'home_country_code':'DE'", {"0.2"}, 1970, {2}, "DE", 657,
                        3940},
                {"'tax_included':true,'home_country_code':'DE'", {"0.2"}, 1970, {1, 1}, "DE", 656,
                        3940},
                {"'tax_included':true,'home_country_code':'DE'", {"0.2"}, 100, {2}, "US", 0, 167},
                {"'tax_included':true,'home_country_code':'DE','gross_kept':true", {"0.2"}, 100,
                        {2}, "US", 0, 200},
        };

        for (size_t i = 0; i < COUNT(rows); i++) {
                struct stall stall = stall_open();

                for (size_t r = 0; r < 2 && rows[i].rates[r] != NULL; r++)
                        add_rate(&stall, "DE", "standard", rows[i].rates[r]);
                const char *list_id = new_list(&stall, "figures", rows[i].list);
                const char *ware = new_ware(&stall, list_id, "", "", rows[i].price_minor);
                const char *cart_id = open_cart(&stall, list_id);

                for (size_t q = 0; q < 2 && rows[i].quantities[q] > 0; q++)
                        put(&stall, cart_id, ware, rows[i].quantities[q]);
                const Quote *quote = stall_quote(&stall, cart_id, rows[i].country);

                assert_int_equal(quote->tax_minor, rows[i].tax_minor);
                assert_int_equal(quote->payable_minor, rows[i].payable_minor);
                stall_close(&stall);
        }
}

/* Placed at 20 % a second before 25 %: what is refused and refunded is of the placement. */
static void the_rate_of_the_placement_is_refunded(void **state)
{
        struct stall stall = stall_open();
        const char *rate = "{'tax_rate':{'country_code':'FR','tax_class':'standard','title':'TVA',"
                           "'rate':'%s','%s':'2010-12-02T08:00:00Z'}}";
        struct persona finance = shop_as(stall.shop, ROLE_FINANCE);

        stall_ok(&stall, finance, "checkout.CreateTaxRate", rate, "0.2", "end_time");
        stall_ok(&stall, finance, "checkout.CreateTaxRate", rate, "0.25", "start_time");
        shop_advance(stall.shop, DAY_US - SECOND_US);
        const char *cart_id = stall_cart(&stall, stall.alice, stall_mugs(3));
        const char *late_id = stall_cart(&stall, stall.alice, stall_mugs(3));
        const char *address = ",'delivery_address':{'country_code':'FR'}";
        const Quote *late = stall_quote(&stall, late_id, "FR");
        const char *order_id = place(&stall, stall_quote(&stall, cart_id, "FR"), address)->id;

        shop_advance(stall.shop, SECOND_US);
        stall_refused(&stall, stall.alice, stall_placing(ABORTED, "QUOTE_CHANGED"),
                "{'cart_id':'%s','fingerprint':'%s'%s}", late_id, late->fingerprint, address);
        stall_ok(&stall, stall.alice, "payment.PayOrder", "{'order_id':'%s'}", order_id);
        shop_settle(stall.shop);
        const Order *order = stall_ok(&stall, stall.alice, "checkout.CancelOrder",
                "{'id':'%s','lines':[{'number':1,'quantity':1}]}", order_id);

        assert_int_equal(order->gross_minor, 400);
        assert_string_equal(order->lines[0]->taxes[0]->rate, "0.2");
        assert_int_equal(order->refunded_minor, 134);
        stall_close(&stall);
}

/* ---- who pays no tax ---- */

static const Member *set_status(struct stall *stall, const char *status, const char *country)
{
        return stall_ok(stall, shop_as(stall->shop, ROLE_FINANCE), "membership.SetMemberTaxStatus",
                "{'member_id':'alice','tax_status':'%s','tax_country_code':'%s',"
                "'tax_evidence':'FR123'}",
                status, country);
}

/* 10.00 without tax and 12.00 with that of Britain, 20 %; France has 25 %, America none. */
static void who_pays_no_tax_pays_the_net(void **state)
{
        static const char *const lists[] = {"'tax_included':false",
                "'tax_included':true,'home_country_code':'GB'",
                "'tax_included':true,'home_country_code':'GB','gross_kept':true"};
        static const struct {
                const char *status;
                const char *holds_in;
                const char *country;
                TaxStatus applied;
                int64_t payable[3]; /* by list */
        } rows[] = {
                {NULL, "", "GB", TAX_STATUS_UNSPECIFIED, {1200, 1200, 1200}},
                {NULL, "", "FR", TAX_STATUS_UNSPECIFIED, {1250, 1250, 1200}},
                {"TAX_STATUS_EXEMPT", "", "GB", TAX_STATUS_EXEMPT, {1000, 1000, 1000}},
                {"TAX_STATUS_EXEMPT", "", "FR", TAX_STATUS_EXEMPT, {1000, 1000, 1000}},
                {"TAX_STATUS_EXEMPT", "FR", "GB", TAX_STATUS_UNSPECIFIED, {1200, 1200, 1200}},
                {"TAX_STATUS_REVERSE_CHARGE", "FR", "FR", TAX_STATUS_REVERSE_CHARGE,
                        {1000, 1000, 1000}},
                {"TAX_STATUS_REVERSE_CHARGE", "FR", "GB", TAX_STATUS_UNSPECIFIED,
                        {1200, 1200, 1200}},
                {"TAX_STATUS_REVERSE_CHARGE", "FR", "US", TAX_STATUS_UNSPECIFIED,
                        {1000, 1000, 1200}},
        };

        for (size_t i = 0; i < COUNT(rows) * COUNT(lists); i++) {
                struct stall stall = stall_open();
                size_t row = i / COUNT(lists), list = i % COUNT(lists);
                const char *list_id = new_list(&stall, "list", lists[list]);
                const char *cart_id = open_cart(&stall, list_id);

                add_rate(&stall, "FR", "standard", "0.25");
                put(&stall, cart_id, new_ware(&stall, list_id, "", "", list == 0 ? 1000 : 1200), 1);
                if (rows[row].status != NULL)
                        set_status(&stall, rows[row].status, rows[row].holds_in);
                const Quote *quote = stall_quote(&stall, cart_id, rows[row].country);

                assert_int_equal(quote->payable_minor, rows[row].payable[list]);
                assert_int_equal(quote->lines[0]->tax_status, rows[row].applied);
                const Order *order = place(&stall, quote,
                        arena_printf(shop_arena(stall.shop),
                                ",'delivery_address':{'country_code':'%s'}", rows[row].country));

                assert_int_equal(order->gross_minor, rows[row].payable[list]);
                assert_string_equal(order->lines[0]->tax_country_code, rows[row].country);
                assert_int_equal(order->lines[0]->tax_status, rows[row].applied);
                stall_close(&stall);
        }
}

/* 3 for 12.00 with tax are 10.00 without: 3.34, 3.33, 3.33, also when the buyer pays tax again. */
static void relief_is_frozen_in_the_order_and_refunded(void **state)
{
        struct stall stall = stall_open();
        const char *list_id =
                new_list(&stall, "list", "'tax_included':true,'home_country_code':'GB'");
        const char *cart_id = open_cart(&stall, list_id);
        const char *stale;

        put(&stall, cart_id, new_ware(&stall, list_id, "", "", 400), 3);
        stale = stall_quote(&stall, cart_id, "")->fingerprint;
        set_status(&stall, "TAX_STATUS_EXEMPT", "");
        stall_refused(&stall, stall.alice, stall_placing(ABORTED, "QUOTE_CHANGED"),
                "{'cart_id':'%s','fingerprint':'%s'}", cart_id, stale);
        const char *order_id = place(&stall, stall_quote(&stall, cart_id, ""), "")->id;

        stall_ok(&stall, stall.alice, "payment.PayOrder", "{'order_id':'%s'}", order_id);
        shop_settle(stall.shop);
        stall_ok(&stall, shop_as(stall.shop, ROLE_FINANCE), "membership.SetMemberTaxStatus",
                "{'member_id':'alice'}");
        const Order *order = stall_ok(&stall, stall.alice, "checkout.CancelOrder",
                "{'id':'%s','lines':[{'number':1,'quantity':1}]}", order_id);

        assert_int_equal(order->tax_status, TAX_STATUS_EXEMPT);
        assert_string_equal(order->tax_evidence, "FR123");
        assert_int_equal(order->tax_minor, 0);
        assert_int_equal(order->captured_minor, 1000);
        assert_int_equal(order->refunded_minor, 334);
        stall_close(&stall);
}

static void nobody_is_free_of_tax_without_evidence(void **state)
{
        static const struct {
                const char *rest;
                const char *reason;
                const char *field;
        } cases[] = {
                {"'tax_status':'TAX_STATUS_EXEMPT'", "REQUIRED", "tax_evidence"},
                {"'tax_status':'TAX_STATUS_REVERSE_CHARGE','tax_evidence':'FR1'", "REQUIRED",
                        "tax_country_code"},
                {"'tax_evidence':'FR1'", "NOT_TOGETHER", "tax_evidence"},
                {"'tax_country_code':'FR'", "NOT_TOGETHER", "tax_country_code"},
        };
        struct stall stall = stall_open();
        const char *method = "membership.SetMemberTaxStatus";

        for (size_t i = 0; i < COUNT(cases); i++) {
                const struct error *error = stall_refused(&stall, shop_as(stall.shop, ROLE_FINANCE),
                        (struct refusal){method, INVALID_ARGUMENT, cases[i].reason},
                        "{'member_id':'alice',%s}", cases[i].rest);

                assert_string_equal(error->violations->field, cases[i].field);
        }
        stall_refused(&stall, stall.alice,
                (struct refusal){method, PERMISSION_DENIED, "METHOD_NOT_ALLOWED"},
                "{'member_id':'alice','tax_status':'TAX_STATUS_EXEMPT','tax_evidence':'X'}");
        stall_refused(&stall, stall.alice,
                (struct refusal){"membership.UpdateMember", INVALID_ARGUMENT, "OUTPUT_ONLY"},
                "{'member':{'id':'alice','tax_status':'TAX_STATUS_EXEMPT'}}");
        assert_int_equal(shop_event_count(stall.shop, "member.tax_status_set"), 0);
        const Member *alice = set_status(&stall, "TAX_STATUS_REVERSE_CHARGE", "FR");

        assert_string_equal(alice->tax_evidence, "FR123");
        assert_int_equal(shop_event_count(stall.shop, "member.tax_status_set"), 1);
        stall_close(&stall);
}

/* ---- the tax of a fee ---- */

static const char *new_method(struct stall *stall, const char *list_id, const char *rest)
{
        const ShippingMethod *method = stall_ok(stall, shop_as(stall->shop, ROLE_OPERATIONS),
                "checkout.CreateShippingMethod",
                "{'shipping_method':{'slug':'m','price_list_id':'%s','fee_minor':'299',"
                "'titles':[{'language':'en','text':'Post'}]%s}}",
                list_id, rest);

        return method->id;
}

/* 2.99 for goods of 43.00 at 20 %, 14.00 at 5 % and 23.00 at 0 %: 1.61, 0.52 and 0.86. */
static void a_fee_has_a_class_or_is_split(void **state)
{
        static const struct {
                const char *list;
                const char *method;
                const char *tax_class;
                long long prices[3];
                int64_t taxes[3]; /* by rate, -1: no row */
                int64_t gross;
        } rows[] = {
                {"'tax_included':false", "", "standard", {4300, 1400, 2300}, {60, -1, -1}, 359},
                {"'tax_included':false", ",'tax_class':'reduced'", "reduced", {4300, 1400, 2300},
                        {15, -1, -1}, 314},
                {"'tax_included':false", ",'tax_split':true", "", {4300, 1400, 2300}, {32, 3, 0},
                        334},
                {"'tax_included':true,'home_country_code':'GB'", ",'tax_split':true", "",
                        {4300, 1400, 2300}, {27, 2, 0}, 299},
                /* Goods for nothing: evenly, 1.00, 1.00 and 0.99. */
                {"'tax_included':false", ",'tax_split':true", "", {0, 0, 0}, {20, 5, 0}, 324},
                {"'tax_included':false", ",'tax_split':true,'free_from_minor':'8000'", "",
                        {4300, 1400, 2300}, {0, 0, 0}, 0},
                {"'tax_included':false", ",'tax_split':true,'free_from_minor':'8001'", "",
                        {4300, 1400, 2300}, {32, 3, 0}, 334},
        };
        static const char *const classes[] = {"", "reduced", "zero"};

        for (size_t i = 0; i < COUNT(rows); i++) {
                struct stall stall = stall_open();
                const char *list_id = new_list(&stall, "list", rows[i].list);
                const char *cart_id = open_cart(&stall, list_id);

                add_rate(&stall, "GB", "reduced", "0.05");
                add_rate(&stall, "GB", "zero", "0");
                for (size_t c = 0; c < 3; c++)
                        put(&stall, cart_id,
                                new_ware(&stall, list_id, classes[c], "", rows[i].prices[c]), 1);
                const Quote *quote = stall_quote_shipped(
                        &stall, cart_id, "GB", new_method(&stall, list_id, rows[i].method));
                const QuoteLine *fee = quote->lines[3];

                assert_int_equal(fee->kind, LINE_KIND_SHIPPING);
                assert_string_equal(fee->tax_class, rows[i].tax_class);
                for (size_t t = 0; t < 3; t++) {
                        assert_int_equal(t < fee->n_taxes, rows[i].taxes[t] >= 0);
                        if (t < fee->n_taxes)
                                assert_int_equal(fee->taxes[t]->amount_minor, rows[i].taxes[t]);
                }
                assert_int_equal(fee->gross_minor, rows[i].gross);
                stall_close(&stall);
        }
}

/* What the fee was made of is frozen, and goes back as it was made. */
static void a_split_fee_is_frozen_and_refunded(void **state)
{
        struct stall stall = stall_open();
        const char *list_id = stall.price_list_id;
        const char *cart_id = open_cart(&stall, list_id);

        add_rate(&stall, "GB", "books", "0.2");
        add_rate(&stall, "GB", "reduced", "0.05");
        put(&stall, cart_id, new_ware(&stall, list_id, "", "", 4300), 1);
        put(&stall, cart_id, new_ware(&stall, list_id, "reduced", "", 1400), 1);
        put(&stall, cart_id, new_ware(&stall, list_id, "books", "", 2300), 1);
        const char *method_id = new_method(&stall, list_id, ",'tax_split':true");
        const Quote *quote = stall_quote_shipped(&stall, cart_id, "GB", method_id);
        const Order *order = place(&stall, quote,
                arena_printf(shop_arena(stall.shop),
                        ",'shipping_method_id':'%s','delivery_address':{'country_code':"
                        "'GB'}",
                        method_id));
        const OrderLine *fee = order->lines[3];

        /* Two classes with the same tax are one row: 32 + 17 and 3. */
        assert_int_equal(fee->n_taxes, 2);
        assert_int_equal(fee->taxes[0]->amount_minor, 32 + 17);
        assert_int_equal(fee->taxes[1]->amount_minor, 3);
        assert_int_equal(fee->gross_minor, 299 + 52);
        stall_ok(&stall, stall.alice, "payment.PayOrder", "{'order_id':'%s'}", order->id);
        shop_settle(stall.shop);
        order = stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order->id);
        assert_int_equal(order->lines[3]->refunded_minor, 299 + 52);
        assert_int_equal(order->refunded_minor, order->captured_minor);
        stall_refused(&stall, shop_as(stall.shop, ROLE_OPERATIONS),
                (struct refusal){"checkout.CreateShippingMethod", INVALID_ARGUMENT, "NOT_TOGETHER"},
                "{'shipping_method':{'slug':'both','price_list_id':'%s','tax_split':true,"
                "'tax_class':'books','titles':[{'language':'en','text':'P'}]}}",
                list_id);
        stall_close(&stall);
}

/* ---- what is not delivered ---- */

static void what_is_not_delivered_is_taxed_where_it_is_billed(void **state)
{
        struct stall stall = stall_open();
        const char *list_id = stall.price_list_id;
        const char *both = open_cart(&stall, list_id), *alone = open_cart(&stall, list_id);
        const char *licence, *method_id;
        const char *ask = "{'cart_id':'%s','country_code':'%s','billing_country_code':'%s',"
                          "'shipping_method_id':'%s'}";

        add_rate(&stall, "FR", "standard", "0.25");
        licence = new_ware(&stall, list_id, "", ",'not_delivered':true", 1000);
        put(&stall, both, stall.variant_ids[WARE_BOWL], 1);
        put(&stall, both, licence, 1);
        put(&stall, alone, licence, 1);
        method_id = new_method(&stall, list_id, ",'tax_split':true");
        const Quote *quote = stall_ok(
                &stall, stall.alice, "checkout.GetQuote", ask, both, "GB", "FR", method_id);

        assert_string_equal(quote->lines[0]->tax_country_code, "GB");
        assert_string_equal(quote->lines[1]->tax_country_code, "FR");
        assert_int_equal(quote->lines[1]->gross_minor, 1250);
        assert_int_equal(quote->lines[2]->gross_minor, 359); /* all of it with the bowl's tax */
        const Order *order = place(&stall, quote,
                arena_printf(shop_arena(stall.shop),
                        ",'shipping_method_id':'%s','delivery_address':{'country_code':"
                        "'GB'},'billing_address':{'country_code':'FR','city':'Paris'}",
                        method_id));

        assert_string_equal(order->billing_address->city, "Paris");
        assert_string_equal(order->lines[1]->tax_country_code, "FR");
        assert_int_equal(order->lines[1]->taxes[0]->amount_minor, 250);

        /* Alone it needs no delivery, and no method. */
        quote = stall_ok(&stall, stall.alice, "checkout.GetQuote", ask, alone, "", "FR", method_id);
        expect_blockers(quote, "SHIPPING_NOT_NEEDED");
        quote = stall_ok(&stall, stall.alice, "checkout.GetQuote", ask, alone, "GB", "", "");
        expect_blockers(quote, "");
        assert_int_equal(quote->payable_minor, 1200); /* billed as delivered */
        quote = stall_ok(&stall, stall.alice, "checkout.GetQuote", ask, alone, "", "FR", "");
        assert_int_equal(quote->payable_minor, 1250);
        place(&stall, quote, ",'billing_address':{'country_code':'FR'}");
        stall_close(&stall);
}

static void what_is_delivered_needs_a_method_where_there_is_one(void **state)
{
        struct stall stall = stall_open();
        const char *cart_id = stall_cart(&stall, stall.alice, stall_mugs(1));
        const char *method_id = stall_shipping(&stall, 0); /* to Britain */
        const Quote *quote = stall_quote(&stall, cart_id, "GB");

        expect_blockers(quote, "SHIPPING_MISSING");
        const struct error *error = stall_refused(&stall, stall.alice,
                stall_placing(FAILED_PRECONDITION, "SHIPPING_MISSING"),
                "{'cart_id':'%s','fingerprint':'%s','delivery_address':{'country_code':'GB'}}",
                cart_id, quote->fingerprint);

        assert_string_equal(error->violations->field, "shipping_method_id");
        expect_blockers(stall_quote(&stall, cart_id, "US"), "");
        expect_blockers(stall_quote_shipped(&stall, cart_id, "GB", method_id), "");
        quote = stall_ok(&stall, shop_as(stall.shop, ROLE_IMPORTER), "checkout.GetQuote",
                "{'cart_id':'%s','country_code':'GB'}", cart_id);
        expect_blockers(quote, "");
        quote = stall_quote(&stall, cart_id, ""); /* collected */
        expect_blockers(quote, "");
        place(&stall, quote, "");
        stall_close(&stall);
}

/* ---- classes without a rate ---- */

static void unknown_classes_are_not_saved(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);
        const char *reason = "TAX_CLASS_UNKNOWN";
        const struct refusal create = {"catalog.CreateProduct", INVALID_ARGUMENT, reason};
        const struct refusal update = {"catalog.UpdateProduct", INVALID_ARGUMENT, reason};
        const struct refusal list = {
                "catalog.ListProductForSale", FAILED_PRECONDITION, "PRODUCT_INCOMPLETE"};
        const struct refusal method = {"checkout.CreateShippingMethod", INVALID_ARGUMENT, reason};
        const struct error *error =
                stall_refused(&stall, staff, create, "{'product':{'tax_class':'redcued'}}");

        assert_string_equal(error->violations->field, "product.tax_class");
        error = stall_refused(&stall, staff, update,
                "{'product':{'id':'%s','tax_class':'redcued'}}", stall.product_id);
        assert_string_equal(error->violations->field, "product.tax_class");
        error = stall_refused(&stall, shop_as(stall.shop, ROLE_OPERATIONS), method,
                "{'shipping_method':{'slug':'x','price_list_id':'%s','tax_class':'redcued',"
                "'titles':[{'language':'en','text':'P'}]}}",
                stall.price_list_id);
        assert_string_equal(error->violations->field, "shipping_method.tax_class");

        /* One that was saved before there was this rule is not put on sale. */
        stall_ok(&stall, staff, "catalog.DelistProduct", "{'id':'%s'}", stall.product_id);
        struct txn *txn = shop_write_begin(stall.shop);
        Product *product = product_get(txn, stall.product_id);

        product->tax_class = "redcued";
        product_update(txn, product);
        shop_write_end(stall.shop, txn);
        error = stall_refused(&stall, staff, list, "{'id':'%s'}", stall.product_id);
        assert_string_equal(error->violations->field, "tax_class");
        add_rate(&stall, "FR", "redcued", "0.1");
        stall_ok(&stall, staff, "catalog.ListProductForSale", "{'id':'%s'}", stall.product_id);
        stall_close(&stall);
}

static void a_zone_with_tax_needs_a_rate_for_every_class(void **state)
{
        struct stall stall = stall_open();
        const char *cart_id = open_cart(&stall, stall.price_list_id);

        add_rate(&stall, "FR", "reduced", "0.055");
        put(&stall, cart_id, new_ware(&stall, stall.price_list_id, "reduced", "", 1000), 1);
        const Quote *quote = stall_quote(&stall, cart_id, "GB");

        expect_blockers(quote, "TAX_CLASS_UNKNOWN line 1");
        stall_refused(&stall, stall.alice, stall_placing(FAILED_PRECONDITION, "TAX_CLASS_UNKNOWN"),
                "{'cart_id':'%s','fingerprint':'%s'}", cart_id, quote->fingerprint);
        expect_blockers(stall_quote(&stall, cart_id, "FR"), "");
        expect_blockers(stall_quote(&stall, cart_id, "US"), ""); /* no tax at all */
        add_rate(&stall, "GB", "reduced", "0");
        /* One that ends without a next one leaves no zone without tax, one to come makes none. */
        stall_ok(&stall, shop_as(stall.shop, ROLE_FINANCE), "checkout.CreateTaxRate",
                "{'tax_rate':{'country_code':'IT','tax_class':'reduced','title':'IVA','rate':'0.1',"
                "'start_time':'2010-12-02T08:00:00Z','end_time':'2010-12-03T08:00:00Z'}}");
        expect_blockers(stall_quote(&stall, cart_id, "IT"), "");
        shop_advance(stall.shop, DAY_US);
        assert_int_equal(stall_quote(&stall, cart_id, "IT")->payable_minor, 1100);
        shop_advance(stall.shop, DAY_US);
        expect_blockers(stall_quote(&stall, cart_id, "IT"), "TAX_CLASS_UNKNOWN line 1");
        quote = stall_quote(&stall, cart_id, "GB");
        expect_blockers(quote, "");
        assert_int_equal(quote->payable_minor, 1000);
        place(&stall, quote, "");
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_figures_of_rule_2),
                cmocka_unit_test(the_rate_of_the_placement_is_refunded),
                cmocka_unit_test(who_pays_no_tax_pays_the_net),
                cmocka_unit_test(relief_is_frozen_in_the_order_and_refunded),
                cmocka_unit_test(nobody_is_free_of_tax_without_evidence),
                cmocka_unit_test(a_fee_has_a_class_or_is_split),
                cmocka_unit_test(a_split_fee_is_frozen_and_refunded),
                cmocka_unit_test(what_is_not_delivered_is_taxed_where_it_is_billed),
                cmocka_unit_test(what_is_delivered_needs_a_method_where_there_is_one),
                cmocka_unit_test(unknown_classes_are_not_saved),
                cmocka_unit_test(a_zone_with_tax_needs_a_rate_for_every_class),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
