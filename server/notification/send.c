/*
 * A notice becomes a row for each channel, in the transaction of what it tells of. The row holds no
 * address: whoever changes theirs, or takes a consent back, is heard until the moment of delivery.
 * The inbox is in the shop, so what goes there needs no job.
 */
#include "server/notification/notification.h"

#include <assert.h>
#include "profile.rows.h"
#include "server/notification/delivery.h"
#include "server/notification/inbox.h"
#include "server/notification/notice.h"
#include "server/notification/words.h"

#define INBOX CHANNEL_BIT(NOTIFICATION_CHANNEL_IN_APP)

static const NotificationChannel channels[] = {NOTIFICATION_CHANNEL_IN_APP,
        NOTIFICATION_CHANNEL_EMAIL, NOTIFICATION_CHANNEL_SMS, NOTIFICATION_CHANNEL_PUSH};

static void copy_variables(struct call *call, const struct notification *from, Notification *to)
{
        to->variables = call_array(call, NotificationVariable *, NOTIFICATION_VARIABLES_MAX);
        for (size_t i = 0; i < NOTIFICATION_VARIABLES_MAX && from->variables[i].name != NULL; i++) {
                NotificationVariable *variable = call_new(call, NotificationVariable);

                *variable = (NotificationVariable)NOTIFICATION_VARIABLE_INIT;
                variable->name = from->variables[i].name;
                variable->value = from->variables[i].value;
                to->variables[to->n_variables++] = variable;
        }
}

static void keep_secret(struct call *call, const struct notification *from, const char *id)
{
        NotificationSecret secret = NOTIFICATION_SECRET_INIT;

        if (from->code == NULL && from->recipient == NULL)
                return;
        secret.notification_id = id;
        secret.member_id = from->member_id;
        secret.code = from->code == NULL ? "" : from->code;
        secret.recipient = from->recipient == NULL ? "" : from->recipient;
        notification_secret_insert(call->txn, &secret);
}

static NotificationPurpose purpose_of(struct call *call, const char *key)
{
        const struct notice *notice = notice_find(key);

        if (notice != NULL)
                return notice->purpose;
        const NotificationTemplate *row =
                notification_template_next(notification_template_by_template_key(call->txn, key));

        assert(row != NULL); /* nobody has such a notice */
        return row->purpose;
}

static void send_by(struct call *call, const struct notification *from, const Member *member,
        NotificationChannel channel)
{
        if (notification_get_by_dedupe_key_channel(call->txn, from->dedupe_key, channel) != NULL)
                return;
        Notification *row = call_new(call, Notification);

        *row = (Notification)NOTIFICATION_INIT;
        row->id = call_new_id(call);
        row->member_id = from->member_id;
        row->channel = channel;
        row->template_key = from->template_key;
        row->purpose = purpose_of(call, from->template_key);
        row->dedupe_key = from->dedupe_key;
        row->state = NOTIFICATION_STATE_WAITING;
        row->expire_time = from->expire_us == 0 ? NULL : call_time(call, from->expire_us);
        row->create_time = call_now(call);
        row->update_time = row->create_time;
        copy_variables(call, from, row);
        bool at_once = channel == NOTIFICATION_CHANNEL_IN_APP && from->due_us <= call->now_us;

        if (at_once && row->expire_time != NULL && from->expire_us <= call->now_us)
                inbox_end(call, row, NOTIFICATION_STATE_SUPPRESSED, "EXPIRED");
        else if (at_once)
                inbox_put(call, row, member);
        notification_insert(call->txn, row);
        if (!at_once) {
                keep_secret(call, from, row->id);
                call_job(call, "notification.deliver", row->id, from->due_us);
        }
        call_event(
                call, inbox_event(row), row->id, row->member_id, "channel", (int64_t)channel, NULL);
}

/* Of what they bought, members choose how they are told beside the inbox. */
static uint32_t preferred(struct call *call, const struct notice *notice, const char *member_id)
{
        const Profile *profile = profile_get(call->txn, member_id);
        bool theirs = notice->purpose == NOTIFICATION_PURPOSE_TRANSACTION ||
                      notice->purpose == NOTIFICATION_PURPOSE_PROGRAMME;

        if (!theirs || profile == NULL ||
                profile->preferred_channel == NOTIFICATION_CHANNEL_UNSPECIFIED)
                return notice->channels;
        return INBOX | CHANNEL_BIT(profile->preferred_channel);
}

/* Where nobody says which channels, not those that the member has no address for. */
static uint32_t own_channels(
        struct call *call, const struct notification *from, const Member *member)
{
        const struct notice *notice = notice_find(from->template_key);
        uint32_t bits = notice == NULL ? INBOX : preferred(call, notice, from->member_id);

        if (call->terms->message_gateway == MESSAGE_GATEWAY_NONE)
                bits &= INBOX;

        for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++)
                if ((bits & CHANNEL_BIT(channels[i])) &&
                        (member == NULL ||
                                delivery_address(call->txn, member, channels[i])[0] == '\0'))
                        bits &= ~CHANNEL_BIT(channels[i]);
        return bits;
}

void notification_send(struct call *call, const struct notification *notification)
{
        uint32_t bits = notification->channels;
        const Member *member = notification->member;
        struct notification own = *notification;

        /* Where neither the inbox nor an address is asked for, nobody looks whose it is. */
        if (member == NULL && (bits == 0 || (bits & INBOX)))
                member = member_get(call->txn, own.member_id);

        if (txn_owner_erased(call->txn, own.member_id))
                return; /* nobody is left to be told */
        if (member != NULL && member->joined_member_id[0] != '\0') {
                own.member_id = member->joined_member_id;
                member = member_get(call->txn, own.member_id);
        }
        assert(own.recipient == NULL || bits != 0);
        if (bits == 0)
                bits = own_channels(call, &own, member);
        /* A code proves that somebody reads a channel outside of the shop. */
        assert(own.code == NULL || !(bits & INBOX));
        for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++)
                if (bits & CHANNEL_BIT(channels[i]))
                        send_by(call, &own, member, channels[i]);
}
