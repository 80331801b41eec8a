/*
 * What becomes of a member's points through the pipeline: they expire with notice, add up in
 * statements and figures, are adjusted by staff, and never given to another member.
 */
#include <string.h>
#include "insight.rows.h"
#include "lib/base/calendar.h"
#include "lib/base/clock.h"
#include "notification.rows.h"
#include "shop.schema.h"
#include "tests/domain/club.h"

static const struct basket one_bowl = {{0, 1, 0}}; /* 24.00 with tax */

/* ---- expiry ---- */

static const PointLot *lot_of(struct stall *stall, const char *member_id)
{
        return point_lot_next(point_lot_of(shop_read(stall->shop), member_id));
}

/* proves: S99 restart */
static void points_expire_at_the_end_of_their_day_with_notice(void **state)
{
        struct stall stall = stall_open();
        int64_t expire_us, notice_us;

        club_open(&stall, "");
        club_give(&stall, "alice", 100);
        /* Given on 1 December 2010. */
        clock_parse("2011-12-02T00:00:00Z", &expire_us);
        clock_parse("2011-11-17T00:00:00Z", &notice_us);
        assert_int_equal(time_us(lot_of(&stall, "alice")->expire_time), expire_us);
        shop_advance(stall.shop, notice_us - SECOND_US - shop_now_us(stall.shop));
        assert_int_equal(shop_event_count(stall.shop, "points.expiring"), 0);
        shop_restart(stall.shop);
        shop_advance(stall.shop, 2 * SECOND_US);
        assert_int_equal(shop_event_count(stall.shop, "points.expiring"), 1);
        assert_true(lot_of(&stall, "alice")->noticed);
        const ListNotificationsResponse *told =
                stall_ok(&stall, stall.alice, "notification.ListNotifications", "{}");

        assert_int_equal(told->n_notifications, 1);
        assert_string_equal(
                told->notifications[0]->body, "100 of your points expire on 2011-12-01.");
        club_give(&stall, "alice", -30);
        shop_advance(stall.shop, expire_us - SECOND_US - shop_now_us(stall.shop));
        club_assert(&stall, "alice", 70, 0);
        shop_advance(stall.shop, 2 * SECOND_US);
        club_assert(&stall, "alice", 0, 0);
        assert_int_equal(shop_event_count(stall.shop, "points.expiring"), 1);
        assert_int_equal(shop_event_count(stall.shop, "points.expired"), 1);
        stall_close(&stall);
}

static void the_soonest_expiry_is_spent_first(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        club_give(&stall, "alice", 10);
        shop_advance(stall.shop, 10 * DAY_US);
        club_give(&stall, "alice", 10);
        club_give(&stall, "alice", -15);
        const ListPointLotsResponse *lots = stall_ok(
                &stall, stall.alice, "loyalty.ListPointLots", "{'open_member_id':'alice'}");

        assert_int_equal(lots->n_point_lots, 1);
        assert_int_equal(lots->point_lots[0]->available, 5);
        const ListPointEntriesResponse *entries =
                stall_ok(&stall, stall.alice, "loyalty.ListPointEntries", "{'member_id':'alice'}");

        assert_int_equal(entries->n_point_entries, 4);
        assert_int_equal(entries->point_entries[2]->points, 10);
        assert_int_equal(entries->point_entries[3]->points, 5);
        stall_close(&stall);
}

static size_t expiry_notices(struct stall *stall)
{
        struct scan *scan = notification_of(shop_read(stall->shop), "alice");
        size_t count = 0;

        for (const Notification *row; (row = notification_next(scan)) != NULL;)
                count += strcmp(row->template_key, "points.expiring") == 0 &&
                         row->channel == NOTIFICATION_CHANNEL_IN_APP;
        return count;
}

/* Points that come when others of the same day were told of already. */
static void each_expiry_is_told(void **state)
{
        struct stall stall = stall_open();
        struct persona staff = shop_as(stall.shop, ROLE_OPERATIONS);
        const ProgrammeVersion *draft = stall_ok(&stall, staff, "loyalty.CreateProgrammeVersion",
                "{'programme_version':{'title':'Short','expire_months':1,'notice_days':60,"
                "'tier_months':1}}");

        stall_ok(&stall, staff, "loyalty.ActivateProgrammeVersion", "{'id':'%s'}", draft->id);
        club_give(&stall, "alice", 10);
        shop_settle(stall.shop);
        assert_int_equal(expiry_notices(&stall), 1);
        club_give(&stall, "alice", 5);
        shop_settle(stall.shop);
        assert_int_equal(expiry_notices(&stall), 2);
        stall_close(&stall);
}

