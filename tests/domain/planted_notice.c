/* Faults of notices and consents, for test_planted_faults.c. */
#include "tests/domain/planted.h"

#include "notification.rows.h"
#include "notification_internal.rows.h"
#include "profile.rows.h"

static void put_notice(struct txn *txn, const struct world *world, NotificationState state)
{
        Notification row = NOTIFICATION_INIT;

        row.id = "notice";
        row.member_id = world->stall.alice.id;
        row.channel = NOTIFICATION_CHANNEL_EMAIL;
        row.dedupe_key = "notice";
        row.state = state;
        notification_insert(txn, &row);
}

void notice_stranded(struct world *world, struct txn *txn)
{
        put_notice(txn, world, NOTIFICATION_STATE_WAITING);
}

void secret_left(struct world *world, struct txn *txn)
{
        NotificationSecret secret = NOTIFICATION_SECRET_INIT;

        put_notice(txn, world, NOTIFICATION_STATE_DEAD);
        secret.notification_id = "notice";
        secret.member_id = world->stall.alice.id;
        secret.code = "1234";
        notification_secret_insert(txn, &secret);
}

void consent_never_said(struct world *world, struct txn *txn)
{
        Consent consent = CONSENT_INIT;

        consent.member_id = world->stall.alice.id;
        consent.purpose = NOTIFICATION_PURPOSE_MARKETING;
        consent.channel = NOTIFICATION_CHANNEL_EMAIL;
        consent.state = CONSENT_STATE_GIVEN;
        consent_insert(txn, &consent);
}
