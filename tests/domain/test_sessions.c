/*
 * Devices that are signed in: short tokens and the refresh tokens that bring new ones, theft that
 * shows by a token coming twice, and ending one session, the others, or all.
 */
#include <string.h>
#include "internal.rows.h"
#include "lib/base/clock.h"
#include "membership.rows.h"
#include "notification.rows.h"
#include "tests/domain/stall.h"

static struct stall bare_shop(void)
{
        return (struct stall){.shop = shop_open()};
}

static struct persona persona_of(const SessionGrant *grant)
{
        return (struct persona){.id = grant->member->id, .token = grant->token};
}

static const SessionGrant *sign_up(struct stall *stall)
{
        const SessionGrant *grant = stall_ok(stall, shop_nobody(), "membership.SignUp",
                "{'email':'carol@example.com','password':'correct horse','device_name':'laptop'}");

        stall_prove_email(stall, persona_of(grant), "carol@example.com");
        shop_pass_real_time(stall->shop, SECOND_US);
        return grant;
}

static const SessionGrant *sign_in(struct stall *stall, const char *device_name)
{
        return stall_ok(stall, shop_nobody(), "membership.SignIn",
                "{'email':'carol@example.com','password':'correct horse','device_name':'%s'}",
                device_name);
}

static const SessionGrant *renew(struct stall *stall, const char *refresh_token)
{
        return stall_ok(stall, shop_nobody(), "membership.RenewSession", "{'refresh_token':'%s'}",
                refresh_token);
}

static const struct refusal ended = {"membership.GetMember", UNAUTHENTICATED, "TOKEN_UNKNOWN"};
static const struct refusal expired = {"membership.GetMember", UNAUTHENTICATED, "TOKEN_EXPIRED"};
static const struct refusal reused = {
        "membership.RenewSession", UNAUTHENTICATED, "REFRESH_TOKEN_REUSED"};
static const struct refusal unknown = {
        "membership.RenewSession", UNAUTHENTICATED, "REFRESH_TOKEN_UNKNOWN"};

static void works(struct stall *stall, struct persona who)
{
        stall_ok(stall, who, "membership.GetMember", "{'id':'%s'}", who.id);
}

static void refused(struct stall *stall, struct persona who, struct refusal refusal)
{
        stall_refused(stall, who, refusal, "{'id':'%s'}", who.id);
}

static void names_the_token(struct error *error)
{
        assert_string_equal(error->violations->field, "refresh_token");
}

static const ListSessionsResponse *list(struct stall *stall, struct persona who)
{
        return stall_ok(stall, who, "membership.ListSessions", "{}");
}

/* ---- renewal ---- */

static void tokens_are_short_and_renewed(void **state)
{
        struct stall stall = bare_shop();
        const SessionGrant *grant = sign_up(&stall), *again;
        struct persona old = persona_of(grant);
        char end[CLOCK_TEXT_MAX];

        assert_int_equal(strlen(grant->token), 43);
        assert_string_equal(clock_format(time_us(grant->expire_time), end), "2026-01-01T00:15:00Z");
        assert_string_equal(
                clock_format(time_us(grant->refresh_expire_time), end), "2026-01-31T00:00:00Z");
        shop_pass_real_time(stall.shop, 10 * MINUTE_US);
        /* proves: S95 restart */
        shop_restart(stall.shop);
        again = renew(&stall, grant->refresh_token);
        struct persona new = persona_of(again);

        assert_string_equal(again->session_id, grant->session_id);
        assert_string_not_equal(again->token, grant->token);
        assert_string_not_equal(again->refresh_token, grant->refresh_token);
        assert_string_equal(
                clock_format(time_us(again->refresh_expire_time), end), "2026-01-31T00:10:01Z");
        /* The token before works a minute longer, for calls under way. */
        works(&stall, new);
        works(&stall, old);
        shop_pass_real_time(stall.shop, MINUTE_US);
        refused(&stall, old, expired);
        works(&stall, new);
        shop_pass_real_time(stall.shop, 14 * MINUTE_US);
        refused(&stall, new, expired);
        /* What was before the last is forgotten. */
        works(&stall, persona_of(renew(&stall, again->refresh_token)));
        refused(&stall, old, ended);
        refused(&stall, new, expired);
        assert_int_equal(list(&stall, persona_of(sign_in(&stall, "x")))->n_member_sessions, 2);
        shop_close(stall.shop);
}

