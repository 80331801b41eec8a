/*
 * S102: birthday care, once per member and calendar year, on the shop's own day. The shop's clock
 * starts on Wednesday 2010-12-01T08:00:00Z.
 */
#include <stdio.h>
#include <string.h>
#include "governance.rows.h"
#include "internal.rows.h"
#include "lib/base/calendar.h"
#include "lib/base/clock.h"
#include "loyalty.rows.h"
#include "notification.rows.h"
#include "profile.rows.h"
#include "reward.rows.h"
#include "tests/domain/club.h"

static struct stall open_shop(void)
{
        struct stall stall = {.shop = shop_open()};

        stall.alice = shop_member(stall.shop, "alice");
        return stall;
}

static void advance_to(struct stall *stall, const char *time)
{
        int64_t us;

        assert_int_equal(clock_parse(time, &us), 0);
        shop_advance(stall->shop, us - shop_now_us(stall->shop));
}

#define BIRTHDAY "{'member_id':'%s','birthday':{'year':%d,'month':%d,'day':%d}}"

static void born(struct stall *stall, int year, int month, int day)
{
        stall_ok(stall, stall->alice, "profile.SetBirthday", BIRTHDAY, "alice", year, month, day);
}

static size_t cares(struct stall *stall)
{
        const ListBirthdayCaresResponse *page =
                stall_ok(stall, stall->alice, "profile.ListBirthdayCares", "{}");

        return page->n_birthday_cares;
}

static size_t greetings(struct stall *stall)
{
        const ListNotificationsResponse *page = stall_ok(stall, stall->alice,
                "notification.ListNotifications", "{'channel':'NOTIFICATION_CHANNEL_IN_APP'}");
        size_t n = 0;

        for (size_t i = 0; i < page->n_notifications; i++)
                n += strcmp(page->notifications[i]->template_key, "birthday.greeting") == 0;
        return n;
}

static void care_is_once_a_year(void **state)
{
        struct stall stall = open_shop();

        born(&stall, 1980, 3, 10);
        advance_to(&stall, "2011-03-09T23:59:59Z");
        assert_int_equal(greetings(&stall), 0);
        /* proves: S102 restart */
        shop_restart(stall.shop);
        advance_to(&stall, "2011-03-10T00:00:00Z");
        /* proves: S102 good */
        assert_int_equal(greetings(&stall), 1);
        assert_int_equal(cares(&stall), 1);
        advance_to(&stall, "2012-03-09T12:00:00Z");
        assert_int_equal(cares(&stall), 1);
        advance_to(&stall, "2014-03-11T12:00:00Z");
        assert_int_equal(cares(&stall), 4);
        assert_int_equal(greetings(&stall), 4);
        shop_close(stall.shop);
}

static void who_is_born_on_29_february(void **state)
{
        struct stall stall = open_shop();

        born(&stall, 1980, 2, 29);
        advance_to(&stall, "2011-02-27T23:59:59Z");
        assert_int_equal(cares(&stall), 0);
        advance_to(&stall, "2011-02-28T00:00:00Z");
        assert_int_equal(cares(&stall), 1);
        advance_to(&stall, "2012-02-28T23:59:59Z");
        assert_int_equal(cares(&stall), 1);
        advance_to(&stall, "2012-02-29T00:00:00Z");
        assert_int_equal(cares(&stall), 2);
        advance_to(&stall, "2013-03-01T00:00:00Z");
        assert_int_equal(cares(&stall), 3);
        shop_close(stall.shop);
}

static void a_changed_birthday_does_not_earn_twice(void **state)
{
        struct stall stall = open_shop();

        born(&stall, 1980, 1, 10);
        advance_to(&stall, "2011-12-02T00:00:00Z");
        assert_int_equal(cares(&stall), 1);
        born(&stall, 1980, 12, 24);
        advance_to(&stall, "2011-12-25T00:00:00Z");
        assert_int_equal(cares(&stall), 1);
        assert_int_equal(greetings(&stall), 1);
        advance_to(&stall, "2012-01-11T00:00:00Z");
        assert_int_equal(cares(&stall), 1);
        advance_to(&stall, "2012-12-25T00:00:00Z");
        assert_int_equal(cares(&stall), 2);
        shop_close(stall.shop);
}

