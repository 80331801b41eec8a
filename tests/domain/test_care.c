/*
 * Looking after members: their agent and where their tickets go, notes that they never see, words,
 * and who spoke with them when.
 */
#include <string.h>
#include "care.rows.h"
#include "governance.rows.h"
#include "lib/base/clock.h"
#include "membership.rows.h"
#include "server/service/service.h"
#include "service.rows.h"
#include "tests/domain/staff_people.h"

struct desk {
        struct stall stall;
        struct persona root, lead, nora, sam;
        const char *north_id;
};

static struct persona hire(struct desk *desk, const char *name, const char *post)
{
        return people_hire_as(&desk->stall, desk->root, name, post);
}

/* alice is of north, where nora and the lead are; sam is of no team. */
static struct desk desk_open(void)
{
        struct desk desk = {.stall = stall_open()};
        struct stall *stall = &desk.stall;

        desk.root = people_found(stall, "root");
        desk.lead = hire(&desk, "lead", "POST_SERVICE_LEAD");
        desk.nora = hire(&desk, "nora", "POST_SERVICE_AGENT");
        desk.sam = hire(&desk, "sam", "POST_SERVICE_AGENT");
        desk.north_id = people_team(stall, desk.root, "north");
        people_join(stall, desk.root, desk.north_id, desk.nora);
        people_join(stall, desk.root, desk.north_id, desk.lead);
        stall_ok(stall, desk.root, "care.AssignMember", "{'member_id':'alice','team_id':'%s'}",
                desk.north_id);
        return desk;
}

static const Member *assign_nora(struct desk *desk)
{
        return stall_ok(&desk->stall, desk->lead, "care.AssignMember",
                "{'member_id':'alice','team_id':'%s','agent_id':'%s'}", desk->north_id,
                desk->nora.id);
}

static void expect_field(const struct error *error, const char *field)
{
        assert_non_null(error->violations);
        assert_string_equal(error->violations->field, field);
}

static struct refusal refusing(const char *method, enum status code, const char *reason)
{
        return (struct refusal){method, code, reason};
}

/* ---- the agent ---- */

/* proves: S109 good */
/* proves: S109 restart */
static void a_lead_gives_a_member_an_agent(void **state)
{
        struct desk desk = desk_open();
        struct stall *stall = &desk.stall;
        const Member *member = assign_nora(&desk);

        assert_string_equal(member->team_id, desk.north_id);
        assert_string_equal(member->agent_id, desk.nora.id);
        shop_restart(stall->shop);
        /* The member may know who looks after them. */
        member = stall_ok(stall, stall->alice, "membership.GetMember", "{'id':'alice'}");
        assert_string_equal(member->agent_id, desk.nora.id);
        const ListAgentMembersResponse *list = stall_ok(
                stall, desk.nora, "care.ListAgentMembers", "{'agent_id':'%s'}", desk.nora.id);

        assert_int_equal(list->n_members, 1);
        assert_string_equal(list->members[0]->id, "alice");
        stall_refused(stall, desk.root,
                refusing("staff.RemoveTeamMember", FAILED_PRECONDITION, "LOOKS_AFTER_MEMBERS"),
                "{'team_id':'%s','staff_id':'%s'}", desk.north_id, desk.nora.id);
        stall_close(stall);
}

