#pragma once
/*
 * What other domains may tell somebody. A notice is named by its template's key: the shop's own are
 * the rows of server/notification/notice.c, others are made by OPERATIONS.
 *
 *      notification_send(call, &(struct notification){
 *              .member_id = order->member_id,
 *              .template_key = "order.placed",
 *              .dedupe_key = call_printf(call, "order.placed:%s", order->id),
 *              .variables = {{"order_id", order->id}, {"total", total}}});
 */
#include "server/call.h"
#include "server/verify.h"
#include "membership.rows.h"
#include "notification.rows.h"

#define NOTIFICATION_VARIABLES_MAX 8
#define CHANNEL_BIT(channel)       (1u << (channel))

struct notification_value {
        const char *name;
        const char *value; /* one line, at most 200 characters */
};

struct notification {
        const char *member_id; /* a member's or guest's row; the address is read at delivery */
        const Member *member;  /* that row, where it was read already; or NULL */
        const char *template_key;
        const char *dedupe_key; /* at most 96 of a FORMAT_ID; sent before: nothing happens */
        uint32_t channels;      /* CHANNEL_BITs; 0: the notice's own, where there is an address */
        struct notification_value variables[NOTIFICATION_VARIABLES_MAX]; /* ended by no name */
        const char *code;      /* of a notice with a code: sealed, forgotten with the outcome */
        const char *recipient; /* an address to be proved, instead of the member's; kept as code */
        int64_t due_us;        /* shop time; 0: now */
        int64_t expire_us;     /* not after this; 0: at any time */
};

/* Writes what is to be delivered into the call's own transaction. The inbox has it at once, other
 * channels after the commit, when consent and quiet hours allow. */
void notification_send(struct call *call, const struct notification *notification);

/* Whether every shipped text has its row: then notification.InstallTemplates has nothing to do. */
bool notification_installed(struct txn *txn);

/* What waits has its job, and codes are only of what waits. */
void notification_verify(struct verify_context *context, struct txn *txn);
