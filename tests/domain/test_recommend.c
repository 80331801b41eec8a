/*
 * What is bought again (S106) and what somebody may like (S108): intervals and reminders;
 * neighbours from orders, reasons, and what is never shown.
 */
#include <stdio.h>
#include <string.h>
#include "catalog.rows.h"
#include "insight.rows.h"
#include "insight_internal.rows.h"
#include "notification.rows.h"
#include "server/insight/affinity.h"
#include "tests/domain/stall.h"

#define WARES 5

/* Five products of one variant each beside the stall's crockery. */
struct outlet {
        struct stall stall;
        const char *products[WARES];
        const char *variants[WARES];
};

static struct outlet outlet_open(void)
{
        struct outlet outlet = {.stall = stall_open()};
        struct persona staff = stall_staff(&outlet.stall, ROLE_PRODUCT_SPECIALIST);

        for (int i = 0; i < WARES; i++) {
                const Product *product = stall_ok(&outlet.stall, staff, "catalog.CreateProduct",
                        "{'product':{'titles':[{'language':'en','text':'Ware %d'}]}}", i);
                const Variant *variant = stall_ok(&outlet.stall, staff, "catalog.CreateVariant",
                        "{'variant':{'product_id':'%s','sku':'W%d'}}", product->id, i);

                stall_ok(&outlet.stall, staff, "catalog.CreatePrice",
                        "{'price':{'variant_id':'%s','price_list_id':'%s','amount_minor':100}}",
                        variant->id, outlet.stall.price_list_id);
                stall_ok(&outlet.stall, staff, "catalog.ListProductForSale", "{'id':'%s'}",
                        product->id);
                stall_ok(&outlet.stall, stall_staff(&outlet.stall, ROLE_WAREHOUSE),
                        "supply.ReceiveGoods",
                        "{'location_id':'%s','lines':[{'variant_id':'%s','quantity':50}]}",
                        outlet.stall.main_id, variant->id);
                outlet.products[i] = product->id;
                outlet.variants[i] = variant->id;
        }
        return outlet;
}

/* An order of wares, a digit each: "02". */
static void buy(struct outlet *outlet, struct persona who, const char *wares)
{
        struct stall *stall = &outlet->stall;
        const char *cart_id = stall_open_cart(stall, who);

        for (; *wares != '\0'; wares++)
                stall_ok(stall, who, "cart.AddCartLines",
                        "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':1}]}", cart_id,
                        outlet->variants[*wares - '0']);
        const Quote *quote = stall_ok(stall, who, "checkout.GetQuote", "{'cart_id':'%s'}", cart_id);
        const Order *order = stall_ok(stall, who, "checkout.PlaceOrder",
                "{'cart_id':'%s','fingerprint':'%s'}", cart_id, quote->fingerprint);

        stall_ok(stall, who, "payment.PayOrder", "{'order_id':'%s'}", order->id);
        shop_settle(stall->shop);
}

static struct persona somebody(struct outlet *outlet, const char *id)
{
        return shop_member(outlet->stall.shop, id);
}

static const RecommendResponse *recommend(
        struct outlet *outlet, struct persona who, const char *product_id)
{
        return stall_ok(
                &outlet->stall, who, "insight.Recommend", "{'product_id':'%s'}", product_id);
}

/* Everybody who bought 0 bought 1 too; 2 is bought by itself. */
static void fill(struct outlet *outlet)
{
        char id[8];

        for (int i = 0; i < 4; i++) {
                snprintf(id, sizeof(id), "pair%d", i);
                buy(outlet, somebody(outlet, id), "01");
        }
        for (int i = 0; i < 3; i++) {
                snprintf(id, sizeof(id), "solo%d", i);
                buy(outlet, somebody(outlet, id), "2");
        }
}

static const Recommendation *find(const RecommendResponse *answer, const char *product_id)
{
        for (size_t i = 0; i < answer->n_recommendations; i++)
                if (strcmp(answer->recommendations[i]->product_id, product_id) == 0)
                        return answer->recommendations[i];
        return NULL;
}

