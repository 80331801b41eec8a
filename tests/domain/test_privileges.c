/*
 * What tiers give, asked for where it counts: prices and delivery in quotes, freight of returns,
 * and the order in which parcels are sent and tickets are looked at.
 */
#include <string.h>
#include "catalog.rows.h"
#include "server/loyalty/loyalty.h"
#include "server/service/service.h"
#include "tests/domain/club.h"
#include "tests/domain/till.h"

static void grow(struct stall *stall, const char *member_id, int times)
{
        for (int i = 0; i < times; i++)
                stall_ok(stall, shop_as(stall->shop, ROLE_OPERATIONS), "loyalty.RecordActivity",
                        "{'member_id':'%s','activity':'grow','external_id':'%s'}", member_id,
                        shop_request_id(stall->shop));
}

#define SILVER 20
#define GOLD   100

/* ---- delivery ---- */

/* proves: S98 good */
/* proves: S98 restart */
static void delivery_is_free_from_what_the_tier_says(void **state)
{
        struct stall stall = stall_open();
        const char *post = stall_shipping(&stall, 0);
        const char *cart_id = stall_cart(&stall, stall.alice, (struct basket){{0, 1, 0}});
        const char *small_id = stall_cart(&stall, stall.alice, stall_mugs(1));

        club_open(&stall, "");
        assert_int_equal(stall_quote_shipped(&stall, cart_id, "GB", post)->shipping_minor, 450);
        grow(&stall, "alice", SILVER);
        shop_restart(stall.shop);
        assert_int_equal(stall_quote_shipped(&stall, cart_id, "GB", post)->shipping_minor, 0);
        assert_int_equal(stall_quote_shipped(&stall, small_id, "GB", post)->shipping_minor, 450);
        grow(&stall, "alice", GOLD - SILVER);
        assert_int_equal(stall_quote_shipped(&stall, small_id, "GB", post)->shipping_minor, 0);
        stall_close(&stall);
}

/* ---- prices ---- */

static const char *member_list(struct stall *stall, const char *slug, int level)
{
        const PriceList *list = stall_ok(stall, shop_as(stall->shop, ROLE_PRODUCT_SPECIALIST),
                "catalog.CreatePriceList",
                "{'price_list':{'slug':'%s','currency_code':'GBP','home_country_code':'GB',"
                "'base_price_list_id':'%s','member_price_level':%d}}",
                slug, stall->price_list_id, level);

        return list->id;
}

static void price(struct stall *stall, const char *list_id, enum ware ware, int amount)
{
        stall_ok(stall, shop_as(stall->shop, ROLE_PRODUCT_SPECIALIST), "catalog.CreatePrice",
                "{'price':{'variant_id':'%s','price_list_id':'%s','amount_minor':'%d'}}",
                stall->variant_ids[ware], list_id, amount);
}

static int64_t unit_price(struct stall *stall, const char *cart_id)
{
        return stall_quote(stall, cart_id, "GB")->lines[0]->unit_price_minor;
}

/* A tier that is reached counts with the next quote, also of a cart that was filled before. */
static void members_of_a_tier_have_their_prices(void **state)
{
        struct stall stall = stall_open();
        const char *silver = member_list(&stall, "silver", 1),
                   *gold = member_list(&stall, "gold", 2);
        const char *cart_id = stall_cart(&stall, stall.alice, (struct basket){{0, 1, 0}});
        const char *mugs_id = stall_cart(&stall, stall.alice, stall_mugs(1));

        club_open(&stall, "");
        price(&stall, silver, WARE_BOWL, 1900);
        price(&stall, gold, WARE_BOWL, 1800);
        price(&stall, silver, WARE_MUG, 100);
        assert_int_equal(unit_price(&stall, cart_id), 2000);
        grow(&stall, "alice", SILVER);
        assert_int_equal(unit_price(&stall, cart_id), 1900);
        const Cart *cart = stall_read_cart(&stall, stall.alice, cart_id);

        assert_int_equal(cart->lines[0]->unit_price_minor, 1900);
        assert_string_equal(cart->lines[0]->warnings[0]->reason, "PRICE_CHANGED");
        grow(&stall, "alice", GOLD - SILVER);
        assert_int_equal(unit_price(&stall, cart_id), 1800);
        /* Gold has no price of its own for mugs. */
        assert_int_equal(unit_price(&stall, mugs_id), 100);
        cart = stall_add(&stall, stall.alice, cart_id, WARE_BOWL, 1);
        assert_int_equal(cart->goods_minor, 3600);
        stall_close(&stall);
}

