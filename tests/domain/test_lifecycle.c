/*
 * The stages of a customer's life (S104) and what is counted of them by month (S105): stages change
 * with orders and, on their day, by themselves; history, event and notice come with the change.
 */
#include <string.h>
#include "insight.rows.h"
#include "notification.rows.h"
#include "tests/domain/club.h"

static const struct basket a_mug = {.quantity = {[WARE_MUG] = 1}};

static struct persona operations(const struct stall *stall)
{
        return stall_staff(stall, ROLE_OPERATIONS);
}

static LifecycleStage stage_of(struct stall *stall, const char *member_id)
{
        const CustomerActivity *row = customer_activity_get(shop_read(stall->shop), member_id);

        return row == NULL ? LIFECYCLE_STAGE_UNSPECIFIED : row->stage;
}

static void sell(struct stall *stall, int times)
{
        for (int i = 0; i < times; i++)
                stall_sell(stall, stall->alice, a_mug);
        shop_settle(stall->shop);
}

/* proves: S104 good */
static void stages_follow_orders_and_days(void **state)
{
        struct stall stall = stall_open();

        sell(&stall, 1);
        assert_int_equal(stage_of(&stall, "alice"), LIFECYCLE_STAGE_NEW);
        sell(&stall, 1);
        assert_int_equal(stage_of(&stall, "alice"), LIFECYCLE_STAGE_ACTIVE);
        sell(&stall, 3);
        assert_int_equal(stage_of(&stall, "alice"), LIFECYCLE_STAGE_LOYAL);
        /* It is 08:00: the 90th day after this one ends at midnight. */
        shop_advance(stall.shop, 90 * DAY_US + 16 * HOUR_US - SECOND_US);
        assert_int_equal(stage_of(&stall, "alice"), LIFECYCLE_STAGE_LOYAL);
        shop_advance(stall.shop, SECOND_US);
        assert_int_equal(stage_of(&stall, "alice"), LIFECYCLE_STAGE_AT_RISK);
        shop_advance(stall.shop, 90 * DAY_US);
        assert_int_equal(stage_of(&stall, "alice"), LIFECYCLE_STAGE_CHURNED);
        sell(&stall, 1);
        assert_int_equal(stage_of(&stall, "alice"), LIFECYCLE_STAGE_LOYAL);
        const ListStageChangesResponse *list = stall_ok(
                &stall, operations(&stall), "insight.ListStageChanges", "{'member_id':'alice'}");

        assert_int_equal(list->n_stage_changes, 6);
        assert_int_equal(list->stage_changes[4]->from, LIFECYCLE_STAGE_AT_RISK);
        assert_int_equal(list->stage_changes[4]->to, LIFECYCLE_STAGE_CHURNED);
        assert_int_equal(shop_event_count(stall.shop, "customer.stage_changed"), 6);
        stall_close(&stall);
}

static void make_template(struct stall *stall, const char *key, const char *variables)
{
        stall_ok(stall, operations(stall), "notification.CreateNotificationTemplate",
                "{'notification_template':{'template_key':'%s','language':'en',"
                "'purpose':'NOTIFICATION_PURPOSE_MARKETING','subject':'We miss you',"
                "'body':'Come back %s','variables':[%s]}}",
                key, variables[0] != '\0' ? "{{name}}" : "", variables);
}

static size_t notices(struct stall *stall)
{
        struct scan *scan = notification_of(shop_read(stall->shop), "alice");
        size_t count = 0;

        for (const Notification *row; (row = notification_next(scan)) != NULL;)
                count += strcmp(row->template_key, "come.back") == 0;
        return count;
}

/* A policy of its own moves everybody, and who enters a stage is written to, once each time. */
static void a_policy_moves_and_acts(void **state)
{
        struct stall stall = stall_open();

        make_template(&stall, "come.back", "");
        sell(&stall, 2);
        stall_ok(&stall, operations(&stall), "insight.SetLifecyclePolicy",
                "{'lifecycle_policy':{'active_days':3,'churn_days':5,'actions':["
                "{'stage':'LIFECYCLE_STAGE_AT_RISK','template_key':'come.back'}]}}");
        shop_advance(stall.shop, 4 * DAY_US);
        assert_int_equal(stage_of(&stall, "alice"), LIFECYCLE_STAGE_AT_RISK);
        assert_in_range(notices(&stall), 1, 3); /* by channel */
        size_t before = notices(&stall);

        stall_ok(&stall, operations(&stall), "insight.SetLifecyclePolicy",
                "{'lifecycle_policy':{'active_days':30,'churn_days':50}}");
        shop_settle(stall.shop);
        assert_int_equal(stage_of(&stall, "alice"), LIFECYCLE_STAGE_ACTIVE);
        assert_int_equal(notices(&stall), before);
        const LifecyclePolicy *policy =
                stall_ok(&stall, operations(&stall), "insight.GetLifecyclePolicy", "{}");

        assert_int_equal(policy->active_days, 30);
        assert_int_equal(policy->loyal_orders, 5);
        stall_close(&stall);
}

