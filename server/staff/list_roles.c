/* Every post, in order of their numbers. */
#include "server/staff/roles.h"
#include "staff.handlers.h"

enum status staff_list_roles(
        struct call *call, const ListRolesRequest *request, ListRolesResponse *response)
{
        response->roles = call_array(call, RoleDescription *, ROLE_COUNT);
        for (int post = POST_UNSPECIFIED; post < ROLE_COUNT; post++) {
                RoleDescription *role = roles_describe(call, (Post)post, ROLES_COUNTED);

                if (role != NULL)
                        response->roles[response->n_roles++] = role;
        }
        return OK;
}
