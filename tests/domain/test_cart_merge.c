/* What becomes of a guest's cart at sign-in (rule 8). */
#include <string.h>
#include "cart.rows.h"
#include "catalog.rows.h"
#include "membership.rows.h"
#include "tests/domain/stall.h"

struct visitor {
        struct persona guest;
        const char *cart_id;
};

static struct persona persona_of(const SessionGrant *grant)
{
        return (struct persona){.id = grant->member->id, .token = grant->token};
}

/* A guest with a cart of so many mugs and bowls. */
static struct visitor visit(struct stall *stall, int mugs, int bowls)
{
        const SessionGrant *grant = stall_ok(stall, shop_nobody(), "membership.CreateGuest", "{}");
        struct visitor visitor = {.guest = persona_of(grant)};

        visitor.cart_id = stall_open_cart(stall, visitor.guest);
        if (mugs > 0)
                stall_add(stall, visitor.guest, visitor.cart_id, WARE_MUG, mugs);
        if (bowls > 0)
                stall_add(stall, visitor.guest, visitor.cart_id, WARE_BOWL, bowls);
        return visitor;
}

static struct persona sign_up(struct stall *stall)
{
        const SessionGrant *grant = stall_ok(stall, shop_nobody(), "membership.SignUp",
                "{'email':'carol@example.com','password':'correct horse'}");

        stall_prove_email(stall, persona_of(grant), "carol@example.com");
        return persona_of(grant);
}

static const SessionGrant *sign_in(
        struct stall *stall, const struct visitor *visitor, const char *mode)
{
        return stall_ok(stall, shop_nobody(), "membership.SignIn",
                "{'email':'carol@example.com','password':'correct horse','guest_token':'%s',"
                "'merge_mode':'%s'}",
                visitor->guest.token, mode);
}

static int64_t quantity_of(const Cart *cart, const char *sku)
{
        int64_t quantity = 0;

        for (size_t i = 0; i < cart->n_lines; i++)
                if (strcmp(cart->lines[i]->sku, sku) == 0)
                        quantity += cart->lines[i]->quantity;
        return quantity;
}

static void a_guests_cart_comes_along(void **state)
{
        const struct {
                const char *mode;
                int guest[2]; /* mugs and bowls; 10 and 20 can be ordered */
                int member[2];
                int merged[2];
                const char *warning; /* the first, "" for none */
        } cases[] = {
                {"MERGE_MODE_UNSPECIFIED", {2, 1}, {3, 0}, {5, 1}, ""},
                /* Clipped at what can be ordered, but never below what was there. */
                {"MERGE_MODE_UNSPECIFIED", {8, 0}, {7, 0}, {10, 0}, "Crockery: 3 of 8 "},
                {"MERGE_MODE_UNSPECIFIED", {8, 0}, {12, 0}, {12, 0}, "Crockery: 0 of 8 "},
                {"MERGE_MODE_UNSPECIFIED", {0, 21}, {12, 0}, {12, 20}, "Crockery: 20 of 21 "},
                {"MERGE_MODE_UNSPECIFIED", {0, 0}, {3, 0}, {3, 0}, ""},
                {"MERGE_MODE_GUEST_WINS", {2, 1}, {3, 4}, {2, 1}, ""},
                {"MERGE_MODE_GUEST_WINS", {0, 0}, {3, 4}, {3, 4}, ""}, /* unless it is empty */
                {"MERGE_MODE_KEEP_MEMBER", {2, 1}, {3, 0}, {3, 0}, ""},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                struct stall stall = stall_open();
                struct persona carol = sign_up(&stall);
                const char *cart_id = stall_open_cart(&stall, carol);

                if (cases[i].member[0] > 0)
                        stall_add(&stall, carol, cart_id, WARE_MUG, cases[i].member[0]);
                if (cases[i].member[1] > 0)
                        stall_add(&stall, carol, cart_id, WARE_BOWL, cases[i].member[1]);
                struct visitor visitor = visit(&stall, cases[i].guest[0], cases[i].guest[1]);
                const SessionGrant *grant = sign_in(&stall, &visitor, cases[i].mode);

                assert_int_equal(grant->n_warnings, cases[i].warning[0] != '\0');
                if (grant->n_warnings > 0)
                        assert_memory_equal(
                                grant->warnings[0], cases[i].warning, strlen(cases[i].warning));
                /* Twice changes nothing. */
                grant = sign_in(&stall, &visitor, cases[i].mode);
                assert_int_equal(grant->n_warnings, 0);
                const Cart *cart = stall_read_cart(&stall, persona_of(grant), cart_id);

                assert_int_equal(quantity_of(cart, "MUG"), cases[i].merged[0]);
                assert_int_equal(quantity_of(cart, "BOWL"), cases[i].merged[1]);
                stall_close(&stall);
        }
}