#define AT_RISK_SOON                                                                               \
        "{'lifecycle_policy':{'active_days':3,'churn_days':50,'actions':["                         \
        "{'stage':'LIFECYCLE_STAGE_AT_RISK','template_key':'come.back','activity':'review'}]}}"

/* Nobody is written to because a policy was set, and everybody about what they do after it. */
static void a_policy_does_nothing_about_what_was(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        make_template(&stall, "come.back", "");
        sell(&stall, 2);
        shop_advance(stall.shop, 5 * DAY_US);
        stall_ok(&stall, operations(&stall), "insight.SetLifecyclePolicy", AT_RISK_SOON);
        shop_settle(stall.shop);
        assert_int_equal(stage_of(&stall, "alice"), LIFECYCLE_STAGE_AT_RISK);
        assert_false(lifecycle_policy_get(shop_read(stall.shop), "lifecycle")->telling);
        assert_int_equal(notices(&stall), 0);
        assert_int_equal(club_account(&stall, "alice").available, 0);
        sell(&stall, 1);
        shop_advance(stall.shop, 5 * DAY_US);
        assert_int_equal(stage_of(&stall, "alice"), LIFECYCLE_STAGE_AT_RISK);
        assert_in_range(notices(&stall), 1, 3); /* by channel */
        stall_close(&stall);
}

/* proves: S104 good */
/* proves: S104 restart */
static void a_stage_gives_the_points_of_an_activity_up_to_its_cap(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        make_template(&stall, "come.back", "");
        stall_ok(&stall, operations(&stall), "insight.SetLifecyclePolicy", AT_RISK_SOON);
        for (int i = 0; i < 4; i++) {
                sell(&stall, 1);
                shop_restart(stall.shop);
                shop_advance(stall.shop, 5 * DAY_US);
        }
        /* 20 each time, 50 a month. */
        assert_int_equal(club_account(&stall, "alice").available, 50);
        assert_int_equal(shop_event_count(stall.shop, "points.activity"), 3);
        stall_close(&stall);
}

/* All of them, however many steps it takes: each step is a timer of one name and time. */
static void everybody_is_told_a_new_policy(void **state)
{
        struct stall stall = stall_open();
        struct persona importer = stall_staff(&stall, ROLE_IMPORTER);

        club_open(&stall, "");
        for (int i = 0; i < 170; i++)
                stall_ok(&stall, importer, "membership.ImportMember",
                        "{'external_id':'m%d','kind':'MEMBER_KIND_MEMBER'}", i);
        shop_advance(stall.shop, 5 * DAY_US);
        stall_ok(&stall, operations(&stall), "insight.SetLifecyclePolicy",
                "{'lifecycle_policy':{'active_days':3,'churn_days':50,'actions':["
                "{'stage':'LIFECYCLE_STAGE_AT_RISK','activity':'review'}]}}");
        shop_settle(stall.shop);
        assert_int_equal(shop_event_count(stall.shop, "points.activity"), 0);
        assert_false(lifecycle_policy_get(shop_read(stall.shop), "lifecycle")->telling);
        const ListCustomerActivitiesResponse *list =
                stall_ok(&stall, operations(&stall), "insight.ListCustomerActivities",
                        "{'stage':'LIFECYCLE_STAGE_AT_RISK','page_size':1000}");

        assert_int_equal(list->n_customer_activities, 170);
        stall_close(&stall);
}

static const char *refused_field(struct stall *stall, const char *policy, const char *reason)
{
        return stall_refused(stall, operations(stall),
                (struct refusal){"insight.SetLifecyclePolicy", INVALID_ARGUMENT, reason},
                "{'lifecycle_policy':{%s}}", policy)
                ->violations->field;
}

/* proves: S104 refusal */
static void a_policy_is_judged(void **state)
{
        struct stall stall = stall_open();
        const char *action = "'actions':[{'stage':'LIFECYCLE_STAGE_NEW','template_key':'two'}]";

        assert_string_equal(
                refused_field(&stall, "'active_days':90,'churn_days':90", "NOT_AFTER_ACTIVE"),
                "lifecycle_policy.churn_days");
        assert_string_equal(refused_field(&stall, "'loyal_orders':2", "TOO_FEW"),
                "lifecycle_policy.loyal_orders");
        assert_string_equal(refused_field(&stall, action, "TEMPLATE_UNKNOWN"),
                "lifecycle_policy.actions[0].template_key");
        assert_string_equal(
                refused_field(&stall, "'actions':[{'stage':'LIFECYCLE_STAGE_NEW'}]", "REQUIRED"),
                "lifecycle_policy.actions[0].template_key");
        assert_string_equal(
                refused_field(&stall,
                        "'actions':[{'stage':'LIFECYCLE_STAGE_NEW','activity':'nothing'}]",
                        "ACTIVITY_UNKNOWN"),
                "lifecycle_policy.actions[0].activity");
        make_template(&stall, "two", "'name'");
        assert_string_equal(refused_field(&stall, action, "TEMPLATE_VARIABLES"),
                "lifecycle_policy.actions[0].template_key");
        stall_close(&stall);
}