/* proves: S108 good */
static void what_goes_together_comes_first_with_its_reason(void **state)
{
        struct outlet outlet = outlet_open();

        fill(&outlet);
        buy(&outlet, outlet.stall.alice, "0");
        const RecommendResponse *answer = recommend(&outlet, outlet.stall.alice, "");

        assert_int_equal(answer->n_recommendations, 2);
        assert_string_equal(answer->recommendations[0]->product_id, outlet.products[1]);
        assert_int_equal(answer->recommendations[0]->reason, RECOMMENDATION_REASON_BOUGHT_TOGETHER);
        assert_string_equal(answer->recommendations[0]->because_of_id, outlet.products[0]);
        assert_string_equal(answer->recommendations[1]->product_id, outlet.products[2]);
        assert_int_equal(answer->recommendations[1]->reason, RECOMMENDATION_REASON_POPULAR);
        assert_null(find(answer, outlet.products[0])); /* hers already */
        stall_close(&outlet.stall);
}

static void nothing_is_shown_that_cannot_be_ordered(void **state)
{
        struct outlet outlet = outlet_open();

        fill(&outlet);
        buy(&outlet, outlet.stall.alice, "0");
        stall_ok(&outlet.stall, stall_staff(&outlet.stall, ROLE_PRODUCT_SPECIALIST),
                "catalog.DelistProduct", "{'id':'%s'}", outlet.products[1]);
        assert_null(find(recommend(&outlet, outlet.stall.alice, ""), outlet.products[1]));
        assert_non_null(find(recommend(&outlet, outlet.stall.alice, ""), outlet.products[2]));
        stall_ok(&outlet.stall, stall_staff(&outlet.stall, ROLE_WAREHOUSE), "supply.AdjustStock",
                "{'variant_id':'%s','location_id':'%s','quantity':-47,'reason':'lost'}",
                outlet.variants[2], outlet.stall.main_id);
        assert_null(find(recommend(&outlet, outlet.stall.alice, ""), outlet.products[2]));
        stall_close(&outlet.stall);
}

static void who_is_new_sees_what_is_popular_and_what_they_look_at_counts(void **state)
{
        struct outlet outlet = outlet_open();
        struct persona visitor = shop_guest(outlet.stall.shop, "visitor");

        fill(&outlet);
        const RecommendResponse *answer = recommend(&outlet, visitor, "");

        assert_int_equal(answer->n_recommendations, 3);
        for (size_t i = 0; i < 3; i++)
                assert_int_equal(answer->recommendations[i]->reason, RECOMMENDATION_REASON_POPULAR);
        stall_ok(&outlet.stall, visitor, "insight.RecordView", "{'product_id':'%s'}",
                outlet.products[0]);
        answer = recommend(&outlet, visitor, "");
        assert_string_equal(answer->recommendations[0]->product_id, outlet.products[1]);
        assert_int_equal(answer->recommendations[0]->reason, RECOMMENDATION_REASON_VIEWED);
        assert_string_equal(answer->recommendations[0]->because_of_id, outlet.products[0]);
        /* And on a product's own page, what goes with that. */
        answer = recommend(&outlet, visitor, outlet.products[1]);
        assert_string_equal(answer->recommendations[0]->product_id, outlet.products[0]);
        assert_null(find(answer, outlet.products[1]));
        stall_close(&outlet.stall);
}

static void what_is_kept_has_bounds(void **state)
{
        struct outlet outlet = outlet_open();
        struct persona staff = stall_staff(&outlet.stall, ROLE_PRODUCT_SPECIALIST);
        struct scan *scan;
        size_t views = 0;

        for (int i = 0; i < 60; i++) {
                const Product *product = stall_ok(&outlet.stall, staff, "catalog.CreateProduct",
                        "{'product':{'titles':[{'language':'en','text':'Poster %d'}]}}", i);

                stall_ok(&outlet.stall, outlet.stall.alice, "insight.RecordView",
                        "{'product_id':'%s'}", product->id);
                shop_advance(outlet.stall.shop, SECOND_US);
        }
        scan = recent_view_of(shop_read(outlet.stall.shop), "alice");
        while (recent_view_next(scan) != NULL)
                views++;
        assert_int_equal(views, 50);
        stall_close(&outlet.stall);
}

