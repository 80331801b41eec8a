#pragma once
/*
 * Sessions of members and guests, one for each device that is signed in: a row that the member
 * sees, a token that works for minutes, and a refresh token that is good once.
 */
#include "server/membership/account.h"

/* Opens a session of the member's kind and answers it. */
void device_open(
        struct call *call, Member *member, const char *device_name, SessionGrant *response);

enum device_found {
        DEVICE_UNKNOWN, /* not a refresh token of this shop, or its session has ended */
        DEVICE_REUSED,  /* one that was good before */
        DEVICE_CURRENT,
};
/* Whose refresh token this is; *out is set unless it is unknown. */
enum device_found device_find(struct call *call, const char *refresh_token, MemberSession **out);
/* New tokens for a session, whose refresh token stops being good. */
void device_renew(
        struct call *call, MemberSession *session, Member *member, SessionGrant *response);

/* Ends a session with all its tokens. */
void device_end(struct call *call, const MemberSession *session);
/* Ends all sessions of a member but one ("": none is spared); returns how many. */
int32_t device_end_others(struct call *call, const char *member_id, const char *session_id);
