/* One post with its methods. */
#include "server/staff/roles.h"
#include "staff.handlers.h"

enum status staff_describe_role(
        struct call *call, const DescribeRoleRequest *request, RoleDescription *response)
{
        *response = *roles_describe(call, request->post, ROLES_LISTED);
        return OK;
}
