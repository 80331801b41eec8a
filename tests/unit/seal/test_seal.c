/* Secrets: stable where they are stored, different where they must be, refused where changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "lib/seal/seal.h"

struct box {
        struct arena arena;
        struct error error;
        struct keyring *keyring;
        char dir[40];
        char path[64];
};

static int begin(void **state)
{
        struct box *box = calloc(1, sizeof(*box));

        arena_init(&box->arena);
        error_init(&box->error, &box->arena);
        strcpy(box->dir, "/tmp/shop-seal-XXXXXX");
        if (mkdtemp(box->dir) == NULL)
                return -1;
        snprintf(box->path, sizeof(box->path), "%s/master.key", box->dir);
        box->keyring = keyring_from_seed(1);
        *state = box;
        return 0;
}

static int end(void **state)
{
        struct box *box = *state;

        keyring_close(box->keyring);
        unlink(box->path);
        rmdir(box->dir);
        arena_release(&box->arena);
        free(box);
        return 0;
}

static uint64_t row_of(const struct keyring *keyring)
{
        return seal_row(keyring, 1, bytes_of("k", 1), bytes_of("row", 3));
}

static void test_key_file(void **state)
{
        struct box *box = *state;
        struct keyring *first, *again;
        struct stat st;

        assert_int_equal(keyring_open(&first, box->dir, KEYRING_OPEN, &box->error), UNAVAILABLE);
        assert_int_equal(access(box->path, F_OK), -1);
        assert_int_equal(keyring_open(&first, box->dir, KEYRING_CREATE, &box->error), OK);
        assert_int_equal(stat(box->path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_int_equal(st.st_size, 32);
        assert_int_equal(keyring_open(&again, box->dir, KEYRING_CREATE, &box->error), OK);
        assert_true(row_of(first) == row_of(again));
        assert_false(row_of(first) == row_of(box->keyring));
        keyring_close(again);
        assert_int_equal(chmod(box->path, 0640), 0);
        assert_int_equal(
                keyring_open(&again, box->dir, KEYRING_OPEN, &box->error), FAILED_PRECONDITION);
        assert_string_equal(box->error.reason, "KEY_FILE_OPEN_TO_OTHERS");
        assert_int_equal(chmod(box->path, 0600), 0);
        assert_int_equal(truncate(box->path, 31), 0);
        assert_int_equal(keyring_open(&again, box->dir, KEYRING_OPEN, &box->error), UNAVAILABLE);
        keyring_close(first);
}

/* Computed by an independent implementation of BLAKE2b, ChaCha20, XXH3 and SipHash. These are part
 * of the stored format: a change here makes every database unreadable. */
static void test_stored_format(void **state)
{
        struct box *box = *state;
        const struct bytes parts[] = {bytes_of("ab", 2), bytes_of("c", 1)};
        const uint8_t nought[SEAL_HASH_LEN] = {0};
        uint8_t hash[SEAL_HASH_LEN];
        char hex[2 * SEAL_HASH_LEN + 1];

        assert_true(row_of(box->keyring) == UINT64_C(0x176ca57123bcd7c6));
        assert_true(seal_mac(box->keyring, 1, bytes_of("k", 1), bytes_of("row", 3)) ==
                    UINT64_C(0x9fd3da29020e03ba));
        seal_hash(box->keyring, SEAL_TOKEN, parts, 2, hash);
        bytes_to_hex(bytes_of(hash, sizeof(hash)), hex);
        assert_string_equal(
                hex, "269346552e1573bfe5881927b43042309ae8a478822a1126c783e6a1b7a7da79");
        seal_chain(nought, bytes_of("abc", 3), hash);
        bytes_to_hex(bytes_of(hash, sizeof(hash)), hex);
        assert_string_equal(
                hex, "5db827e5e925e6b933a86596a0446c345c0d74d77f55a751ade5d7c7162eead8");
}

/* The second is the sanity test of xxHash for one byte of its generator, whose first is 0. */
static void test_names(void **state)
{
        uint8_t name[SEAL_NAME_LEN];
        char hex[2 * SEAL_NAME_LEN + 1];

        seal_name(bytes_of("", 0), name);
        bytes_to_hex(bytes_of(name, sizeof(name)), hex);
        assert_string_equal(hex, "99aa06d3014798d86001c324468d497f");
        seal_name(bytes_of("\0", 1), name);
        bytes_to_hex(bytes_of(name, sizeof(name)), hex);
        assert_string_equal(hex, "a6cd5e9392000f6ac44bdff4074eecdb");
}

static void test_rows(void **state)
{
        struct box *box = *state;
        struct bytes key = bytes_of("key", 3), row = bytes_of("a row", 5);
        uint64_t sum = seal_row(box->keyring, 7, key, row);

        assert_true(sum == seal_row(box->keyring, 7, key, row));
        assert_false(sum == seal_row(box->keyring, 8, key, row));
        assert_false(sum == seal_row(box->keyring, 7, bytes_of("kez", 3), row));
        assert_false(sum == seal_row(box->keyring, 7, bytes_of("ke", 2), row));
        assert_false(sum == seal_row(box->keyring, 7, key, bytes_of("a rox", 5)));
        assert_false(sum == seal_row(box->keyring, 7, bytes_of("keya", 4), bytes_of(" row", 4)));
        struct keyring *other = keyring_from_seed(2);
        assert_false(sum == seal_row(other, 7, key, row));
        keyring_close(other);
}

