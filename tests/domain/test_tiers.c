/*
 * Tiers through the pipeline: reached at once, kept for their months whatever is taken back, saved
 * or lost in the grace, and told in a history. And the versions of the programme that say so.
 */
#include <string.h>
#include "lib/base/clock.h"
#include "tests/domain/club.h"

/* ---- growth ---- */

static void grow(struct stall *stall, const char *member_id, int times)
{
        for (int i = 0; i < times; i++)
                stall_ok(stall, shop_as(stall->shop, ROLE_OPERATIONS), "loyalty.RecordActivity",
                        "{'member_id':'%s','activity':'grow','external_id':'%s'}", member_id,
                        shop_request_id(stall->shop));
}

static const LoyaltyAccount *account_of(struct stall *stall, struct persona who)
{
        return stall_ok(stall, who, "loyalty.GetLoyaltyAccount", "{}");
}

static void advance_to(struct stall *stall, const char *when)
{
        int64_t us;

        assert_int_equal(clock_parse(when, &us), 0);
        shop_advance(stall->shop, us - shop_now_us(stall->shop));
}

/* proves: S97 good */
static void a_tier_is_reached_at_once(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        grow(&stall, "alice", 19);
        const LoyaltyAccount *account = account_of(&stall, stall.alice);

        assert_int_equal(account->tier_level, 0);
        assert_int_equal(account->missing_growth, 5);
        assert_null(account->privileges);
        grow(&stall, "alice", 1);
        account = account_of(&stall, stall.alice);
        assert_int_equal(account->tier_level, 1);
        assert_string_equal(account->tier_title, "Silver");
        assert_int_equal(account->missing_growth, 400);
        assert_int_equal(account->privileges->member_price_level, 1);
        grow(&stall, "alice", 80);
        account = account_of(&stall, stall.alice);
        assert_int_equal(account->tier_level, 2);
        assert_int_equal(account->privileges->queue_priority, 7);
        assert_int_equal(account->missing_growth, 0);
        stall_close(&stall);
}

/* proves: S97 restart */
static void a_tier_ends_after_its_period_and_its_grace(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        grow(&stall, "alice", 20); /* on 1 December 2010 */
        advance_to(&stall, "2011-12-01T23:59:59Z");
        assert_null(club_account(&stall, "alice").grace_end_time);
        shop_restart(stall.shop);
        advance_to(&stall, "2011-12-02T00:00:01Z");
        assert_non_null(club_account(&stall, "alice").grace_end_time);
        assert_int_equal(club_account(&stall, "alice").tier_level, 1);
        advance_to(&stall, "2011-12-11T23:59:59Z");
        assert_int_equal(club_account(&stall, "alice").tier_level, 1);
        advance_to(&stall, "2011-12-12T00:00:01Z");
        assert_int_equal(club_account(&stall, "alice").tier_level, 0);
        assert_null(club_account(&stall, "alice").tier_end_time);
        const ListTierChangesResponse *history =
                stall_ok(&stall, stall.alice, "loyalty.ListTierChanges", "{'member_id':'alice'}");

        assert_int_equal(history->n_tier_changes, 3);
        assert_int_equal(history->tier_changes[0]->kind, TIER_CHANGE_KIND_UPGRADED);
        assert_int_equal(history->tier_changes[1]->kind, TIER_CHANGE_KIND_GRACE);
        assert_int_equal(history->tier_changes[2]->kind, TIER_CHANGE_KIND_DOWNGRADED);
        assert_int_equal(history->tier_changes[2]->to_level, 0);
        stall_close(&stall);
}

static void a_tier_is_renewed_or_saved_in_its_grace(void **state)
{
        struct stall stall = stall_open();
        struct persona bob = shop_member(stall.shop, "bob");

        club_open(&stall, "");
        grow(&stall, "alice", 20);
        grow(&stall, "bob", 20);
        advance_to(&stall, "2011-06-01T00:00:00Z");
        grow(&stall, "alice", 20);
        advance_to(&stall, "2011-12-05T00:00:00Z");
        /* Alice's growth of June renewed hers; bob is in his grace. */
        assert_int_equal(account_of(&stall, stall.alice)->tier_level, 1);
        assert_null(club_account(&stall, "alice").grace_end_time);
        assert_non_null(club_account(&stall, "bob").grace_end_time);
        grow(&stall, "bob", 20);
        assert_null(club_account(&stall, "bob").grace_end_time);
        assert_int_equal(shop_event_count(stall.shop, "tier.renewed"), 2);
        advance_to(&stall, "2012-06-15T00:00:00Z");
        assert_int_equal(account_of(&stall, bob)->tier_level, 1);
        stall_close(&stall);
}

