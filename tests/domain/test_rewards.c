/*
 * Rewards through the pipeline: gifts with stock and coupons for points, caps, and what is taken
 * back.
 */
#include <string.h>
#include "tests/domain/club.h"

#define REDEEM                       "{'reward_id':'%s','delivery_address':{'country_code':'GB'}}"
#define BY_ID                        "{'id':'%s'}"
#define redeem_refused(code, reason) ((struct refusal){"reward.RedeemReward", code, reason})

static struct persona warehouse(struct stall *stall)
{
        return shop_as(stall->shop, ROLE_WAREHOUSE);
}

static int64_t available(struct stall *stall)
{
        return club_account(stall, "alice").available;
}

/* proves: S107 good */
/* proves: S107 restart */
/* proves: S100 restart */
static void a_gift_takes_points_and_a_unit(void **state)
{
        struct stall stall = stall_open();
        const Stock *stock;

        club_open(&stall, "");
        club_give(&stall, "alice", 100);
        const RewardRedemption *row =
                club_redeem(&stall, stall.alice, club_gift(&stall, "mug", WARE_MUG, 60));

        assert_int_equal(row->state, REDEMPTION_STATE_WAITING);
        assert_int_equal(available(&stall), 40);
        stock = stall_stock(&stall, WARE_MUG, stall.main_id);
        assert_int_equal(stock->on_hand, 10);
        assert_int_equal(stock->allocated, 1);
        shop_restart(stall.shop);
        const ListRedemptionQueueResponse *queue = stall_ok(&stall, warehouse(&stall),
                "reward.ListRedemptionQueue", "{'state':'REDEMPTION_STATE_WAITING'}");

        assert_int_equal(queue->n_reward_redemptions, 1);
        stall_ok(&stall, warehouse(&stall), "reward.SendRedemption",
                "{'id':'%s','carrier':'Post','tracking_number':'P1'}", row->id);
        stock = stall_stock(&stall, WARE_MUG, stall.main_id);
        assert_int_equal(stock->on_hand, 9);
        assert_int_equal(stock->allocated, 0);
        stall_refused(&stall, stall.alice,
                (struct refusal){"reward.CancelRedemption", FAILED_PRECONDITION, "NOT_CANCELLABLE"},
                BY_ID, row->id);
        stall_refused(&stall, warehouse(&stall),
                (struct refusal){"reward.SendRedemption", FAILED_PRECONDITION, "NOT_WAITING"},
                BY_ID, row->id);
        stall_close(&stall);
}

/* Points come back with the expiry that they had, but at least 30 days. */
static void a_redemption_that_is_cancelled_gives_everything_back(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        club_give(&stall, "alice", 100);
        const char *reward_id = club_gift(&stall, "mug", WARE_MUG, 60);
        const RewardRedemption *row = club_redeem(&stall, stall.alice, reward_id);

        stall_ok(&stall, stall.alice, "reward.CancelRedemption", BY_ID, row->id);
        assert_int_equal(available(&stall), 100);
        assert_int_equal(stall_stock(&stall, WARE_MUG, stall.main_id)->allocated, 0);
        assert_int_equal(reward_get(shop_read(stall.shop), reward_id)->redeemed, 0);
        row = club_redeem(&stall, stall.alice, reward_id);
        /* Given on 1 December 2010 for a year. */
        shop_advance(stall.shop, 360 * DAY_US);
        stall_ok(&stall, stall.alice, "reward.CancelRedemption", BY_ID, row->id);
        shop_advance(stall.shop, 10 * DAY_US);
        assert_int_equal(available(&stall), 60);
        shop_advance(stall.shop, 20 * DAY_US);
        assert_int_equal(available(&stall), 60);
        shop_advance(stall.shop, DAY_US);
        assert_int_equal(available(&stall), 0);
        stall_close(&stall);
}

