/* Passwords: libsodium's text both ways, the memory they take and give back, and their turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lib/seal/seal.h"
#include "lib/seal/turns.h"

#define MIB (1 << 20)

static int begin(void **state)
{
        struct arena *arena = calloc(1, sizeof(*arena));

        arena_init(arena);
        *state = arena;
        return sodium_init() < 0;
}

static int end(void **state)
{
        arena_release(*state);
        free(*state);
        return 0;
}

static void a_password_costs_what_its_text_says(void **state)
{
        static const char cost[] = "$argon2id$v=19$m=19456,t=2,p=1$";

        assert_memory_equal(seal_password("horse", 19456, *state), cost, strlen(cost));
}

static void a_password_matches_itself_alone(void **state)
{
        char *stored = seal_password("correct horse", SEAL_PASSWORD_KIB_LEAST, *state);
        char *again = seal_password("correct horse", SEAL_PASSWORD_KIB_LEAST, *state);

        assert_string_not_equal(stored, again);
        assert_int_equal(seal_password_match(stored, "correct horse"), SEAL_MATCHES);
        assert_int_equal(seal_password_match(again, "correct horse"), SEAL_MATCHES);
        assert_int_equal(seal_password_match(stored, "correct horsf"), SEAL_DIFFERS);
        assert_int_equal(seal_password_match(stored, ""), SEAL_DIFFERS);
        stored[strlen(stored) - 2] ^= 1;
        assert_int_equal(seal_password_match(stored, "correct horse"), SEAL_DIFFERS);
}

static void what_is_no_stored_password_matches_nothing(void **state)
{
        const char *right = seal_password("horse", SEAL_PASSWORD_KIB_LEAST, *state);
        static const char *const others[] = {"", "$argon2id$nonsense", "horse",
                "$argon2id$v=19$m=8,t=1,p=1$", "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA",
                "$argon2i$v=19$m=8,t=1,p=1$kNYh7vz0mFaMkfDGuaHk7A$"
                "xX9g4Xz0BfTq2lXvmBz0jLrRvL8y1mM6m0m7qj3l2mU",
                "$argon2id$v=19$m=99999999,t=1,p=1$kNYh7vz0mFaMkfDGuaHk7A$"
                "xX9g4Xz0BfTq2lXvmBz0jLrRvL8y1mM6m0m7qj3l2mU",
                "$argon2id$v=19$m=8,t=0,p=1$kNYh7vz0mFaMkfDGuaHk7A$"
                "xX9g4Xz0BfTq2lXvmBz0jLrRvL8y1mM6m0m7qj3l2mU"};

        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
                assert_int_equal(seal_password_match(others[i], "horse"), SEAL_DIFFERS);
        assert_int_equal(
                seal_password_match(arena_printf(*state, "%s ", right), "horse"), SEAL_DIFFERS);
}

static void libsodium_reads_what_is_stored(void **state)
{
        static const uint32_t costs[] = {SEAL_PASSWORD_KIB_LEAST, SEAL_PASSWORD_KIB_MOST};

        for (size_t i = 0; i < 2; i++) {
                const char *stored = seal_password("horse", costs[i], *state);

                assert_int_equal(crypto_pwhash_str_verify(stored, "horse", 5), 0);
                assert_int_not_equal(crypto_pwhash_str_verify(stored, "house", 5), 0);
        }
}

static void what_libsodium_stored_is_read(void **state)
{
        static const struct {
                unsigned long long steps;
                size_t memory;
        } costs[] = {{crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN},
                {crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE}};

        for (size_t i = 0; i < 2; i++) {
                char stored[crypto_pwhash_STRBYTES];

                assert_int_equal(
                        crypto_pwhash_str(stored, "horse", 5, costs[i].steps, costs[i].memory), 0);
                assert_int_equal(seal_password_match(stored, "horse"), SEAL_MATCHES);
                assert_int_equal(seal_password_match(stored, "house"), SEAL_DIFFERS);
        }
}

static void *match_many(void *stored)
{
        for (int i = 0; i < 20; i++) {
                assert_int_equal(seal_password_match(stored, "many"), SEAL_MATCHES);
                if (i % 5 == 0)
                        seal_password_rest();
        }
        return NULL;
}

static void threads_take_turns(void **state)
{
        char *stored = seal_password("many", SEAL_PASSWORD_KIB_LEAST, *state);
        pthread_t threads[6];

        for (int i = 0; i < 6; i++)
                pthread_create(&threads[i], NULL, match_many, stored);
        for (int i = 0; i < 6; i++)
                pthread_join(threads[i], NULL);
}

/* ---- memory ---- */

