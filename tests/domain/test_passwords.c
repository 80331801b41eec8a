/*
 * Passwords: what may be one, what wrong ones cost the account and the address that they came from,
 * and how one is changed.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "membership.rows.h"
#include "internal.rows.h"
#include "lib/seal/seal.h"
#include "server/lockout.h"
#include "tests/domain/stall.h"

static struct stall bare_shop(void)
{
        return (struct stall){.shop = shop_open()};
}

static struct persona persona_of(const SessionGrant *grant)
{
        return (struct persona){.id = grant->member->id, .token = grant->token};
}

#define RIGHT "correct horse"
#define WRONG "wrong horse"

static const SessionGrant *sign_up(struct stall *stall)
{
        const SessionGrant *grant = stall_ok(stall, shop_nobody(), "membership.SignUp",
                "{'email':'carol@example.com','password':'" RIGHT "'}");

        stall_prove_email(stall, persona_of(grant), "carol@example.com");
        return grant;
}

static const struct refusal bad_credentials = {
        "membership.SignIn", UNAUTHENTICATED, "BAD_CREDENTIALS"};
static const struct refusal locked = {"membership.SignIn", PERMISSION_DENIED, "ACCOUNT_LOCKED"};
static const struct refusal address_locked = {
        "membership.SignIn", PERMISSION_DENIED, "ADDRESS_LOCKED"};

static const SessionGrant *sign_in(struct stall *stall, const char *email, const char *password)
{
        return stall_ok(stall, shop_nobody(), "membership.SignIn", "{'email':'%s','password':'%s'}",
                email, password);
}

static struct error *sign_in_refused(
        struct stall *stall, struct refusal refusal, const char *email, const char *password)
{
        return stall_refused(
                stall, shop_nobody(), refusal, "{'email':'%s','password':'%s'}", email, password);
}

static void fail_times(struct stall *stall, const char *email, int times)
{
        for (int i = 0; i < times; i++)
                sign_in_refused(stall, bad_credentials, email, WRONG);
}

/* ---- what may be one ---- */

static void what_everybody_guesses_is_refused(void **state)
{
        struct stall stall = bare_shop();
        const struct {
                const char *password, *reason;
        } cases[] = {
                {"short", "TOO_SHORT"},
                {"password", "PASSWORD_COMMON"},
                {"PassWord1", "PASSWORD_COMMON"},
                {"1q2w3e4r", "PASSWORD_COMMON"},
                {"zxcvbnm123", "PASSWORD_COMMON"},
                {"11112222", NULL},
                {"aaaaaaaaaaaa", "PASSWORD_COMMON"},
                {"23456789", "PASSWORD_COMMON"},
                {"hgfedcba", "PASSWORD_COMMON"},
                {"Number7@example.com", NULL},
                {"number10@example.com", "PASSWORD_IS_NAME"},
                {"Number11", "PASSWORD_IS_NAME"},
                {"        ", "PASSWORD_COMMON"},
                {"\xe4\xb8\xad\xe6\x96\x87\xe5\xaf\x86\xe7\xa0\x81\xe4\xb9\x9f\xe5\x8f\xaf\xe4\xbb"
                 "\xa5",
                        "TOO_SHORT"},
                {"\xe8\xbf\x99\xe4\xb8\xaa\xe5\xaf\x86\xe7\xa0\x81\xe8\xb6\xb3\xe5\xa4\x9f\xe9\x95"
                 "\xbf\xe4\xba\x86",
                        NULL},
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                const char *request = arena_printf(shop_arena(stall.shop),
                        "{\"email\":\"number%zu@example.com\",\"password\":\"%s\"}", i,
                        cases[i].password);

                if (cases[i].reason == NULL) {
                        shop_ok_json(stall.shop, shop_nobody(), "membership.SignUp", request);
                        continue;
                }
                struct error *error = shop_refused_json(stall.shop, shop_nobody(),
                        "membership.SignUp", request, INVALID_ARGUMENT, cases[i].reason);

                assert_string_equal(error->violations->field, "password");
        }
        shop_close(stall.shop);
}

/* ---- what wrong ones cost ---- */

static void locks_grow(void **state)
{
        const struct {
                int64_t failures, seconds;
        } cases[] = {{0, 0}, {1, 0}, {4, 0}, {5, 30}, {6, 60}, {7, 120}, {11, 1920}, {12, 3600},
                {13, 3600}, {INT32_MAX, 3600}};

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                assert_int_equal(lockout_ms(cases[i].failures, 4), cases[i].seconds * 1000);
}

