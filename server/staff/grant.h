#pragma once
/* Grants, for this folder. */
#include "server/staff/staff.h"

/* The grant of this post that counts or waits, or NULL. */
RoleGrant *grant_held(struct call *call, const char *staff_id, Post post);

/* A new one by the caller, not yet stored and in no state. */
RoleGrant *grant_new(struct call *call, const char *staff_id, Post post);
/* Counts from now until its time; and waits for approval. Neither stores it. */
void grant_start(struct call *call, RoleGrant *grant);
void grant_wait(struct call *call, RoleGrant *grant);
/* Stores it as ended. */
void grant_end(struct call *call, RoleGrant *grant, GrantState state, const char *reason);
/* Appends an event about it. */
void grant_tell(struct call *call, const char *type, const RoleGrant *grant);

/* The caller decides for themselves: an account of staff or the token of the data directory, and no
 * program. */
bool grant_by_person(struct call *call);
/* Nobody but they would be left as administrator for good. */
bool grant_is_last_administrator(struct call *call, const char *staff_id);
enum status grant_refuse_last(struct call *call, const char *field);
/* PERMISSION_DENIED that names the field. */
enum status grant_deny(
        struct call *call, const char *field, const char *reason, const char *sentence);
