/*
 * Codes that show who reads an address: signing up and in by them, setting a password anew, another
 * address. And that nothing tells a stranger who has an account: answers byte for byte, the
 * passwords that were hashed and the keys that were changed.
 */
#include <string.h>
#include "lib/base/clock.h"
#include "lib/schema/decode.h"
#include "membership.rows.h"
#include "membership_internal.rows.h"
#include "notification.rows.h"
#include "server/pipeline.h"
#include "tests/domain/stall.h"

static struct persona persona_of(const SessionGrant *grant)
{
        return (struct persona){.id = grant->member->id, .token = grant->token};
}

static struct persona guest_of(struct stall *stall)
{
        return persona_of(stall_ok(stall, shop_nobody(), "membership.CreateGuest", "{}"));
}

static const SessionGrant *sign_up(struct stall *stall, const char *email)
{
        return stall_ok(stall, shop_nobody(), "membership.SignUp",
                "{'email':'%s','password':'correct horse'}", email);
}

/* carol@example.com, proved. */
static struct persona carol_of(struct stall *stall)
{
        struct persona carol = persona_of(sign_up(stall, "carol@example.com"));

        stall_prove_email(stall, carol, "carol@example.com");
        shop_advance(stall->shop, MINUTE_US);
        return carol;
}

static void ask(struct stall *stall, struct persona who, const char *purpose, const char *email)
{
        stall_ok(stall, who, "membership.RequestCode", "{'purpose':'CODE_PURPOSE_%s','email':'%s'}",
                purpose, email);
}

#define WITH_CODE "{'email':'%s','code':'%s'}"
#define RESET     "{'email':'%s','code':'%s','new_password':'a better horse'}"

static const struct refusal wrong = {"membership.SignInWithCode", INVALID_ARGUMENT, "CODE_WRONG"};
static const struct refusal too_soon = {
        "membership.RequestCode", RESOURCE_EXHAUSTED, "CODE_TOO_SOON"};
static const struct refusal bad_credentials = {
        "membership.SignIn", UNAUTHENTICATED, "BAD_CREDENTIALS"};

static const char *other_code(struct stall *stall, const char *code)
{
        char *other = arena_text(shop_arena(stall->shop), code);

        other[0] = other[0] == '9' ? '0' : other[0] + 1;
        return other;
}

/* ---- signing up and in ---- */

static void a_guest_signs_up_by_a_code(void **state)
{
        struct stall stall = stall_open();
        struct persona guest = guest_of(&stall);
        const char *order_id = stall_sell(&stall, guest, stall_mugs(1));

        stall_deliver(&stall, order_id);
        const ReturnCase *row = stall_ok(&stall, guest, "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'x','lines':[{'order_line_number':1,'quantity':1}]}",
                order_id);
        const char *cart_id = stall_cart(&stall, guest, stall_mugs(2));

        /* proves: S95 good */
        stall_ok(&stall, guest, "membership.RequestCode",
                "{'purpose':'CODE_PURPOSE_SIGN_IN','phone':'+447700900123'}");
        const char *code = stall_code(&stall, guest.id);
        struct persona member = persona_of(stall_ok(&stall, guest, "membership.SignInWithCode",
                "{'phone':'+447700900123','code':'%s'}", code));

        assert_string_equal(member.id, guest.id);
        const Member *seen =
                stall_ok(&stall, member, "membership.GetMember", "{'id':'%s'}", member.id);

        assert_int_equal(seen->kind, MEMBER_KIND_MEMBER);
        assert_string_equal(seen->phone, "+447700900123");
        assert_true(seen->phone_verified);
        /* What was the guest's is the member's. */
        stall_ok(&stall, member, "checkout.GetOrder", "{'id':'%s'}", order_id);
        stall_ok(&stall, member, "cart.GetCart", "{'id':'%s'}", cart_id);
        stall_ok(&stall, member, "aftersales.GetReturn", "{'id':'%s'}", row->id);
        stall_ok(&stall, member, "membership.CreateAddress",
                "{'address':{'address':{'country_code':'GB','lines':['1 High "
                "Street'],'city':'Leeds','postal_code':'LS1 1AA'}}}");
        stall_refused(&stall, guest,
                (struct refusal){"checkout.GetOrder", UNAUTHENTICATED, "TOKEN_UNKNOWN"},
                "{'id':'%s'}", order_id);
        stall_close(&stall);
}

