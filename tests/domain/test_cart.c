/* Carts: what may be put in, what it costs today and what stands in its way. */
#include <string.h>
#include "cart.rows.h"
#include "catalog.rows.h"
#include "internal.rows.h"
#include "lib/base/clock.h"
#include "membership.rows.h"
#include "tests/domain/stall.h"

static struct persona importer(struct stall *stall)
{
        return shop_as(stall->shop, ROLE_IMPORTER);
}

/* ---- adding ---- */

static void units_of_one_kind_are_one_line(void **state)
{
        struct stall stall = stall_open();
        const char *cart_id = stall_open_cart(&stall, stall.alice);
        const char *mug = stall.variant_ids[WARE_MUG];
        const Cart *cart = stall_ok(&stall, stall.alice, "cart.AddCartLines",
                "{'cart_id':'%s','lines':["
                "{'variant_id':'%s','quantity':'2'},{'variant_id':'%s','quantity':'1'},"
                "{'variant_id':'%s','quantity':'3'},"
                "{'variant_id':'%s','quantity':'4','line_key':'engraved'}]}",
                cart_id, mug, stall.variant_ids[WARE_BOWL], mug, mug);

        assert_int_equal(cart->n_lines, 3);
        assert_int_equal(cart->lines[0]->quantity, 5);
        assert_int_equal(cart->lines[0]->unit_price_minor, 111);
        assert_int_equal(cart->lines[2]->quantity, 4);
        assert_string_equal(cart->lines[2]->line_key, "engraved");
        assert_int_equal(cart->goods_minor, 9 * 111 + 2000);
        assert_string_equal(cart->member_id, "alice");
        assert_string_equal(cart->currency_code, "GBP");
        cart = stall_add(&stall, stall.alice, cart_id, WARE_MUG, 1);
        assert_int_equal(cart->n_lines, 3);
        assert_int_equal(cart->lines[0]->quantity, 6);
        /* Staff prices are kinds of their own, one a price. */
        for (int i = 0; i < 3; i++)
                cart = stall_ok(&stall, importer(&stall), "cart.AddCartLines",
                        "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':'1',"
                        "'staff_price':{'amount_minor':'%d'}}]}",
                        cart_id, mug, i / 2);
        assert_int_equal(cart->n_lines, 5);
        assert_int_equal(cart->lines[3]->quantity, 2);
        assert_int_equal(cart->lines[3]->unit_price_minor, 0);
        assert_int_equal(cart->lines[4]->unit_price_minor, 1);
        shop_restart(stall.shop);
        cart = stall_read_cart(&stall, stall.alice, cart_id);
        assert_int_equal(cart->n_lines, 5);
        assert_string_equal(cart->lines[1]->sku, "BOWL");
        assert_string_equal(cart->lines[1]->title, "Crockery");
        assert_int_equal(cart->goods_minor, 10 * 111 + 2000 + 1);
        stall_close(&stall);
}

static void refusals_name_the_line(void **state)
{
        struct stall stall = stall_open();
        const char *cart_id = stall_open_cart(&stall, stall.alice);
        struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);
        const Product *draft = stall_ok(&stall, staff, "catalog.CreateProduct", "{'product':{}}");
        const Variant *unlisted = stall_ok(&stall, staff, "catalog.CreateVariant",
                "{'variant':{'product_id':'%s','sku':'D'}}", draft->id);
        const Variant *unpriced = stall_ok(&stall, staff, "catalog.CreateVariant",
                "{'variant':{'product_id':'%s','sku':'U'}}", stall.product_id);
        const char *mug = stall.variant_ids[WARE_MUG];
        const struct {
                const char *variant_id;
                const char *rest;
                enum status code;
                const char *reason;
                const char *field;
        } cases[] = {
                {unlisted->id, "'quantity':'1'", FAILED_PRECONDITION, "NOT_ON_SALE",
                        "lines[1].variant_id"},
                {unpriced->id, "'quantity':'1'", FAILED_PRECONDITION, "NO_PRICE",
                        "lines[1].variant_id"},
                {mug, "'quantity':'1','staff_price':{'amount_minor':'1'}", PERMISSION_DENIED,
                        "STAFF_PRICE_NOT_ALLOWED", "lines[1].staff_price"},
                {mug, "'quantity':'1000000'", FAILED_PRECONDITION, "QUANTITY_TOO_LARGE",
                        "lines[1].quantity"},
                {mug, "'quantity':'1000001'", INVALID_ARGUMENT, "TOO_LARGE", "lines[1].quantity"},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const struct refusal refusal = {
                        "cart.AddCartLines", cases[i].code, cases[i].reason};
                struct error *error = stall_refused(&stall, stall.alice, refusal,
                        "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':'1'},"
                        "{'variant_id':'%s',%s}]}",
                        cart_id, mug, cases[i].variant_id, cases[i].rest);

                assert_non_null(error->violations);
                assert_string_equal(error->violations->field, cases[i].field);
        }
        assert_int_equal(
                stall_read_cart(&stall, stall.alice, cart_id)->n_lines, 0); /* all or none */
        stall_close(&stall);
}