/* However often somebody does something on a day, its points are one lot. */
static void points_that_expire_together_are_one_lot(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        for (int i = 0; i < 25; i++)
                stall_ok(&stall, shop_as(stall.shop, ROLE_OPERATIONS), "loyalty.RecordActivity",
                        "{'member_id':'alice','activity':'check-in','external_id':'c%d'}", i);
        shop_advance(stall.shop, DAY_US);
        stall_ok(&stall, shop_as(stall.shop, ROLE_OPERATIONS), "loyalty.RecordActivity",
                "{'member_id':'alice','activity':'check-in','external_id':'next'}");
        const ListPointLotsResponse *lots = stall_ok(
                &stall, stall.alice, "loyalty.ListPointLots", "{'open_member_id':'alice'}");

        assert_int_equal(lots->n_point_lots, 2);
        assert_int_equal(lots->point_lots[0]->points, 25);
        assert_int_equal(lots->point_lots[0]->available, 25);
        assert_int_equal(club_account(&stall, "alice").entry_count, 26);
        stall_close(&stall);
}

/* ---- statements ---- */

static void a_statement_adds_up(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        const char *order_id = stall_sell(&stall, stall.alice, one_bowl);

        stall_deliver(&stall, order_id);
        club_give(&stall, "alice", 100);
        shop_advance(stall.shop, 33 * DAY_US); /* 3 January 2011 */
        club_give(&stall, "alice", -40);
        const PointStatement *december = stall_ok(
                &stall, stall.alice, "loyalty.GetPointStatement", "{'year':2010,'month':12}");

        assert_int_equal(december->opening, 0);
        assert_int_equal(december->received, 100);
        assert_int_equal(december->closing, 100);
        assert_int_equal(december->pending_earned, 24);
        assert_int_equal(december->pending_closing, 24);
        const PointStatement *january = stall_ok(&stall, shop_as(stall.shop, ROLE_SERVICE_AGENT),
                "loyalty.GetPointStatement", "{'member_id':'alice','year':2011,'month':1}");

        assert_int_equal(january->opening, 100);
        assert_int_equal(january->received, 24);
        assert_int_equal(january->taken_back, 40);
        assert_int_equal(january->closing, 84);
        assert_int_equal(january->pending_opening, 24);
        assert_int_equal(january->pending_released, 24);
        assert_int_equal(january->pending_closing, 0);
        struct error *error = stall_refused(&stall, stall.alice,
                (struct refusal){"loyalty.GetPointStatement", INVALID_ARGUMENT, "TOO_LARGE"},
                "{'year':2011,'month':13}");

        assert_string_equal(error->violations->field, "month");
        stall_close(&stall);
}

/* ---- staff, and nobody else ---- */

static void adjustments_need_a_reason_and_happen_once(void **state)
{
        struct stall stall = stall_open();
        struct persona finance = shop_as(stall.shop, ROLE_FINANCE);
        const char *adjust = "loyalty.AdjustPoints";

        stall_refused(&stall, finance,
                (struct refusal){adjust, FAILED_PRECONDITION, "NO_PROGRAMME"},
                "{'member_id':'alice','points':'5','reason':'x','external_id':'a'}");
        club_open(&stall, "");
        struct error *error = stall_refused(&stall, finance,
                (struct refusal){adjust, INVALID_ARGUMENT, "REQUIRED"},
                "{'member_id':'alice','points':'5','external_id':'a'}");

        assert_string_equal(error->violations->field, "reason");
        error = stall_refused(&stall, finance,
                (struct refusal){adjust, INVALID_ARGUMENT, "REQUIRED"},
                "{'member_id':'alice','reason':'x','external_id':'a'}");
        assert_string_equal(error->violations->field, "points");
        for (int i = 0; i < 2; i++)
                stall_ok(&stall, finance, adjust,
                        "{'member_id':'alice','points':'5','reason':'sorry','external_id':'a'}");
        club_assert(&stall, "alice", 5, 0);
        assert_int_equal(shop_event_count(stall.shop, "points.adjusted"), 1);
        const PointEntry *entry = point_entry_get(shop_read(stall.shop), "alice", 1);

        assert_string_equal(entry->reason, "sorry");
        assert_string_equal(entry->author_id, finance.id);
        stall_refused(&stall, finance,
                (struct refusal){adjust, ALREADY_EXISTS, "EXTERNAL_ID_TAKEN"},
                "{'member_id':'alice','points':'6','reason':'sorry','external_id':'a'}");
        error = stall_refused(&stall, finance,
                (struct refusal){adjust, FAILED_PRECONDITION, "POINTS_NOT_AVAILABLE"},
                "{'member_id':'alice','points':'-6','reason':'sorry','external_id':'b'}");
        assert_string_equal(stall_fact(error, "available"), "5");
        stall_close(&stall);
}