/* A downgrade from gold stops at silver where that is deserved. */
static void a_downgrade_goes_to_what_is_deserved(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        grow(&stall, "alice", 100);
        assert_int_equal(club_account(&stall, "alice").tier_level, 2);
        advance_to(&stall, "2011-06-01T00:00:00Z");
        grow(&stall, "alice", 20);
        advance_to(&stall, "2011-12-13T00:00:00Z");
        assert_int_equal(club_account(&stall, "alice").tier_level, 1);
        stall_close(&stall);
}

static void growth_that_is_taken_back_does_not_downgrade_at_once(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        /* 120 growth. */
        const char *order_id = stall_sell(&stall, stall.alice, (struct basket){{0, 5, 0}});

        assert_int_equal(club_account(&stall, "alice").tier_level, 1);
        stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order_id);
        assert_int_equal(club_account(&stall, "alice").growth, 0);
        assert_int_equal(club_account(&stall, "alice").tier_level, 1);
        advance_to(&stall, "2011-12-13T00:00:00Z");
        assert_int_equal(club_account(&stall, "alice").tier_level, 0);
        stall_close(&stall);
}

/* What an order earned before the months that count now does not count when it is taken back
 * either: it would be missing from what was earned since. */
static void growth_is_taken_back_from_the_time_it_came(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        const char *order_id = stall_sell(&stall, stall.alice, (struct basket){{0, 5, 0}});

        advance_to(&stall, "2010-12-20T00:00:00Z");
        stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", order_id);
        assert_int_equal(account_of(&stall, stall.alice)->tier_growth, 0);
        advance_to(&stall, "2011-06-01T00:00:00Z");
        grow(&stall, "alice", 20);
        advance_to(&stall, "2011-12-13T00:00:00Z");
        assert_int_equal(club_account(&stall, "alice").tier_level, 1);
        assert_int_equal(account_of(&stall, stall.alice)->tier_growth, 100);
        stall_close(&stall);
}

/* proves: S97 foreign */
static void nobody_sees_the_tiers_of_others(void **state)
{
        struct stall stall = stall_open();
        struct persona bob = shop_member(stall.shop, "bob");

        stall_refused(&stall, bob,
                (struct refusal){"loyalty.ListTierChanges", NOT_FOUND, "MEMBER_NOT_FOUND"},
                "{'member_id':'alice'}");
        stall_refused(&stall, bob,
                (struct refusal){"loyalty.ListGrowthEntries", NOT_FOUND, "MEMBER_NOT_FOUND"},
                "{'member_id':'alice'}");
        stall_close(&stall);
}

/* ---- versions ---- */

struct bad_draft {
        const char *fields;
        const char *reason, *field;
};

static const struct bad_draft bad_drafts[] = {
        {"'earn_rates':[{'currency_code':'GBP'},{'currency_code':'GBP'}]", "REPEATED",
                "programme_version.earn_rates[1].currency_code"},
        {"'earn_rates':[{'currency_code':'GBP','points':'-1'}]", "NEGATIVE",
                "programme_version.earn_rates[0].points"},
        {"'activities':[{'activity':'a','points':'1','points_max':'5'}]", "PERIOD_MISSING",
                "programme_version.activities[0].period"},
        {"'activities':[{'activity':'a','points':'1'},{'activity':'a','points':'1'}]", "REPEATED",
                "programme_version.activities[1].activity"},
        {"'tiers':[{'titles':[{'language':'en','text':'A'}],'growth_min':'5'},"
         "{'titles':[{'language':'en','text':'B'}],'growth_min':'5'}]",
                "NOT_HIGHER", "programme_version.tiers[1].growth_min"},
        {"'pending_days':-1", "TOO_SMALL", "programme_version.pending_days"},
        {"'number':3", "OUTPUT_ONLY", "programme_version.number"},
};

/* proves: S101 refusal */
/* proves: S97 refusal */
static void a_draft_that_contradicts_itself_is_refused(void **state)
{
        struct stall stall = stall_open();

        for (size_t i = 0; i < sizeof(bad_drafts) / sizeof(bad_drafts[0]); i++) {
                struct error *error = stall_refused(&stall, shop_as(stall.shop, ROLE_OPERATIONS),
                        (struct refusal){"loyalty.CreateProgrammeVersion", INVALID_ARGUMENT,
                                bad_drafts[i].reason},
                        "{'programme_version':{'title':'x','expire_months':1,'tier_months':1,%s}}",
                        bad_drafts[i].fields);

                assert_string_equal(error->violations->field, bad_drafts[i].field);
        }
        stall_close(&stall);
}

