/*
 * Both kinds of name are the same 16 bytes: 48 bits of milliseconds, version 7, 74 random bits
 * (RFC 9562, section 5.7). A row's id is written in Crockford's base 32, whose digits are in
 * ASCII order, so ids of one table sort by their time and new rows land at the end of the tree.
 *
 * Refused: counters, which tell everybody how much the shop sells, and random ids, which dirty a
 * page of the tree for every row.
 */
#include "lib/base/id.h"

#include <stddef.h>
#include <string.h>

#define UUID_LEN 16

static void uuid_make(int64_t time_us, struct random *random, uint8_t uuid[UUID_LEN])
{
        uint64_t time_ms = time_us < 0 ? 0 : (uint64_t)time_us / 1000;
        uint64_t high = (time_ms << 16) | 0x7000 | (random_next(random) & 0x0FFF);
        uint64_t low = (UINT64_C(2) << 62) | (random_next(random) >> 2);

        for (int i = 0; i < 8; i++) {
                uuid[i] = (uint8_t)(high >> (56 - 8 * i));
                uuid[8 + i] = (uint8_t)(low >> (56 - 8 * i));
        }
}

void id_make(int64_t time_us, struct random *random, char *out)
{
        static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
        uint8_t uuid[UUID_LEN];
        unsigned __int128 number = 0;

        uuid_make(time_us, random, uuid);
        for (int i = 0; i < UUID_LEN; i++)
                number = (number << 8) | uuid[i];
        for (int i = ID_LEN - 1; i >= 0; i--) {
                out[i] = digits[number & 31];
                number >>= 5;
        }
        out[ID_LEN] = '\0';
}

static bool is_hyphen_place(size_t i)
{
        return i == 8 || i == 13 || i == 18 || i == 23;
}

void request_id_make(int64_t time_us, struct random *random, char *out)
{
        static const char digits[] = "0123456789abcdef";
        uint8_t uuid[UUID_LEN];
        size_t nibble = 0;

        uuid_make(time_us, random, uuid);
        for (size_t i = 0; i < REQUEST_ID_LEN; i++) {
                if (is_hyphen_place(i)) {
                        out[i] = '-';
                        continue;
                }
                out[i] = digits[(uuid[nibble / 2] >> (nibble % 2 == 0 ? 4 : 0)) & 15];
                nibble++;
        }
        out[REQUEST_ID_LEN] = '\0';
}

static int hex_value(char digit)
{
        if (digit >= '0' && digit <= '9')
                return digit - '0';
        if (digit >= 'a' && digit <= 'f')
                return digit - 'a' + 10;
        return -1;
}

bool request_id_check(const char *text, int64_t *time_ms)
{
        int64_t time = 0;

        if (strlen(text) != REQUEST_ID_LEN)
                return false;
        for (size_t i = 0; i < REQUEST_ID_LEN; i++) {
                int value = hex_value(text[i]);

                if (is_hyphen_place(i) ? text[i] != '-' : value < 0)
                        return false;
                if (i < 13 && value >= 0)
                        time = time * 16 + value;
        }
        if (text[14] != '7' || strchr("89ab", text[19]) == NULL)
                return false;
        if (time_ms != NULL)
                *time_ms = time;
        return true;
}