static void a_birthday_may_change_once_in_365_days(void **state)
{
        struct stall stall = open_shop();
        struct refusal refusal = {"profile.SetBirthday", INVALID_ARGUMENT, "BIRTHDAY_FIXED"};

        born(&stall, 1980, 1, 10);
        born(&stall, 1980, 1, 10); /* as it is */
        /* proves: S102 refusal */
        struct error *error =
                stall_refused(&stall, stall.alice, refusal, BIRTHDAY, "alice", 1980, 1, 11);

        assert_string_equal(error->violations->field, "birthday");
        assert_string_equal(stall_fact(error, "until"), "2011-12-02T00:00:00Z");
        advance_to(&stall, "2011-12-01T23:59:59Z");
        stall_refused(&stall, stall.alice, refusal, BIRTHDAY, "alice", 1980, 1, 11);
        advance_to(&stall, "2011-12-02T00:00:00Z");
        born(&stall, 1980, 1, 11);
        stall_refused(&stall, stall.alice, refusal, BIRTHDAY, "alice", 1980, 1, 12);
        shop_close(stall.shop);
}

static void birthdays_are_days(void **state)
{
        static const struct {
                int year, month, day;
                const char *reason, *field;
        } rows[] = {
                {1981, 2, 29, "NO_SUCH_DAY", "birthday.day"},
                {1980, 4, 31, "NO_SUCH_DAY", "birthday.day"},
                {1980, 13, 1, "TOO_LARGE", "birthday.month"},
                {1980, 1, 32, "TOO_LARGE", "birthday.day"},
                {1899, 1, 1, "TOO_SMALL", "birthday.year"},
                {2010, 12, 2, "TIME_IS_AHEAD", "birthday.year"},
        };
        struct stall stall = open_shop();

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct error *error = stall_refused(&stall, stall.alice,
                        (struct refusal){"profile.SetBirthday", INVALID_ARGUMENT, rows[i].reason},
                        BIRTHDAY, "alice", rows[i].year, rows[i].month, rows[i].day);

                assert_string_equal(error->violations->field, rows[i].field);
        }
        /* proves: S102 foreign */
        stall_refused(&stall, shop_member(stall.shop, "bob"),
                (struct refusal){"profile.SetBirthday", NOT_FOUND, "MEMBER_NOT_FOUND"}, BIRTHDAY,
                "alice", 1980, 1, 1);
        born(&stall, 0, 2, 29); /* the year is nobody's business */
        shop_close(stall.shop);
}

static void said_on_the_day_it_counts_from_the_next(void **state)
{
        struct stall stall = open_shop();

        born(&stall, 1980, 12, 1);
        /* A walk that comes late finds it. */
        shop_call_system(stall.shop, "profile.CareForBirthdays", "{\"subject_id\":\"2010-12-01\"}");
        shop_advance(stall.shop, 10 * DAY_US);
        assert_int_equal(cares(&stall), 0);
        advance_to(&stall, "2011-12-01T00:00:00Z");
        assert_int_equal(cares(&stall), 1);
        shop_close(stall.shop);
}

/* The row is there, and what it said cannot be read any more. */
static void who_was_erased_has_no_birthday(void **state)
{
        struct stall stall = open_shop();

        born(&stall, 1980, 3, 10);
        Profile *profile = profile_get(shop_read(stall.shop), "alice");

        profile->birthday = NULL;
        struct txn *txn = shop_write_begin(stall.shop);

        profile_update(txn, profile);
        shop_write_end(stall.shop, txn);
        advance_to(&stall, "2011-03-11T00:00:00Z");
        assert_int_equal(cares(&stall), 0);
        shop_close(stall.shop);
}

static void days_are_the_shops(void **state)
{
        struct stall stall = open_shop();

        shop_zone(stall.shop, "Asia/Shanghai");
        born(&stall, 1980, 3, 10);
        advance_to(&stall, "2011-03-09T15:59:59Z");
        assert_int_equal(cares(&stall), 0);
        advance_to(&stall, "2011-03-09T16:00:00Z");
        assert_int_equal(cares(&stall), 1);
        shop_close(stall.shop);
}

/* By the programme of that day: nothing while there is none. */
static void the_programme_gives_points(void **state)
{
        struct stall stall = open_shop();
        struct persona operations = shop_as(stall.shop, ROLE_OPERATIONS);

        born(&stall, 1980, 3, 10);
        advance_to(&stall, "2011-03-11T00:00:00Z");
        const ProgrammeVersion *version =
                stall_ok(&stall, operations, "loyalty.CreateProgrammeVersion",
                        "{'programme_version':{'title':'Club','expire_months':12,'tier_months':12,"
                        "'activities':[{'activity':'birthday','points':'200'}]}}");

        stall_ok(
                &stall, operations, "loyalty.ActivateProgrammeVersion", "{'id':'%s'}", version->id);
        advance_to(&stall, "2012-03-11T00:00:00Z");
        const ListBirthdayCaresResponse *page =
                stall_ok(&stall, stall.alice, "profile.ListBirthdayCares", "{}");

        assert_int_equal(page->n_birthday_cares, 2);
        assert_int_equal(page->birthday_cares[0]->points, 0);
        assert_int_equal(page->birthday_cares[1]->points, 200);
        const LoyaltyAccount *account =
                stall_ok(&stall, stall.alice, "loyalty.GetLoyaltyAccount", "{'member_id':'alice'}");

        assert_int_equal(account->available, 200);
        shop_close(stall.shop);
}

