/*
 * E-mail addresses and phones are the same to all who sign in by them. Only a verified one has a
 * credential: an address that somebody merely says is theirs opens nothing, so that nobody can take
 * it from its owner, or learn by trying that it has one.
 */
#include "server/membership/target.h"

#include <string.h>
#include "server/secret.h"

enum status target_of(struct call *call, const char *email, const char *phone, struct target *out)
{
        if (email[0] == '\0' && phone[0] == '\0')
                return call_fail_field(
                        call, "email", "REQUIRED", "email: an address or a phone must be given");
        if (email[0] != '\0' && phone[0] != '\0')
                return call_fail_field(call, "phone", "NOT_TOGETHER",
                        "phone: is given instead of an e-mail address");
        *out = email[0] != '\0' ? (struct target){.text = account_fold_email(call, email),
                                          .field = "email",
                                          .channel = NOTIFICATION_CHANNEL_EMAIL}
                                : (struct target){.text = phone,
                                          .field = "phone",
                                          .channel = NOTIFICATION_CHANNEL_SMS};
        out->hash = secret_blind(call, out->text);
        return OK;
}

static bool is_email(const struct target *target)
{
        return target->channel == NOTIFICATION_CHANNEL_EMAIL;
}

const char *target_current(const Member *member, const struct target *target)
{
        return is_email(target) ? member->email : member->phone;
}

bool target_verified(const Member *member, const struct target *target)
{
        return is_email(target) ? member->email_verified : member->phone_verified;
}

void target_set(Member *member, const struct target *target, enum target_proof proof)
{
        if (is_email(target)) {
                member->email = target->text;
                member->email_verified = proof == TARGET_PROVED;
        } else {
                member->phone = target->text;
                member->phone_verified = proof == TARGET_PROVED;
        }
}

void target_keep(struct call *call, const struct target *target, const char *member_id)
{
        Credential credential = CREDENTIAL_INIT;

        credential.email_hash = (ProtobufCBinaryData){
                .len = target->hash.len, .data = (uint8_t *)target->hash.data};
        credential.member_id = member_id;
        credential_insert(call->txn, &credential);
}
