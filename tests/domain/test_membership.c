/*
 * Who somebody is: guests, sign-up, sign-in, imports. Sessions are in test_sessions.c, what wrong
 * passwords cost in test_passwords.c.
 */
#include <string.h>
#include "cart.rows.h"
#include "internal.rows.h"
#include "lib/base/clock.h"
#include "membership.rows.h"
#include "membership_internal.rows.h"
#include "tests/domain/stall.h"

static struct stall bare_shop(void)
{
        return (struct stall){.shop = shop_open()};
}

static struct persona persona_of(const SessionGrant *grant)
{
        return (struct persona){.id = grant->member->id, .token = grant->token};
}

#define SIGN_UP "{'email':'Carol@Example.com','password':'correct horse','display_name':'Carol'}"

static const SessionGrant *sign_up(struct stall *stall)
{
        const SessionGrant *grant = stall_ok(stall, shop_nobody(), "membership.SignUp", SIGN_UP);

        stall_prove_email(stall, persona_of(grant), "carol@example.com");
        return grant;
}

static const struct refusal bad_credentials = {
        "membership.SignIn", UNAUTHENTICATED, "BAD_CREDENTIALS"};
static const struct refusal ended = {"membership.GetMember", UNAUTHENTICATED, "TOKEN_UNKNOWN"};

#define SIGN_IN "{'email':'%s','password':'%s'}"

/* ---- guests and members ---- */

static void guests_have_a_token_and_a_row(void **state)
{
        struct stall stall = bare_shop();
        const SessionGrant *grant =
                stall_ok(&stall, shop_nobody(), "membership.CreateGuest", "{'language':'zh'}");
        struct persona guest = persona_of(grant);
        char end[CLOCK_TEXT_MAX];

        assert_int_equal(strlen(grant->token), 43);
        assert_int_equal(grant->member->kind, MEMBER_KIND_GUEST);
        assert_string_equal(
                clock_format(time_us(grant->refresh_expire_time), end), "2026-01-08T00:00:00Z");
        const Member *member =
                stall_ok(&stall, guest, "membership.GetMember", "{'id':'%s'}", guest.id);

        assert_string_equal(member->language, "zh");
        shop_restart(stall.shop);
        stall_ok(&stall, guest, "membership.GetMember", "{'id':'%s'}", guest.id);
        shop_pass_real_time(stall.shop, 7 * DAY_US);
        stall_refused(&stall, guest,
                (struct refusal){"membership.GetMember", UNAUTHENTICATED, "TOKEN_EXPIRED"},
                "{'id':'%s'}", guest.id);
        shop_close(stall.shop);
}

static void members_sign_up(void **state)
{
        struct stall stall = bare_shop();
        const SessionGrant *grant = sign_up(&stall);
        struct persona carol = persona_of(grant);

        assert_int_equal(grant->member->kind, MEMBER_KIND_MEMBER);
        assert_string_equal(grant->member->email, "carol@example.com");
        assert_string_equal(grant->member->display_name, "Carol");
        const struct {
                const char *request;
                const char *reason;
                const char *field;
        } refused[] = {
                {"{'email':'d@example.com','password':'short'}", "TOO_SHORT", "password"},
                {"{'email':'nobody','password':'long enough'}", "BAD_FORMAT", "email"},
                {"{'email':'d@example.com','password':'long enough','guest_token':'unknown'}",
                        "GUEST_TOKEN_UNKNOWN", "guest_token"},
                {"{'password':'long enough'}", "REQUIRED", "email"},
                {"{'email':'d@example.com','phone':'+447700900123','password':'long enough'}",
                        "NOT_TOGETHER", "phone"},
        };

        for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
                struct error *error = stall_refused(&stall, shop_nobody(),
                        (struct refusal){"membership.SignUp", INVALID_ARGUMENT, refused[i].reason},
                        "%s", refused[i].request);
                assert_string_equal(error->violations->field, refused[i].field);
        }
        /* Somebody else's row is not there. */
        struct persona dave = shop_member(stall.shop, "dave");

        stall_refused(&stall, dave,
                (struct refusal){"membership.GetMember", NOT_FOUND, "MEMBER_NOT_FOUND"},
                "{'id':'%s'}", carol.id);
        stall_refused(&stall, dave,
                (struct refusal){"membership.UpdateMember", NOT_FOUND, "MEMBER_NOT_FOUND"},
                "{'member':{'id':'%s','display_name':'Mallory'}}", carol.id);
        shop_close(stall.shop);
}

static void nothing_stored_gives_secrets_away(void **state)
{
        struct stall stall = bare_shop();
        const SessionGrant *grant = sign_up(&stall);
        struct scan *scan = credential_all(shop_read(stall.shop));
        const Credential *credential = credential_next(scan);

        assert_int_equal(credential->email_hash.len, 32);
        assert_string_equal(credential->password_hash, "");
        assert_null(credential_next(scan));
        const MemberPassword *password =
                member_password_next(member_password_all(shop_read(stall.shop)));

        assert_memory_equal(password->password_hash, "$argon2id$", 10);
        assert_null(strstr(password->password_hash, "correct horse"));
        struct scan *replays = replay_all(shop_read(stall.shop));
        const Replay *replay;
        int sealed = 0;

        while ((replay = replay_next(replays)) != NULL) {
                sealed += replay->kind == REPLAY_KIND_SEALED;
                assert_null(memmem(replay->answer.data, replay->answer.len, grant->token,
                        strlen(grant->token)));
        }
        assert_int_equal(sealed, 1);
        shop_close(stall.shop);
}