static void what_was_followed_and_bought_is_counted(void **state)
{
        struct outlet outlet = outlet_open();

        fill(&outlet);
        stall_ok(&outlet.stall, outlet.stall.alice, "insight.RecordRecommendationClick",
                "{'product_id':'%s','reason':'RECOMMENDATION_REASON_POPULAR'}", outlet.products[0]);
        stall_ok(&outlet.stall, outlet.stall.alice, "insight.RecordRecommendationClick",
                "{'product_id':'%s','reason':'RECOMMENDATION_REASON_POPULAR'}", outlet.products[2]);
        buy(&outlet, outlet.stall.alice, "01");
        shop_advance(outlet.stall.shop, 31 * DAY_US);
        buy(&outlet, outlet.stall.alice, "2"); /* too late to be because of it */
        const RecommendationFigures *figures = stall_ok(&outlet.stall,
                stall_staff(&outlet.stall, ROLE_ANALYST), "insight.GetRecommendationFigures",
                "{'month_from':201012,'month_to':201101}");

        assert_int_equal(figures->n_months, 1);
        assert_int_equal(figures->months[0]->click_count, 2);
        assert_int_equal(figures->months[0]->buy_count, 1);
        assert_int_equal(figures->n_definitions, 3);
        stall_close(&outlet.stall);
}

#define SHOWN(n, reason) "{'product_id':'%" #n "$s','reason':'RECOMMENDATION_REASON_" reason "'}"

static const ShownRecommendations *shown_to(struct outlet *outlet, struct persona who)
{
        return stall_ok(&outlet->stall, who, "insight.GetShownRecommendations",
                "{'member_id':'%s'}", who.id);
}

/* proves: S108 good */
/* proves: S108 restart */
static void what_was_shown_is_counted(void **state)
{
        struct outlet outlet = outlet_open();
        struct stall *stall = &outlet.stall;
        const char *const *wares = outlet.products;

        stall_ok(stall, stall->alice, "insight.RecordImpressions",
                "{'impressions':[" SHOWN(1, "POPULAR") "," SHOWN(2, "POPULAR") "]}", wares[0],
                wares[1]);
        shop_advance(stall->shop, HOUR_US);
        stall_ok(stall, stall->alice, "insight.RecordImpressions",
                "{'impressions':[" SHOWN(1, "VIEWED") "," SHOWN(2, "POPULAR") "]}", wares[1],
                wares[2]);
        assert_int_equal(shop_event_count(stall->shop, "recommendation.shown"), 2);
        shop_restart(stall->shop);
        const ShownRecommendations *row = shown_to(&outlet, stall->alice);

        assert_int_equal(row->n_shown, 3);
        assert_string_equal(row->shown[0]->product_id, wares[1]);
        assert_int_equal(row->shown[0]->show_count, 2);
        assert_int_equal(row->shown[0]->reason, RECOMMENDATION_REASON_VIEWED);
        assert_string_equal(row->shown[2]->product_id, wares[0]);
        const RecommendationFigures *figures = stall_ok(stall, stall_staff(stall, ROLE_ANALYST),
                "insight.GetRecommendationFigures", "{'month_from':201012,'month_to':201012}");

        assert_int_equal(figures->n_months, 2);
        assert_int_equal(figures->months[0]->reason, RECOMMENDATION_REASON_VIEWED);
        assert_int_equal(figures->months[0]->show_count, 1);
        assert_int_equal(figures->months[1]->show_count, 3);
        stall_close(stall);
}

/* proves: S108 refusal */
/* proves: S108 foreign */
static void what_was_shown_is_told_by_whom_it_was_shown_to(void **state)
{
        struct outlet outlet = outlet_open();
        struct stall *stall = &outlet.stall;
        struct persona bob = somebody(&outlet, "bob");
        const struct error *error = stall_refused(stall, bob,
                (struct refusal){"insight.RecordImpressions", INVALID_ARGUMENT, "REPEATED"},
                "{'impressions':[" SHOWN(1, "POPULAR") "," SHOWN(1, "VIEWED") "]}",
                outlet.products[0]);

        assert_string_equal(error->violations->field, "impressions[1].product_id");
        error = stall_refused(stall, bob,
                (struct refusal){"insight.RecordImpressions", NOT_FOUND, "PRODUCT_NOT_FOUND"},
                "{'impressions':[" SHOWN(1, "POPULAR") "]}", "nothing");
        assert_string_equal(error->violations->field, "impressions[0].product_id");
        stall_ok(stall, stall->alice, "insight.RecordImpressions",
                "{'impressions':[" SHOWN(1, "POPULAR") "]}", outlet.products[0]);
        stall_refused(stall, bob,
                (struct refusal){"insight.GetShownRecommendations", NOT_FOUND,
                        "SHOWN_RECOMMENDATIONS_NOT_FOUND"},
                "{'member_id':'alice'}");
        stall_close(stall);
}