static void a_lost_answer_is_given_again(void **state)
{
        struct stall stall = bare_shop();
        const SessionGrant *grant = sign_up(&stall);
        RenewSessionRequest request = RENEW_SESSION_REQUEST_INIT;
        const char *id = shop_request_id(stall.shop);

        request.refresh_token = grant->refresh_token;
        struct outcome first =
                shop_call_id(stall.shop, shop_nobody(), "membership.RenewSession", &request, id);

        assert_null(first.error);
        shop_restart(stall.shop);
        for (int i = 0; i < 3; i++) {
                struct outcome again = shop_call_id(
                        stall.shop, shop_nobody(), "membership.RenewSession", &request, id);

                assert_null(again.error);
                assert_true(bytes_equal(again.bytes, first.bytes));
        }
        works(&stall, persona_of(first.response));
        /* Not kept in clear. */
        const SessionGrant *given = first.response;
        const Replay *replay = replay_next(replay_all_latest(shop_read(stall.shop)));

        assert_int_equal(replay->kind, REPLAY_KIND_SEALED);
        assert_null(memmem(replay->answer.data, replay->answer.len, given->refresh_token, 40));
        shop_close(stall.shop);
}

static void a_token_that_comes_twice_ends_the_session(void **state)
{
        struct stall stall = bare_shop();
        const SessionGrant *grant = sign_up(&stall), *other = sign_in(&stall, "phone"), *thief;

        thief = renew(&stall, grant->refresh_token);
        works(&stall, persona_of(thief));
        /* Within the minute, too: only the same request id is a retry. */
        /* proves: S95 refusal */
        names_the_token(stall_refused(
                &stall, shop_nobody(), reused, "{'refresh_token':'%s'}", grant->refresh_token));
        refused(&stall, persona_of(thief), ended);
        refused(&stall, persona_of(grant), ended);
        names_the_token(stall_refused(
                &stall, shop_nobody(), unknown, "{'refresh_token':'%s'}", thief->refresh_token));
        assert_int_equal(shop_event_count(stall.shop, "member.session_reused"), 1);
        /* Whose session it was is told, once. */
        struct scan *notices = notification_of(shop_read(stall.shop), grant->member->id);
        int told = 0;
        for (const Notification *notice; (notice = notification_next(notices)) != NULL;)
                told += strcmp(notice->template_key, "account.session_ended") == 0 &&
                        notice->channel == NOTIFICATION_CHANNEL_IN_APP;
        assert_int_equal(told, 1);
        works(&stall, persona_of(other));
        assert_int_equal(list(&stall, persona_of(other))->n_member_sessions, 1);
        shop_close(stall.shop);
}

static void made_up_tokens_end_nothing(void **state)
{
        struct stall stall = bare_shop();
        const SessionGrant *grant = sign_up(&stall);
        struct arena *arena = shop_arena(stall.shop);
        char *changed = arena_text(arena, grant->refresh_token);
        char *mac = strrchr(changed, '.') + 1;
        const char *texts[] = {"unknown", ".", "..", "a.b.c", grant->token, grant->session_id,
                arena_printf(arena, "%s.x.y", grant->session_id), changed,
                arena_printf(arena, "%.100s", grant->refresh_token)};

        mac[5] = mac[5] == '0' ? '1' : '0';
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
                names_the_token(stall_refused(
                        &stall, shop_nobody(), unknown, "{'refresh_token':'%s'}", texts[i]));
        stall_refused(&stall, shop_nobody(),
                (struct refusal){"membership.RenewSession", INVALID_ARGUMENT, "REQUIRED"}, "{}");
        works(&stall, persona_of(renew(&stall, grant->refresh_token)));
        shop_close(stall.shop);
}

