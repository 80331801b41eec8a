#pragma once
/* People of the shop as tests of several domains need them: real accounts, signed in. */
#include "tests/domain/stall.h"
#include "staff.rows.h"

#define PEOPLE_PASSWORD "correct horse battery"

/* Signs in, with the password of all of them; and for the first time. */
struct persona people_sign_in(struct stall *stall, const char *login_name);
struct persona people_sign_in_first(
        struct stall *stall, const char *login_name, const char *one_time_password);
/* An administrator, as --create-administrator makes one. */
struct persona people_found(struct stall *stall, const char *login_name);
/* An account without a post, made by an administrator. */
struct persona people_hire(struct stall *stall, struct persona by, const char *login_name);
/* One with a post. */
struct persona people_hire_as(
        struct stall *stall, struct persona by, const char *login_name, const char *post);
/* A post for somebody. */
const RoleGrant *people_grant(
        struct stall *stall, struct persona by, struct persona to, const char *post);
/* A team, and somebody with a post in it. */
const char *people_team(struct stall *stall, struct persona by, const char *slug);
void people_join(struct stall *stall, struct persona by, const char *team_id, struct persona who);