/* proves: S98 foreign */
static void others_do_not_have_them(void **state)
{
        struct stall stall = stall_open();
        struct persona bob = shop_member(stall.shop, "bob");
        const char *list_id = member_list(&stall, "silver", 1);

        club_open(&stall, "");
        price(&stall, list_id, WARE_BOWL, 1900);
        grow(&stall, "alice", SILVER);
        const Quote *quote =
                stall_ok(&stall, bob, "checkout.GetQuote", "{'cart_id':'%s','country_code':'GB'}",
                        stall_cart(&stall, bob, (struct basket){{0, 1, 0}}));

        assert_int_equal(quote->lines[0]->unit_price_minor, 2000);
        struct error *error = stall_refused(&stall, bob,
                (struct refusal){"cart.CreateCart", PERMISSION_DENIED, "PRICE_LIST_NOT_ALLOWED"},
                "{'price_list_id':'%s'}", list_id);

        assert_string_equal(error->violations->field, "price_list_id");
        stall_close(&stall);
}

struct bad_list {
        const char *fields;
        const char *reason, *field;
};

/* proves: S98 refusal */
static void lists_for_members_stand_in_for_one_of_the_same_terms(void **state)
{
        struct stall stall = stall_open();
        const char *list_id = member_list(&stall, "silver", 1);
        const char *text = arena_printf(shop_arena(stall.shop),
                "'currency_code':'GBP','home_country_code':'GB','base_price_list_id':'%s',"
                "'member_price_level':2",
                list_id);
        const char *euro = arena_printf(shop_arena(stall.shop),
                "'currency_code':'EUR','home_country_code':'GB','base_price_list_id':'%s',"
                "'member_price_level':2",
                stall.price_list_id);
        const char *no_level = arena_printf(shop_arena(stall.shop),
                "'currency_code':'GBP','home_country_code':'GB','base_price_list_id':'%s'",
                stall.price_list_id);
        const struct bad_list bad[] = {
                {text, "MEMBER_PRICES", "price_list.base_price_list_id"},
                {euro, "TERMS_DIFFER", "price_list.base_price_list_id"},
                {no_level, "REQUIRED", "price_list.member_price_level"},
                {"'currency_code':'GBP','member_price_level':2", "REQUIRED",
                        "price_list.base_price_list_id"},
                {"'currency_code':'GBP','member_price_level':10", "TOO_LARGE",
                        "price_list.member_price_level"},
        };

        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
                struct error *error =
                        stall_refused(&stall, shop_as(stall.shop, ROLE_PRODUCT_SPECIALIST),
                                (struct refusal){
                                        "catalog.CreatePriceList", INVALID_ARGUMENT, bad[i].reason},
                                "{'price_list':{'slug':'bad',%s}}", bad[i].fields);

                assert_string_equal(error->violations->field, bad[i].field);
        }
        stall_close(&stall);
}

/* ---- returns ---- */

static const ReturnCase *send_back(struct stall *stall, const char *order_id, const char *cause)
{
        const ReturnCase *row = stall_ok(stall, stall->alice, "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'x','cause':'RETURN_CAUSE_%s',"
                "'lines':[{'order_line_number':1,'quantity':1}]}",
                order_id, cause);

        stall_ok(stall, shop_as(stall->shop, ROLE_SERVICE_AGENT), "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}", row->id);
        stall_bring_back(stall, row->id);
        return stall_refund(stall, row->id);
}

static const char *delivered_bowl(struct stall *stall)
{
        const char *order_id = stall_sell(stall, stall->alice, (struct basket){{0, 1, 0}});

        stall_deliver(stall, order_id);
        return order_id;
}

static void freight_is_kept_unless_the_tier_has_free_returns(void **state)
{
        struct stall stall = stall_open();

        shop_terms(stall.shop)->return_fee_minor = 300;
        club_open(&stall, "");
        const char *order_id = delivered_bowl(&stall);
        const ReturnCase *row = send_back(&stall, order_id, "NOT_WANTED");

        assert_int_equal(row->return_fee_minor, 300);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 2100);
        assert_int_equal(stall_order(&stall, order_id)->deducted_minor, 300);
        assert_int_equal(till_booked(&stall, LEDGER_ACCOUNT_DEDUCTED), 300);
        /* The shop's mistake costs nothing. */
        row = send_back(&stall, delivered_bowl(&stall), "DEFECTIVE");
        assert_int_equal(row->return_fee_minor, 0);
        grow(&stall, "alice", GOLD);
        order_id = delivered_bowl(&stall);
        row = send_back(&stall, order_id, "NOT_WANTED");
        assert_int_equal(row->return_fee_minor, 0);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 2400);
        stall_close(&stall);
}