static void sessions_end_unused_and_after_a_year(void **state)
{
        struct stall stall = bare_shop();
        const SessionGrant *grant = sign_up(&stall);
        const SessionGrant *idle = sign_in(&stall, "idle");
        int64_t end_us = time_us(grant->refresh_expire_time) + 335 * DAY_US;

        for (int i = 0; i < 17; i++) {
                shop_pass_real_time(stall.shop, 21 * DAY_US);
                grant = renew(&stall, grant->refresh_token);
        }
        assert_int_equal(time_us(grant->refresh_expire_time), end_us);
        stall_refused(
                &stall, shop_nobody(), unknown, "{'refresh_token':'%s'}", idle->refresh_token);
        shop_pass_real_time(stall.shop, 8 * DAY_US);
        stall_refused(
                &stall, shop_nobody(), unknown, "{'refresh_token':'%s'}", grant->refresh_token);
        /* Whoever opens the next sweeps both away. */
        struct persona now = persona_of(sign_in(&stall, "new"));

        assert_int_equal(list(&stall, now)->n_member_sessions, 1);
        assert_null(session_next(session_by_id(shop_read(stall.shop), idle->session_id)));
        shop_close(stall.shop);
}

/* ---- listing and ending ---- */

static void devices_are_listed_by_their_owner(void **state)
{
        struct stall stall = bare_shop();
        const SessionGrant *laptop = sign_up(&stall), *phone = sign_in(&stall, "phone");
        const SessionGrant *guest = stall_ok(
                &stall, shop_nobody(), "membership.CreateGuest", "{'device_name':'kiosk'}");
        const ListSessionsResponse *sessions = list(&stall, persona_of(phone));

        /* proves: S95 good */
        assert_int_equal(sessions->n_member_sessions, 2);
        for (size_t i = 0; i < 2; i++) {
                const MemberSession *session = sessions->member_sessions[i];

                assert_string_equal(session->device_name, i == 0 ? "laptop" : "phone");
                assert_string_equal(session->id, (i == 0 ? laptop : phone)->session_id);
                assert_int_equal(session->refresh_hash.len, 0);
        }
        assert_int_equal(list(&stall, persona_of(guest))->n_member_sessions, 1);
        stall_refused(&stall, shop_nobody(),
                (struct refusal){"membership.ListSessions", UNAUTHENTICATED, "TOKEN_MISSING"},
                "{}");
        shop_close(stall.shop);
}

static void a_session_is_revoked_by_its_owner(void **state)
{
        struct stall stall = bare_shop();
        const SessionGrant *laptop = sign_up(&stall), *phone = sign_in(&stall, "phone");
        struct persona dave = shop_member(stall.shop, "dave");
        const struct refusal absent = {
                "membership.RevokeSession", NOT_FOUND, "MEMBER_SESSION_NOT_FOUND"};

        /* proves: S95 foreign */
        struct error *error =
                stall_refused(&stall, dave, absent, "{'session_id':'%s'}", phone->session_id);

        assert_string_equal(error->violations->field, "session_id");
        works(&stall, persona_of(phone));
        stall_ok(&stall, persona_of(laptop), "membership.RevokeSession", "{'session_id':'%s'}",
                phone->session_id);
        shop_restart(stall.shop);
        refused(&stall, persona_of(phone), ended);
        stall_refused(
                &stall, shop_nobody(), unknown, "{'refresh_token':'%s'}", phone->refresh_token);
        stall_refused(&stall, persona_of(laptop), absent, "{'session_id':'%s'}", phone->session_id);
        works(&stall, persona_of(laptop));
        shop_close(stall.shop);
}