/* More than a step of the walk takes, and of two days of birth. */
static void many_are_cared_for_in_steps(void **state)
{
        struct stall stall = open_shop();
        char id[32];

        for (int i = 0; i < 250; i++) {
                snprintf(id, sizeof(id), "member-%03d", i);
                stall_ok(&stall, shop_member(stall.shop, id), "profile.SetBirthday", BIRTHDAY, id,
                        1980, 2, i % 2 == 0 ? 28 : 29);
        }
        advance_to(&stall, "2011-02-28T00:00:00Z");
        assert_int_equal(shop_event_count(stall.shop, "birthday.cared"), 250);
        /* A timer's call looks at so many at most. */
        size_t before = shop_event_count(stall.shop, "birthday.walked");

        advance_to(&stall, "2012-02-27T00:00:00Z");
        assert_int_equal(shop_event_count(stall.shop, "birthday.walked") - before, 364);
        advance_to(&stall, "2012-02-28T00:00:00Z");
        assert_int_equal(shop_event_count(stall.shop, "birthday.cared"), 375);
        assert_int_equal(shop_event_count(stall.shop, "birthday.walked") - before, 364 + 3);
        shop_close(stall.shop);
}

static void offer(struct stall *stall, const char *slug, int amount, int level)
{
        stall_ok(stall, shop_as(stall->shop, ROLE_OPERATIONS), "reward.CreateReward",
                "{'reward':{'slug':'%s','kind':'REWARD_KIND_COUPON',"
                "'titles':[{'language':'en','text':'Birthday'}],"
                "'occasion':'REWARD_OCCASION_BIRTHDAY','tier_level_min':%d,"
                "'coupon':{'currency_code':'GBP','amount_minor':'%d','valid_days':30}}}",
                slug, level, amount);
}

static const ListCouponsResponse *coupons(struct stall *stall)
{
        return stall_ok(stall, stall->alice, "reward.ListCoupons", "{}");
}

/* proves: S102 good */
static void a_coupon_is_given_once_a_year(void **state)
{
        struct stall stall = open_shop();

        club_open(&stall, "");
        offer(&stall, "for-all", 500, 0);
        offer(&stall, "for-silver", 1000, 1);
        born(&stall, 1980, 3, 10);
        advance_to(&stall, "2011-03-10T12:00:00Z");
        assert_int_equal(coupons(&stall)->n_coupons, 1);
        assert_int_equal(coupons(&stall)->coupons[0]->amount_minor, 500);
        assert_int_equal(coupons(&stall)->coupons[0]->state, COUPON_STATE_CLAIMED);
        const BirthdayCare *care = birthday_care_get(shop_read(stall.shop), "alice", 2011);

        assert_string_equal(care->coupon_id, coupons(&stall)->coupons[0]->id);
        /* Another birthday in the same year, and one of a better customer in the next. */
        advance_to(&stall, "2011-12-05T00:00:00Z");
        born(&stall, 1980, 12, 24);
        advance_to(&stall, "2012-12-20T00:00:00Z");
        assert_int_equal(coupons(&stall)->n_coupons, 1);
        assert_int_equal(coupons(&stall)->coupons[0]->state, COUPON_STATE_EXPIRED);
        for (int i = 0; i < 20; i++)
                stall_ok(&stall, shop_as(stall.shop, ROLE_OPERATIONS), "loyalty.RecordActivity",
                        "{'member_id':'alice','activity':'grow','external_id':'g%d'}", i);
        shop_restart(stall.shop);
        advance_to(&stall, "2012-12-25T00:00:00Z");
        assert_int_equal(coupons(&stall)->n_coupons, 2);
        assert_int_equal(coupons(&stall)->coupons[1]->amount_minor, 1000);
        shop_close(stall.shop);
}