static void a_member_signs_in_by_a_code(void **state)
{
        struct stall stall = stall_open();
        struct persona carol = carol_of(&stall), guest = guest_of(&stall);
        const char *cart_id = stall_cart(&stall, guest, stall_mugs(2));

        ask(&stall, guest, "SIGN_IN", "Carol@Example.com");
        const char *code = stall_code(&stall, guest.id);

        /* proves: S95 restart */
        shop_restart(stall.shop);
        const SessionGrant *grant = stall_ok(&stall, guest, "membership.SignInWithCode",
                "{'email':'carol@example.com','code':'%s','device_name':'phone'}", code);

        assert_string_equal(grant->member->id, carol.id);
        const ListCartsResponse *carts =
                stall_ok(&stall, persona_of(grant), "cart.ListCarts", "{}");

        assert_int_equal(carts->n_carts, 1);
        assert_string_not_equal(carts->carts[0]->id, cart_id);
        /* Once. */
        stall_refused(&stall, guest, wrong, WITH_CODE, "carol@example.com", code);
        stall_close(&stall);
}

static void an_address_opens_nothing_before_it_is_proved(void **state)
{
        struct stall stall = {.shop = shop_open()};
        struct persona carol = persona_of(sign_up(&stall, "carol@example.com"));

        stall_refused(&stall, shop_nobody(), bad_credentials,
                "{'email':'carol@example.com','password':'correct horse'}");
        const char *code = stall_code(&stall, carol.id);
        struct error *error = stall_refused(&stall, carol,
                (struct refusal){"membership.ConfirmAddress", INVALID_ARGUMENT, "CODE_WRONG"},
                WITH_CODE, "carol@example.com", other_code(&stall, code));

        assert_string_equal(error->violations->field, "code");
        const Member *member = stall_ok(
                &stall, carol, "membership.ConfirmAddress", WITH_CODE, "carol@example.com", code);

        assert_true(member->email_verified);
        stall_ok(&stall, shop_nobody(), "membership.SignIn",
                "{'email':'carol@example.com','password':'correct horse'}");
        shop_close(stall.shop);
}

/* ---- what a code is good for ---- */

static void codes_are_tried_five_times_within_ten_minutes(void **state)
{
        struct stall stall = {.shop = shop_open()};
        struct persona guest = guest_of(&stall), late = guest_of(&stall);
        const char *code;

        ask(&stall, guest, "SIGN_IN", "dave@example.com");
        code = stall_code(&stall, guest.id);
        for (int i = 0; i < 5; i++) {
                struct error *error = stall_refused(&stall, guest, wrong, WITH_CODE,
                        "dave@example.com", other_code(&stall, code));

                /* proves: S95 refusal */
                assert_string_equal(error->violations->field, "code");
        }
        stall_refused(&stall, guest,
                (struct refusal){"membership.SignInWithCode", PERMISSION_DENIED, "ACCOUNT_LOCKED"},
                WITH_CODE, "dave@example.com", code);
        shop_pass_real_time(stall.shop, MINUTE_US);
        stall_refused(&stall, guest, wrong, WITH_CODE, "dave@example.com", code);
        ask(&stall, late, "SIGN_IN", "erin@example.com");
        code = stall_code(&stall, late.id);
        shop_advance(stall.shop, 10 * MINUTE_US);
        stall_refused(&stall, late, wrong, WITH_CODE, "erin@example.com", code);
        shop_close(stall.shop);
}

