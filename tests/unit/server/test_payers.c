/* Who pays for a call, and how much each may ask for: no pipeline, no transport. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "lib/base/clock.h"
#include "server/call.h"
#include "server/payers.h"

#define RATE  1000 /* a unit is a millisecond */
#define BURST 200

static const struct payer_limits options = {
        .caller_rate = RATE,
        .caller_burst = BURST,
        .stranger_rate = RATE,
        .stranger_burst = BURST / 2,
        .caller_waits = 3,
        .stranger_waits = 2,
};

struct fixture {
        struct keyring *keyring;
        struct payers *payers;
};

static int setup(void **state)
{
        static struct fixture fixture;

        fixture.keyring = keyring_from_seed(1);
        fixture.payers = payers_new(&options, fixture.keyring);
        *state = &fixture;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *fixture = *state;

        payers_free(fixture->payers);
        keyring_close(fixture->keyring);
        return 0;
}

static struct payer find(struct fixture *fixture, const char *token, const char *peer)
{
        const struct rpc_call call = {.token = bytes_of_text(token), .peer = peer};

        return payers_find(fixture->payers, &call);
}

static void learn(struct fixture *fixture, const char *token, const char *id, uint32_t roles)
{
        const struct caller caller = {.id = id, .roles = roles};

        payers_learn(fixture->payers, bytes_of_text(token), &caller);
}

static uint32_t take(struct fixture *fixture, struct payer payer, uint32_t units, uint32_t count)
{
        int64_t retry_ms = 0;

        return payers_take(fixture->payers, &payer, units, count, &retry_ms);
}

static void an_address_pays_until_a_token_is_known(void **state)
{
        struct fixture *fixture = *state;
        struct payer nobody = find(fixture, "", "1.2.3.4");
        struct payer made_up = find(fixture, "made up", "1.2.3.4");

        assert_int_equal(nobody.kind, PAYER_STRANGER);
        assert_int_equal(made_up.kind, PAYER_STRANGER);
        assert_int_equal(made_up.key, nobody.key);
        assert_int_not_equal(find(fixture, "", "1.2.3.5").key, nobody.key);
        learn(fixture, "one", "ann", 1u << ROLE_MEMBER);
        learn(fixture, "two", "ann", 1u << ROLE_MEMBER);
        learn(fixture, "three", "bob", 1u << ROLE_MEMBER);
        struct payer ann = find(fixture, "one", "1.2.3.4");

        assert_int_equal(ann.kind, PAYER_CALLER);
        assert_int_equal(ann.priority, PRIORITY_ORDINARY);
        assert_int_equal(find(fixture, "two", "9.9.9.9").key, ann.key);
        assert_int_not_equal(find(fixture, "three", "1.2.3.4").key, ann.key);
        payers_forget(fixture->payers, bytes_of_text("one"));
        assert_int_equal(find(fixture, "one", "1.2.3.4").kind, PAYER_STRANGER);
        assert_int_equal(find(fixture, "two", "1.2.3.4").kind, PAYER_CALLER);
}

static void roles_decide_who_is_first_and_last(void **state)
{
        struct fixture *fixture = *state;

        learn(fixture, "a", "root", 1u << ROLE_ADMINISTRATOR | 1u << ROLE_IMPORTER);
        learn(fixture, "i", "loader", 1u << ROLE_IMPORTER);
        struct payer root = find(fixture, "a", "1.2.3.4");

        assert_int_equal(root.kind, PAYER_EXEMPT);
        assert_int_equal(root.priority, PRIORITY_FIRST);
        assert_int_equal(take(fixture, root, 1000, 1000), 1000);
        assert_int_equal(find(fixture, "i", "").kind, PAYER_EXEMPT);
        assert_int_equal(find(fixture, "i", "").priority, PRIORITY_BACKGROUND);
        learn(fixture, "w", "till", 1u << ROLE_WAREHOUSE);
        assert_int_equal(find(fixture, "w", "").kind, PAYER_EXEMPT);
        assert_int_equal(find(fixture, "w", "").priority, PRIORITY_ORDINARY);
        learn(fixture, "g", "guest", 1u << ROLE_GUEST);
        assert_int_equal(find(fixture, "g", "").kind, PAYER_CALLER);
}