/* proves: S104 foreign */
/* proves: S105 foreign */
static void customers_do_not_see_their_stage(void **state)
{
        struct stall stall = stall_open();

        sell(&stall, 1);
        stall_refused(&stall, stall.alice,
                (struct refusal){
                        "insight.GetCustomerActivity", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"},
                "{'member_id':'alice'}");
        stall_refused(&stall, stall.alice,
                (struct refusal){"insight.GetRetention", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"},
                "{'month_from':201012,'month_to':201012}");
        stall_close(&stall);
}

/* ---- cohorts ---- */

static const Retention *retention(struct stall *stall, int from, int to)
{
        return stall_ok(stall, operations(stall), "insight.GetRetention",
                "{'month_from':%d,'month_to':%d}", from, to);
}

/* proves: S105 good */
static void cohorts_return_and_churn(void **state)
{
        struct stall stall = stall_open();
        struct persona bob = shop_member(stall.shop, "bob");
        struct persona guest = shop_guest(stall.shop, "visitor");

        sell(&stall, 2); /* December 2010: two orders of alice, one of bob */
        stall_sell(&stall, bob, a_mug);
        stall_sell(&stall, guest, a_mug);
        shop_advance(stall.shop, 31 * DAY_US); /* 1 January */
        sell(&stall, 1);
        shop_advance(stall.shop, 31 * DAY_US); /* 1 February */
        sell(&stall, 1);
        shop_advance(stall.shop, 150 * DAY_US); /* 1 July: bob churned on 31 May */
        stall_sell(&stall, bob, a_mug);
        shop_settle(stall.shop);
        const Retention *answer = retention(&stall, 201012, 201107);

        assert_int_equal(answer->n_cohort_months, 4);
        assert_int_equal(answer->cohort_months[0]->member_count, 2);
        assert_int_equal(answer->cohort_months[0]->order_count, 3);
        assert_int_equal(answer->cohort_months[0]->repeat_count, 1);
        assert_int_equal(answer->cohort_months[1]->month, 201101);
        assert_int_equal(answer->cohort_months[1]->member_count, 1);
        assert_int_equal(answer->cohort_months[3]->month, 201107);
        assert_int_equal(answer->repurchase[0]->repeat_count, 2);
        assert_int_equal(answer->repurchase[0]->repurchase_rate_bp, 10000);
        assert_int_equal(answer->churn[0]->begin_count, 0);
        assert_int_equal(answer->churn[5]->month, 201105);
        assert_int_equal(answer->churn[5]->begin_count, 2);
        assert_int_equal(answer->churn[5]->churned_count, 1);
        assert_int_equal(answer->churn[5]->churn_rate_bp, 5000);
        assert_int_equal(answer->churn[6]->begin_count, 1);
        assert_int_equal(answer->churn[7]->won_back_count, 1);
        assert_int_equal(retention(&stall, 201012, 201105)->repurchase[0]->repeat_count, 1);
        assert_true(answer->n_definitions >= 8); /* every figure says what it is */
        stall_close(&stall);
}

static void whom_to_win_back_is_listed(void **state)
{
        struct stall stall = stall_open();

        stall_sell(&stall, shop_member(stall.shop, "bob"), a_mug);
        shop_advance(stall.shop, 100 * DAY_US);
        sell(&stall, 1);
        shop_advance(stall.shop, 85 * DAY_US);
        const ListCustomerActivitiesResponse *list = stall_ok(&stall, operations(&stall),
                "insight.ListCustomerActivities", "{'stage':'LIFECYCLE_STAGE_CHURNED'}");

        assert_int_equal(list->n_customer_activities, 1);
        assert_string_equal(list->customer_activities[0]->member_id, "bob");
        assert_int_equal(list->customer_activities[0]->paid_minor, 133);
        stall_close(&stall);
}

/* proves: S105 refusal */
static void months_are_judged(void **state)
{
        struct stall stall = stall_open();
        struct refusal refusal = {"insight.GetRetention", INVALID_ARGUMENT, "NOT_A_MONTH"};
        const struct error *error = stall_refused(
                &stall, operations(&stall), refusal, "{'month_from':201013,'month_to':201101}");

        assert_string_equal(error->violations->field, "month_from");
        refusal.reason = "TOO_MANY_MONTHS";
        error = stall_refused(
                &stall, operations(&stall), refusal, "{'month_from':201012,'month_to':201212}");
        assert_string_equal(error->violations->field, "month_to");
        stall_refused(
                &stall, operations(&stall), refusal, "{'month_from':201012,'month_to':201011}");
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(stages_follow_orders_and_days),
                cmocka_unit_test(a_policy_moves_and_acts),
                cmocka_unit_test(a_policy_does_nothing_about_what_was),
                cmocka_unit_test(a_stage_gives_the_points_of_an_activity_up_to_its_cap),
                cmocka_unit_test(everybody_is_told_a_new_policy),
                cmocka_unit_test(a_policy_is_judged),
                cmocka_unit_test(customers_do_not_see_their_stage),
                cmocka_unit_test(cohorts_return_and_churn),
                cmocka_unit_test(whom_to_win_back_is_listed),
                cmocka_unit_test(months_are_judged),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