enum { MEMORY_MAPPED, MEMORY_RESIDENT };

static size_t memory_of(int which)
{
        unsigned long pages[2];
        FILE *file = fopen("/proc/self/statm", "r");

        assert_non_null(file);
        assert_int_equal(fscanf(file, "%lu %lu", &pages[0], &pages[1]), 2);
        fclose(file);
        return pages[which] * (size_t)sysconf(_SC_PAGESIZE);
}

static void memory_is_kept_until_nobody_comes(void **state)
{
        seal_password_rest();
        size_t before = memory_of(MEMORY_RESIDENT);

        assert_non_null(seal_password("dear", SEAL_PASSWORD_KIB_MOST, *state));
        assert_true(memory_of(MEMORY_RESIDENT) >= before + 60 * MIB);
        seal_password_rest();
        assert_true(memory_of(MEMORY_RESIDENT) < before + 8 * MIB);
        assert_non_null(seal_password("dear", SEAL_PASSWORD_KIB_MOST, *state));
}

static void too_little_memory_is_no_wrong_password(void **state)
{
        char *stored = seal_password("horse", SEAL_PASSWORD_KIB_LEAST, *state);
        struct rlimit before, little;

        seal_password_rest();
        assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
        little = before;
        little.rlim_cur = memory_of(MEMORY_MAPPED) + 32 * MIB;
        assert_int_equal(setrlimit(RLIMIT_AS, &little), 0);
        enum seal_match match = seal_password_match(stored, "horse");
        const char *made = seal_password("horse", SEAL_PASSWORD_KIB_LEAST, *state);

        assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
        assert_int_equal(match, SEAL_NO_MEMORY);
        assert_null(made);
        assert_int_equal(seal_password_match(stored, "horse"), SEAL_MATCHES);
}

/* ---- turns ---- */

static int sleep_ms(long ms)
{
        const struct timespec time = {ms / 1000, ms % 1000 * 1000000};

        return nanosleep(&time, NULL) == 0 ? 0 : errno;
}

static void a_computation_is_interrupted_until_its_end(void **state)
{
        struct turns turns;

        turns_begin(&turns);
        assert_int_equal(sleep_ms(10000), EINTR);
        assert_int_equal(sleep_ms(10000), EINTR);
        turns_end(&turns);
        assert_int_equal(sleep_ms(5), 0);
}

static void ignore(int signal_number)
{
}

/* In a process of its own: the signal is taken once. */
static void a_program_keeps_its_handler(void **state)
{
        pid_t pid = fork();

        if (pid == 0) {
                struct sigaction action = {.sa_handler = ignore}, now;
                struct turns turns;

                sigaction(SIGURG, &action, NULL);
                turns_begin(&turns);
                bool slept = sleep_ms(5) == 0;

                turns_end(&turns);
                sigaction(SIGURG, NULL, &now);
                _exit(slept && now.sa_handler == ignore ? 0 : 1);
        }
        int status;

        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
}

#define WITH_ARENA(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_program_keeps_its_handler),
                WITH_ARENA(a_password_costs_what_its_text_says),
                WITH_ARENA(a_password_matches_itself_alone),
                WITH_ARENA(what_is_no_stored_password_matches_nothing),
                WITH_ARENA(libsodium_reads_what_is_stored),
                WITH_ARENA(what_libsodium_stored_is_read),
                WITH_ARENA(threads_take_turns),
                WITH_ARENA(memory_is_kept_until_nobody_comes),
                WITH_ARENA(too_little_memory_is_no_wrong_password),
                cmocka_unit_test(a_computation_is_interrupted_until_its_end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