/* The 30 days are given once: 26 November and the same points again on 16 December 2011. */
static void taking_back_does_not_make_points_last_for_ever(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        club_give(&stall, "alice", 60);
        const char *reward_id = club_gift(&stall, "mug", WARE_MUG, 60);
        const RewardRedemption *row = club_redeem(&stall, stall.alice, reward_id);

        shop_advance(stall.shop, 360 * DAY_US);
        stall_ok(&stall, stall.alice, "reward.CancelRedemption", BY_ID, row->id);
        row = club_redeem(&stall, stall.alice, reward_id);
        shop_advance(stall.shop, 20 * DAY_US);
        stall_ok(&stall, stall.alice, "reward.CancelRedemption", BY_ID, row->id);
        shop_advance(stall.shop, 10 * DAY_US);
        assert_int_equal(available(&stall), 60);
        /* Once more, and their time is over meanwhile. */
        row = club_redeem(&stall, stall.alice, reward_id);
        shop_advance(stall.shop, 5 * DAY_US);
        stall_ok(&stall, stall.alice, "reward.CancelRedemption", BY_ID, row->id);
        shop_settle(stall.shop);
        assert_int_equal(available(&stall), 0);
        stall_close(&stall);
}

/* proves: S107 refusal */
static void what_cannot_be_redeemed_is_refused(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        const char *mug = club_gift(&stall, "mug", WARE_MUG, 60);
        const char *ended = club_gift(&stall, "bowl", WARE_BOWL, 1);
        struct error *error = stall_refused(&stall, stall.alice,
                redeem_refused(FAILED_PRECONDITION, "POINTS_NOT_AVAILABLE"), REDEEM, mug);

        assert_string_equal(stall_fact(error, "available"), "0");
        club_give(&stall, "alice", 1000);
        error = stall_refused(&stall, stall.alice,
                redeem_refused(INVALID_ARGUMENT, "ADDRESS_MISSING"), "{'reward_id':'%s'}", mug);
        assert_string_equal(error->violations->field, "delivery_address");
        stall_ok(&stall, shop_as(stall.shop, ROLE_OPERATIONS), "reward.EndReward", BY_ID, ended);
        stall_refused(&stall, stall.alice,
                redeem_refused(FAILED_PRECONDITION, "REWARD_NOT_OFFERED"), REDEEM, ended);
        for (int i = 0; i < 10; i++)
                club_redeem(&stall, stall.alice, mug);
        stall_refused(&stall, stall.alice, redeem_refused(FAILED_PRECONDITION, "OUT_OF_STOCK"),
                REDEEM, mug);
        assert_int_equal(available(&stall), 400);
        stall_close(&stall);
}

static void caps_and_tiers_bound_what_is_redeemed(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_OPERATIONS);
        const char *reward = "{'reward':{'slug':'%s','titles':[{'language':'en','text':'x'}],"
                             "'points':'1','kind':'REWARD_KIND_GIFT','variant_id':'%s',%s}}";

        club_open(&stall, "");
        club_give(&stall, "alice", 100);
        const Reward *monthly = stall_ok(&stall, staff, "reward.CreateReward", reward, "monthly",
                stall.variant_ids[WARE_MUG], "'member_max':1,'period':'CAP_PERIOD_MONTH'");
        const Reward *rare = stall_ok(&stall, staff, "reward.CreateReward", reward, "rare",
                stall.variant_ids[WARE_MUG], "'stock':'1'");
        const Reward *silver = stall_ok(&stall, staff, "reward.CreateReward", reward, "silver",
                stall.variant_ids[WARE_MUG], "'tier_level_min':1");

        club_redeem(&stall, stall.alice, monthly->id);
        stall_refused(&stall, stall.alice, redeem_refused(FAILED_PRECONDITION, "REWARD_CAP"),
                REDEEM, monthly->id);
        shop_advance(stall.shop, 31 * DAY_US);
        club_redeem(&stall, stall.alice, monthly->id);
        club_redeem(&stall, stall.alice, rare->id);
        stall_refused(&stall, stall.alice, redeem_refused(FAILED_PRECONDITION, "REWARD_GONE"),
                REDEEM, rare->id);
        stall_refused(&stall, stall.alice, redeem_refused(FAILED_PRECONDITION, "TIER_TOO_LOW"),
                REDEEM, silver->id);
        stall_close(&stall);
}

struct bad_reward {
        const char *fields;
        const char *reason, *field;
};