static void codes_are_for_one_caller_purpose_and_address(void **state)
{
        struct stall stall = {.shop = shop_open()};
        struct persona carol = carol_of(&stall), guest = guest_of(&stall), mallory;
        const char *code;

        mallory = guest_of(&stall);
        ask(&stall, guest, "SIGN_IN", "carol@example.com");
        code = stall_code(&stall, guest.id);
        /* proves: S95 foreign */
        stall_refused(&stall, mallory, wrong, WITH_CODE, "carol@example.com", code);
        stall_refused(&stall, guest, wrong, WITH_CODE, "dave@example.com", code);
        stall_refused(&stall, guest,
                (struct refusal){"membership.ResetPassword", INVALID_ARGUMENT, "CODE_WRONG"}, RESET,
                "carol@example.com", code);
        stall_ok(&stall, guest, "membership.SignInWithCode", WITH_CODE, "carol@example.com", code);
        stall_refused(&stall, carol,
                (struct refusal){
                        "membership.SignInWithCode", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"},
                WITH_CODE, "carol@example.com", code);
        shop_close(stall.shop);
}

static void codes_are_sent_so_often_and_no_more(void **state)
{
        struct stall stall = {.shop = shop_open()};
        struct persona guest = guest_of(&stall);

        shop_come_from(stall.shop, "192.0.2.1");
        ask(&stall, guest, "SIGN_IN", "dave@example.com");
        shop_restart(stall.shop);
        struct error *error = stall_refused(&stall, guest, too_soon,
                "{'purpose':'CODE_PURPOSE_SIGN_IN','email':'dave@example.com'}");

        assert_int_equal(error->retry_after_ms, 60000);
        /* Nor there from elsewhere. */
        shop_come_from(stall.shop, "192.0.2.2");
        stall_refused(&stall, guest, too_soon,
                "{'purpose':'CODE_PURPOSE_SIGN_IN','email':'dave@example.com'}");
        ask(&stall, guest, "SIGN_IN", "erin@example.com");
        for (int i = 1; i < 10; i++) {
                shop_advance(stall.shop, MINUTE_US);
                ask(&stall, guest, "SIGN_IN", "dave@example.com");
        }
        shop_advance(stall.shop, MINUTE_US);
        error = stall_refused(&stall, guest, too_soon,
                "{'purpose':'CODE_PURPOSE_SIGN_IN','email':'dave@example.com'}");
        assert_int_equal(error->retry_after_ms, (24 * 60 - 10) * 60000);
        shop_advance(stall.shop, DAY_US);
        ask(&stall, guest, "SIGN_IN", "dave@example.com");
        shop_close(stall.shop);
}

/* An office behind one address gets its codes; who asks for thousands does not. */
static void codes_are_asked_for_so_often_from_an_address(void **state)
{
        struct stall stall = {.shop = shop_open()};
        struct persona guest = guest_of(&stall);

        assert_true(shop_terms(stall.shop)->address_codes >= 300);
        shop_terms(stall.shop)->address_codes = 3;
        shop_come_from(stall.shop, "192.0.2.1");
        ask(&stall, guest, "SIGN_IN", "ann@example.com");
        ask(&stall, guest, "SIGN_IN", "bob@example.com");
        ask(&stall, guest, "SIGN_IN", "cid@example.com");
        struct error *error = stall_refused(&stall, guest, too_soon,
                "{'purpose':'CODE_PURPOSE_SIGN_IN','email':'dora@example.com'}");

        assert_int_equal(error->retry_after_ms, DAY_US / 1000);
        shop_come_from(stall.shop, "192.0.2.2");
        ask(&stall, guest, "SIGN_IN", "dora@example.com");
        shop_come_from(stall.shop, "192.0.2.1");
        shop_terms(stall.shop)->address_codes = 0;
        ask(&stall, guest, "SIGN_IN", "erin@example.com");
        shop_terms(stall.shop)->address_codes = 3;
        shop_advance(stall.shop, DAY_US);
        ask(&stall, guest, "SIGN_IN", "fay@example.com");
        shop_close(stall.shop);
}

/* ---- passwords and addresses ---- */

static void a_password_is_set_anew(void **state)
{
        struct stall stall = {.shop = shop_open()};
        struct persona carol = carol_of(&stall), guest = guest_of(&stall);

        ask(&stall, guest, "RESET_PASSWORD", "carol@example.com");
        const char *code = stall_code(&stall, guest.id);
        struct error *error = stall_refused(&stall, guest,
                (struct refusal){"membership.ResetPassword", INVALID_ARGUMENT, "PASSWORD_COMMON"},
                "{'email':'carol@example.com','code':'%s','new_password':'password1'}", code);

        assert_string_equal(error->violations->field, "new_password");
        struct persona again = persona_of(stall_ok(
                &stall, guest, "membership.ResetPassword", RESET, "carol@example.com", code));

        assert_string_equal(again.id, carol.id);
        stall_refused(&stall, carol,
                (struct refusal){"membership.GetMember", UNAUTHENTICATED, "TOKEN_UNKNOWN"},
                "{'id':'%s'}", carol.id);
        stall_ok(&stall, again, "membership.GetMember", "{'id':'%s'}", carol.id);
        shop_restart(stall.shop);
        stall_refused(&stall, shop_nobody(), bad_credentials,
                "{'email':'carol@example.com','password':'correct horse'}");
        stall_ok(&stall, shop_nobody(), "membership.SignIn",
                "{'email':'carol@example.com','password':'a better horse'}");
        /* Who has the code may know that there is no account. */
        shop_advance(stall.shop, MINUTE_US);
        ask(&stall, guest, "RESET_PASSWORD", "nobody@example.com");
        error = stall_refused(&stall, guest,
                (struct refusal){"membership.ResetPassword", NOT_FOUND, "NO_ACCOUNT"}, RESET,
                "nobody@example.com", stall_code(&stall, guest.id));
        assert_string_equal(error->violations->field, "email");
        shop_close(stall.shop);
}

/* The last message that went to an address, its subject. */
static const char *subject_to(struct stall *stall, const char *recipient)
{
        const SandboxMessage *message;
        const char *subject = "";

        shop_settle(stall->shop);
        struct scan *scan =
                sandbox_message_by_channel(shop_read(stall->shop), NOTIFICATION_CHANNEL_EMAIL);

        while ((message = sandbox_message_next(scan)) != NULL)
                if (strcmp(message->recipient, recipient) == 0)
                        subject = message->subject;
        return subject;
}

static void another_address_is_proved_and_the_old_one_told(void **state)
{
        struct stall stall = {.shop = shop_open()};
        struct persona carol = carol_of(&stall);
        struct persona dave = persona_of(sign_up(&stall, "dave@example.com"));

        stall_prove_email(&stall, dave, "dave@example.com");
        shop_advance(stall.shop, MINUTE_US);
        /* Somebody else's: who reads it is told to sign in there. */
        ask(&stall, carol, "CONFIRM_ADDRESS", "dave@example.com");
        struct error *error = stall_refused(&stall, carol,
                (struct refusal){"membership.ConfirmAddress", ALREADY_EXISTS, "ADDRESS_TAKEN"},
                WITH_CODE, "dave@example.com", stall_code(&stall, carol.id));

        assert_string_equal(error->violations->field, "email");
        shop_advance(stall.shop, MINUTE_US);
        ask(&stall, carol, "CONFIRM_ADDRESS", "carol@example.org");
        stall_prove_email(&stall, carol, "carol@example.org");
        assert_string_equal(subject_to(&stall, "carol@example.com"), "Your address was changed");
        stall_refused(&stall, shop_nobody(), bad_credentials,
                "{'email':'carol@example.com','password':'correct horse'}");
        stall_ok(&stall, shop_nobody(), "membership.SignIn",
                "{'email':'carol@example.org','password':'correct horse'}");
        /* A phone beside it, with the same password. */
        stall_ok(&stall, carol, "membership.RequestCode",
                "{'purpose':'CODE_PURPOSE_CONFIRM_ADDRESS','phone':'+447700900123'}");
        stall_ok(&stall, carol, "membership.ConfirmAddress",
                "{'phone':'+447700900123','code':'%s'}", stall_code(&stall, carol.id));
        stall_ok(&stall, shop_nobody(), "membership.SignIn",
                "{'phone':'+447700900123','password':'correct horse'}");
        shop_close(stall.shop);
}

/* ---- what strangers learn ---- */

struct effort {
        uint64_t changes, passwords;
};

static struct effort effort_of(struct shop *shop)
{
        struct pipeline_stats stats;

        pipeline_stats(shop_pipeline(shop), &stats);
        return (struct effort){stats.changes, stats.passwords};
}

/* Answers as they travel, what is random in them blanked, and "@known" for both addresses. */
static const char *answer_text(struct stall *stall, struct outcome outcome)
{
        struct arena *arena = shop_arena(stall->shop);

        if (outcome.error == NULL)
                return arena_printf(arena, "OK %zu", outcome.bytes.len);
        const struct error *error = outcome.error;
        const char *text = arena_printf(arena, "%d %s %s %ld", (int)error->code, error->reason,
                error->message, (long)error->retry_after_ms);

        for (const struct violation *at = error->violations; at != NULL; at = at->next)
                text = arena_printf(
                        arena, "%s; %s %s %s", text, at->field, at->reason, at->description);
        for (const struct error_fact *at = error->facts; at != NULL; at = at->next)
                text = arena_printf(arena, "%s; %s=%s", text, at->name, at->value);
        return text;
}

/* The session that a sign-up answered, without what is random in it. */
static struct bytes plain_grant(struct stall *stall, struct outcome outcome, const char *email)
{
        SessionGrant *grant = outcome.response;

        assert_string_equal(grant->member->email, email);
        assert_int_equal(strlen(grant->token), 43);
        grant->token = grant->refresh_token = grant->session_id = "";
        grant->member->id = grant->member->email = grant->member->etag = "";
        return encode(shop_arena(stall->shop), grant);
}

struct asked {
        const char *method;
        const char *format; /* of the address */
        int times;
};

/* The same calls for an address that has an account and for one of its length that has none. */
static void the_same(struct stall *stall, struct persona who, const struct asked *asked)
{
        static const char *const emails[] = {"carol@example.com", "nobdy@example.com"};
        struct effort effort[2];
        const char *answers[2];
        struct bytes grants[2] = {{0}};

        for (size_t i = 0; i < 2; i++) {
                struct effort before = effort_of(stall->shop);

                for (int n = 0; n < asked->times; n++) {
                        const char *json =
                                arena_printf(shop_arena(stall->shop), asked->format, emails[i]);
                        struct outcome outcome =
                                shop_call_json(stall->shop, who, asked->method, json);

                        answers[i] = answer_text(stall, outcome);
                        if (outcome.error == NULL &&
                                strcmp(asked->method, "membership.SignUp") == 0)
                                grants[i] = plain_grant(stall, outcome, emails[i]);
                }
                struct effort after = effort_of(stall->shop);

                effort[i] = (struct effort){
                        after.changes - before.changes, after.passwords - before.passwords};
        }
        assert_string_equal(answers[0], answers[1]);
        assert_true(bytes_equal(grants[0], grants[1]));
        assert_int_equal(effort[0].changes, effort[1].changes);
        assert_int_equal(effort[0].passwords, effort[1].passwords);
}

static void strangers_learn_nothing(void **state)
{
        static const struct asked rows[] = {
                {"membership.SignIn", "{\"email\":\"%s\",\"password\":\"wrong horse\"}", 1},
                {"membership.SignIn", "{\"email\":\"%s\",\"password\":\"wrong horse\"}", 6},
                {"membership.SignUp", "{\"email\":\"%s\",\"password\":\"correct horse\"}", 1},
                {"membership.SignUp", "{\"email\":\"%s\",\"password\":\"password1\"}", 1},
                {"membership.RequestCode",
                        "{\"email\":\"%s\",\"purpose\":\"CODE_PURPOSE_SIGN_IN\"}", 1},
                {"membership.RequestCode",
                        "{\"email\":\"%s\",\"purpose\":\"CODE_PURPOSE_RESET_PASSWORD\"}", 1},
                {"membership.RequestCode",
                        "{\"email\":\"%s\",\"purpose\":\"CODE_PURPOSE_RESET_PASSWORD\"}", 2},
                {"membership.SignInWithCode", "{\"email\":\"%s\",\"code\":\"123456\"}", 6},
                {"membership.ResetPassword",
                        "{\"email\":\"%s\",\"code\":\"123456\",\"new_password\":\"a new horse\"}",
                        6},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct stall stall = {.shop = shop_open()};
                struct persona nobody = shop_nobody();

                carol_of(&stall);
                struct persona guest = guest_of(&stall);

                /* What was counted when carol signed up is forgotten with the next code. */
                shop_advance(stall.shop, DAY_US);
                ask(&stall, guest, "SIGN_IN", "erin@example.com");
                the_same(&stall,
                        strncmp(rows[i].method, "membership.SignIn", 18) == 0 ||
                                        strcmp(rows[i].method, "membership.SignUp") == 0
                                ? nobody
                                : guest,
                        &rows[i]);
                shop_close(stall.shop);
        }
}

static void an_owner_is_told_of_a_sign_up(void **state)
{
        struct stall stall = {.shop = shop_open()};
        struct persona carol = carol_of(&stall);
        struct persona mallory = persona_of(sign_up(&stall, "carol@example.com"));

        assert_string_not_equal(mallory.id, carol.id);
        assert_string_equal(subject_to(&stall, "carol@example.com"), "You have an account already");
        for (int i = 0; i < 4; i++)
                stall_refused(&stall, mallory,
                        (struct refusal){
                                "membership.ConfirmAddress", INVALID_ARGUMENT, "CODE_WRONG"},
                        WITH_CODE, "carol@example.com", i == 0 ? "none" : "123456");
        stall_ok(&stall, carol, "membership.GetMember", "{'id':'%s'}", carol.id);
        shop_close(stall.shop);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_guest_signs_up_by_a_code),
                cmocka_unit_test(a_member_signs_in_by_a_code),
                cmocka_unit_test(an_address_opens_nothing_before_it_is_proved),
                cmocka_unit_test(codes_are_tried_five_times_within_ten_minutes),
                cmocka_unit_test(codes_are_for_one_caller_purpose_and_address),
                cmocka_unit_test(codes_are_sent_so_often_and_no_more),
                cmocka_unit_test(codes_are_asked_for_so_often_from_an_address),
                cmocka_unit_test(a_password_is_set_anew),
                cmocka_unit_test(another_address_is_proved_and_the_old_one_told),
                cmocka_unit_test(strangers_learn_nothing),
                cmocka_unit_test(an_owner_is_told_of_a_sign_up),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