static void a_cart_is_its_owners(void **state)
{
        struct stall stall = stall_open();
        const char *cart_id = stall_open_cart(&stall, stall.alice);
        struct persona bob = shop_member(stall.shop, "bob");
        const struct refusal absent = {"cart.GetCart", NOT_FOUND, "CART_NOT_FOUND"};
        const char *mug = stall.variant_ids[WARE_MUG];
        struct error *foreign = stall_refused(&stall, bob, absent, "{'id':'%s'}", cart_id);
        struct error *missing = stall_refused(&stall, bob, absent, "{'id':'%.25s_'}", cart_id);

        assert_int_equal(strlen(foreign->message), strlen(missing->message));
        stall_refused(&stall, bob,
                (struct refusal){"cart.AddCartLines", NOT_FOUND, "CART_NOT_FOUND"},
                "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':'1'}]}", cart_id, mug);
        stall_refused(&stall, bob, (struct refusal){"cart.ClearCart", NOT_FOUND, "CART_NOT_FOUND"},
                "{'cart_id':'%s'}", cart_id);
        stall_refused(&stall, bob,
                (struct refusal){"cart.SetCartLine", NOT_FOUND, "CART_NOT_FOUND"},
                "{'cart_id':'%s','number':1}", cart_id);
        stall_refused(&stall, bob,
                (struct refusal){"cart.CreateCart", NOT_FOUND, "MEMBER_NOT_FOUND"},
                "{'price_list_id':'%s','member_id':'alice'}", stall.price_list_id);
        stall_refused(&stall, shop_nobody(),
                (struct refusal){"cart.GetCart", UNAUTHENTICATED, "TOKEN_MISSING"}, "{'id':'%s'}",
                cart_id);
        /* Staff open carts for members, and say for whom. */
        struct error *error = stall_refused(&stall, importer(&stall),
                (struct refusal){"cart.CreateCart", INVALID_ARGUMENT, "REQUIRED"},
                "{'price_list_id':'%s'}", stall.price_list_id);

        assert_string_equal(error->violations->field, "member_id");
        const Cart *cart = stall_ok(&stall, importer(&stall), "cart.CreateCart",
                "{'price_list_id':'%s','member_id':'bob'}", stall.price_list_id);

        assert_string_equal(stall_read_cart(&stall, bob, cart->id)->member_id, "bob");
        stall_close(&stall);
}

/* A price that counts from ten units on counts for one more of ten that are there already. */
static void a_price_counts_for_all_units_of_a_line(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);
        const char *cart_id = stall_open_cart(&stall, stall.alice);
        const Variant *bulk = stall_ok(&stall, staff, "catalog.CreateVariant",
                "{'variant':{'product_id':'%s','sku':'BULK'}}", stall.product_id);
        const char *request = "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':%d},"
                              "{'variant_id':'%s','quantity':%d}]}";

        stall_ok(&stall, staff, "catalog.CreatePrice",
                "{'price':{'variant_id':'%s','price_list_id':'%s','amount_minor':'50',"
                "'quantity_min':10}}",
                bulk->id, stall.price_list_id);
        stall_refused(&stall, stall.alice,
                (struct refusal){"cart.AddCartLines", FAILED_PRECONDITION, "NO_PRICE"}, request,
                cart_id, bulk->id, 4, bulk->id, 5);
        stall_ok(&stall, stall.alice, "cart.AddCartLines", request, cart_id, bulk->id, 4, bulk->id,
                6);
        const Cart *cart = stall_ok(&stall, stall.alice, "cart.AddCartLines",
                "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':1}]}", cart_id, bulk->id);

        assert_int_equal(cart->lines[0]->quantity, 11);
        assert_int_equal(cart->goods_minor, 550);
        stall_close(&stall);
}

