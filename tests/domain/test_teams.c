/*
 * Teams: who reaches which member's rows, what lists by team hold, and a post narrowed to teams.
 * Everybody here has an account and a grant, as in a shop.
 */
#include <string.h>
#include "membership.rows.h"
#include "tests/domain/staff_people.h"

/* Two teams, an agent in each, and a third in none. alice is a member of north, bob of south; carol
 * of no team. */
struct desk {
        struct stall stall;
        struct persona root, lead, nora, sam, lone;
        struct persona bob, carol;
        const char *north_id, *south_id;
        const char *alice_order_id, *bob_order_id, *carol_order_id;
};

static struct persona hire(struct desk *desk, const char *name, const char *post)
{
        return people_hire_as(&desk->stall, desk->root, name, post);
}

static void assign(struct desk *desk, struct persona by, const char *member_id, const char *team_id)
{
        stall_ok(&desk->stall, by, "care.AssignMember", "{'member_id':'%s','team_id':'%s'}",
                member_id, team_id);
}

static struct desk desk_open(void)
{
        struct desk desk = {.stall = stall_open()};
        struct stall *stall = &desk.stall;

        desk.root = people_found(stall, "root");
        desk.lead = hire(&desk, "lead", "POST_SERVICE_LEAD");
        desk.nora = hire(&desk, "nora", "POST_SERVICE_AGENT");
        desk.sam = hire(&desk, "sam", "POST_SERVICE_AGENT");
        desk.lone = hire(&desk, "lone", "POST_SERVICE_AGENT");
        desk.north_id = people_team(stall, desk.root, "north");
        desk.south_id = people_team(stall, desk.root, "south");
        people_join(stall, desk.root, desk.north_id, desk.nora);
        people_join(stall, desk.root, desk.north_id, desk.lead);
        people_join(stall, desk.root, desk.south_id, desk.sam);
        desk.bob = shop_member(stall->shop, "bob");
        desk.carol = shop_member(stall->shop, "carol");
        desk.alice_order_id = stall_sell(stall, stall->alice, stall_mugs(1));
        desk.bob_order_id = stall_sell(stall, desk.bob, stall_mugs(1));
        desk.carol_order_id = stall_sell(stall, desk.carol, stall_mugs(1));
        assign(&desk, desk.root, "alice", desk.north_id);
        assign(&desk, desk.root, "bob", desk.south_id);
        return desk;
}

static void expect_order(struct desk *desk, struct persona who, const char *order_id)
{
        stall_ok(&desk->stall, who, "checkout.GetOrder", "{'id':'%s'}", order_id);
}

static void refuse_order(struct desk *desk, struct persona who, const char *order_id)
{
        stall_refused(&desk->stall, who,
                (struct refusal){"checkout.GetOrder", NOT_FOUND, "ORDER_NOT_FOUND"}, "{'id':'%s'}",
                order_id);
}

/* proves: S123 foreign */
/* proves: S109 foreign */
static void agents_reach_their_teams_members_and_those_of_none(void **state)
{
        struct desk desk = desk_open();
        struct stall *stall = &desk.stall;

        expect_order(&desk, desk.nora, desk.alice_order_id);
        refuse_order(&desk, desk.nora, desk.bob_order_id);
        expect_order(&desk, desk.nora, desk.carol_order_id);
        refuse_order(&desk, desk.sam, desk.alice_order_id);
        expect_order(&desk, desk.sam, desk.bob_order_id);
        refuse_order(&desk, desk.lone, desk.alice_order_id);
        refuse_order(&desk, desk.lone, desk.bob_order_id);
        expect_order(&desk, desk.lone, desk.carol_order_id);
        expect_order(&desk, desk.root, desk.bob_order_id);
        /* Foreign and absent look alike, also where something is to be changed. */
        struct error *foreign = stall_refused(stall, desk.nora,
                (struct refusal){"membership.UpdateMember", NOT_FOUND, "MEMBER_NOT_FOUND"},
                "{'member':{'id':'bob','display_name':'B'}}");
        struct error *absent = stall_refused(stall, desk.nora,
                (struct refusal){"membership.UpdateMember", NOT_FOUND, "MEMBER_NOT_FOUND"},
                "{'member':{'id':'zzz','display_name':'B'}}");

        assert_string_equal(foreign->message + strlen("no such member: bob"),
                absent->message + strlen("no such member: zzz"));
        /* Who joins or leaves a team reaches by the next call, and it outlives a restart. */
        people_join(stall, desk.root, desk.south_id, desk.nora);
        expect_order(&desk, desk.nora, desk.bob_order_id);
        shop_restart(stall->shop);
        expect_order(&desk, desk.nora, desk.bob_order_id);
        stall_ok(stall, desk.root, "staff.RemoveTeamMember", "{'team_id':'%s','staff_id':'%s'}",
                desk.south_id, desk.nora.id);
        refuse_order(&desk, desk.nora, desk.bob_order_id);
        stall_refused(stall, desk.root,
                (struct refusal){"staff.RemoveTeamMember", NOT_FOUND, "TEAM_MEMBER_NOT_FOUND"},
                "{'team_id':'%s','staff_id':'%s'}", desk.south_id, desk.nora.id);
        stall_close(stall);
}

