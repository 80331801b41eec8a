/*
 * The programme is drafted and activated as staff do it, so that its rules are checked too.
 */
#include "tests/domain/club.h"

#define PROGRAMME                                                                                  \
        "{'programme_version':{'title':'Club','expire_months':12,'notice_days':14,"                \
        "'earn_rates':[{'currency_code':'GBP','points':'%s','growth':'1'}],"                       \
        "'activities':[{'activity':'review','points':'20','growth':'5','points_max':'50',"         \
        "'period':'CAP_PERIOD_MONTH'},{'activity':'check-in','points':'1'},"                       \
        "{'activity':'grow','points':'1','growth':'5'}],"                                          \
        "'tier_months':12,'grace_days':10,'tiers':["                                               \
        "{'titles':[{'language':'en','text':'Silver'}],'growth_min':'100','privileges':{"          \
        "'member_price_level':1,'free_shipping':[{'currency_code':'GBP','from_minor':'2000'}]}},"  \
        "{'titles':[{'language':'en','text':'Gold'}],'growth_min':'500','privileges':{"            \
        "'free_returns':true,'delivery_priority':5,'member_price_level':2,"                        \
        "'free_shipping':[{'currency_code':'GBP'}],'exclusive_events':true,"                       \
        "'queue_priority':7}}]%s}}"

const ProgrammeVersion *club_open(struct stall *stall, const char *more)
{
        return club_open_at(stall, "1", more);
}

const ProgrammeVersion *club_open_at(struct stall *stall, const char *rate, const char *more)
{
        struct persona staff = shop_as(stall->shop, ROLE_OPERATIONS);
        const ProgrammeVersion *draft =
                stall_ok(stall, staff, "loyalty.CreateProgrammeVersion", PROGRAMME, rate, more);

        return stall_ok(stall, staff, "loyalty.ActivateProgrammeVersion", "{'id':'%s'}", draft->id);
}

void club_give(struct stall *stall, const char *member_id, int points)
{
        stall_ok(stall, shop_as(stall->shop, ROLE_FINANCE), "loyalty.AdjustPoints",
                "{'member_id':'%s','points':'%d','reason':'a test','external_id':'%s'}", member_id,
                points, shop_request_id(stall->shop));
}

LoyaltyAccount club_account(struct stall *stall, const char *member_id)
{
        const LoyaltyAccount *account = loyalty_account_get(shop_read(stall->shop), member_id);

        return account == NULL ? (LoyaltyAccount)LOYALTY_ACCOUNT_INIT : *account;
}

void club_assert(struct stall *stall, const char *member_id, int64_t available, int64_t pending)
{
        const LoyaltyAccount account = club_account(stall, member_id);

        assert_int_equal(account.available, available);
        assert_int_equal(account.pending, pending);
}

void club_pass_window(struct stall *stall)
{
        shop_advance(stall->shop, (shop_terms(stall->shop)->return_window_days + 1) * DAY_US);
}

const char *club_gift(struct stall *stall, const char *slug, enum ware ware, int points)
{
        const Reward *reward =
                stall_ok(stall, shop_as(stall->shop, ROLE_OPERATIONS), "reward.CreateReward",
                        "{'reward':{'slug':'%s','titles':[{'language':'en','text':'Gift'}],"
                        "'points':'%d','kind':'REWARD_KIND_GIFT','variant_id':'%s'}}",
                        slug, points, stall->variant_ids[ware]);

        return reward->id;
}

const char *club_coupon(
        struct stall *stall, const char *slug, int points, int amount, int goods_min)
{
        const Reward *reward =
                stall_ok(stall, shop_as(stall->shop, ROLE_OPERATIONS), "reward.CreateReward",
                        "{'reward':{'slug':'%s','titles':[{'language':'en','text':'Off'}],"
                        "'points':'%d','kind':'REWARD_KIND_COUPON','coupon':{'currency_code':'GBP',"
                        "'amount_minor':'%d','goods_min_minor':'%d','valid_days':30}}}",
                        slug, points, amount, goods_min);

        return reward->id;
}

const RewardRedemption *club_redeem(struct stall *stall, struct persona who, const char *reward_id)
{
        return stall_ok(stall, who, "reward.RedeemReward",
                "{'reward_id':'%s','delivery_address':{'country_code':'GB'}}", reward_id);
}