/* A list may be for members, or for those for whom staff open the cart. */
static void a_list_has_its_audience(void **state)
{
        static const char *const audiences[] = {
                "AUDIENCE_UNSPECIFIED", "AUDIENCE_MEMBERS", "AUDIENCE_STAFF"};
        struct stall stall = stall_open();
        struct persona guest = shop_guest(stall.shop, "gus");
        const struct refusal refused = {
                "cart.CreateCart", PERMISSION_DENIED, "PRICE_LIST_NOT_ALLOWED"};

        for (int i = 0; i < 3; i++) {
                const PriceList *list = stall_ok(&stall,
                        shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST), "catalog.CreatePriceList",
                        "{'price_list':{'slug':'list-%d','currency_code':'GBP','audience':'%s'}}",
                        i, audiences[i]);
                const struct persona people[] = {guest, stall.alice};

                for (int p = 0; p < 2; p++) {
                        if (i <= p) {
                                stall_ok(&stall, people[p], "cart.CreateCart",
                                        "{'price_list_id':'%s'}", list->id);
                                continue;
                        }
                        const struct error *error = stall_refused(
                                &stall, people[p], refused, "{'price_list_id':'%s'}", list->id);

                        assert_string_equal(error->violations->field, "price_list_id");
                }
                stall_ok(&stall, importer(&stall), "cart.CreateCart",
                        "{'price_list_id':'%s','member_id':'gus'}", list->id);
        }
        stall_close(&stall);
}

/* ---- limits ---- */

static AddCartLinesRequest *many_lines(
        struct stall *stall, const char *cart_id, size_t from, size_t count)
{
        struct arena *arena = shop_arena(stall->shop);
        AddCartLinesRequest *request = arena_new(arena, AddCartLinesRequest);
        StaffPrice *price = arena_new(arena, StaffPrice);

        *request = (AddCartLinesRequest)ADD_CART_LINES_REQUEST_INIT;
        *price = (StaffPrice)STAFF_PRICE_INIT;
        price->amount_minor = 7;
        request->cart_id = cart_id;
        request->lines = arena_array(arena, AddCartLine *, count);
        for (size_t i = 0; i < count; i++) {
                AddCartLine *line = arena_new(arena, AddCartLine);

                *line = (AddCartLine)ADD_CART_LINE_INIT;
                line->variant_id = stall->variant_ids[WARE_MUG];
                line->quantity = 1;
                line->line_key = arena_printf(arena, "%zu", from + i);
                line->staff_price = price;
                request->lines[request->n_lines++] = line;
        }
        return request;
}

