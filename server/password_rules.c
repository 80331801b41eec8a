/*
 * The rules of NIST SP 800-63B, 5.1.1.2: a password has a least length and may be long, of any
 * characters; what everybody tries first is refused, and so is the name it goes with; nothing is
 * asked of its composition, and it does not expire, since both make people write worse ones.
 *
 * The list is short on purpose: guesses are few, since an account locks after the fifth. Case does
 * not make a common password rare.
 */
#include "server/password.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* In order of strcmp, in lower case, at least 8 long. */
/* clang-format off */
static const char *const common[] = {
        "00000000", "000000000", "0987654321", "11111111", "111111111", "11223344", "123123123",
        "123321123", "12341234", "12344321", "12345678", "123456789", "1234567890", "123456abc",
        "1234qwer", "1314520520", "147258369", "1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx",
        "1qaz2wsx3edc", "5201314520", "5201314a", "87654321", "987654321", "a1234567",
        "a12345678", "aa123456", "aa12345678", "abc12345", "abcd1234", "admin123", "admin1234",
        "administrator", "aini1314", "arsenal1", "asdf1234", "asdfghjk", "asdfghjkl", "asshole1",
        "baseball", "baseball1", "batman123", "blink182", "changeme", "changeme1", "changeme123",
        "charlie1", "chelsea1", "cocacola", "computer", "computer1", "corvette", "danielle",
        "default1", "dragon123", "einstein", "ferrari1", "football", "football1", "fuckyou1",
        "guest123", "iloveu123", "iloveyou", "iloveyou1", "iloveyou2", "internet", "internet1",
        "jennifer", "jessica1", "jordan23", "letmein1", "letmein123", "li123456", "liverpool",
        "liverpool1", "lovelove", "loveyou1", "manchester", "master123", "maverick", "mercedes",
        "michael1", "michelle", "minecraft", "monkey123", "mustang1", "p@ssw0rd", "p@ssword",
        "pa55word", "pass1234", "passpass", "passw0rd", "password", "password!", "password1",
        "password1!", "password12", "password123", "passwords", "pokemon1", "princess",
        "princess1", "q1w2e3r4", "q1w2e3r4t5", "qazwsxedc", "qwer1234", "qwerty12", "qwerty123",
        "qwerty1234", "qwerty12345", "qwertyui", "qwertyuiop", "samsung1", "secret123",
        "shadow123", "shop1234", "shopping1", "snickers", "starwars", "starwars1", "steelers",
        "sunshine", "sunshine1", "superman", "superman1", "temp1234", "test1234", "test12345",
        "testtest", "trustno1", "victoria", "wang1234", "welcome1", "welcome123", "whatever",
        "whatever1", "woaini123", "woaini1314", "woaini520", "zaq12wsx", "zhang123", "zxcvbnm,",
        "zxcvbnm1", "zxcvbnm123",
};
/* clang-format on */
#define COMMON_COUNT (sizeof(common) / sizeof(common[0]))

static int compare(const void *password, const void *entry)
{
        return strcasecmp(password, *(const char *const *)entry);
}

/* "aaaaaaaa", "23456789", "hgfedcba": each character as far from the one before. */
static bool is_run(const char *password)
{
        int step = password[1] - password[0];

        if (step < -1 || step > 1)
                return false;
        for (const char *at = password; at[1] != '\0'; at++)
                if (at[1] - at[0] != step)
                        return false;
        return true;
}

/* The name itself, or what stands before its "@". */
static bool is_name(const char *password, const char *name)
{
        size_t len = strlen(password);

        return name[0] != '\0' &&
               (strcasecmp(password, name) == 0 ||
                       (strcspn(name, "@") == len && strncasecmp(password, name, len) == 0));
}

enum status password_check(
        struct call *call, const char *field, const char *password, const char *name)
{
        if (password[0] != '\0' && is_run(password))
                return call_fail_field(call, field, "PASSWORD_COMMON",
                        "%s: one character after the other is among the first that is tried",
                        field);
        if (bsearch(password, common, COMMON_COUNT, sizeof(common[0]), compare) != NULL)
                return call_fail_field(call, field, "PASSWORD_COMMON",
                        "%s: is among the first that everybody tries", field);
        if (is_name(password, name))
                return call_fail_field(call, field, "PASSWORD_IS_NAME",
                        "%s: must not be the name that it goes with", field);
        return OK;
}