/* The latest 50 are kept, in one row. */
static void what_was_shown_is_not_kept_for_ever(void **state)
{
        struct outlet outlet = outlet_open();
        struct persona staff = stall_staff(&outlet.stall, ROLE_PRODUCT_SPECIALIST);

        for (int i = 0; i < 60; i++) {
                const Product *product = stall_ok(&outlet.stall, staff, "catalog.CreateProduct",
                        "{'product':{'titles':[{'language':'en','text':'Poster %d'}]}}", i);

                stall_ok(&outlet.stall, outlet.stall.alice, "insight.RecordImpressions",
                        "{'impressions':[" SHOWN(1, "POPULAR") "]}", product->id);
        }
        assert_int_equal(shown_to(&outlet, outlet.stall.alice)->n_shown, 50);
        stall_close(&outlet.stall);
}

/* proves: S108 refusal */
/* proves: S108 foreign */
static void of_others_nothing_is_recommended(void **state)
{
        struct outlet outlet = outlet_open();
        struct persona bob = somebody(&outlet, "bob");
        const struct error *error;

        stall_refused(&outlet.stall, bob,
                (struct refusal){"insight.Recommend", NOT_FOUND, "MEMBER_NOT_FOUND"},
                "{'member_id':'alice'}");
        error = stall_refused(&outlet.stall, bob,
                (struct refusal){"insight.RecordView", NOT_FOUND, "PRODUCT_NOT_FOUND"},
                "{'product_id':'nothing'}");
        assert_string_equal(error->violations->field, "product_id");
        error = stall_refused(&outlet.stall, bob,
                (struct refusal){"insight.RecordRecommendationClick", INVALID_ARGUMENT, "REQUIRED"},
                "{'product_id':'%s'}", outlet.products[0]);
        assert_string_equal(error->violations->field, "reason");
        stall_close(&outlet.stall);
}

/* ---- again ---- */

static const MemberProduct *bought(struct outlet *outlet, int ware)
{
        return member_product_get(shop_read(outlet->stall.shop), "alice", outlet->products[ware]);
}

static size_t reminders(struct outlet *outlet)
{
        return shop_event_count(outlet->stall.shop, "replenishment.due");
}

/* proves: S106 good */
static void who_buys_again_is_reminded_in_time(void **state)
{
        struct outlet outlet = outlet_open();

        stall_ok(&outlet.stall, stall_staff(&outlet.stall, ROLE_OPERATIONS),
                "insight.SetLifecyclePolicy", "{'lifecycle_policy':{'remind_purchases':3}}");
        buy(&outlet, outlet.stall.alice, "0");
        assert_null(bought(&outlet, 0)->next_time);
        shop_advance(outlet.stall.shop, 10 * DAY_US);
        buy(&outlet, outlet.stall.alice, "0");
        shop_advance(outlet.stall.shop, 14 * DAY_US);
        buy(&outlet, outlet.stall.alice, "0");
        const MemberProduct *row = bought(&outlet, 0);

        assert_int_equal(row->order_count, 3);
        assert_int_equal(row->n_interval_days, 2);
        assert_int_equal(row->interval_days[0], 10);
        assert_int_equal(row->interval_days[1], 14);
        /* The lower median: ten days after the day of 25 December. */
        assert_int_equal(
                time_us(row->next_time), time_us(row->last_time) - 8 * HOUR_US + 10 * DAY_US);
        shop_advance(outlet.stall.shop, 9 * DAY_US);
        assert_int_equal(reminders(&outlet), 0);
        shop_restart(outlet.stall.shop);
        shop_advance(outlet.stall.shop, DAY_US);
        assert_int_equal(reminders(&outlet), 1);
        assert_non_null(bought(&outlet, 0)->remind_time);
        shop_advance(outlet.stall.shop, 60 * DAY_US);
        assert_int_equal(reminders(&outlet), 1); /* once, until they buy again */
        buy(&outlet, outlet.stall.alice, "0");
        assert_int_equal(bought(&outlet, 0)->n_interval_days, 3);
        stall_close(&outlet.stall);
}