static void two_thousand_lines_and_no_more(void **state)
{
        struct stall stall = stall_open();
        const char *cart_id = stall_open_cart(&stall, stall.alice);
        int64_t start_us = clock_monotonic_us();
        const Cart *cart = shop_ok(stall.shop, importer(&stall), "cart.AddCartLines",
                many_lines(&stall, cart_id, 0, 2000));
        int64_t took_us = clock_monotonic_us() - start_us;

        assert_int_equal(cart->n_lines, 2000);
        assert_int_equal(cart->goods_minor, 14000);
        /* What is kept for a retry is the cart's key, not 2,000 lines. */
        struct scan *replays = replay_all(shop_read(stall.shop));
        const Replay *replay;

        while ((replay = replay_next(replays)) != NULL)
                assert_in_range(replay->answer.len, 1, 1024);
        print_message("2,000 lines twice, with proofs: %lld us\n", (long long)took_us);
        struct error *error = shop_refused(stall.shop, importer(&stall), "cart.AddCartLines",
                many_lines(&stall, cart_id, 2000, 1), FAILED_PRECONDITION, "CART_TOO_LARGE");

        assert_string_equal(error->violations->field, "lines[0]");
        /* Lines that are there may still grow. */
        cart = shop_ok(stall.shop, importer(&stall), "cart.AddCartLines",
                many_lines(&stall, cart_id, 0, 2000));
        assert_int_equal(cart->n_lines, 2000);
        assert_int_equal(cart->lines[1999]->quantity, 2);
        cart = stall_ok(&stall, stall.alice, "cart.ClearCart", "{'cart_id':'%s'}", cart_id);
        assert_int_equal(cart->n_lines, 0);
        assert_int_equal(cart->goods_minor, 0);
        cart = stall_add(&stall, stall.alice, cart_id, WARE_MUG, 1);
        assert_int_equal(cart->lines[0]->number, 2001); /* numbers are not used again */
        stall_close(&stall);
}

static void sums_beyond_an_order_are_refused(void **state)
{
        struct stall stall = stall_open();
        const char *cart_id = stall_open_cart(&stall, stall.alice);

        stall_refused(&stall, importer(&stall),
                (struct refusal){"cart.AddCartLines", FAILED_PRECONDITION, "CART_TOO_LARGE"},
                "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':'1000000',"
                "'staff_price':{'amount_minor':'9007199254740991'}}]}",
                cart_id, stall.variant_ids[WARE_MUG]);
        stall_close(&stall);
}

static void carts_keep_to_the_terms(void **state)
{
        struct stall stall = stall_open();
        struct trade_terms *terms = shop_terms(stall.shop);
        const struct refusal large = {
                "cart.AddCartLines", FAILED_PRECONDITION, "QUANTITY_TOO_LARGE"};
        const struct refusal full = {"cart.AddCartLines", FAILED_PRECONDITION, "CART_TOO_LARGE"};
        const struct refusal set = {"cart.SetCartLine", FAILED_PRECONDITION, "QUANTITY_TOO_LARGE"};
        const char *add_some = "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':'%d'}]}";
        const char *set_some = "{'cart_id':'%s','number':1,'quantity':'%d'}";
        const char *cart_id = stall_open_cart(&stall, stall.alice);
        const char *mug = stall.variant_ids[WARE_MUG], *bowl = stall.variant_ids[WARE_BOWL];
        struct error *error;

        *terms = (struct trade_terms){
                .line_units_max = 5, .order_lines_max = 1, .order_minor_max = 5 * 111};
        error = stall_refused(&stall, stall.alice, large, add_some, cart_id, mug, 6);
        assert_string_equal(stall_fact(error, "limit"), "5");
        stall_add(&stall, stall.alice, cart_id, WARE_MUG, 5);
        error = stall_refused(&stall, stall.alice, large, add_some, cart_id, mug, 1);
        assert_string_equal(error->violations->field, "lines[0].quantity");
        error = stall_refused(&stall, stall.alice, set, set_some, cart_id, 6);
        assert_string_equal(error->violations->field, "quantity");
        assert_string_equal(stall_fact(error, "limit"), "5");
        error = stall_refused(&stall, stall.alice, full, add_some, cart_id, bowl, 1);
        assert_string_equal(stall_fact(error, "limit"), "1");
        terms->order_lines_max = 2;
        error = stall_refused(&stall, stall.alice, full, add_some, cart_id, bowl, 1);
        assert_string_equal(stall_fact(error, "limit"), "555");
        terms->order_minor_max = 554;
        assert_int_equal(stall_read_cart(&stall, stall.alice, cart_id)->goods_minor, 554);
        /* Terms have become narrower than a line: less of it is still no mistake. */
        terms->line_units_max = 1;
        stall_ok(&stall, stall.alice, "cart.SetCartLine", set_some, cart_id, 2);
        stall_close(&stall);
}

/* ---- changing lines ---- */