static void a_bucket_empties_and_fills(void **state)
{
        struct fixture *fixture = *state;
        int64_t retry_ms = 0;

        learn(fixture, "one", "ann", 1u << ROLE_MEMBER);
        struct payer ann = find(fixture, "one", "");
        int64_t begin_us = clock_monotonic_us();

        assert_int_equal(take(fixture, ann, 10, 1), 1);
        assert_int_equal(take(fixture, ann, 1, 100), 100);
        uint32_t rest = take(fixture, ann, 10, 1000);

        assert_in_range(rest, 9, 9 + (clock_monotonic_us() - begin_us) / 10000);
        int64_t emptied_us = clock_monotonic_us();

        if (payers_take(fixture->payers, &ann, BURST, 1, &retry_ms) != 0)
                fail_msg("the bucket was not empty");
        assert_in_range(retry_ms, 1, BURST + 1);
        struct payer stranger = find(fixture, "", "1.2.3.4");

        assert_int_equal(take(fixture, stranger, BURST / 2, 1), 1); /* whom it is nothing to */
        clock_sleep_us(30000);
        uint32_t earned = take(fixture, ann, 1, 1000);

        assert_in_range(earned, 29, (clock_monotonic_us() - emptied_us) / 1000 + 12);
}

static void what_is_given_back_can_be_taken_again(void **state)
{
        struct fixture *fixture = *state;
        struct payer stranger = find(fixture, "", "1.2.3.4");

        assert_int_equal(take(fixture, stranger, 1, BURST / 2), BURST / 2);
        payers_give(fixture->payers, &stranger, BURST / 4);
        assert_in_range(take(fixture, stranger, 1, BURST), BURST / 4, BURST / 2);
}

static void calls_that_wait_are_counted(void **state)
{
        struct fixture *fixture = *state;
        struct payer stranger = find(fixture, "", "1.2.3.4"), other = find(fixture, "", "4.3.2.1");

        learn(fixture, "a", "root", 1u << ROLE_ADMINISTRATOR);
        struct payer root = find(fixture, "a", "1.2.3.4");

        assert_true(payers_park(fixture->payers, &stranger));
        assert_true(payers_park(fixture->payers, &stranger));
        assert_false(payers_park(fixture->payers, &stranger));
        assert_true(payers_park(fixture->payers, &other));
        for (int i = 0; i < 100; i++)
                assert_true(payers_park(fixture->payers, &root));
        payers_unpark(fixture->payers, &stranger);
        assert_true(payers_park(fixture->payers, &stranger));
        assert_false(payers_park(fixture->payers, &stranger));
}

/* More addresses than there are places, each with a call. */
static void crowd(struct fixture *fixture)
{
        char peer[32];

        for (int i = 0; i < 200000; i++) {
                snprintf(peer, sizeof(peer), "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
                take(fixture, find(fixture, "", peer), 1, 1);
        }
}

/* Who owes is not forgotten for a crowd, and who waits neither. */
static void a_crowd_frees_nobody_of_a_debt(void **state)
{
        const struct payer_limits slow = {.stranger_rate = 1, .stranger_burst = BURST};
        struct fixture *fixture = *state;

        payers_free(fixture->payers);
        fixture->payers = payers_new(&slow, fixture->keyring);
        struct payer debtor = find(fixture, "", "debtor"), waiting = find(fixture, "", "waiting");

        assert_int_equal(take(fixture, debtor, 1, BURST), BURST);
        crowd(fixture);
        assert_in_range(take(fixture, debtor, 1, BURST), 0, BURST / 2);
        payers_free(fixture->payers);
        fixture->payers = payers_new(&options, fixture->keyring);
        for (int i = 0; i < 2; i++)
                assert_true(payers_park(fixture->payers, &waiting));
        crowd(fixture);
        assert_false(payers_park(fixture->payers, &waiting));
}

static void nothing_is_limited_without_options(void **state)
{
        struct fixture *fixture = *state;
        struct payers *payers = payers_new(&(struct payer_limits){0}, fixture->keyring);
        struct payer payer = {.kind = PAYER_STRANGER};
        int64_t retry_ms;

        assert_int_equal(payers_take(payers, &payer, 1000000, 1000000, &retry_ms), 1000000);
        for (int i = 0; i < 10000; i++)
                assert_true(payers_park(payers, &payer));
        payers_free(payers);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(
                        an_address_pays_until_a_token_is_known, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        roles_decide_who_is_first_and_last, setup, teardown),
                cmocka_unit_test_setup_teardown(a_bucket_empties_and_fills, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        what_is_given_back_can_be_taken_again, setup, teardown),
                cmocka_unit_test_setup_teardown(calls_that_wait_are_counted, setup, teardown),
                cmocka_unit_test_setup_teardown(a_crowd_frees_nobody_of_a_debt, setup, teardown),
                cmocka_unit_test_setup_teardown(
                        nothing_is_limited_without_options, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
