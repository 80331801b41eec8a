/*
 * Who works for the shop and what they may do: accounts and passwords, grants and their ends, four
 * eyes, and what each post may do.
 */
#include <string.h>
#include "governance.rows.h"
#include "internal.rows.h"
#include "lib/base/clock.h"
#include "shop.schema.h"
#include "staff_internal.rows.h"
#include "tests/domain/staff_people.h"

static struct stall bare_shop(void)
{
        return (struct stall){.shop = shop_open()};
}

static const struct refusal bad_credentials = {"staff.SignIn", UNAUTHENTICATED, "BAD_CREDENTIALS"};
static const struct refusal not_allowed = {
        "supply.ListStock", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"};
static const struct refusal ended = {"supply.ListStock", UNAUTHENTICATED, "TOKEN_UNKNOWN"};

static struct refusal refusing(const char *method, enum status code, const char *reason)
{
        return (struct refusal){method, code, reason};
}

static void expect_field(const struct error *error, const char *field)
{
        assert_non_null(error->violations);
        assert_string_equal(error->violations->field, field);
}

/* ---- accounts ---- */

/* proves: S123 good */
static void a_one_time_password_opens_the_way_to_ones_own(void **state)
{
        struct stall stall = bare_shop();
        struct persona root = people_found(&stall, "root");
        const StaffPassword *made = stall_ok(&stall, root, "staff.CreateStaffAccount",
                "{'login_name':'wanda','display_name':'Wanda'}");
        const char *one_time = made->one_time_password;

        assert_string_equal(made->staff_account->display_name, "Wanda");
        struct error *error = stall_refused(&stall, shop_nobody(),
                refusing("staff.SignIn", INVALID_ARGUMENT, "REQUIRED"),
                "{'login_name':'wanda','password':'%s'}", one_time);

        expect_field(error, "new_password");
        error = stall_refused(&stall, shop_nobody(),
                refusing("staff.SignIn", INVALID_ARGUMENT, "SAME_PASSWORD"),
                "{'login_name':'wanda','password':'%s','new_password':'%s'}", one_time, one_time);
        expect_field(error, "new_password");
        struct persona wanda = people_sign_in_first(&stall, "wanda", one_time);
        const WhoAmIResponse *me = stall_ok(&stall, wanda, "governance.WhoAmI", "{}");

        assert_string_equal(me->id, made->staff_account->id);
        assert_int_equal(me->n_posts, 0);
        stall_refused(&stall, wanda, not_allowed, "{}");
        stall_refused(&stall, shop_nobody(), bad_credentials,
                "{'login_name':'wanda','password':'%s','new_password':'another one!'}", one_time);
        people_sign_in(&stall, "wanda");
        shop_close(stall.shop);
}

/* proves: S123 refusal */
static void accounts_are_refused_by_field(void **state)
{
        struct stall stall = bare_shop();
        struct persona root = people_found(&stall, "root");
        struct error *error;

        people_hire(&stall, root, "wanda");
        error = stall_refused(&stall, root,
                refusing("staff.CreateStaffAccount", ALREADY_EXISTS, "LOGIN_NAME_TAKEN"),
                "{'login_name':'wanda'}");
        expect_field(error, "login_name");
        error = stall_refused(&stall, root,
                refusing("staff.CreateStaffAccount", INVALID_ARGUMENT, "BAD_FORMAT"),
                "{'login_name':'Wanda!'}");
        expect_field(error, "login_name");
        error = stall_refused(&stall, shop_nobody(),
                refusing("staff.SignIn", INVALID_ARGUMENT, "TOO_SHORT"),
                "{'login_name':'wanda','password':'x','new_password':'short'}");
        expect_field(error, "new_password");
        shop_close(stall.shop);
}

static void one_time_passwords_and_sessions_end(void **state)
{
        struct stall stall = bare_shop();
        struct persona root = people_found(&stall, "root");
        const StaffPassword *made =
                stall_ok(&stall, root, "staff.CreateStaffAccount", "{'login_name':'wanda'}");

        shop_pass_real_time(stall.shop, 13 * HOUR_US);
        stall_refused(
                &stall, root, refusing("staff.ListRoles", UNAUTHENTICATED, "TOKEN_EXPIRED"), "{}");
        shop_pass_real_time(stall.shop, 60 * HOUR_US);
        stall_refused(&stall, shop_nobody(),
                refusing("staff.SignIn", UNAUTHENTICATED, "ONE_TIME_PASSWORD_EXPIRED"),
                "{'login_name':'wanda','password':'%s','new_password':'" PEOPLE_PASSWORD "'}",
                made->one_time_password);
        root = people_sign_in(&stall, "root");
        /* The one before is not kept. */
        struct scan *sessions = session_by_principal_id(shop_read(stall.shop), root.id);
        assert_non_null(session_next(sessions));
        assert_null(session_next(sessions));
        made = stall_ok(
                &stall, root, "staff.ResetStaffPassword", "{'id':'%s'}", made->staff_account->id);
        struct persona wanda = people_sign_in_first(&stall, "wanda", made->one_time_password);

        stall_ok(&stall, wanda, "staff.SignOut", "{}");
        stall_refused(&stall, wanda, ended, "{}");
        stall_refused(&stall, shop_nobody(),
                refusing("staff.SignOut", FAILED_PRECONDITION, "NOT_STAFF"), "{}");
        shop_close(stall.shop);
}

static size_t sessions_of(struct stall *stall, struct persona who)
{
        struct scan *scan = session_by_principal_id(shop_read(stall->shop), who.id);
        size_t count = 0;

        while (session_next(scan) != NULL)
                count++;
        return count;
}

/* Also of who never signs in again. */
static void sessions_that_are_over_are_deleted(void **state)
{
        struct stall stall = bare_shop();

        people_found(&stall, "root");
        struct persona root = people_sign_in(&stall, "root");
        size_t before = sessions_of(&stall, root);

        shop_advance(stall.shop, 11 * HOUR_US);
        assert_int_equal(sessions_of(&stall, root), before);
        shop_pass_real_time(stall.shop, 12 * HOUR_US);
        shop_advance(stall.shop, HOUR_US);
        assert_int_equal(sessions_of(&stall, root), 0);
        shop_close(stall.shop);
}

static void wrong_passwords_lock_staff_too(void **state)
{
        struct stall stall = bare_shop();

        people_found(&stall, "root");
        for (int i = 0; i < 5; i++)
                stall_refused(&stall, shop_nobody(), bad_credentials,
                        "{'login_name':'root','password':'wrong %d'}", i);
        shop_restart(stall.shop);
        stall_refused(&stall, shop_nobody(),
                refusing("staff.SignIn", PERMISSION_DENIED, "ACCOUNT_LOCKED"),
                "{'login_name':'root','password':'" PEOPLE_PASSWORD "'}");
        shop_pass_real_time(stall.shop, 31 * SECOND_US);
        people_sign_in(&stall, "root");
        /* A name that nobody has looks like a wrong password. */
        stall_refused(&stall, shop_nobody(), bad_credentials,
                "{'login_name':'nobody','password':'" PEOPLE_PASSWORD "'}");
        shop_close(stall.shop);
}

static void a_new_password_ends_other_sessions(void **state)
{
        struct stall stall = bare_shop();
        struct persona root = people_found(&stall, "root");

        stall_ok(&stall, shop_nobody(), "staff.SignIn",
                "{'login_name':'root','password':'" PEOPLE_PASSWORD
                "','new_password':'another password'}");
        stall_refused(&stall, root, ended, "{}");
        stall_refused(&stall, shop_nobody(), bad_credentials,
                "{'login_name':'root','password':'" PEOPLE_PASSWORD "'}");
        shop_close(stall.shop);
}

static void a_suspended_account_is_shut(void **state)
{
        struct stall stall = bare_shop();
        struct persona root = people_found(&stall, "root");
        struct persona wanda = people_hire(&stall, root, "wanda");

        people_grant(&stall, root, wanda, "POST_WAREHOUSE");
        stall_ok(&stall, root, "staff.SuspendStaffAccount", "{'id':'%s'}", wanda.id);
        stall_refused(&stall, wanda, ended, "{}");
        stall_refused(&stall, shop_nobody(),
                refusing("staff.SignIn", PERMISSION_DENIED, "ACCOUNT_SUSPENDED"),
                "{'login_name':'wanda','password':'" PEOPLE_PASSWORD "'}");
        stall_refused(&stall, root,
                refusing("staff.GrantRole", FAILED_PRECONDITION, "ACCOUNT_SUSPENDED"),
                "{'staff_id':'%s','post':'POST_BUYER','reason':'x'}", wanda.id);
        stall_ok(&stall, root, "staff.ResumeStaffAccount", "{'id':'%s'}", wanda.id);
        wanda = people_sign_in(&stall, "wanda");
        stall_ok(&stall, wanda, "supply.ListStock", "{}");
        shop_close(stall.shop);
}

/* ---- grants ---- */

/* proves: S123 good */
/* proves: S123 restart */
static void a_post_counts_from_the_next_call_to_its_end(void **state)
{
        struct stall stall = bare_shop();
        struct persona root = people_found(&stall, "root");
        struct persona wanda = people_hire(&stall, root, "wanda");

        stall_refused(&stall, wanda, not_allowed, "{}");
        const RoleGrant *grant = people_grant(&stall, root, wanda, "POST_WAREHOUSE");

        assert_int_equal(grant->state, GRANT_STATE_ACTIVE);
        assert_string_equal(grant->granted_by, root.id);
        /* The session that she has. */
        stall_ok(&stall, wanda, "supply.ListStock", "{}");
        shop_restart(stall.shop);
        stall_ok(&stall, wanda, "supply.ListStock", "{}");
        grant = stall_ok(
                &stall, root, "staff.RevokeGrant", "{'id':'%s','reason':'moves on'}", grant->id);
        assert_int_equal(grant->state, GRANT_STATE_REVOKED);
        assert_string_equal(grant->revoke_reason, "moves on");
        stall_refused(&stall, wanda, not_allowed, "{}");
        stall_refused(&stall, root,
                refusing("staff.RevokeGrant", FAILED_PRECONDITION, "GRANT_ENDED"),
                "{'id':'%s','reason':'again'}", grant->id);
        assert_int_equal(shop_event_count(stall.shop, "role_grant.revoked"), 1);
        shop_restart(stall.shop);
        stall_refused(&stall, wanda, not_allowed, "{}");
        shop_close(stall.shop);
}

static void a_grant_ends_by_shop_time(void **state)
{
        struct stall stall = bare_shop();
        struct persona root = people_found(&stall, "root");
        struct persona wanda = people_hire(&stall, root, "wanda");
        char until[CLOCK_TEXT_MAX];

        clock_format(shop_now_us(stall.shop) + DAY_US, until);
        const RoleGrant *grant = stall_ok(&stall, root, "staff.GrantRole",
                "{'staff_id':'%s','post':'POST_WAREHOUSE','reason':'stands in','expire_time':'%s'}",
                wanda.id, until);

        shop_advance(stall.shop, DAY_US - SECOND_US);
        stall_ok(&stall, wanda, "supply.ListStock", "{}");
        shop_advance(stall.shop, SECOND_US);
        stall_refused(&stall, wanda, not_allowed, "{}");
        assert_int_equal(
                role_grant_get(shop_read(stall.shop), grant->id)->state, GRANT_STATE_EXPIRED);
        assert_int_equal(shop_event_count(stall.shop, "role_grant.expired"), 1);
        /* The post may be given again. */
        people_grant(&stall, root, wanda, "POST_WAREHOUSE");
        shop_close(stall.shop);
}

/* Also before its timer came around. */
static void a_grant_is_over_at_its_time(void **state)
{
        struct stall stall = bare_shop();
        struct persona root = people_found(&stall, "root");
        struct persona wanda = people_hire(&stall, root, "wanda");
        const RoleGrant *made = people_grant(&stall, root, wanda, "POST_WAREHOUSE");
        struct txn *txn = shop_write_begin(stall.shop);
        Timestamp now = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
        RoleGrant *grant = role_grant_get(txn, made->id);

        now.seconds = shop_now_us(stall.shop) / SECOND_US;
        grant->expire_time = &now;
        role_grant_update(txn, grant);
        shop_write_end(stall.shop, txn);
        stall_refused(&stall, wanda, not_allowed, "{}");
        shop_close(stall.shop);
}

/* proves: S123 refusal */
static void grants_are_refused_by_field(void **state)
{
        struct stall stall = bare_shop();
        struct persona root = people_found(&stall, "root");
        struct persona wanda = people_hire(&stall, root, "wanda");
        const struct {
                const char *who;
                const char *post;
                const char *more;
                enum status code;
                const char *reason;
                const char *field;
        } rows[] = {
                {wanda.id, "POST_MEMBER", "", INVALID_ARGUMENT, "NOT_A_STAFF_POST", "post"},
                {wanda.id, "POST_IMPORTER", "", INVALID_ARGUMENT, "NOT_A_STAFF_POST", "post"},
                {wanda.id, "POST_BUYER", ",'expire_time':'2001-01-01T00:00:00Z'", INVALID_ARGUMENT,
                        "TIME_IS_PAST", "expire_time"},
                {wanda.id, "POST_BUYER", ",'reach':'GRANT_REACH_TEAM'", INVALID_ARGUMENT,
                        "NOT_A_SERVICE_POST", "reach"},
                {root.id, "POST_BUYER", "", PERMISSION_DENIED, "GRANT_TO_SELF", "staff_id"},
                {"nobody", "POST_BUYER", "", NOT_FOUND, "STAFF_ACCOUNT_NOT_FOUND", "staff_id"},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                expect_field(stall_refused(&stall, root,
                                     refusing("staff.GrantRole", rows[i].code, rows[i].reason),
                                     "{'staff_id':'%s','post':'%s','reason':'x'%s}", rows[i].who,
                                     rows[i].post, rows[i].more),
                        rows[i].field);
        expect_field(stall_refused(&stall, root,
                             refusing("staff.GrantRole", INVALID_ARGUMENT, "REQUIRED"),
                             "{'staff_id':'%s','post':'POST_BUYER'}", wanda.id),
                "reason");
        people_grant(&stall, root, wanda, "POST_BUYER");
        stall_refused(&stall, root, refusing("staff.GrantRole", ALREADY_EXISTS, "POST_HELD"),
                "{'staff_id':'%s','post':'POST_BUYER','reason':'x'}", wanda.id);
        shop_close(stall.shop);
}

/* proves: S123 foreign */
static void only_administrators_grant(void **state)
{
        struct stall stall = bare_shop();
        struct persona root = people_found(&stall, "root");
        struct persona wanda = people_hire(&stall, root, "wanda");

        people_grant(&stall, root, wanda, "POST_OPERATIONS");
        const struct {
                const char *method;
                const char *request;
        } rows[] = {
                {"staff.GrantRole", "{'staff_id':'x','post':'POST_FINANCE','reason':'x'}"},
                {"staff.RevokeGrant", "{'id':'x','reason':'x'}"},
                {"staff.ApproveGrant", "{'id':'x'}"},
                {"staff.ResetStaffPassword", "{'id':'x'}"},
                {"staff.CreateStaffAccount", "{'login_name':'other'}"},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
                stall_refused(&stall, wanda,
                        refusing(rows[i].method, PERMISSION_DENIED, "METHOD_NOT_ALLOWED"), "%s",
                        rows[i].request);
        shop_close(stall.shop);
}

/* ---- four eyes ---- */

/* proves: S123 foreign */
static void administrators_are_made_by_two_others(void **state)
{
        struct stall stall = bare_shop();
        struct persona root = people_found(&stall, "root"), rose = people_found(&stall, "rose");
        struct persona wanda = people_hire(&stall, root, "wanda");
        const RoleGrant *grant = people_grant(&stall, root, wanda, "POST_ADMINISTRATOR");

        assert_int_equal(grant->state, GRANT_STATE_PENDING);
        stall_refused(&stall, wanda, not_allowed, "{}");
        stall_refused(&stall, wanda,
                refusing("staff.ApproveGrant", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"),
                "{'id':'%s'}", grant->id);
        expect_field(stall_refused(&stall, root,
                             refusing("staff.ApproveGrant", PERMISSION_DENIED, "FOUR_EYES"),
                             "{'id':'%s'}", grant->id),
                "id");
        /* Another session of the same person is the same person. */
        stall_refused(&stall, people_sign_in(&stall, "root"),
                refusing("staff.ApproveGrant", PERMISSION_DENIED, "FOUR_EYES"), "{'id':'%s'}",
                grant->id);
        shop_restart(stall.shop);
        grant = stall_ok(&stall, rose, "staff.ApproveGrant", "{'id':'%s'}", grant->id);
        assert_int_equal(grant->state, GRANT_STATE_ACTIVE);
        assert_string_equal(grant->granted_by, root.id);
        assert_string_equal(grant->approved_by, rose.id);
        stall_ok(&stall, wanda, "supply.ListStock", "{}");
        stall_refused(&stall, rose,
                refusing("staff.ApproveGrant", FAILED_PRECONDITION, "GRANT_NOT_PENDING"),
                "{'id':'%s'}", grant->id);
        assert_int_equal(shop_event_count(stall.shop, "role_grant.requested"), 1);
        assert_int_equal(shop_event_count(stall.shop, "role_grant.approved"), 1);
        shop_close(stall.shop);
}

static void who_receives_does_not_approve(void **state)
{
        struct stall stall = bare_shop();
        struct persona root = people_found(&stall, "root");
        struct persona wanda = people_hire(&stall, root, "wanda");
        const RoleGrant *grant = people_grant(&stall, root, wanda, "POST_ADMINISTRATOR");
        /* With an administrator's session from elsewhere, that is. */
        struct persona trick = shop_mint(stall.shop, wanda.id, 1u << ROLE_ADMINISTRATOR);
        struct persona key = shop_mint(stall.shop, "some-key", 1u << ROLE_ADMINISTRATOR);

        stall_refused(&stall, trick, refusing("staff.ApproveGrant", PERMISSION_DENIED, "FOUR_EYES"),
                "{'id':'%s'}", grant->id);
        /* A program is nobody's eyes, and no program is made an administrator any more. */
        stall_refused(&stall, key,
                refusing("staff.ApproveGrant", PERMISSION_DENIED, "NOT_A_PERSON"), "{'id':'%s'}",
                grant->id);
        expect_field(
                stall_refused(&stall, root,
                        refusing("governance.CreateServiceKey", INVALID_ARGUMENT, "NOT_A_PERSON"),
                        "{'title':'x','posts':['POST_ADMINISTRATOR']}"),
                "posts");
        shop_close(stall.shop);
}

static void a_request_that_nobody_approves_lapses(void **state)
{
        struct stall stall = bare_shop();
        struct persona root = people_found(&stall, "root"), rose = people_found(&stall, "rose");
        struct persona wanda = people_hire(&stall, root, "wanda");
        const RoleGrant *grant = people_grant(&stall, root, wanda, "POST_ADMINISTRATOR");

        shop_advance(stall.shop, 7 * DAY_US);
        assert_int_equal(
                role_grant_get(shop_read(stall.shop), grant->id)->state, GRANT_STATE_EXPIRED);
        stall_refused(&stall, rose,
                refusing("staff.ApproveGrant", FAILED_PRECONDITION, "GRANT_NOT_PENDING"),
                "{'id':'%s'}", grant->id);
        shop_close(stall.shop);
}

static const RoleGrant *held(struct stall *stall, struct persona by, struct persona who)
{
        const ListGrantsResponse *list = stall_ok(stall, by, "staff.ListGrants",
                "{'staff_id':'%s','state':'GRANT_STATE_ACTIVE'}", who.id);

        assert_int_equal(list->n_role_grants, 1);
        return list->role_grants[0];
}

static void the_last_administrator_stays(void **state)
{
        struct stall stall = bare_shop();
        struct persona root = people_found(&stall, "root"), rose = people_found(&stall, "rose");
        struct refusal last = {"staff.RevokeGrant", FAILED_PRECONDITION, "LAST_ADMINISTRATOR"};
        const char *root_grant = held(&stall, root, root)->id;

        stall_ok(&stall, root, "staff.RevokeGrant", "{'id':'%s','reason':'x'}",
                held(&stall, root, rose)->id);
        expect_field(
                stall_refused(&stall, root, last, "{'id':'%s','reason':'x'}", root_grant), "id");
        last.method = "staff.SuspendStaffAccount";
        stall_refused(&stall, root, last, "{'id':'%s'}", root.id);
        /* One that ends some day is none to rely on. */
        char until[CLOCK_TEXT_MAX];

        clock_format(shop_now_us(stall.shop) + DAY_US, until);
        const RoleGrant *grant = stall_ok(&stall, root, "staff.GrantRole",
                "{'staff_id':'%s','post':'POST_ADMINISTRATOR','reason':'x','expire_time':'%s'}",
                rose.id, until);
        struct persona token = shop_mint(stall.shop, "administrator", 1u << ROLE_ADMINISTRATOR);

        stall_ok(&stall, token, "staff.ApproveGrant", "{'id':'%s'}", grant->id);
        last.method = "staff.RevokeGrant";
        stall_refused(&stall, rose, last, "{'id':'%s','reason':'x'}", root_grant);
        shop_close(stall.shop);
}

static void nobody_becomes_an_administrator_by_a_password(void **state)
{
        struct stall stall = bare_shop();
        struct persona root = people_found(&stall, "root"), rose = people_found(&stall, "rose");
        struct persona wanda = people_hire(&stall, root, "wanda");
        struct refusal is_one = {
                "staff.ResetStaffPassword", FAILED_PRECONDITION, "IS_ADMINISTRATOR"};

        expect_field(stall_refused(&stall, root, is_one, "{'id':'%s'}", rose.id), "id");
        people_grant(&stall, root, wanda, "POST_ADMINISTRATOR");
        stall_refused(&stall, root, is_one, "{'id':'%s'}", wanda.id);
        /* Beside the stopped server it is: who forgot it, and who was suspended, is back. */
        stall_ok(&stall, root, "staff.SuspendStaffAccount", "{'id':'%s'}", rose.id);
        rose = people_found(&stall, "rose");
        stall_ok(&stall, rose, "staff.ListRoles", "{}");
        shop_close(stall.shop);
}

/* ---- what posts may do ---- */

static const RoleMethod *method_of(const RoleDescription *role, const char *name)
{
        for (size_t i = 0; i < role->n_methods; i++)
                if (strcmp(role->methods[i]->name, name) == 0)
                        return role->methods[i];
        return NULL;
}

static void roles_are_described_from_the_contract(void **state)
{
        struct stall stall = bare_shop();
        struct persona root = people_found(&stall, "root");
        const ListRolesResponse *list = stall_ok(&stall, root, "staff.ListRoles", "{}");
        const RoleDescription *agent =
                stall_ok(&stall, root, "staff.DescribeRole", "{'post':'POST_SERVICE_AGENT'}");
        const RoleDescription *all =
                stall_ok(&stall, root, "staff.DescribeRole", "{'post':'POST_ADMINISTRATOR'}");

        assert_int_equal(list->n_roles, ROLE_COUNT - 3); /* without SYSTEM, ANYONE and none */
        assert_string_equal(agent->description, "Cases of customers.");
        assert_int_equal(agent->n_methods, agent->method_count);
        assert_int_equal(method_of(agent, "checkout.GetOrder")->scope, ROW_SCOPE_TEAM);
        assert_false(method_of(agent, "checkout.GetOrder")->anyone);
        assert_true(method_of(agent, "membership.SignIn")->anyone);
        assert_null(method_of(agent, "payment.CapturePayment"));
        assert_int_equal(method_of(all, "payment.CapturePayment")->scope, ROW_SCOPE_ALL);
        assert_null(method_of(all, "checkout.ExpireOrder"));
        shop_close(stall.shop);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_one_time_password_opens_the_way_to_ones_own),
                cmocka_unit_test(accounts_are_refused_by_field),
                cmocka_unit_test(one_time_passwords_and_sessions_end),
                cmocka_unit_test(sessions_that_are_over_are_deleted),
                cmocka_unit_test(wrong_passwords_lock_staff_too),
                cmocka_unit_test(a_new_password_ends_other_sessions),
                cmocka_unit_test(a_suspended_account_is_shut),
                cmocka_unit_test(a_post_counts_from_the_next_call_to_its_end),
                cmocka_unit_test(a_grant_ends_by_shop_time),
                cmocka_unit_test(a_grant_is_over_at_its_time),
                cmocka_unit_test(grants_are_refused_by_field),
                cmocka_unit_test(only_administrators_grant),
                cmocka_unit_test(administrators_are_made_by_two_others),
                cmocka_unit_test(who_receives_does_not_approve),
                cmocka_unit_test(a_request_that_nobody_approves_lapses),
                cmocka_unit_test(the_last_administrator_stays),
                cmocka_unit_test(nobody_becomes_an_administrator_by_a_password),
                cmocka_unit_test(roles_are_described_from_the_contract),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