static void wrong_passwords_lock_the_account(void **state)
{
        struct stall stall = bare_shop();
        /* An account that is not there is locked as one that is. */
        const char *emails[] = {"carol@example.com", "nobody@example.com"};

        sign_up(&stall);
        for (size_t i = 0; i < 2; i++) {
                fail_times(&stall, emails[i], 5);
                shop_restart(stall.shop);
                struct error *error = sign_in_refused(&stall, locked, emails[i], RIGHT);

                assert_int_equal(error->retry_after_ms, 30000);
                shop_pass_real_time(stall.shop, 29 * SECOND_US);
                sign_in_refused(&stall, locked, emails[i], RIGHT);
                shop_pass_real_time(stall.shop, SECOND_US);
                fail_times(&stall, emails[i], 1);
                error = sign_in_refused(&stall, locked, emails[i], WRONG);
                assert_int_equal(error->retry_after_ms, 60000);
                shop_pass_real_time(stall.shop, MINUTE_US);
        }
        sign_in(&stall, emails[0], RIGHT);
        fail_times(&stall, emails[0], 4);
        /* After a day of peace all is forgotten. */
        shop_pass_real_time(stall.shop, DAY_US);
        fail_times(&stall, emails[0], 4);
        assert_int_equal(shop_event_count(stall.shop, "member.sign_in_failed"), 20);
        shop_close(stall.shop);
}

static void a_refusal_is_counted_once_per_request_id(void **state)
{
        struct stall stall = bare_shop();
        SignInRequest request = SIGN_IN_REQUEST_INIT;
        const char *id = shop_request_id(stall.shop);

        sign_up(&stall);
        request.email = "carol@example.com";
        request.password = WRONG;
        for (int i = 0; i < 3; i++) {
                struct outcome outcome =
                        shop_call_id(stall.shop, shop_nobody(), "membership.SignIn", &request, id);

                assert_string_equal(outcome.error->reason, "BAD_CREDENTIALS");
        }
        const Lockout *row = lockout_next(lockout_all(shop_read(stall.shop)));

        assert_int_equal(row->failures, 1);
        shop_close(stall.shop);
}

static void only_their_own_mistakes_are_forgotten(void **state)
{
        struct stall stall = bare_shop();

        sign_up(&stall);
        shop_come_from(stall.shop, "192.0.2.1");
        fail_times(&stall, "carol@example.com", 4);
        sign_in(&stall, "carol@example.com", RIGHT);
        fail_times(&stall, "carol@example.com", 3);
        /* A stranger's mistakes stay, so that the stranger does not learn that carol came. */
        shop_come_from(stall.shop, "192.0.2.2");
        fail_times(&stall, "carol@example.com", 1);
        shop_come_from(stall.shop, "192.0.2.1");
        sign_in(&stall, "carol@example.com", RIGHT);
        fail_times(&stall, "carol@example.com", 1);
        sign_in_refused(&stall, locked, "carol@example.com", RIGHT);
        shop_close(stall.shop);
}

static void wrong_passwords_lock_the_address(void **state)
{
        struct stall stall = bare_shop();
        char email[40];

        sign_up(&stall);
        shop_terms(stall.shop)->address_mistakes = 10;
        shop_come_from(stall.shop, "192.0.2.1");
        for (int i = 0; i < 11; i++) {
                snprintf(email, sizeof(email), "guess%d@example.com", i);
                fail_times(&stall, email, 1);
                if (i == 5)
                        sign_in(&stall, "carol@example.com", RIGHT); /* forgets nothing of it */
        }
        shop_restart(stall.shop);
        struct error *error = sign_in_refused(&stall, address_locked, "carol@example.com", RIGHT);

        assert_int_equal(error->retry_after_ms, 30000);
        /* Not from elsewhere, nor for a program that carries the calls of others. */
        shop_come_from(stall.shop, "192.0.2.2");
        sign_in(&stall, "carol@example.com", RIGHT);
        shop_come_from(stall.shop, "192.0.2.1");
        stall_ok(&stall, shop_as(stall.shop, ROLE_SERVICE_AGENT), "membership.SignIn",
                "{'email':'carol@example.com','password':'" RIGHT "'}");
        /* Nor on the machine itself, where a proxy does. */
        shop_come_from(stall.shop, "127.0.0.1");
        for (int i = 20; i < 40; i++) {
                snprintf(email, sizeof(email), "guess%d@example.com", i);
                fail_times(&stall, email, 1);
        }
        sign_in(&stall, "carol@example.com", RIGHT);
        shop_come_from(stall.shop, "192.0.2.1");
        shop_pass_real_time(stall.shop, 30 * SECOND_US);
        sign_in(&stall, "carol@example.com", RIGHT);
        fail_times(&stall, "more@example.com", 1);
        error = sign_in_refused(&stall, address_locked, "carol@example.com", RIGHT);
        assert_int_equal(error->retry_after_ms, 60000);
        shop_close(stall.shop);
}

static void old_mistakes_are_swept_away(void **state)
{
        struct stall stall = bare_shop();
        struct scan *scan;
        char email[40];
        int count = 0;

        for (int i = 0; i < 6; i++) {
                snprintf(email, sizeof(email), "guess%d@example.com", i);
                fail_times(&stall, email, 1);
        }
        shop_pass_real_time(stall.shop, DAY_US);
        fail_times(&stall, "a@example.com", 1);
        fail_times(&stall, "b@example.com", 1);
        scan = lockout_all(shop_read(stall.shop));
        while (lockout_next(scan) != NULL)
                count++;
        assert_int_equal(count, 2);
        shop_close(stall.shop);
}

