/*
 * A consent is worth what can be shown of it: who said what, when, how, and to which text. So the
 * row that is asked at delivery is only the last line of a history that is never changed.
 */
#include <string.h>
#include "profile.handlers.h"

static bool can_be_refused(NotificationPurpose purpose)
{
        return purpose == NOTIFICATION_PURPOSE_CARE || purpose == NOTIFICATION_PURPOSE_MARKETING;
}

static enum status check(struct call *call, const SetConsentRequest *request)
{
        bool by_agent = call_is_staff(call);
        bool said_to_agent =
                request->source == CONSENT_SOURCE_PHONE || request->source == CONSENT_SOURCE_LETTER;

        if (!can_be_refused(request->purpose))
                return call_fail_field(call, "purpose", "CONSENT_NOT_NEEDED",
                        "purpose: only care and marketing are a matter of consent");
        if (request->state == CONSENT_STATE_GIVEN && request->text_version[0] == '\0')
                return call_fail_field(call, "text_version", "REQUIRED",
                        "text_version: which text was agreed to?");
        if (by_agent && !said_to_agent)
                return call_fail_field(call, "source", "REQUIRED",
                        "source: how did the member say so, by phone or letter?");
        if (!by_agent && said_to_agent)
                return call_fail_field(call, "source", "NOT_YOURS_TO_SAY",
                        "source: what a member says here was said by themselves");
        return OK;
}

static void remember(struct call *call, const Consent *consent)
{
        ConsentChange change = CONSENT_CHANGE_INIT;

        change.id = call_new_id(call);
        change.member_id = consent->member_id;
        change.purpose = consent->purpose;
        change.channel = consent->channel;
        change.state = consent->state;
        change.source = consent->source;
        change.text_version = consent->text_version;
        change.actor = call->caller->id;
        change.create_time = consent->update_time;
        consent_change_insert(call->txn, &change);
}

enum status profile_set_consent(
        struct call *call, const SetConsentRequest *request, Consent *response)
{
        const Consent *before =
                consent_get(call->txn, request->member_id, request->purpose, request->channel);
        enum status status = check(call, request);
        Consent row = CONSENT_INIT;

        if (status != OK)
                return status;
        if (before != NULL && before->state == request->state &&
                (request->text_version[0] == '\0' ||
                        strcmp(before->text_version, request->text_version) == 0)) {
                *response = *before;
                return OK;
        }
        row.member_id = request->member_id;
        row.purpose = request->purpose;
        row.channel = request->channel;
        row.state = request->state;
        row.source = request->source == CONSENT_SOURCE_UNSPECIFIED ? CONSENT_SOURCE_MEMBER
                                                                   : request->source;
        row.text_version = request->text_version;
        row.update_time = call_now(call);
        if (before == NULL)
                consent_insert(call->txn, &row);
        else
                consent_update(call->txn, &row);
        remember(call, &row);
        call_event(call, "consent.set", row.member_id, row.member_id, "purpose",
                (int64_t)row.purpose, "channel", (int64_t)row.channel, "state", (int64_t)row.state,
                NULL);
        *response = row;
        return OK;
}
