#pragma once
/* Posts as the contract describes them, for this folder. */
#include "server/staff/staff.h"

/* One that is granted to nobody, or no post at all, is NULL. Without its methods where methods is
 * ROLES_COUNTED. */
enum roles_detail { ROLES_COUNTED, ROLES_LISTED };
RoleDescription *roles_describe(struct call *call, Post post, enum roles_detail detail);