/* ---- changing it ---- */

static const struct refusal wrong_old = {
        "membership.ChangePassword", PERMISSION_DENIED, "BAD_CREDENTIALS"};

#define CHANGE "{'old_password':'%s','new_password':'%s'}"

static void a_password_is_changed(void **state)
{
        struct stall stall = bare_shop();
        struct persona carol = persona_of(sign_up(&stall));
        struct persona phone = persona_of(sign_in(&stall, "carol@example.com", RIGHT));
        struct error *error =
                stall_refused(&stall, carol, wrong_old, CHANGE, WRONG, "a better horse");

        assert_string_equal(error->violations->field, "old_password");
        error = stall_refused(&stall, carol,
                (struct refusal){"membership.ChangePassword", INVALID_ARGUMENT, "PASSWORD_COMMON"},
                CHANGE, RIGHT, "password1");
        assert_string_equal(error->violations->field, "new_password");
        stall_ok(&stall, carol, "membership.ChangePassword", CHANGE, RIGHT, "a better horse");
        shop_restart(stall.shop);
        stall_ok(&stall, carol, "membership.GetMember", "{'id':'%s'}", carol.id);
        stall_refused(&stall, phone,
                (struct refusal){"membership.GetMember", UNAUTHENTICATED, "TOKEN_UNKNOWN"},
                "{'id':'%s'}", carol.id);
        fail_times(&stall, "carol@example.com", 1);
        sign_in_refused(&stall, bad_credentials, "carol@example.com", RIGHT);
        sign_in(&stall, "carol@example.com", "a better horse");
        assert_int_equal(shop_event_count(stall.shop, "member.password_changed"), 1);
        shop_close(stall.shop);
}

static void wrong_old_passwords_are_counted(void **state)
{
        struct stall stall = bare_shop();
        struct persona carol = persona_of(sign_up(&stall));

        for (int i = 0; i < 5; i++)
                stall_refused(&stall, carol, wrong_old, CHANGE, WRONG, "a better horse");
        stall_refused(&stall, carol,
                (struct refusal){"membership.ChangePassword", PERMISSION_DENIED, "ACCOUNT_LOCKED"},
                CHANGE, RIGHT, "a better horse");
        stall_refused(&stall, shop_member(stall.shop, "dave"),
                (struct refusal){"membership.ChangePassword", FAILED_PRECONDITION, "NO_PASSWORD"},
                CHANGE, RIGHT, "a better horse");
        shop_close(stall.shop);
}

/* ---- when there is no memory for one ---- */

/* Nothing as large as what a password takes can be had until it is set back. */
static struct rlimit starve(void)
{
        struct rlimit before, little;
        unsigned long pages;
        FILE *file = fopen("/proc/self/statm", "r");

        seal_password_rest();
        assert_non_null(file);
        assert_int_equal(fscanf(file, "%lu", &pages), 1);
        fclose(file);
        assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
        little = before;
        little.rlim_cur = pages * (rlim_t)sysconf(_SC_PAGESIZE) + (32 << 20);
        assert_int_equal(setrlimit(RLIMIT_AS, &little), 0);
        return before;
}

static void without_memory_no_password_is_wrong(void **state)
{
        static const struct refusal refusals[] = {
                {"membership.SignIn", RESOURCE_EXHAUSTED, "NO_MEMORY"},
                {"membership.SignUp", RESOURCE_EXHAUSTED, "NO_MEMORY"}};
        static const char *const emails[] = {"carol@example.com", "nobody@example.com"};
        struct stall stall = bare_shop();

        sign_up(&stall);
        fail_times(&stall, emails[0], 4);
        struct rlimit before = starve();

        for (size_t i = 0; i < 2; i++)
                for (size_t j = 0; j < 2; j++)
                        sign_in_refused(&stall, refusals[i], emails[j], RIGHT);
        assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
        /* One more mistake would have locked it. */
        sign_in(&stall, emails[0], RIGHT);
        shop_close(stall.shop);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_everybody_guesses_is_refused),
                cmocka_unit_test(locks_grow),
                cmocka_unit_test(wrong_passwords_lock_the_account),
                cmocka_unit_test(a_refusal_is_counted_once_per_request_id),
                cmocka_unit_test(only_their_own_mistakes_are_forgotten),
                cmocka_unit_test(wrong_passwords_lock_the_address),
                cmocka_unit_test(old_mistakes_are_swept_away),
                cmocka_unit_test(a_password_is_changed),
                cmocka_unit_test(wrong_old_passwords_are_counted),
                cmocka_unit_test(without_memory_no_password_is_wrong),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
