/* What a line of the access table says. */
#include "tests/domain/access_table.h"

#include <string.h>

const char *access_of(const char *method)
{
        for (const struct access_line *line = access_table; line->method != NULL; line++)
                if (strcmp(line->method, method) == 0)
                        return line->allow;
        return NULL;
}

static enum scope scope_named(const char *allow, const char *role)
{
        size_t len = strlen(role);

        for (const char *at = allow; at != NULL; at = strchr(at, ',')) {
                at += strspn(at, ", ");
                if (strncmp(at, role, len) != 0 || at[len] != ' ')
                        continue;
                if (strncmp(at + len + 1, "team", 4) == 0)
                        return SCOPE_TEAM;
                return strncmp(at + len + 1, "all", 3) == 0 ? SCOPE_ALL : SCOPE_OWN;
        }
        return SCOPE_NONE;
}

enum scope access_scope(const char *allow, enum role role)
{
        enum scope anyone = scope_named(allow, schema_role_name(ROLE_ANYONE));
        enum scope named = scope_named(allow, schema_role_name(role));

        if (role == ROLE_ADMINISTRATOR && strcmp(allow, "SYSTEM all") != 0)
                return SCOPE_ALL;
        return named > anyone ? named : anyone;
}

bool access_is_clear(const char *allow, enum role role)
{
        const char *name = schema_role_name(role);

        for (const char *at = allow; at != NULL; at = strchr(at, ',')) {
                at += strspn(at, ", ");
                if (strncmp(at, name, strlen(name)) == 0 && at[strlen(name)] == ' ')
                        return strstr(at, " clear") != NULL &&
                               (strchr(at, ',') == NULL || strstr(at, " clear") < strchr(at, ','));
        }
        return false;
}
