#pragma once
/* An e-mail address or a phone, by which somebody is reached and signs in. */
#include "server/membership/account.h"
#include "notification.rows.h"

struct target {
        const char *text;  /* as it is compared: an address in lower case */
        const char *field; /* of requests: "email" or "phone" */
        NotificationChannel channel;
        struct bytes hash; /* key of Credential */
};

/* The one of the two that a request has; else INVALID_ARGUMENT that names the field. */
enum status target_of(struct call *call, const char *email, const char *phone, struct target *out);
/* Where the member's own is, and whether it is verified; the caller stores the row. */
const char *target_current(const Member *member, const struct target *target);
bool target_verified(const Member *member, const struct target *target);
enum target_proof { TARGET_CLAIMED, TARGET_PROVED };
void target_set(Member *member, const struct target *target, enum target_proof proof);

/* Makes it open the member's account. */
void target_keep(struct call *call, const struct target *target, const char *member_id);