/* proves: S106 refusal */
/* proves: S106 foreign */
static void a_product_tells_how_it_is_bought_again(void **state)
{
        struct outlet outlet = outlet_open();
        struct persona analyst = stall_staff(&outlet.stall, ROLE_ANALYST);
        const struct error *error;

        fill(&outlet);
        shop_advance(outlet.stall.shop, 20 * DAY_US);
        buy(&outlet, outlet.stall.alice, "0");
        buy(&outlet, outlet.stall.alice, "0"); /* on the same day: no interval */
        shop_advance(outlet.stall.shop, 5 * DAY_US);
        buy(&outlet, outlet.stall.alice, "0");
        const ProductRepurchase *answer = stall_ok(&outlet.stall, analyst,
                "insight.GetProductRepurchase", "{'product_id':'%s'}", outlet.products[0]);

        assert_int_equal(answer->buyer_count, 5);
        assert_int_equal(answer->repeat_count, 1);
        assert_int_equal(answer->repurchase_rate_bp, 2000);
        assert_int_equal(answer->median_days, 5);
        assert_int_equal(answer->n_definitions, 4);
        stall_refused(&outlet.stall, outlet.stall.alice,
                (struct refusal){
                        "insight.GetProductRepurchase", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"},
                "{'product_id':'%s'}", outlet.products[0]);
        stall_refused(&outlet.stall, somebody(&outlet, "bob"),
                (struct refusal){"insight.ListMemberProducts", NOT_FOUND, "MEMBER_NOT_FOUND"},
                "{'member_id':'alice'}");
        error = stall_refused(&outlet.stall, stall_staff(&outlet.stall, ROLE_OPERATIONS),
                (struct refusal){"insight.SetLifecyclePolicy", INVALID_ARGUMENT, "TOO_FEW"},
                "{'lifecycle_policy':{'remind_purchases':1}}");
        assert_string_equal(error->violations->field, "lifecycle_policy.remind_purchases");
        stall_close(&outlet.stall);
}

/* ---- arithmetic ---- */

static void heat_cools_and_keeps_its_order(void **state)
{
        int64_t now = INT64_C(1300000000000000), later = now + 20 * DAY_US;
        int64_t twice = affinity_heat_add(affinity_heat_add(0, now), now);
        int64_t once = affinity_heat_add(0, later);

        assert_true(affinity_heat_at(0, now) == 0);
        assert_true(affinity_heat_at(twice, now) > 1.9999 && affinity_heat_at(twice, now) < 2.0001);
        assert_true(
                affinity_heat_at(twice, later) > 0.9999 && affinity_heat_at(twice, later) < 1.0001);
        /* Two of then are one of now, at any time. */
        assert_in_range(twice - once + 10, 0, 20);
        assert_true(affinity_heat_add(twice, later) > once);
}

/* What was asked for and never came does not stay unknown for ever. */
static void neighbours_that_were_lost_are_computed_later(void **state)
{
        struct outlet outlet = outlet_open();
        char id[16];

        fill(&outlet);
        struct txn *txn = shop_write_begin(outlet.stall.shop);
        ProductDemand *demand = product_demand_get(txn, outlet.products[0]);
        int64_t before = demand->buyer_count - demand->new_count;

        demand->computing = true;
        product_demand_update(txn, demand);
        shop_write_end(outlet.stall.shop, txn);
        for (int64_t i = 0; i < 3 * before + 12; i++) {
                snprintf(id, sizeof(id), "late-%d", (int)i);
                buy(&outlet, somebody(&outlet, id), "0");
        }
        demand = product_demand_get(shop_read(outlet.stall.shop), outlet.products[0]);
        assert_false(demand->computing);
        stall_close(&outlet.stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_goes_together_comes_first_with_its_reason),
                cmocka_unit_test(nothing_is_shown_that_cannot_be_ordered),
                cmocka_unit_test(who_is_new_sees_what_is_popular_and_what_they_look_at_counts),
                cmocka_unit_test(what_is_kept_has_bounds),
                cmocka_unit_test(what_was_followed_and_bought_is_counted),
                cmocka_unit_test(of_others_nothing_is_recommended),
                cmocka_unit_test(who_buys_again_is_reminded_in_time),
                cmocka_unit_test(a_product_tells_how_it_is_bought_again),
                cmocka_unit_test(heat_cools_and_keeps_its_order),
                cmocka_unit_test(neighbours_that_were_lost_are_computed_later),
                cmocka_unit_test(what_was_shown_is_counted),
                cmocka_unit_test(what_was_shown_is_told_by_whom_it_was_shown_to),
                cmocka_unit_test(what_was_shown_is_not_kept_for_ever),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