static void a_guest_becomes_the_member(void **state)
{
        struct stall stall = stall_open();
        const SessionGrant *grant = stall_ok(&stall, shop_nobody(), "membership.CreateGuest", "{}");
        struct persona guest = persona_of(grant);
        const Cart *cart = stall_ok(
                &stall, guest, "cart.CreateCart", "{'price_list_id':'%s'}", stall.price_list_id);

        stall_ok(&stall, guest, "cart.AddCartLines",
                "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':'2'}]}", cart->id,
                stall.variant_ids[WARE_MUG]);
        grant = stall_ok(&stall, shop_nobody(), "membership.SignUp",
                "{'email':'carol@example.com','password':'correct horse','guest_token':'%s'}",
                guest.token);
        struct persona carol = persona_of(grant);

        assert_string_equal(carol.id, guest.id);
        assert_int_equal(grant->member->kind, MEMBER_KIND_MEMBER);
        const Cart *seen = stall_ok(&stall, carol, "cart.GetCart", "{'id':'%s'}", cart->id);

        assert_int_equal(seen->n_lines, 1);
        /* The guest's token ended: it would be a member's now, without a password. */
        stall_refused(&stall, guest, ended, "{'id':'%s'}", guest.id);
        /* A member's token is no guest's. */
        stall_refused(&stall, shop_nobody(),
                (struct refusal){"membership.SignUp", INVALID_ARGUMENT, "GUEST_TOKEN_UNKNOWN"},
                "{'email':'dave@example.com','password':'correct horse','guest_token':'%s'}",
                carol.token);
        /* Nor is one with a guest's role, should a member ever have it. */
        struct persona odd = shop_mint(stall.shop, carol.id, 1u << ROLE_GUEST);

        stall_refused(&stall, shop_nobody(),
                (struct refusal){"membership.SignUp", INVALID_ARGUMENT, "GUEST_TOKEN_UNKNOWN"},
                "{'email':'dave@example.com','password':'correct horse','guest_token':'%s'}",
                odd.token);
        stall_close(&stall);
}

/* ---- signing in ---- */

static void a_password_opens_a_session(void **state)
{
        struct stall stall = bare_shop();
        struct persona first = persona_of(sign_up(&stall));

        shop_restart(stall.shop);
        const SessionGrant *grant = stall_ok(&stall, shop_nobody(), "membership.SignIn", SIGN_IN,
                "carol@EXAMPLE.com", "correct horse");
        struct persona second = persona_of(grant);
        char end[CLOCK_TEXT_MAX];

        assert_string_equal(second.id, first.id);
        assert_string_not_equal(second.token, first.token);
        assert_string_equal(
                clock_format(time_us(grant->refresh_expire_time), end), "2026-01-31T00:00:00Z");
        stall_ok(&stall, first, "membership.GetMember", "{'id':'%s'}", first.id);
        stall_ok(&stall, second, "membership.GetMember", "{'id':'%s'}", first.id);
        /* A guest's token that is none is a warning, never a failure. */
        grant = stall_ok(&stall, shop_nobody(), "membership.SignIn",
                "{'email':'carol@example.com','password':'correct horse','guest_token':'gone'}");
        assert_int_equal(grant->n_warnings, 1);
        shop_close(stall.shop);
}

static void strangers_learn_nothing(void **state)
{
        struct stall stall = bare_shop();

        sign_up(&stall);
        struct error *wrong = stall_refused(&stall, shop_nobody(), bad_credentials, SIGN_IN,
                "carol@example.com", "wrong horse");
        struct error *unknown = stall_refused(&stall, shop_nobody(), bad_credentials, SIGN_IN,
                "nobody@example.com", "wrong horse");

        assert_string_equal(wrong->message, unknown->message);
        assert_null(wrong->violations);
        assert_null(unknown->violations);
        assert_null(wrong->facts);
        assert_null(unknown->facts);
        shop_close(stall.shop);
}

/* ---- imports ---- */

static void members_are_imported_once(void **state)
{
        struct stall stall = bare_shop();
        struct persona importer = shop_as(stall.shop, ROLE_IMPORTER);
        const char *request =
                "{'external_id':'17850.0','kind':'MEMBER_KIND_MEMBER','country_code':'GB'}";
        const Member *first = stall_ok(&stall, importer, "membership.ImportMember", "%s", request);

        shop_restart(stall.shop);
        const Member *again = stall_ok(&stall, importer, "membership.ImportMember", "%s", request);

        assert_string_equal(first->id, again->id);
        assert_string_equal(again->country_code, "GB");
        assert_int_equal(shop_event_count(stall.shop, "member.imported"), 1);
        const ListMembersResponse *list =
                stall_ok(&stall, importer, "membership.ListMembers", "{'external_id':'17850.0'}");

        assert_int_equal(list->n_members, 1);
        struct error *error = stall_refused(&stall, importer,
                (struct refusal){"membership.ImportMember", INVALID_ARGUMENT, "REQUIRED"},
                "{'external_id':'1'}");

        assert_string_equal(error->violations->field, "kind");
        stall_refused(&stall, importer,
                (struct refusal){"membership.ImportMember", ALREADY_EXISTS, "EXTERNAL_ID_REUSED"},
                "{'external_id':'17850.0','kind':'MEMBER_KIND_GUEST'}");
        stall_refused(&stall, shop_member(stall.shop, "dave"),
                (struct refusal){
                        "membership.ImportMember", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"},
                "%s", request);
        shop_close(stall.shop);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(guests_have_a_token_and_a_row),
                cmocka_unit_test(members_sign_up),
                cmocka_unit_test(nothing_stored_gives_secrets_away),
                cmocka_unit_test(a_guest_becomes_the_member),
                cmocka_unit_test(a_password_opens_a_session),
                cmocka_unit_test(strangers_learn_nothing),
                cmocka_unit_test(members_are_imported_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