/* The tier of an order is that of its placement, whatever its member reaches or loses since. */
static void an_order_has_the_tier_of_its_placement(void **state)
{
        struct stall stall = stall_open();

        shop_terms(stall.shop)->return_fee_minor = 300;
        club_open(&stall, "");
        const char *before = delivered_bowl(&stall);

        shop_advance(stall.shop, MINUTE_US);
        grow(&stall, "alice", GOLD);
        assert_int_equal(send_back(&stall, before, "NOT_WANTED")->return_fee_minor, 300);
        shop_advance(stall.shop, 373 * DAY_US); /* the grace is about to end */
        const char *of_gold = delivered_bowl(&stall);

        shop_advance(stall.shop, 5 * DAY_US);
        assert_int_equal(club_account(&stall, "alice").tier_level, 0);
        assert_int_equal(send_back(&stall, of_gold, "NOT_WANTED")->return_fee_minor, 0);
        stall_close(&stall);
}

/* Freight is never more than what goes back, and nothing is kept of what nobody paid. */
static void freight_is_kept_of_money_only(void **state)
{
        struct stall stall = stall_open();

        shop_terms(stall.shop)->return_fee_minor = 3000;
        const char *order_id = delivered_bowl(&stall);

        assert_int_equal(send_back(&stall, order_id, "NOT_WANTED")->return_fee_minor, 2400);
        assert_int_equal(stall_order(&stall, order_id)->refunded_minor, 0);
        till_offer_all(&stall);
        order_id = till_place(&stall, stall.alice, stall_mugs(3), "CASH_ON_DELIVERY");
        stall_deliver(&stall, order_id);
        assert_int_equal(send_back(&stall, order_id, "NOT_WANTED")->return_fee_minor, 0);
        assert_int_equal(stall_order(&stall, order_id)->released_minor, 134);
        stall_close(&stall);
}

/* ---- queues ---- */

static enum status open_tickets(struct call *call, void *context)
{
        service_open_ticket(call, "FIRST", "a", "", "of nobody");
        service_open_ticket(call, "SECOND", "b", "bob", "of bob");
        service_open_ticket(call, "THIRD", "c", "alice", "of alice");
        return OK;
}

static void tickets_of_a_tier_come_first(void **state)
{
        struct stall stall = stall_open();

        shop_member(stall.shop, "bob");
        club_open(&stall, "");
        grow(&stall, "alice", GOLD);
        shop_inside(stall.shop, open_tickets, NULL);
        const ListTicketsResponse *tickets = stall_ok(&stall, shop_as(stall.shop, ROLE_FINANCE),
                "service.ListTickets", "{'state':'TICKET_STATE_OPEN'}");

        assert_int_equal(tickets->n_tickets, 3);
        assert_string_equal(tickets->tickets[0]->kind, "THIRD");
        assert_int_equal(tickets->tickets[0]->queue_rank, -7);
        assert_int_equal(tickets->tickets[1]->queue_rank, 0);
        stall_close(&stall);
}

static void parcels_of_a_tier_are_sent_first(void **state)
{
        struct stall stall = stall_open();
        struct persona bob = shop_member(stall.shop, "bob");
        struct persona warehouse = shop_as(stall.shop, ROLE_WAREHOUSE);

        club_open(&stall, "");
        grow(&stall, "alice", GOLD);
        const char *of_bob = stall_sell(&stall, bob, stall_mugs(1));
        const char *of_alice = stall_sell(&stall, stall.alice, stall_mugs(1));

        stall_ok(&stall, warehouse, "fulfilment.CreateShipment", "{'order_id':'%s'}", of_bob);
        shop_advance(stall.shop, MINUTE_US);
        stall_ok(&stall, warehouse, "fulfilment.CreateShipment", "{'order_id':'%s'}", of_alice);
        const ListShipmentQueueResponse *queue = stall_ok(&stall, warehouse,
                "fulfilment.ListShipmentQueue", "{'state':'SHIPMENT_STATE_PACKED'}");

        assert_int_equal(queue->n_shipments, 2);
        assert_string_equal(queue->shipments[0]->order_id, of_alice);
        assert_string_equal(queue->shipments[1]->order_id, of_bob);
        stall_close(&stall);
}

