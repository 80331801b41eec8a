#pragma once
/* Accounts of staff and their passwords, for this folder. */
#include "server/staff/staff.h"
#include "staff_internal.rows.h"

#define STAFF_SESSION_MS      (INT64_C(12) * 3600 * 1000)
#define STAFF_ONE_TIME_US     (INT64_C(72) * 3600 * 1000000)
#define STAFF_OWN_PASSWORD_US INT64_C(0)

/* What a prepare step makes for somebody's first sign-in. */
struct staff_password {
        const char *text;
        const char *hash;
};
/* A prepare step: a one-time password, left in call->prepared. */
enum status staff_prepare_password(struct call *call);

/* A new account without any post, and its event. */
StaffAccount *staff_open_account(
        struct call *call, const char *login_name, const char *display_name);
/* one_time_until_us: the machine's time until which it is good, or STAFF_OWN_PASSWORD_US. */
void staff_keep_password(
        struct call *call, const char *staff_id, const char *hash, int64_t one_time_until_us);
/* Keeps the prepared one-time password and answers it. */
void staff_answer_password(struct call *call, StaffAccount *account, StaffPassword *response);

/* Stores the account in its new state. */
void staff_set_state(struct call *call, StaffAccount *account, StaffState state);
