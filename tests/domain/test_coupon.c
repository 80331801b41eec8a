/*
 * Coupons at checkout: rule 0's place for them, rule 4's split, rule 6's life, and refunds of what
 * units paid.
 */
#include <string.h>
#include "tests/domain/club.h"

#define PLACE                                                                                      \
        "{'cart_id':'%s','fingerprint':'%s','coupon_id':'%s','delivery_address':{"                 \
        "'country_code':'GB','recipient':'A. Buyer','lines':['1 High Street'],'city':'Leeds'}}"
#define BY_ID "{'id':'%s'}"

/* A coupon of alice's: so much off goods of at least so much. */
static const char *claim(struct stall *stall, int amount, int goods_min)
{
        const char *reward_id = club_coupon(stall,
                arena_printf(shop_arena(stall->shop), "off-%d", amount), 10, amount, goods_min);

        club_give(stall, "alice", 10);
        return club_redeem(stall, stall->alice, reward_id)->coupon_id;
}

static const Quote *quote(struct stall *stall, const char *cart_id, const char *coupon_id)
{
        return stall_ok(stall, stall->alice, "checkout.GetQuote",
                "{'cart_id':'%s','country_code':'GB','coupon_id':'%s'}", cart_id, coupon_id);
}

static const char *place(struct stall *stall, struct basket basket, const char *coupon_id)
{
        const char *cart_id = stall_cart(stall, stall->alice, basket);
        const Order *order = stall_ok(stall, stall->alice, "checkout.PlaceOrder", PLACE, cart_id,
                quote(stall, cart_id, coupon_id)->fingerprint, coupon_id);

        return order->id;
}

static void pay(struct stall *stall, const char *order_id)
{
        stall_ok(stall, stall->alice, "payment.PayOrder", "{'order_id':'%s'}", order_id);
        shop_settle(stall->shop);
}

static CouponState state_of(struct stall *stall, const char *coupon_id)
{
        return coupon_get(shop_read(stall->shop), coupon_id)->state;
}

/* ---- figures ---- */

struct figure {
        struct basket basket; /* mugs at 1.11, bowls at 20.00, without tax */
        int amount;
        int64_t discounts[2];
        int64_t payable;
};

static const struct figure figures[] = {
        {{{3, 1, 0}}, 500, {71, 429}, 2199}, /* 3.14 and 18.85 */
        {{{3, 1, 0}}, 1, {0, 1}, 2799},      /* 19.99 and 20 %: 23.99 */
        {{{3, 0, 0}}, 500, {333, 0}, 0},     /* never more than they cost */
        {{{0, 1, 0}}, 1999, {1999, 0}, 1},
};

static void the_discount_is_split_before_tax(void **state)
{
        for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
                struct stall stall = stall_open();

                club_open(&stall, "");
                const char *cart_id = stall_cart(&stall, stall.alice, figures[i].basket);
                const Quote *made = quote(&stall, cart_id, claim(&stall, figures[i].amount, 0));

                assert_int_equal(made->n_blockers, 0);
                assert_int_equal(made->payable_minor, figures[i].payable);
                for (size_t k = 0; k < made->n_lines; k++)
                        assert_int_equal(made->lines[k]->discount_minor, figures[i].discounts[k]);
                stall_close(&stall);
        }
}

/* ---- its life ---- */