/* proves: S101 good */
static void orders_keep_the_version_of_their_placement(void **state)
{
        struct stall stall = stall_open();
        const ProgrammeVersion *first = club_open(&stall, "");
        const char *order_id = stall_place(&stall, stall.alice, (struct basket){{0, 1, 0}});

        shop_advance(stall.shop, MINUTE_US);
        const ProgrammeVersion *second = club_open_at(&stall, "10", "");

        assert_int_equal(second->number, 2);
        assert_int_equal(programme_version_get(shop_read(stall.shop), first->id)->state,
                PROGRAMME_STATE_ENDED);
        stall_ok(&stall, stall.alice, "payment.PayOrder", "{'order_id':'%s'}", order_id);
        shop_settle(stall.shop);
        club_assert(&stall, "alice", 0, 24);
        stall_sell(&stall, stall.alice, (struct basket){{0, 1, 0}});
        club_assert(&stall, "alice", 0, 24 + 240);
        /* Of two that were activated at one instant the later one counts. */
        club_open_at(&stall, "20", "");
        club_open_at(&stall, "100", "");
        stall_sell(&stall, stall.alice, (struct basket){{0, 1, 0}});
        club_assert(&stall, "alice", 0, 24 + 240 + 2400);
        stall_close(&stall);
}

static void what_counts_is_never_changed(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_OPERATIONS);
        const ProgrammeVersion *draft = stall_ok(&stall, staff, "loyalty.CreateProgrammeVersion",
                "{'programme_version':{'title':'x','expire_months':1,'tier_months':1}}");
        const char *update = "{'programme_version':{'id':'%s','title':'y'}}";

        stall_ok(&stall, staff, "loyalty.UpdateProgrammeVersion", update, draft->id);
        stall_ok(&stall, staff, "loyalty.ActivateProgrammeVersion", "{'id':'%s'}", draft->id);
        stall_refused(&stall, staff,
                (struct refusal){
                        "loyalty.UpdateProgrammeVersion", FAILED_PRECONDITION, "PROGRAMME_ACTIVE"},
                update, draft->id);
        stall_refused(&stall, staff,
                (struct refusal){"loyalty.ActivateProgrammeVersion", FAILED_PRECONDITION,
                        "PROGRAMME_ACTIVE"},
                "{'id':'%s'}", draft->id);
        stall_close(&stall);
}

/* proves: S97 foreign */
/* proves: S101 foreign */
static void members_see_only_the_version_that_counts(void **state)
{
        struct stall stall = stall_open();
        const struct refusal hidden = {
                "loyalty.GetProgrammeVersion", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"};

        stall_refused(&stall, stall.alice,
                (struct refusal){"loyalty.GetProgramme", NOT_FOUND, "PROGRAMME_NONE"}, "{}");
        const ProgrammeVersion *first = club_open(&stall, "");
        const ProgrammeVersion *draft = stall_ok(&stall, shop_as(stall.shop, ROLE_OPERATIONS),
                "loyalty.CreateProgrammeVersion",
                "{'programme_version':{'title':'Plan','expire_months':1,'tier_months':1}}");

        const ProgrammeVersion *seen = stall_ok(&stall, stall.alice, "loyalty.GetProgramme", "{}");

        assert_string_equal(seen->id, first->id);
        assert_int_equal(seen->n_tiers, 2);
        stall_refused(&stall, stall.alice, hidden, "{'id':'%s'}", draft->id);
        stall_refused(&stall, stall.alice,
                (struct refusal){
                        "loyalty.ListProgrammeVersions", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"},
                "{}");
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_tier_is_reached_at_once),
                cmocka_unit_test(a_tier_ends_after_its_period_and_its_grace),
                cmocka_unit_test(a_tier_is_renewed_or_saved_in_its_grace),
                cmocka_unit_test(a_downgrade_goes_to_what_is_deserved),
                cmocka_unit_test(growth_that_is_taken_back_does_not_downgrade_at_once),
                cmocka_unit_test(growth_is_taken_back_from_the_time_it_came),
                cmocka_unit_test(nobody_sees_the_tiers_of_others),
                cmocka_unit_test(a_draft_that_contradicts_itself_is_refused),
                cmocka_unit_test(orders_keep_the_version_of_their_placement),
                cmocka_unit_test(what_counts_is_never_changed),
                cmocka_unit_test(members_see_only_the_version_that_counts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
