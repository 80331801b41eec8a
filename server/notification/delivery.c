/*
 * The rules of consent and quiet hours, by purpose and channel. Codes go at any hour and nobody can
 * refuse them; of what somebody bought they are told, but not woken; the rest needs consent outside
 * of the shop, and in the inbox that it was not taken back.
 */
#include "server/notification/delivery.h"

#include "lib/base/calendar.h"
#include "profile.rows.h"

#define HOUR_MINUTES 60

const char *delivery_address(struct txn *txn, const Member *member, NotificationChannel channel)
{
        const PushTarget *target;

        switch (channel) {
        case NOTIFICATION_CHANNEL_IN_APP:
                return member->id;
        case NOTIFICATION_CHANNEL_EMAIL:
                return member->email_verified ? member->email : "";
        case NOTIFICATION_CHANNEL_SMS:
                return member->phone_verified ? member->phone : "";
        case NOTIFICATION_CHANNEL_PUSH:
                target = push_target_next(push_target_by_member_id_latest(txn, member->id));
                return target == NULL ? "" : target->token;
        case NOTIFICATION_CHANNEL_UNSPECIFIED:
        case _SHOP__NOTIFICATION_CHANNEL_IS_INT_SIZE:
                break;
        }
        return "";
}

static bool needs_consent(NotificationPurpose purpose)
{
        return purpose == NOTIFICATION_PURPOSE_CARE || purpose == NOTIFICATION_PURPOSE_MARKETING;
}

bool delivery_wanted(struct txn *txn, const char *member_id, NotificationPurpose purpose,
        NotificationChannel channel)
{
        if (!needs_consent(purpose))
                return true;
        const Consent *consent = consent_get(txn, member_id, purpose, channel);

        if (channel == NOTIFICATION_CHANNEL_IN_APP)
                return consent == NULL || consent->state != CONSENT_STATE_WITHDRAWN;
        return consent != NULL && consent->state == CONSENT_STATE_GIVEN;
}

static bool disturbs(NotificationPurpose purpose, NotificationChannel channel)
{
        if (purpose == NOTIFICATION_PURPOSE_SECURITY || channel == NOTIFICATION_CHANNEL_IN_APP)
                return false;
        return needs_consent(purpose) || channel != NOTIFICATION_CHANNEL_EMAIL;
}

int64_t delivery_quiet_end_us(const struct trade_terms *terms, NotificationPurpose purpose,
        NotificationChannel channel, int64_t now_us)
{
        int32_t from = (int32_t)terms->quiet_from_hour * HOUR_MINUTES;
        int32_t until = (int32_t)terms->quiet_until_hour * HOUR_MINUTES;
        int32_t minute = calendar_minute_of(now_us);
        struct calendar_date day = calendar_date_of(now_us);
        bool over_midnight = from > until;
        bool quiet =
                over_midnight ? minute >= from || minute < until : minute >= from && minute < until;

        if (!quiet || !disturbs(purpose, channel))
                return 0;
        if (over_midnight && minute >= from)
                day = calendar_add_days(day, 1);
        int64_t end_us = calendar_minute_us(day, until);

        return end_us > now_us ? end_us : 0;
}