/* No request names two members, so no method can move anything from one to another. */
static void points_cannot_be_given_to_another_member(void **state)
{
        size_t methods = 0;

        for (size_t i = 0; i < shop_schema.method_count; i++) {
                const struct schema_method *method = &shop_schema.methods[i];
                size_t members = 0;

                if (strncmp(method->name, "loyalty.", 8) != 0)
                        continue;
                for (unsigned k = 0; k < method->request->descriptor->n_fields; k++)
                        members += method->request->fields[k].ref == &member_table;
                assert_true(members <= 1);
                assert_null(strstr(method->name, "Transfer"));
                methods++;
        }
        assert_true(methods > 10);
}

/* proves: S101 good */
static void figures_are_those_of_all_members(void **state)
{
        struct stall stall = stall_open();

        shop_member(stall.shop, "bob");
        club_open(&stall, "");
        stall_sell(&stall, stall.alice, one_bowl);
        const char *back = stall_sell(&stall, stall.alice, (struct basket){{2, 1, 0}});

        stall_ok(&stall, stall.alice, "checkout.CancelOrder", "{'id':'%s'}", back);
        club_give(&stall, "bob", 50);
        club_give(&stall, "bob", -20);
        for (int i = 0; i < 20; i++)
                stall_ok(&stall, shop_as(stall.shop, ROLE_OPERATIONS), "loyalty.RecordActivity",
                        "{'member_id':'bob','activity':'grow','external_id':'g%d'}", i);
        const LoyaltyFigures *sums = stall_ok(
                &stall, shop_as(stall.shop, ROLE_ANALYST), "insight.GetLoyaltyFigures", "{}");

        assert_int_equal(sums->pending, 24);
        assert_int_equal(sums->available, 30 + 20);
        assert_int_equal(sums->taken_back, 26);
        assert_int_equal(sums->given, 24 + 26 + 30 + 20);
        assert_int_equal(sums->n_tiers, 1);
        assert_int_equal(sums->tiers[0]->level, 1);
        assert_int_equal(sums->tiers[0]->member_count, 1);
        assert_true(sums->n_definitions > 0);
        /* Half of it expires, and bob's tier ends. */
        shop_advance(stall.shop, 380 * DAY_US);
        sums = stall_ok(
                &stall, shop_as(stall.shop, ROLE_ANALYST), "insight.GetLoyaltyFigures", "{}");
        assert_int_equal(sums->expired, 50);
        assert_int_equal(sums->available, 0);
        assert_int_equal(sums->n_tiers, 0);
        stall_refused(&stall, stall.alice,
                (struct refusal){
                        "insight.GetLoyaltyFigures", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"},
                "{}");
        stall_close(&stall);
}

/* proves: S99 foreign */
static void nobody_sees_the_points_of_others(void **state)
{
        struct stall stall = stall_open();
        struct persona bob = shop_member(stall.shop, "bob");

        club_open(&stall, "");
        const char *order_id = stall_sell(&stall, stall.alice, one_bowl);

        stall_refused(&stall, bob,
                (struct refusal){"loyalty.GetLoyaltyAccount", NOT_FOUND, "MEMBER_NOT_FOUND"},
                "{'member_id':'alice'}");
        stall_refused(&stall, bob,
                (struct refusal){"loyalty.ListPointEntries", NOT_FOUND, "MEMBER_NOT_FOUND"},
                "{'member_id':'alice'}");
        stall_refused(&stall, bob,
                (struct refusal){"loyalty.GetOrderPoints", NOT_FOUND, "ORDER_POINTS_NOT_FOUND"},
                "{'order_id':'%s'}", order_id);
        stall_refused(&stall, stall.alice,
                (struct refusal){"loyalty.AdjustPoints", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"},
                "{'member_id':'alice','points':'5','reason':'x','external_id':'a'}");
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(points_expire_at_the_end_of_their_day_with_notice),
                cmocka_unit_test(the_soonest_expiry_is_spent_first),
                cmocka_unit_test(each_expiry_is_told),
                cmocka_unit_test(points_that_expire_together_are_one_lot),
                cmocka_unit_test(a_statement_adds_up),
                cmocka_unit_test(adjustments_need_a_reason_and_happen_once),
                cmocka_unit_test(points_cannot_be_given_to_another_member),
                cmocka_unit_test(figures_are_those_of_all_members),
                cmocka_unit_test(nobody_sees_the_points_of_others),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