static void lists_hold_what_is_reached(void **state)
{
        struct desk desk = desk_open();
        struct stall *stall = &desk.stall;
        const ListAllOrdersResponse *orders =
                stall_ok(stall, desk.nora, "checkout.ListAllOrders", "{'member_id':'alice'}");

        assert_int_equal(orders->n_orders, 1);
        stall_refused(stall, desk.nora,
                (struct refusal){"checkout.ListAllOrders", NOT_FOUND, "MEMBER_NOT_FOUND"},
                "{'member_id':'bob'}");
        stall_refused(stall, desk.nora,
                (struct refusal){"checkout.ListAllOrders", INVALID_ARGUMENT, "FILTER_NOT_SERVED"},
                "{}");
        orders = stall_ok(stall, desk.root, "checkout.ListAllOrders", "{}");
        assert_int_equal(orders->n_orders, 3);
        /* Members: those of no team, or of a team of one's own. */
        const ListMembersResponse *members =
                stall_ok(stall, desk.nora, "membership.ListMembers", "{}");

        assert_int_equal(members->n_members, 1);
        assert_string_equal(members->members[0]->id, "carol");
        members = stall_ok(stall, desk.nora, "membership.ListMembers",
                "{'team_id':'%s','kind':'MEMBER_KIND_MEMBER'}", desk.north_id);
        assert_int_equal(members->n_members, 1);
        assert_string_equal(members->members[0]->id, "alice");
        stall_refused(stall, desk.nora,
                (struct refusal){"membership.ListMembers", NOT_FOUND, "TEAM_NOT_FOUND"},
                "{'team_id':'%s'}", desk.south_id);
        members = stall_ok(
                stall, desk.root, "membership.ListMembers", "{'team_id':'%s'}", desk.south_id);
        assert_int_equal(members->n_members, 1);
        stall_close(stall);
}

static void a_team_has_one_lead(void **state)
{
        struct desk desk = desk_open();
        struct stall *stall = &desk.stall;
        static const char set[] = "{'team_id':'%s','staff_id':'%s','lead':%s}";
        const Team *team = stall_ok(
                stall, desk.root, "staff.SetTeamMember", set, desk.north_id, desk.lead.id, "true");

        assert_string_equal(team->lead_id, desk.lead.id);
        team = stall_ok(
                stall, desk.root, "staff.SetTeamMember", set, desk.north_id, desk.nora.id, "true");
        assert_string_equal(team->lead_id, desk.nora.id);
        team = stall_ok(
                stall, desk.root, "staff.SetTeamMember", set, desk.north_id, desk.nora.id, "false");
        assert_string_equal(team->lead_id, "");
        stall_ok(stall, desk.root, "staff.SetTeamMember", set, desk.north_id, desk.lead.id, "true");
        team = stall_ok(stall, desk.root, "staff.RemoveTeamMember",
                "{'team_id':'%s','staff_id':'%s'}", desk.north_id, desk.lead.id);
        assert_string_equal(team->lead_id, "");
        const ListTeamMembersResponse *list = stall_ok(
                stall, desk.nora, "staff.ListTeamMembers", "{'team_id':'%s'}", desk.north_id);

        assert_int_equal(list->n_team_members, 1);
        stall_close(stall);
}

static void a_post_can_be_narrowed_to_teams(void **state)
{
        struct desk desk = desk_open();
        struct stall *stall = &desk.stall;
        struct persona wide = hire(&desk, "wide", "POST_SPECIALIST");
        struct persona narrow = people_hire(stall, desk.root, "narrow");

        stall_ok(stall, desk.root, "staff.GrantRole",
                "{'staff_id':'%s','post':'POST_SPECIALIST','reason':'x',"
                "'reach':'GRANT_REACH_TEAM'}",
                narrow.id);
        people_join(stall, desk.root, desk.south_id, narrow);
        expect_order(&desk, wide, desk.alice_order_id);
        refuse_order(&desk, narrow, desk.alice_order_id);
        expect_order(&desk, narrow, desk.bob_order_id);
        /* A second post that is not narrowed reaches as far as it does. */
        people_grant(stall, desk.root, narrow, "POST_FINANCE");
        expect_order(&desk, narrow, desk.alice_order_id);
        stall_close(stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(agents_reach_their_teams_members_and_those_of_none),
                cmocka_unit_test(lists_hold_what_is_reached),
                cmocka_unit_test(a_team_has_one_lead),
                cmocka_unit_test(a_post_can_be_narrowed_to_teams),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