static void a_member_without_a_cart_gets_one(void **state)
{
        struct stall stall = stall_open();
        struct persona carol = sign_up(&stall);
        struct visitor visitor = visit(&stall, 2, 0);

        sign_in(&stall, &visitor, "MERGE_MODE_UNSPECIFIED");
        const ListCartsResponse *carts =
                stall_ok(&stall, carol, "cart.ListCarts", "{'state':'CART_STATE_ACTIVE'}");

        assert_int_equal(carts->n_carts, 1);
        const Cart *cart = stall_read_cart(&stall, carol, carts->carts[0]->id);

        assert_int_equal(quantity_of(cart, "MUG"), 2);
        assert_int_equal(cart->goods_minor, 222);
        assert_int_equal(
                cart_get(shop_read(stall.shop), visitor.cart_id)->state, CART_STATE_MERGED);
        /* The guest's cart is the guest's still, and nobody else's. */
        stall_refused(&stall, carol, (struct refusal){"cart.GetCart", NOT_FOUND, "CART_NOT_FOUND"},
                "{'id':'%s'}", visitor.cart_id);
        stall_close(&stall);
}

static void another_currency_is_priced_anew(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);
        struct persona carol = sign_up(&stall);
        const PriceList *euro = stall_ok(&stall, staff, "catalog.CreatePriceList",
                "{'price_list':{'slug':'eu','currency_code':'EUR'}}");

        stall_ok(&stall, staff, "catalog.CreatePrice",
                "{'price':{'variant_id':'%s','price_list_id':'%s','amount_minor':'130'}}",
                stall.variant_ids[WARE_MUG], euro->id);
        const Cart *cart =
                stall_ok(&stall, carol, "cart.CreateCart", "{'price_list_id':'%s'}", euro->id);
        struct visitor visitor = visit(&stall, 2, 1);
        const SessionGrant *grant = sign_in(&stall, &visitor, "MERGE_MODE_UNSPECIFIED");

        assert_int_equal(grant->n_warnings, 1); /* bowls have no price in euro */
        assert_non_null(strstr(grant->warnings[0], "Crockery"));
        cart = stall_read_cart(&stall, carol, cart->id);
        assert_int_equal(cart->n_lines, 1);
        assert_int_equal(cart->lines[0]->unit_price_minor, 130);
        assert_string_equal(cart->currency_code, "EUR");
        stall_close(&stall);
}

static void a_guests_line_is_clipped_at_the_terms(void **state)
{
        struct stall stall = stall_open();
        struct persona carol = sign_up(&stall);
        const char *cart_id = stall_open_cart(&stall, carol);
        struct visitor visitor = visit(&stall, 4, 0);

        shop_terms(stall.shop)->line_units_max = 3;
        const SessionGrant *grant = sign_in(&stall, &visitor, "MERGE_MODE_UNSPECIFIED");

        assert_int_equal(grant->n_warnings, 1);
        assert_int_equal(stall_read_cart(&stall, carol, cart_id)->lines[0]->quantity, 3);
        stall_close(&stall);
}

static void what_is_off_sale_stays_behind(void **state)
{
        struct stall stall = stall_open();
        struct persona carol = sign_up(&stall);
        const char *cart_id = stall_open_cart(&stall, carol);
        struct visitor visitor = visit(&stall, 2, 1);

        stall_ok(&stall, shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST), "catalog.DelistProduct",
                "{'id':'%s'}", stall.product_id);
        const SessionGrant *grant = sign_in(&stall, &visitor, "MERGE_MODE_UNSPECIFIED");

        assert_int_equal(grant->n_warnings, 2);
        assert_int_equal(stall_read_cart(&stall, carol, cart_id)->n_lines, 0);
        stall_close(&stall);
}

/* A guest's cart of which nothing can come along takes nothing away, and the next one still may. */
static void what_stays_behind_replaces_nothing(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST);
        struct persona carol = sign_up(&stall);
        const char *cart_id = stall_open_cart(&stall, carol);
        const struct visitor visitor = visit(&stall, 1, 0);

        stall_add(&stall, carol, cart_id, WARE_BOWL, 3);
        stall_ok(&stall, staff, "catalog.DelistProduct", "{'id':'%s'}", stall.product_id);
        const SessionGrant *grant = sign_in(&stall, &visitor, "MERGE_MODE_GUEST_WINS");

        assert_int_equal(grant->n_warnings, 1);
        assert_int_equal(quantity_of(stall_read_cart(&stall, carol, cart_id), "BOWL"), 3);
        stall_ok(&stall, staff, "catalog.ListProductForSale", "{'id':'%s'}", stall.product_id);
        const struct visitor next = visit(&stall, 2, 0);

        sign_in(&stall, &next, "MERGE_MODE_GUEST_WINS");
        assert_int_equal(quantity_of(stall_read_cart(&stall, carol, cart_id), "BOWL"), 0);
        assert_int_equal(quantity_of(stall_read_cart(&stall, carol, cart_id), "MUG"), 2);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_guests_cart_comes_along),
                cmocka_unit_test(a_member_without_a_cart_gets_one),
                cmocka_unit_test(another_currency_is_priced_anew),
                cmocka_unit_test(a_guests_line_is_clipped_at_the_terms),
                cmocka_unit_test(what_is_off_sale_stays_behind),
                cmocka_unit_test(what_stays_behind_replaces_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