static enum status ask(struct call *call, void *context)
{
        assert_int_equal(privilege_of(call, "alice", PRIVILEGE_EXCLUSIVE_EVENTS), 1);
        assert_int_equal(privilege_of(call, "alice", PRIVILEGE_MEMBER_PRICE_LEVEL), 2);
        assert_int_equal(privilege_of(call, "bob", PRIVILEGE_EXCLUSIVE_EVENTS), 0);
        assert_int_equal(privilege_of(call, "", PRIVILEGE_QUEUE_PRIORITY), 0);
        assert_int_equal(privilege_free_shipping(call, "alice", "GBP"), 0);
        assert_int_equal(privilege_free_shipping(call, "alice", "EUR"), -1);
        return OK;
}

#define REDEEM "{'reward_id':'%s'}"

static size_t offered_to(struct stall *stall, struct persona who)
{
        const BrowseRewardsResponse *rewards = stall_ok(stall, who, "reward.BrowseRewards", "{}");

        return rewards->n_rewards;
}

/* proves: S98 good */
/* proves: S98 foreign */
static void what_is_exclusive_is_first_for_those_who_are_asked(void **state)
{
        struct stall stall = stall_open();
        struct persona bob = shop_member(stall.shop, "bob");
        const struct refusal unknown = {"reward.RedeemReward", NOT_FOUND, "REWARD_NOT_FOUND"};

        club_open(&stall, "");
        grow(&stall, "alice", 100);
        club_give(&stall, "alice", 100);
        club_give(&stall, "bob", 100);
        const Reward *evening = stall_ok(&stall, shop_as(stall.shop, ROLE_OPERATIONS),
                "reward.CreateReward",
                "{'reward':{'slug':'evening','kind':'REWARD_KIND_COUPON','points':'10',"
                "'titles':[{'language':'en','text':'Evening'}],'coupon':{'currency_code':'GBP',"
                "'amount_minor':'100','valid_days':9},'start_time':'2010-12-02T00:00:00Z',"
                "'exclusive_until_time':'2010-12-05T00:00:00Z'}}");
        const char *id = evening->id;

        /* Nobody is told before it begins. */
        assert_int_equal(offered_to(&stall, stall.alice), 0);
        stall_refused(&stall, stall.alice, unknown, REDEEM, id);
        shop_advance(stall.shop, 2 * DAY_US);
        shop_restart(stall.shop);
        assert_int_equal(offered_to(&stall, stall.alice), 1);
        assert_int_equal(offered_to(&stall, bob), 0);
        stall_refused(&stall, bob, unknown, REDEEM, id);
        stall_refused(&stall, bob,
                (struct refusal){"reward.GetReward", NOT_FOUND, "REWARD_NOT_FOUND"}, "{'id':'%s'}",
                id);
        stall_ok(&stall, stall.alice, "reward.GetReward", "{'id':'%s'}", id);
        stall_ok(&stall, stall.alice, "reward.RedeemReward", REDEEM, id);
        shop_advance(stall.shop, 3 * DAY_US);
        assert_int_equal(offered_to(&stall, bob), 1);
        assert_int_equal(offered_to(&stall, shop_nobody()), 1);
        stall_ok(&stall, bob, "reward.RedeemReward", REDEEM, id);
        stall_close(&stall);
}

static void one_table_answers_for_all(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        grow(&stall, "alice", GOLD);
        shop_inside(stall.shop, ask, NULL);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(delivery_is_free_from_what_the_tier_says),
                cmocka_unit_test(members_of_a_tier_have_their_prices),
                cmocka_unit_test(others_do_not_have_them),
                cmocka_unit_test(lists_for_members_stand_in_for_one_of_the_same_terms),
                cmocka_unit_test(freight_is_kept_unless_the_tier_has_free_returns),
                cmocka_unit_test(an_order_has_the_tier_of_its_placement),
                cmocka_unit_test(freight_is_kept_of_money_only),
                cmocka_unit_test(tickets_of_a_tier_come_first),
                cmocka_unit_test(parcels_of_a_tier_are_sent_first),
                cmocka_unit_test(what_is_exclusive_is_first_for_those_who_are_asked),
                cmocka_unit_test(one_table_answers_for_all),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