/* proves: S109 refusal */
static void an_agent_serves_and_is_of_the_team(void **state)
{
        struct desk desk = desk_open();
        struct stall *stall = &desk.stall;
        struct persona packer = hire(&desk, "packer", "POST_WAREHOUSE");
        static const char request[] = "{'member_id':'alice','team_id':'%s','agent_id':'%s'}";

        expect_field(stall_refused(stall, desk.lead,
                             refusing("care.AssignMember", INVALID_ARGUMENT, "NOT_AN_AGENT"),
                             request, desk.north_id, packer.id),
                "agent_id");
        expect_field(stall_refused(stall, desk.lead,
                             refusing("care.AssignMember", INVALID_ARGUMENT, "AGENT_NOT_IN_TEAM"),
                             request, desk.north_id, desk.sam.id),
                "agent_id");
        expect_field(stall_refused(stall, desk.lead,
                             refusing("care.AssignMember", NOT_FOUND, "STAFF_ACCOUNT_NOT_FOUND"),
                             request, desk.north_id, "alice"),
                "agent_id");
        stall_refused(stall, desk.nora,
                refusing("care.AssignMember", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"), request,
                desk.north_id, desk.nora.id);
        stall_close(stall);
}

/* ---- tickets ---- */

static enum status open_ticket(struct call *call, void *context)
{
        service_open_ticket(call, "TEST", context, context, "something to look at");
        return OK;
}

static const Ticket *ticket_of(struct desk *desk, const char *member_id)
{
        struct shop *shop = desk->stall.shop;

        return ticket_next(
                ticket_by_member_id_state(shop_read(shop), member_id, TICKET_STATE_OPEN));
}

static size_t queue_count(struct desk *desk, struct persona who, const char *request)
{
        const ListTicketsResponse *list =
                stall_ok(&desk->stall, who, "service.ListTickets", "%s", request);

        return list->n_tickets;
}

/* proves: S109 good */
static void tickets_wait_with_the_members_agent(void **state)
{
        struct desk desk = desk_open();
        struct stall *stall = &desk.stall;
        struct arena *arena = shop_arena(stall->shop);
        const char *own = arena_printf(arena, "{'agent_id':'%s'}", desk.nora.id);
        const char *teams = arena_printf(arena, "{'team_id':'%s'}", desk.north_id);

        assert_null(shop_inside(stall->shop, open_ticket, "alice").error);
        assert_string_equal(ticket_of(&desk, "alice")->team_id, desk.north_id);
        assert_string_equal(ticket_of(&desk, "alice")->agent_id, "");
        assert_int_equal(queue_count(&desk, desk.nora, own), 0);
        assert_int_equal(queue_count(&desk, desk.nora, teams), 1);
        /* Those that are open follow the member. */
        assign_nora(&desk);
        assert_int_equal(queue_count(&desk, desk.nora, own), 1);
        shop_restart(stall->shop);
        assert_int_equal(queue_count(&desk, desk.nora, own), 1);
        assert_int_equal(queue_count(&desk, desk.lead, teams), 1);
        /* Nobody else's queue, nor what every team looks at. */
        assert_int_equal(queue_count(&desk, desk.sam, "{}"), 0);
        stall_refused(stall, desk.sam,
                refusing("service.ListTickets", INVALID_ARGUMENT, "FILTER_NOT_SERVED"),
                "{'agent_id':'%s'}", desk.nora.id);
        stall_refused(stall, desk.sam, refusing("service.ListTickets", NOT_FOUND, "TEAM_NOT_FOUND"),
                "{'team_id':'%s'}", desk.north_id);
        stall_refused(stall, desk.sam, refusing("service.GetTicket", NOT_FOUND, "TICKET_NOT_FOUND"),
                "{'id':'%s'}", ticket_of(&desk, "alice")->id);
        stall_ok(stall, desk.nora, "service.ResolveTicket", "{'id':'%s','resolution':'done'}",
                ticket_of(&desk, "alice")->id);
        stall_close(stall);
}

static void tickets_of_nobody_wait_where_all_look(void **state)
{
        struct desk desk = desk_open();
        struct stall *stall = &desk.stall;

        assert_null(shop_inside(stall->shop, open_ticket, "").error);
        assert_int_equal(queue_count(&desk, desk.sam, "{}"), 1);
        assert_int_equal(queue_count(&desk, desk.nora, "{'state':'TICKET_STATE_OPEN'}"), 1);
        stall_close(stall);
}

static void a_suspended_agents_tickets_wait_with_the_team(void **state)
{
        struct desk desk = desk_open();
        struct stall *stall = &desk.stall;

        assign_nora(&desk);
        stall_ok(stall, desk.root, "staff.SuspendStaffAccount", "{'id':'%s'}", desk.nora.id);
        assert_null(shop_inside(stall->shop, open_ticket, "alice").error);
        assert_string_equal(ticket_of(&desk, "alice")->team_id, desk.north_id);
        assert_string_equal(ticket_of(&desk, "alice")->agent_id, "");
        const char *id = ticket_of(&desk, "alice")->id;

        expect_field(stall_refused(stall, desk.lead,
                             refusing("service.AssignTicket", INVALID_ARGUMENT, "NOT_AN_AGENT"),
                             "{'id':'%s','agent_id':'%s'}", id, desk.nora.id),
                "agent_id");
        expect_field(
                stall_refused(stall, desk.lead,
                        refusing("service.AssignTicket", INVALID_ARGUMENT, "AGENT_NOT_IN_TEAM"),
                        "{'id':'%s','agent_id':'%s'}", id, desk.sam.id),
                "agent_id");
        const Ticket *ticket = stall_ok(stall, desk.lead, "service.AssignTicket",
                "{'id':'%s','agent_id':'%s'}", id, desk.lead.id);

        assert_string_equal(ticket->agent_id, desk.lead.id);
        stall_close(stall);
}

/* ---- notes, words, conversations ---- */

static size_t events_of_alice(struct desk *desk)
{
        struct shop *shop = desk->stall.shop;
        struct scan *scan = event_all(shop_read(shop));
        size_t count = 0;

        for (const Event *event; (event = event_next(scan)) != NULL;)
                count += strcmp(event->owner, "alice") == 0;
        return count;
}

/* proves: S96 good */
/* proves: S96 foreign */
static void notes_are_for_colleagues(void **state)
{
        struct desk desk = desk_open();
        struct stall *stall = &desk.stall;
        size_t before = events_of_alice(&desk);
        static const char list[] = "{'member_id':'alice'}";
        const HandlingNote *note = stall_ok(stall, desk.nora, "care.CreateHandlingNote",
                "{'member_id':'alice','text':'hard of hearing: write'}");

        assert_string_equal(note->author_id, desk.nora.id);
        shop_restart(stall->shop);
        const ListHandlingNotesResponse *notes =
                stall_ok(stall, desk.lead, "care.ListHandlingNotes", list);

        assert_int_equal(notes->n_handling_notes, 1);
        assert_string_equal(notes->handling_notes[0]->text, "hard of hearing: write");
        /* The member neither reads nor is told of it, and another team does not either. */
        stall_refused(stall, stall->alice,
                refusing("care.ListHandlingNotes", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"), list);
        assert_int_equal(events_of_alice(&desk), before);
        stall_refused(stall, desk.sam,
                refusing("care.ListHandlingNotes", NOT_FOUND, "MEMBER_NOT_FOUND"), list);
        stall_refused(stall, desk.sam,
                refusing("care.CreateHandlingNote", NOT_FOUND, "MEMBER_NOT_FOUND"),
                "{'member_id':'alice','text':'x'}");
        stall_refused(stall, desk.nora,
                refusing("care.DeleteHandlingNote", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"),
                "{'id':'%s'}", note->id);
        stall_ok(stall, desk.lead, "care.DeleteHandlingNote", "{'id':'%s'}", note->id);
        assert_int_equal(events_of_alice(&desk), before);
        stall_close(stall);
}

/* proves: S96 good */
/* proves: S96 refusal */
static void conversations_are_recorded_in_order(void **state)
{
        struct desk desk = desk_open();
        struct stall *stall = &desk.stall;
        char earlier[CLOCK_TEXT_MAX], later[CLOCK_TEXT_MAX];
        static const char request[] =
                "{'member_id':'alice','channel':'CONTACT_CHANNEL_TELEPHONE',"
                "'direction':'CONTACT_DIRECTION_FROM_MEMBER','summary':'%s','contact_time':'%s'}";

        shop_advance(stall->shop, DAY_US);
        clock_format(shop_now_us(stall->shop) - HOUR_US, earlier);
        clock_format(shop_now_us(stall->shop) + HOUR_US, later);
        const ContactRecord *now = stall_ok(stall, desk.nora, "care.RecordContact",
                "{'member_id':'alice','channel':'CONTACT_CHANNEL_EMAIL',"
                "'direction':'CONTACT_DIRECTION_TO_MEMBER','summary':'sent a new cup',"
                "'subject_id':'some-order'}");
        const ContactRecord *before =
                stall_ok(stall, desk.lead, "care.RecordContact", request, "a cup broke", earlier);

        assert_string_equal(now->staff_id, desk.nora.id);
        expect_field(stall_refused(stall, desk.nora,
                             refusing("care.RecordContact", INVALID_ARGUMENT, "TIME_IS_FUTURE"),
                             request, "x", later),
                "contact_time");
        expect_field(stall_refused(stall, desk.nora,
                             refusing("care.RecordContact", INVALID_ARGUMENT, "REQUIRED"),
                             "{'member_id':'alice','summary':'x',"
                             "'direction':'CONTACT_DIRECTION_TO_MEMBER'}"),
                "channel");
        const ListContactsResponse *list =
                stall_ok(stall, desk.nora, "care.ListContacts", "{'member_id':'alice'}");

        assert_int_equal(list->n_contact_records, 2);
        assert_string_equal(list->contact_records[0]->id, before->id);
        assert_string_equal(list->contact_records[1]->subject_id, "some-order");
        list = stall_ok(stall, desk.nora, "care.ListContacts",
                "{'member_id':'alice','contact_time_before':'%s'}", later);
        assert_int_equal(list->n_contact_records, 2);
        stall_close(stall);
}

/* proves: S96 restart */
static void words_are_found_from_both_sides(void **state)
{
        struct desk desk = desk_open();
        struct stall *stall = &desk.stall;
        struct persona expert = hire(&desk, "expert", "POST_SPECIALIST");
        static const char tag[] = "{'member_id':'alice','tag':'%s'}";

        stall_ok(stall, desk.nora, "care.TagMember", tag, "tea-lover");
        stall_ok(stall, desk.nora, "care.TagMember", tag, "press");
        stall_ok(stall, desk.lead, "care.TagMember", tag, "press");
        shop_member(stall->shop, "bob");
        stall_ok(stall, expert, "care.TagMember", "{'member_id':'bob','tag':'press'}");
        shop_restart(stall->shop);
        const ListMemberTagsResponse *list =
                stall_ok(stall, desk.nora, "care.ListMemberTags", "{'member_id':'alice'}");

        assert_int_equal(list->n_member_tags, 2);
        assert_string_equal(list->member_tags[0]->tag, "press");
        assert_string_equal(list->member_tags[0]->author_id, desk.nora.id);
        list = stall_ok(stall, expert, "care.ListMemberTags", "{'tag':'press'}");
        assert_int_equal(list->n_member_tags, 2);
        stall_refused(stall, desk.nora,
                refusing("care.ListMemberTags", INVALID_ARGUMENT, "FILTER_NOT_SERVED"),
                "{'tag':'press'}");
        stall_ok(stall, desk.nora, "care.UntagMember", tag, "press");
        expect_field(stall_refused(stall, desk.nora,
                             refusing("care.UntagMember", NOT_FOUND, "MEMBER_TAG_NOT_FOUND"), tag,
                             "press"),
                "tag");
        for (int i = 1; i < 50; i++)
                stall_ok(stall, desk.nora, "care.TagMember", "{'member_id':'alice','tag':'t-%d'}",
                        i);
        stall_refused(stall, desk.nora,
                refusing("care.TagMember", FAILED_PRECONDITION, "TOO_MANY_TAGS"), tag, "one-more");
        stall_close(stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_lead_gives_a_member_an_agent),
                cmocka_unit_test(an_agent_serves_and_is_of_the_team),
                cmocka_unit_test(tickets_wait_with_the_members_agent),
                cmocka_unit_test(tickets_of_nobody_wait_where_all_look),
                cmocka_unit_test(a_suspended_agents_tickets_wait_with_the_team),
                cmocka_unit_test(notes_are_for_colleagues),
                cmocka_unit_test(conversations_are_recorded_in_order),
                cmocka_unit_test(words_are_found_from_both_sides),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