static void a_coupon_is_locked_used_and_released(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        const char *coupon_id = claim(&stall, 500, 0);
        const char *order_id = place(&stall, (struct basket){{3, 1, 0}}, coupon_id);
        const Order *order = stall_order(&stall, order_id);

        assert_int_equal(order->discount_minor, 500);
        assert_int_equal(order->gross_minor, 2199);
        assert_int_equal(state_of(&stall, coupon_id), COUPON_STATE_LOCKED);
        /* Two orders never use it. */
        const char *other = stall_cart(&stall, stall.alice, stall_mugs(1));
        const Quote *refused = quote(&stall, other, coupon_id);

        assert_string_equal(refused->blockers[0], "COUPON_USED");
        struct error *error = stall_refused(&stall, stall.alice,
                stall_placing(FAILED_PRECONDITION, "COUPON_USED"), PLACE, other,
                refused->fingerprint, coupon_id);

        assert_string_equal(error->violations->field, "coupon_id");
        shop_advance(stall.shop, HOUR_US); /* nobody paid */
        assert_int_equal(state_of(&stall, coupon_id), COUPON_STATE_CLAIMED);
        order_id = place(&stall, (struct basket){{3, 1, 0}}, coupon_id);
        pay(&stall, order_id);
        shop_restart(stall.shop);
        assert_int_equal(state_of(&stall, coupon_id), COUPON_STATE_USED);
        /* 21 points: on what was paid. */
        club_assert(&stall, "alice", 0, 21);
        stall_ok(&stall, stall.alice, "checkout.CancelOrder",
                "{'id':'%s','lines':[{'number':1,'quantity':3}]}", order_id);
        assert_int_equal(state_of(&stall, coupon_id), COUPON_STATE_USED);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 314);
        stall_ok(&stall, stall.alice, "checkout.CancelOrder", BY_ID, order_id);
        assert_int_equal(state_of(&stall, coupon_id), COUPON_STATE_CLAIMED);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 2199);
        stall_close(&stall);
}

static void send_back(struct stall *stall, const char *order_id, int line, int quantity)
{
        const ReturnCase *row = stall_ok(stall, stall->alice, "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'x','lines':[{'order_line_number':%d,'quantity':%d}]}",
                order_id, line, quantity);

        stall_ok(stall, shop_as(stall->shop, ROLE_SERVICE_AGENT), "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}", row->id);
        stall_bring_back(stall, row->id);
        stall_refund(stall, row->id);
}

static void only_a_return_of_everything_releases_it(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        const char *coupon_id = claim(&stall, 500, 0);
        const char *order_id = place(&stall, (struct basket){{3, 1, 0}}, coupon_id);

        pay(&stall, order_id);
        stall_deliver(&stall, order_id);
        send_back(&stall, order_id, 1, 3);
        assert_int_equal(state_of(&stall, coupon_id), COUPON_STATE_USED);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 314);
        shop_advance(stall.shop, 29 * DAY_US);
        send_back(&stall, order_id, 2, 1);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 2199);
        assert_int_equal(state_of(&stall, coupon_id), COUPON_STATE_CLAIMED);
        shop_advance(stall.shop, 2 * DAY_US);
        assert_int_equal(state_of(&stall, coupon_id), COUPON_STATE_EXPIRED);
        stall_close(&stall);
}

static void a_coupon_that_does_not_fit_blocks_the_quote(void **state)
{
        struct stall stall = stall_open();
        struct persona bob = shop_member(stall.shop, "bob");

        club_open(&stall, "");
        const char *coupon_id = claim(&stall, 500, 2000);
        const char *cart_id = stall_cart(&stall, stall.alice, stall_mugs(3));

        assert_string_equal(quote(&stall, cart_id, coupon_id)->blockers[0], "COUPON_MINIMUM");
        stall_refused(&stall, bob,
                (struct refusal){"checkout.GetQuote", NOT_FOUND, "COUPON_NOT_FOUND"},
                "{'cart_id':'%s','country_code':'GB','coupon_id':'%s'}",
                stall_cart(&stall, bob, stall_mugs(1)), coupon_id);
        shop_advance(stall.shop, 40 * DAY_US);
        assert_string_equal(quote(&stall, cart_id, coupon_id)->blockers[0], "COUPON_EXPIRED");
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_discount_is_split_before_tax),
                cmocka_unit_test(a_coupon_is_locked_used_and_released),
                cmocka_unit_test(only_a_return_of_everything_releases_it),
                cmocka_unit_test(a_coupon_that_does_not_fit_blocks_the_quote),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