static void expect_flips_seen(const struct box *box, struct bytes key, struct bytes row)
{
        const uint64_t sum = seal_row(box->keyring, 7, key, row);
        const struct bytes both[] = {key, row};

        assert_true(seal_row_is(box->keyring, 7, key, row, sum));
        for (size_t i = 0; i < 2; i++) {
                uint8_t *data = (uint8_t *)(uintptr_t)both[i].data;

                for (size_t bit = 0; bit < 8 * both[i].len; bit++) {
                        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
                        assert_false(seal_row_is(box->keyring, 7, key, row, sum));
                        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
                }
        }
}

/* XXH3 has a way of its own for each range of lengths. */
static void test_flips(void **state)
{
        static const size_t lens[] = {1, 3, 4, 8, 9, 16, 17, 128, 129, 240, 241, 1000, 1024};
        uint8_t key[512], row[1024];

        for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
                seal_random(key, sizeof(key));
                seal_random(row, sizeof(row));
                expect_flips_seen(*state, bytes_of(key, lens[i] / 2), bytes_of(row, lens[i]));
        }
}

static void test_hashes(void **state)
{
        struct box *box = *state;
        const struct bytes one[] = {bytes_of("ab", 2), bytes_of("c", 1)};
        const struct bytes other[] = {bytes_of("a", 1), bytes_of("bc", 2)};
        uint8_t a[SEAL_HASH_LEN], b[SEAL_HASH_LEN];

        seal_hash(box->keyring, SEAL_TOKEN, one, 2, a);
        seal_hash(box->keyring, SEAL_TOKEN, one, 2, b);
        assert_true(seal_equal(a, b, sizeof(a)));
        seal_hash(box->keyring, SEAL_TOKEN, other, 2, b);
        assert_false(seal_equal(a, b, sizeof(a)));
        seal_hash(box->keyring, SEAL_PAGE, one, 2, b);
        assert_false(seal_equal(a, b, sizeof(a)));
}

static void test_tokens(void **state)
{
        uint8_t token[SEAL_TOKEN_LEN], back[SEAL_TOKEN_LEN], none[SEAL_TOKEN_LEN] = {0};
        char text[SEAL_TOKEN_TEXT_LEN + 1];

        for (int i = 0; i < 200; i++) {
                seal_random(token, sizeof(token));
                seal_token_text(token, text);
                assert_int_equal(strlen(text), SEAL_TOKEN_TEXT_LEN);
                assert_null(strpbrk(text, "+/="));
                assert_true(seal_token_parse(text, back));
                assert_memory_equal(token, back, sizeof(token));
        }
        assert_memory_not_equal(token, none, sizeof(token));
        memcpy(back, none, sizeof(back));
        text[20] = '!';
        assert_false(seal_token_parse(text, back));
        assert_false(seal_token_parse("short", back));
        assert_false(seal_token_parse("", back));
        assert_memory_equal(back, none, sizeof(back));
}

/* Whatever of it is changed, the signature does not hold any more. */
static void test_heads(void **state)
{
        struct keyring *keyring = keyring_from_seed(1), *other = keyring_from_seed(2);
        struct seal_head head = {.number = 7, .hash = {1, 2, 3}, .time_us = 99}, twin = head;
        struct seal_head changed;

        seal_head_sign(keyring, &head);
        assert_true(seal_head_signed(&head));
        seal_head_sign(keyring, &twin);
        assert_memory_equal(&twin, &head, sizeof(head));
        seal_head_sign(other, &twin);
        assert_memory_not_equal(twin.public_key, head.public_key, sizeof(head.public_key));
        changed = head;
        changed.number = 8;
        assert_false(seal_head_signed(&changed));
        changed = head;
        changed.hash[31] = 1;
        assert_false(seal_head_signed(&changed));
        changed = head;
        changed.time_us++;
        assert_false(seal_head_signed(&changed));
        changed = head;
        changed.signature[5] ^= 1;
        assert_false(seal_head_signed(&changed));
        changed = head;
        memcpy(changed.public_key, twin.public_key, sizeof(twin.public_key));
        assert_false(seal_head_signed(&changed));
        keyring_close(keyring);
        keyring_close(other);
}

#define BOX(test)                                                                                  \
        {                                                                                          \
#test, test, begin, end, NULL                                                      \
        }

int main(void)
{
        const struct CMUnitTest tests[] = {
                BOX(test_key_file),
                BOX(test_stored_format),
                BOX(test_names),
                BOX(test_rows),
                BOX(test_flips),
                BOX(test_hashes),
                BOX(test_tokens),
                BOX(test_heads),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