/* proves: S102 refusal */
/* proves: S102 foreign */
static void what_is_given_is_not_bought(void **state)
{
        struct stall stall = open_shop();
        struct persona staff = shop_as(stall.shop, ROLE_OPERATIONS);

        club_open(&stall, "");
        club_give(&stall, "alice", 100);
        offer(&stall, "for-all", 500, 0);
        const BrowseRewardsResponse *shown =
                stall_ok(&stall, stall.alice, "reward.BrowseRewards", "{}");

        assert_int_equal(shown->n_rewards, 0);
        const Reward *reward = reward_get_by_slug(shop_read(stall.shop), "for-all");

        stall_refused(&stall, stall.alice,
                (struct refusal){"reward.RedeemReward", NOT_FOUND, "REWARD_NOT_FOUND"},
                "{'reward_id':'%s'}", reward->id);
        const struct error *error = stall_refused(&stall, staff,
                (struct refusal){"reward.CreateReward", INVALID_ARGUMENT, "NOT_ALLOWED"},
                "{'reward':{'slug':'x','kind':'REWARD_KIND_COUPON','points':'5',"
                "'titles':[{'language':'en','text':'x'}],'occasion':'REWARD_OCCASION_BIRTHDAY',"
                "'coupon':{'currency_code':'GBP','amount_minor':'1','valid_days':1}}}");

        assert_string_equal(error->violations->field, "reward.points");
        shop_close(stall.shop);
}

#define DAY "{'method':'profile.CareForBirthdays','subject_id':'2011-03-05'}"

static size_t parked(struct stall *stall)
{
        const ListParkedTimersResponse *page = stall_ok(
                stall, stall_staff(stall, ROLE_OPERATIONS), "governance.ListParkedTimers", "{}");

        return page->n_parked_timers;
}

/* The day failed and was put aside, so no other came after it. */
static void park_a_day(struct stall *stall)
{
        struct txn *txn = shop_write_begin(stall->shop);
        ParkedTimer row = PARKED_TIMER_INIT;

        scheduled_call_delete(txn, "profile.CareForBirthdays", "2011-03-05");
        row.method = "profile.CareForBirthdays";
        row.subject_id = "2011-03-05";
        row.reason = "ROW_DAMAGED";
        row.attempts = 10;
        parked_timer_insert(txn, &row);
        shop_write_end(stall->shop, txn);
}

static void a_day_that_was_put_aside_is_gone_on_with(void **state)
{
        struct stall stall = open_shop();
        struct persona staff = stall_staff(&stall, ROLE_OPERATIONS);

        born(&stall, 1980, 3, 10);
        advance_to(&stall, "2011-03-04T12:00:00Z");
        park_a_day(&stall);
        advance_to(&stall, "2011-03-20T12:00:00Z");
        assert_int_equal(cares(&stall), 0);
        assert_int_equal(parked(&stall), 1);
        stall_ok(&stall, staff, "governance.ReplayParkedTimer", DAY);
        advance_to(&stall, "2011-03-20T12:00:01Z");
        assert_int_equal(cares(&stall), 1);
        assert_int_equal(parked(&stall), 0);
        const struct error *error = stall_refused(&stall, staff,
                (struct refusal){
                        "governance.ReplayParkedTimer", NOT_FOUND, "PARKED_TIMER_NOT_FOUND"},
                DAY);

        assert_string_equal(error->violations->field, "subject_id");
        shop_close(stall.shop);
}

static void a_day_that_was_set_again_is_not_replayed(void **state)
{
        struct stall stall = open_shop();
        struct persona staff = stall_staff(&stall, ROLE_OPERATIONS);

        born(&stall, 1980, 3, 10);
        advance_to(&stall, "2011-03-04T12:00:00Z");
        park_a_day(&stall);
        struct persona bob = shop_member(stall.shop, "bob");

        stall_ok(&stall, bob, "profile.SetBirthday", BIRTHDAY, "bob", 1980, 3, 11);
        stall_refused(&stall, staff,
                (struct refusal){"governance.ReplayParkedTimer", FAILED_PRECONDITION, "TIMER_SET"},
                DAY);
        stall_ok(&stall, staff, "governance.DeleteParkedTimer", DAY);
        assert_int_equal(parked(&stall), 0);
        advance_to(&stall, "2011-03-20T12:00:00Z");
        assert_int_equal(cares(&stall), 1);
        shop_close(stall.shop);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(care_is_once_a_year),
                cmocka_unit_test(who_is_born_on_29_february),
                cmocka_unit_test(a_changed_birthday_does_not_earn_twice),
                cmocka_unit_test(a_coupon_is_given_once_a_year),
                cmocka_unit_test(what_is_given_is_not_bought),
                cmocka_unit_test(a_birthday_may_change_once_in_365_days),
                cmocka_unit_test(birthdays_are_days),
                cmocka_unit_test(said_on_the_day_it_counts_from_the_next),
                cmocka_unit_test(who_was_erased_has_no_birthday),
                cmocka_unit_test(days_are_the_shops),
                cmocka_unit_test(the_programme_gives_points),
                cmocka_unit_test(many_are_cared_for_in_steps),
                cmocka_unit_test(a_day_that_was_put_aside_is_gone_on_with),
                cmocka_unit_test(a_day_that_was_set_again_is_not_replayed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
