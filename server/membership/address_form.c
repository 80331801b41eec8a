/*
 * One row a country: which parts its addresses have and how its postal codes look. Of a country
 * that is not here a line and a town are wanted, nothing else. Sources: the Universal Postal
 * Union's sheets of addressing systems, and GB/T 23705 for China, where an address goes from the
 * province down to street and house. Refused: correcting what was written; a wrong guess is worse
 * than a question.
 */
#include "server/membership/address_form.h"

#include <ctype.h>
#include <string.h>

enum part {
        PART_REGION = 1,
        PART_CITY = 2,
        PART_DISTRICT = 4,
        PART_STREET = 8,
        PART_LINE = 16,
        PART_PHONE = 32,
        PART_RECIPIENT = 64,
};

struct form {
        const char *country_code;
        uint32_t parts;           /* that must be there */
        const char *postal_codes; /* 9 a digit, A a capital, alternatives by "|"; "" any */
        enum { POSTAL_NEEDED, POSTAL_IF_GIVEN, POSTAL_NONE } postal;
};

#define TOWN (PART_CITY | PART_LINE)

static const struct form forms[] = {
        {"AU", TOWN | PART_REGION, "9999", POSTAL_NEEDED},
        {"BR", TOWN | PART_REGION, "99999-999", POSTAL_NEEDED},
        {"CA", TOWN | PART_REGION, "A9A 9A9", POSTAL_NEEDED},
        {"CN",
                PART_REGION | PART_CITY | PART_DISTRICT | PART_STREET | PART_LINE | PART_PHONE |
                        PART_RECIPIENT,
                "999999", POSTAL_IF_GIVEN},
        {"DE", TOWN, "99999", POSTAL_NEEDED},
        {"ES", TOWN, "99999", POSTAL_NEEDED},
        {"FR", TOWN, "99999", POSTAL_NEEDED},
        {"GB", TOWN, "A9 9AA|A99 9AA|AA9 9AA|AA99 9AA|A9A 9AA|AA9A 9AA", POSTAL_NEEDED},
        {"HK", PART_DISTRICT | PART_LINE, "", POSTAL_NONE},
        {"IN", TOWN | PART_REGION, "999999", POSTAL_NEEDED},
        {"IT", TOWN, "99999", POSTAL_NEEDED},
        {"JP", TOWN | PART_REGION, "999-9999", POSTAL_NEEDED},
        {"KR", TOWN, "99999", POSTAL_NEEDED},
        {"NL", TOWN, "9999 AA", POSTAL_NEEDED},
        {"SG", PART_LINE, "999999", POSTAL_NEEDED},
        {"US", TOWN | PART_REGION, "99999|99999-9999", POSTAL_NEEDED},
};

static const struct form elsewhere = {"", TOWN, "", POSTAL_IF_GIVEN};

static const struct form *form_of(const char *country_code)
{
        for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
                if (strcmp(forms[i].country_code, country_code) == 0)
                        return &forms[i];
        return &elsewhere;
}

/* One pattern, of len characters. */
static bool fits(const char *pattern, size_t len, const char *code)
{
        if (strlen(code) != len)
                return false;
        for (size_t i = 0; i < len; i++) {
                unsigned char c = (unsigned char)code[i];

                if (pattern[i] == '9'       ? !isdigit(c)
                        : pattern[i] == 'A' ? !isupper(c)
                                            : code[i] != pattern[i])
                        return false;
        }
        return true;
}

static bool fits_one(const char *patterns, const char *code)
{
        while (*patterns != '\0') {
                size_t len = strcspn(patterns, "|");

                if (fits(patterns, len, code))
                        return true;
                patterns += len + (patterns[len] == '|');
        }
        return false;
}

static enum status check_postal(
        struct call *call, const struct form *form, const PostalAddress *address, const char *path)
{
        const char *code = address->postal_code;
        const char *field = call_printf(call, "%s.postal_code", path);

        if (code[0] == '\0' && form->postal == POSTAL_NEEDED)
                return call_fail_field(call, field, "REQUIRED", "%s: addresses in %s have one",
                        field, address->country_code);
        if (code[0] == '\0')
                return OK;
        if (form->postal == POSTAL_NONE)
                return call_fail_field(call, field, "NOT_WRITTEN_THERE",
                        "%s: addresses in %s have none", field, address->country_code);
        if (form->postal_codes[0] != '\0' && !fits_one(form->postal_codes, code))
                return call_fail_field(call, field, "BAD_POSTAL_CODE",
                        "%s: in %s they look like %s, 9 for a digit and A for a capital", field,
                        address->country_code, form->postal_codes);
        return OK;
}

enum status address_form_check(struct call *call, const void *row, const char *row_path)
{
        const PostalAddress *address = ((const Address *)row)->address;
        const char *path = call_printf(call, "%s.address", row_path);
        const struct form *form = form_of(address->country_code);
        const struct {
                enum part part;
                const char *field;
                const char *text;
        } parts[] = {
                {PART_RECIPIENT, "recipient", address->recipient},
                {PART_PHONE, "phone", address->phone},
                {PART_REGION, "region", address->region},
                {PART_CITY, "city", address->city},
                {PART_DISTRICT, "district", address->district},
                {PART_STREET, "street", address->street},
                {PART_LINE, "lines", address->n_lines == 0 ? "" : address->lines[0]},
        };

        for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
                const char *field = call_printf(call, "%s.%s", path, parts[i].field);

                if (form->parts & parts[i].part && parts[i].text[0] == '\0')
                        return call_fail_field(call, field, "REQUIRED",
                                "%s: addresses in %s need it", field, address->country_code);
        }
        return check_postal(call, form, address, path);
}