static void the_others_are_revoked(void **state)
{
        struct stall stall = bare_shop();
        const SessionGrant *laptop = sign_up(&stall), *phone = sign_in(&stall, "phone");
        const SessionGrant *desk = sign_in(&stall, "desk");
        struct persona stray = shop_mint(stall.shop, laptop->member->id, 1u << ROLE_MEMBER);
        const RevokeOtherSessionsResponse *answer =
                stall_ok(&stall, persona_of(phone), "membership.RevokeOtherSessions", "{}");

        assert_int_equal(answer->revoked_count, 2);
        works(&stall, persona_of(phone));
        refused(&stall, persona_of(laptop), ended);
        refused(&stall, persona_of(desk), ended);
        refused(&stall, stray, ended);
        answer = stall_ok(&stall, persona_of(phone), "membership.RevokeOtherSessions", "{}");
        assert_int_equal(answer->revoked_count, 0);
        stall_refused(&stall, shop_as(stall.shop, ROLE_ADMINISTRATOR),
                (struct refusal){
                        "membership.RevokeOtherSessions", FAILED_PRECONDITION, "NOT_A_MEMBER"},
                "{}");
        shop_close(stall.shop);
}

static void signing_out_ends_the_session(void **state)
{
        struct stall stall = bare_shop();
        const SessionGrant *laptop = sign_up(&stall), *phone = sign_in(&stall, "phone");

        stall_ok(&stall, persona_of(phone), "membership.SignOut", "{}");
        refused(&stall, persona_of(phone), ended);
        stall_refused(
                &stall, shop_nobody(), unknown, "{'refresh_token':'%s'}", phone->refresh_token);
        works(&stall, persona_of(laptop));
        assert_int_equal(list(&stall, persona_of(laptop))->n_member_sessions, 1);
        stall_refused(&stall, shop_as(stall.shop, ROLE_ADMINISTRATOR),
                (struct refusal){"membership.SignOut", FAILED_PRECONDITION, "NOT_A_MEMBER"}, "{}");
        shop_close(stall.shop);
}

static void a_member_has_only_so_many(void **state)
{
        struct stall stall = bare_shop();
        const SessionGrant *first = sign_up(&stall), *last = NULL;

        for (int i = 0; i < 50; i++) {
                shop_pass_real_time(stall.shop, SECOND_US);
                last = sign_in(&stall, "another");
        }
        assert_int_equal(list(&stall, persona_of(last))->n_member_sessions, 50);
        refused(&stall, persona_of(first), ended);
        shop_close(stall.shop);
}

/* A guest whose token has expired still becomes the member, by the refresh token. */
static void a_guest_is_known_by_the_refresh_token(void **state)
{
        struct stall stall = bare_shop();
        const SessionGrant *guest = stall_ok(&stall, shop_nobody(), "membership.CreateGuest", "{}");

        shop_pass_real_time(stall.shop, HOUR_US);
        const SessionGrant *carol = stall_ok(&stall, shop_nobody(), "membership.SignUp",
                "{'email':'carol@example.com','password':'correct horse','guest_token':'%s'}",
                guest->refresh_token);

        assert_string_equal(carol->member->id, guest->member->id);
        stall_refused(
                &stall, shop_nobody(), unknown, "{'refresh_token':'%s'}", guest->refresh_token);
        assert_int_equal(list(&stall, persona_of(carol))->n_member_sessions, 1);
        stall_refused(&stall, shop_nobody(),
                (struct refusal){"membership.SignUp", INVALID_ARGUMENT, "GUEST_TOKEN_UNKNOWN"},
                "{'email':'dave@example.com','password':'correct horse','guest_token':'%s'}",
                carol->refresh_token);
        shop_close(stall.shop);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(tokens_are_short_and_renewed),
                cmocka_unit_test(a_lost_answer_is_given_again),
                cmocka_unit_test(a_token_that_comes_twice_ends_the_session),
                cmocka_unit_test(made_up_tokens_end_nothing),
                cmocka_unit_test(sessions_end_unused_and_after_a_year),
                cmocka_unit_test(devices_are_listed_by_their_owner),
                cmocka_unit_test(a_session_is_revoked_by_its_owner),
                cmocka_unit_test(the_others_are_revoked),
                cmocka_unit_test(signing_out_ends_the_session),
                cmocka_unit_test(a_member_has_only_so_many),
                cmocka_unit_test(a_guest_is_known_by_the_refresh_token),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
