/*
 * What is on its way has somebody who carries it: a notice that waits has its job, and a secret is
 * only kept for one that waits, an address also for one that may be sent again.
 */
#include <string.h>
#include "internal.rows.h"
#include "notification_internal.rows.h"
#include "server/notification/notification.h"

static bool has_job(struct txn *txn, const char *id)
{
        return job_next(job_by_subject_id_kind(txn, id, "notification.deliver")) != NULL;
}

void notification_verify(struct verify_context *context, struct txn *txn)
{
        struct scan *scan = notification_by_state(txn, NOTIFICATION_STATE_WAITING);
        struct scan *secrets = notification_secret_all(txn);

        for (const Notification *row; (row = notification_next(scan)) != NULL;)
                if (!has_job(txn, row->id))
                        verify_fault(context, "NOTIFICATION_STRANDED", "Notification", row->id,
                                "waits, and no job delivers it");
        for (const NotificationSecret *row; (row = notification_secret_next(secrets)) != NULL;) {
                const Notification *notice = notification_get(txn, row->notification_id);

                bool dead = notice != NULL && notice->state == NOTIFICATION_STATE_DEAD;

                if (dead && row->code[0] == '\0')
                        continue; /* the address that it is sent to again */
                if (notice == NULL || notice->state != NOTIFICATION_STATE_WAITING)
                        verify_fault(context, "NOTIFICATION_SECRET_LEFT", "NotificationSecret",
                                row->notification_id, "is of no notice that waits");
        }
}