static const struct bad_reward bad_rewards[] = {
        {"'kind':'REWARD_KIND_GIFT'", "REQUIRED", "reward.variant_id"},
        {"'kind':'REWARD_KIND_COUPON'", "REQUIRED", "reward.coupon"},
        {"'kind':'REWARD_KIND_COUPON','variant_id':'%s','coupon':{'currency_code':'GBP',"
         "'amount_minor':'1','valid_days':1}",
                "NOT_ALLOWED", "reward.variant_id"},
        {"'kind':'REWARD_KIND_GIFT','variant_id':'%s','member_max':1", "PERIOD_MISSING",
                "reward.period"},
        {"'kind':'REWARD_KIND_GIFT','variant_id':'%s','end_time':'2010-01-01T00:00:00Z',"
         "'start_time':'2011-01-01T00:00:00Z'",
                "ENDS_BEFORE_START", "reward.end_time"},
        {"'kind':'REWARD_KIND_GIFT','variant_id':'%s','start_time':'2011-01-01T00:00:00Z',"
         "'exclusive_until_time':'2011-01-01T00:00:00Z'",
                "ENDS_BEFORE_START", "reward.exclusive_until_time"},
        {"'kind':'REWARD_KIND_COUPON','coupon':{'currency_code':'GBP','valid_days':1}", "REQUIRED",
                "reward.coupon.amount_minor"},
};

static void rewards_are_gifts_or_coupons(void **state)
{
        struct stall stall = stall_open();

        for (size_t i = 0; i < sizeof(bad_rewards) / sizeof(bad_rewards[0]); i++) {
                char text[400] = "";
                const char *id = strstr(bad_rewards[i].fields, "%s");

                strcat(text, bad_rewards[i].fields);
                if (id != NULL) {
                        text[id - bad_rewards[i].fields] = '\0';
                        strcat(text, stall.variant_ids[WARE_MUG]);
                        strcat(text, id + 2);
                }
                struct error *error = stall_refused(&stall, shop_as(stall.shop, ROLE_OPERATIONS),
                        (struct refusal){
                                "reward.CreateReward", INVALID_ARGUMENT, bad_rewards[i].reason},
                        "{'reward':{'slug':'x','titles':[{'language':'en','text':'x'}],"
                        "'points':'1',%s}}",
                        text);

                assert_string_equal(error->violations->field, bad_rewards[i].field);
        }
        stall_close(&stall);
}

/* proves: S107 foreign */
/* proves: S100 foreign */
static void nobody_touches_the_rewards_of_others(void **state)
{
        struct stall stall = stall_open();
        struct persona bob = shop_member(stall.shop, "bob");

        club_open(&stall, "");
        club_give(&stall, "alice", 100);
        const RewardRedemption *row =
                club_redeem(&stall, stall.alice, club_coupon(&stall, "off", 50, 500, 0));

        stall_refused(&stall, bob,
                (struct refusal){
                        "reward.CancelRedemption", NOT_FOUND, "REWARD_REDEMPTION_NOT_FOUND"},
                BY_ID, row->id);
        stall_refused(&stall, bob,
                (struct refusal){"reward.GetCoupon", NOT_FOUND, "COUPON_NOT_FOUND"}, BY_ID,
                row->coupon_id);
        stall_close(&stall);
}

static void a_coupon_ends_after_its_days(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        club_give(&stall, "alice", 100);
        const char *reward_id = club_coupon(&stall, "off", 50, 500, 0);
        const RewardRedemption *row = club_redeem(&stall, stall.alice, reward_id);

        assert_int_equal(row->state, REDEMPTION_STATE_DONE);
        stall_ok(&stall, stall.alice, "reward.CancelRedemption", BY_ID, row->id);
        assert_int_equal(available(&stall), 100);
        row = club_redeem(&stall, stall.alice, reward_id);
        shop_advance(stall.shop, 31 * DAY_US);
        assert_int_equal(
                coupon_get(shop_read(stall.shop), row->coupon_id)->state, COUPON_STATE_EXPIRED);
        stall_refused(&stall, stall.alice,
                (struct refusal){"reward.CancelRedemption", FAILED_PRECONDITION, "NOT_CANCELLABLE"},
                BY_ID, row->id);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_gift_takes_points_and_a_unit),
                cmocka_unit_test(a_redemption_that_is_cancelled_gives_everything_back),
                cmocka_unit_test(taking_back_does_not_make_points_last_for_ever),
                cmocka_unit_test(what_cannot_be_redeemed_is_refused),
                cmocka_unit_test(caps_and_tiers_bound_what_is_redeemed),
                cmocka_unit_test(rewards_are_gifts_or_coupons),
                cmocka_unit_test(nobody_touches_the_rewards_of_others),
                cmocka_unit_test(a_coupon_ends_after_its_days),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
