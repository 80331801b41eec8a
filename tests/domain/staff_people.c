/*
 * Everybody has the same password, which each of them has chosen at their first sign-in as people
 * do; what a test says of sessions and posts is then said of real ones.
 */
#include "tests/domain/staff_people.h"

#include "lib/seal/seal.h"

struct persona people_sign_in(struct stall *stall, const char *login_name)
{
        const StaffSession *session = stall_ok(stall, shop_nobody(), "staff.SignIn",
                "{'login_name':'%s','password':'" PEOPLE_PASSWORD "'}", login_name);

        return (struct persona){.id = session->staff_account->id, .token = session->token};
}

struct persona people_sign_in_first(
        struct stall *stall, const char *login_name, const char *one_time_password)
{
        const StaffSession *session = stall_ok(stall, shop_nobody(), "staff.SignIn",
                "{'login_name':'%s','password':'%s','new_password':'" PEOPLE_PASSWORD "'}",
                login_name, one_time_password);

        return (struct persona){.id = session->staff_account->id, .token = session->token};
}

struct persona people_found(struct stall *stall, const char *login_name)
{
        struct arena *arena = shop_arena(stall->shop);
        const char *json = arena_printf(arena, "{\"login_name\":\"%s\",\"password_hash\":\"%s\"}",
                login_name, seal_password("good once", SEAL_PASSWORD_KIB_LEAST, arena));
        struct outcome outcome = shop_call_system(stall->shop, "staff.OpenAdministrator", json);

        assert_null(outcome.error);
        return people_sign_in_first(stall, login_name, "good once");
}

struct persona people_hire(struct stall *stall, struct persona by, const char *login_name)
{
        const StaffPassword *made =
                stall_ok(stall, by, "staff.CreateStaffAccount", "{'login_name':'%s'}", login_name);

        return people_sign_in_first(stall, login_name, made->one_time_password);
}

struct persona people_hire_as(
        struct stall *stall, struct persona by, const char *login_name, const char *post)
{
        struct persona who = people_hire(stall, by, login_name);

        people_grant(stall, by, who, post);
        return who;
}

const RoleGrant *people_grant(
        struct stall *stall, struct persona by, struct persona to, const char *post)
{
        return stall_ok(stall, by, "staff.GrantRole",
                "{'staff_id':'%s','post':'%s','reason':'joins us'}", to.id, post);
}

const char *people_team(struct stall *stall, struct persona by, const char *slug)
{
        const Team *team = stall_ok(stall, by, "staff.CreateTeam", "{'team':{'slug':'%s'}}", slug);

        return team->id;
}

void people_join(struct stall *stall, struct persona by, const char *team_id, struct persona who)
{
        stall_ok(stall, by, "staff.SetTeamMember", "{'team_id':'%s','staff_id':'%s'}", team_id,
                who.id);
}
