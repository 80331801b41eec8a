/*
 * Between the shop and the message gateway. Everything is read at the moment of delivery: whether
 * the notice is still wanted, the address, the words. Whatever became of it goes to
 * notification.RecordDelivery. The last attempt that fails makes the notice a dead letter rather
 * than the job, so that people find it where they look for notices.
 */
#include "server/notification/performers.h"

#include "server/notification/delivery.h"
#include "server/notification/gateway.h"
#include "server/notification/words.h"

/* A notice at the moment of delivery. */
struct parcel {
        const Notification *row;
        struct gateway_message message;
        const char *reason; /* why it ends here; NULL: it goes */
        NotificationState end;
        int64_t later_us; /* quiet until then; 0: no */
};

static struct parcel ended(struct parcel parcel, NotificationState state, const char *reason)
{
        parcel.end = state;
        parcel.reason = reason;
        return parcel;
}

static SandboxDelivery sandbox_setting(struct txn *txn, NotificationChannel channel)
{
        const SandboxChannel *row = sandbox_channel_get(txn, channel);

        return row == NULL ? SANDBOX_DELIVERY_ACCEPT : row->delivery;
}

static bool write_message(struct txn *txn, struct arena *arena, const Member *member,
        const NotificationSecret *secret, struct parcel *parcel)
{
        const Notification *row = parcel->row;
        struct words_fill fill = {
                .variables = row->variables,
                .count = row->n_variables,
                .code = secret == NULL ? NULL : secret->code,
                .display_name = member->display_name,
        };
        struct words words;

        if (!words_find(txn, row->template_key, member->language, row->channel, &words))
                return false;
        words = words_filled(arena, &words, &fill);
        parcel->message.subject = words.subject;
        parcel->message.body = words.body;
        return true;
}

static struct parcel judge(struct performer_context *context, const Notification *row)
{
        struct txn *txn = performer_txn(context);
        const struct trade_terms *terms = performer_terms(context);
        int64_t now_us = performer_now_us(context);
        const Member *member = member_get(txn, row->member_id);
        const NotificationSecret *secret = notification_secret_get(txn, row->id);
        bool proves = secret != NULL && secret->recipient[0] != '\0';
        bool inside = row->channel == NOTIFICATION_CHANNEL_IN_APP;
        struct parcel parcel = {.row = row};

        parcel.message.id = row->id;
        parcel.message.channel = row->channel;
        parcel.message.recipient =
                proves ? secret->recipient : delivery_address(txn, member, row->channel);
        parcel.message.sandbox = sandbox_setting(txn, row->channel);
        if (row->expire_time != NULL && time_us(row->expire_time) <= now_us)
                return ended(parcel, NOTIFICATION_STATE_SUPPRESSED, "EXPIRED");
        if (!delivery_wanted(txn, row->member_id, row->purpose, row->channel))
                return ended(parcel, NOTIFICATION_STATE_SUPPRESSED, "NO_CONSENT");
        if (parcel.message.recipient[0] == '\0')
                return ended(parcel, NOTIFICATION_STATE_SUPPRESSED, "NO_ADDRESS");
        if (!inside && terms->message_gateway == MESSAGE_GATEWAY_NONE)
                return ended(parcel, NOTIFICATION_STATE_SUPPRESSED, "NO_GATEWAY");
        if (!write_message(txn, performer_arena(context), member, secret, &parcel))
                return ended(parcel, NOTIFICATION_STATE_DEAD, "NO_TEMPLATE");
        parcel.later_us = delivery_quiet_end_us(terms, row->purpose, row->channel, now_us);
        if (inside)
                return ended(parcel, NOTIFICATION_STATE_DELIVERED, "");
        return parcel;
}

static void record(struct performer_context *context, const struct parcel *parcel,
        NotificationState state, const char *reason, const char *reference)
{
        RecordDeliveryRequest request = RECORD_DELIVERY_REQUEST_INIT;

        request.notification_id = parcel->row->id;
        request.state = state;
        request.reason = reason;
        request.gateway_reference = reference;
        if (state == NOTIFICATION_STATE_DELIVERED) {
                request.recipient = parcel->message.recipient;
                request.subject = parcel->message.subject;
                request.body = parcel->message.body;
        }
        performer_answer(context, "notification.RecordDelivery", &request);
}

/* Nobody answered: again later, or for good. */
static enum status no_answer(
        struct performer_context *context, const Job *job, const struct parcel *parcel)
{
        if (job->attempts + 1 < JOB_ATTEMPTS_MAX)
                return performer_fail(context, UNAVAILABLE, "GATEWAY_TIMEOUT");
        record(context, parcel, NOTIFICATION_STATE_DEAD, "GATEWAY_TIMEOUT", "");
        return OK;
}

enum status notification_deliver(struct performer_context *context, const Job *job)
{
        const Notification *row = notification_get(performer_txn(context), job->subject_id);

        if (row == NULL || row->state != NOTIFICATION_STATE_WAITING)
                return OK;
        struct parcel parcel = judge(context, row);

        performer_leave(context);
        if (parcel.reason != NULL) {
                record(context, &parcel, parcel.end, parcel.reason, "");
                return OK;
        }
        if (parcel.later_us != 0) {
                performer_again(context, parcel.later_us, job->step);
                return OK;
        }
        bool asked = job->step > 0;
        struct message_reply reply = (asked ? sandbox_messenger.query : sandbox_messenger.send)(
                &parcel.message, performer_now_us(context), performer_arena(context));

        switch (reply.outcome) {
        case MESSAGE_ACCEPTED:
                record(context, &parcel, NOTIFICATION_STATE_DELIVERED, "", reply.reference);
                return OK;
        case MESSAGE_REJECTED:
                record(context, &parcel, NOTIFICATION_STATE_DEAD, "GATEWAY_REJECTED", "");
                return OK;
        case MESSAGE_PENDING:
                performer_again(context, reply.next_us, job->step + 1);
                return OK;
        case MESSAGE_UNKNOWN:
                break;
        }
        return no_answer(context, job, &parcel);
}
