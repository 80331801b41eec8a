#pragma once
/* Members, guests and their sessions, for this folder. */
#include "server/call.h"
#include "membership.rows.h"
#include "membership_internal.rows.h"

/* The address as it is compared: in lower case. */
const char *account_fold_email(struct call *call, const char *email);
/* A new row of this kind with its times, not yet stored. */
Member *account_new(struct call *call, MemberKind kind);
/* The guest whose token or refresh token this is, or NULL when it is unknown, expired or no
 * guest's. */
Member *account_guest(struct call *call, const char *token);
/* Makes a guest's row a member's; its sessions end. The caller stores it. */
void account_promote(struct call *call, Member *guest);

/* Makes a guest who has ordered the member who they are: their sessions end, and the member reaches
 * what is theirs. Others stay guests. */
void account_join(struct call *call, Member *guest, const Member *member);

/* Argon2id of the account that a credential opens; NULL: there is no such account, or it has no
 * password. */
const char *account_password(struct call *call, const Credential *credential);
/* The same of a member. */
const char *account_password_of(struct call *call, const char *member_id);
/* Sets it. */
void account_keep_password(struct call *call, const char *member_id, const char *password_hash);
/* Tells the member that it was set. */
void account_tell_password(struct call *call, const char *member_id);