static void lines_are_set_and_removed(void **state)
{
        struct stall stall = stall_open();
        const char *cart_id = stall_open_cart(&stall, stall.alice);
        const char *set = "{'cart_id':'%s','number':%d,'quantity':'%d'}";

        stall_add(&stall, stall.alice, cart_id, WARE_MUG, 3);
        stall_add(&stall, stall.alice, cart_id, WARE_BOWL, 1);
        const Cart *cart = stall_ok(&stall, stall.alice, "cart.SetCartLine", set, cart_id, 1, 7);

        assert_int_equal(cart->lines[0]->quantity, 7);
        assert_int_equal(cart->goods_minor, 7 * 111 + 2000);
        cart = stall_ok(&stall, stall.alice, "cart.SetCartLine", set, cart_id, 1, 0);
        assert_int_equal(cart->n_lines, 1);
        assert_int_equal(cart->goods_minor, 2000);
        stall_refused(&stall, stall.alice,
                (struct refusal){"cart.SetCartLine", NOT_FOUND, "CART_LINE_NOT_FOUND"}, set,
                cart_id, 1, 1);
        /* A price by staff is for as many units as staff said. */
        cart = shop_ok(stall.shop, importer(&stall), "cart.AddCartLines",
                many_lines(&stall, cart_id, 0, 1));
        struct error *error = stall_refused(&stall, stall.alice,
                (struct refusal){"cart.SetCartLine", PERMISSION_DENIED, "STAFF_PRICE_NOT_ALLOWED"},
                set, cart_id, cart->lines[1]->number, 2);

        assert_string_equal(error->violations->field, "quantity");
        stall_close(&stall);
}

static void finished_carts_do_not_change(void **state)
{
        struct stall stall = stall_open();
        const char *cart_id = stall_open_cart(&stall, stall.alice);

        stall_add(&stall, stall.alice, cart_id, WARE_MUG, 3);
        struct txn *txn = shop_write_begin(stall.shop);
        Cart *cart = cart_get(txn, cart_id);

        cart->state = CART_STATE_ORDERED;
        cart_update(txn, cart);
        shop_write_end(stall.shop, txn);
        stall_refused(&stall, stall.alice,
                (struct refusal){"cart.AddCartLines", FAILED_PRECONDITION, "CART_NOT_ACTIVE"},
                "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':'1'}]}", cart_id,
                stall.variant_ids[WARE_MUG]);
        stall_refused(&stall, stall.alice,
                (struct refusal){"cart.SetCartLine", FAILED_PRECONDITION, "CART_NOT_ACTIVE"},
                "{'cart_id':'%s','number':1,'quantity':'1'}", cart_id);
        stall_refused(&stall, stall.alice,
                (struct refusal){"cart.ClearCart", FAILED_PRECONDITION, "CART_NOT_ACTIVE"},
                "{'cart_id':'%s'}", cart_id);
        const Cart *seen = stall_read_cart(&stall, stall.alice, cart_id);

        assert_string_equal(seen->lines[0]->sku, "MUG");
        assert_int_equal(seen->lines[0]->n_warnings, 0);
        stall_close(&stall);
}

/* ---- prices and warnings ---- */

static void prices_are_read_anew_at_every_change(void **state)
{
        struct stall stall = stall_open();
        const char *cart_id = stall_open_cart(&stall, stall.alice);

        stall_add(&stall, stall.alice, cart_id, WARE_MUG, 2);
        stall_ok(&stall, shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST), "catalog.CreatePrice",
                "{'price':{'variant_id':'%s','price_list_id':'%s','amount_minor':'150',"
                "'start_time':'2010-12-02T00:00:00Z'}}",
                stall.variant_ids[WARE_MUG], stall.price_list_id);
        assert_int_equal(stall_read_cart(&stall, stall.alice, cart_id)->lines[0]->n_warnings, 0);
        shop_advance(stall.shop, DAY_US);
        const Cart *cart = stall_read_cart(&stall, stall.alice, cart_id);

        assert_int_equal(cart->lines[0]->unit_price_minor, 150);
        assert_int_equal(cart->goods_minor, 300);
        assert_int_equal(cart->lines[0]->n_warnings, 1);
        assert_string_equal(cart->lines[0]->warnings[0]->reason, "PRICE_CHANGED");
        /* A change elsewhere in the cart takes today's price over. */
        cart = stall_add(&stall, stall.alice, cart_id, WARE_BOWL, 1);
        assert_int_equal(cart->lines[0]->unit_price_minor, 150);
        assert_int_equal(cart->goods_minor, 2300);
        assert_int_equal(stall_read_cart(&stall, stall.alice, cart_id)->lines[0]->n_warnings, 0);
        assert_int_equal(cart_line_get(shop_read(stall.shop), cart_id, 1)->unit_price_minor, 150);
        stall_close(&stall);
}

static void assert_warning(const CartLine *line, const char *reason, int64_t available)
{
        for (size_t i = 0; i < line->n_warnings; i++)
                if (strcmp(line->warnings[i]->reason, reason) == 0) {
                        assert_int_equal(line->warnings[i]->available, available);
                        return;
                }
        fail_msg("line %d has no warning %s", line->number, reason);
}

static void warnings_say_what_stands_in_the_way(void **state)
{
        struct stall stall = stall_open();
        const char *cart_id = stall_open_cart(&stall, stall.alice);
        const char *mug = stall.variant_ids[WARE_MUG];

        stall_add(&stall, stall.alice, cart_id, WARE_MUG, 6);
        stall_add(&stall, stall.alice, cart_id, WARE_BOWL, 20);
        assert_int_equal(stall_read_cart(&stall, stall.alice, cart_id)->lines[0]->n_warnings, 0);
        /* Demand for one variant on two lines adds up: 6 + 6 of 10. */
        stall_ok(&stall, stall.alice, "cart.AddCartLines",
                "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':'6','line_key':'b'}]}",
                cart_id, mug);
        const Cart *cart = stall_read_cart(&stall, stall.alice, cart_id);

        assert_warning(cart->lines[0], "LESS_IN_STOCK", 10);
        assert_int_equal(cart->lines[1]->n_warnings, 0);
        assert_warning(cart->lines[2], "LESS_IN_STOCK", 10);
        stall_ok(&stall, shop_as(stall.shop, ROLE_WAREHOUSE), "supply.AdjustStock",
                "{'variant_id':'%s','location_id':'%s','quantity':'-10','reason':'broken'}", mug,
                stall.main_id);
        stall_ok(&stall, shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST), "catalog.DelistProduct",
                "{'id':'%s'}", stall.product_id);
        cart = stall_read_cart(&stall, stall.alice, cart_id);
        assert_warning(cart->lines[0], "OUT_OF_STOCK", 0);
        assert_warning(cart->lines[0], "NOT_ON_SALE", 0);
        assert_warning(cart->lines[1], "NOT_ON_SALE", 0);
        const ListPricesResponse *prices =
                stall_ok(&stall, shop_nobody(), "catalog.ListPrices", "{'variant_id':'%s'}", mug);

        stall_ok(&stall, shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST), "catalog.DeletePrice",
                "{'id':'%s'}", prices->prices[0]->id);
        cart = stall_read_cart(&stall, stall.alice, cart_id);
        assert_warning(cart->lines[0], "NO_PRICE", 0);
        assert_int_equal(cart->goods_minor, 20 * 2000);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(units_of_one_kind_are_one_line),
                cmocka_unit_test(refusals_name_the_line),
                cmocka_unit_test(a_cart_is_its_owners),
                cmocka_unit_test(a_price_counts_for_all_units_of_a_line),
                cmocka_unit_test(a_list_has_its_audience),
                cmocka_unit_test(two_thousand_lines_and_no_more),
                cmocka_unit_test(sums_beyond_an_order_are_refused),
                cmocka_unit_test(carts_keep_to_the_terms),
                cmocka_unit_test(lines_are_set_and_removed),
                cmocka_unit_test(finished_carts_do_not_change),
                cmocka_unit_test(prices_are_read_anew_at_every_change),
                cmocka_unit_test(warnings_say_what_stands_in_the_way),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
