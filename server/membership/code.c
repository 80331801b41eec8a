/*
 * Six digits are few, so what keeps them from being guessed is counted: five tries a code, ten
 * codes a day to an address, and wrong ones lock as wrong passwords do. They are kept as a keyed
 * hash and travel sealed in the notice.
 *
 * Every reason why a code is not good has the same answer: wrong, too old, tried too often, never
 * sent. Where the address has an account and none should learn it, a row that no code fits stands
 * in for one.
 */
#include "server/membership/code.h"

#include <inttypes.h>
#include <string.h>
#include "server/lockout.h"
#include "server/notification/notification.h"
#include "server/secret.h"

#define CODE_COUNT    1000000
#define TRIES_MAX     5
#define PAUSE_US      INT64_C(60000000)
#define QUOTA_DAY_US  INT64_C(86400000000)
#define QUOTA_DAY_MAX 10 /* to an address; from one the terms say how many */
#define SWEEP_ROWS    4

static ProtobufCBinaryData data_of(struct bytes bytes)
{
        return (ProtobufCBinaryData){.len = bytes.len, .data = (uint8_t *)bytes.data};
}

/* ---- how often ---- */

static struct bytes quota_key(struct call *call, const struct target *target)
{
        return secret_blind(call, call_printf(call, "quota:%s", target->text));
}

/* What is left of the day that began with the first, once there were so many. */
static int64_t day_left_us(struct call *call, const CodeQuota *row, int64_t day_max)
{
        int64_t left_us = row == NULL ? 0 : time_us(row->forget_time) - call->now_us;

        return left_us > 0 && row->count >= day_max ? left_us : 0;
}

static int64_t target_wait_us(struct call *call, const struct target *target)
{
        const CodeQuota *row = code_quota_get(call->txn, quota_key(call, target));
        int64_t left_us = day_left_us(call, row, QUOTA_DAY_MAX);

        if (row == NULL || left_us > 0)
                return left_us;
        int64_t pause_us = time_us(row->last_time) + PAUSE_US - call->now_us;

        return pause_us > 0 ? pause_us : 0;
}

/* Behind one address there may be a whole office: nobody there waits for what another was sent. */
static int64_t peer_wait_us(struct call *call)
{
        struct bytes peer = lockout_peer(call);

        if (peer.data == NULL || call->terms->address_codes == 0)
                return 0;
        return day_left_us(call, code_quota_get(call->txn, peer), call->terms->address_codes);
}

int64_t code_wait_ms(struct call *call, const struct target *target)
{
        int64_t there_us = target_wait_us(call, target);
        int64_t here_us = peer_wait_us(call);

        return ((there_us > here_us ? there_us : here_us) + 999) / 1000;
}

static void count_one(struct call *call, struct bytes key)
{
        CodeQuota *row = key.data == NULL ? NULL : code_quota_get(call->txn, key);
        bool new = row == NULL;

        if (key.data == NULL)
                return;
        if (new || time_us(row->forget_time) <= call->now_us) {
                row = call_new(call, CodeQuota);
                *row = (CodeQuota)CODE_QUOTA_INIT;
                row->subject_hash = data_of(key);
                row->forget_time = call_time(call, call->now_us + QUOTA_DAY_US);
        }
        row->count++;
        row->last_time = call_now(call);
        if (new)
                code_quota_insert(call->txn, row);
        else
                code_quota_update(call->txn, row);
}

/* ---- making and sending ---- */

static struct bytes subject_of(struct call *call, const struct code *code)
{
        return secret_blind(call, call_printf(call, "code:%d:%s:%s", (int)code->purpose,
                                          code->member_id, code->target->text));
}

static struct bytes hash_of(struct call *call, struct bytes subject, const char *digits)
{
        char *hex = call_array(call, char, 2 * SECRET_BLIND_LEN + 1);

        bytes_to_hex(subject, hex);
        return secret_mac(call, "code", call_printf(call, "%s:%s", hex, digits));
}

static const char *make_digits(struct call *call)
{
        uint8_t random[SECRET_RANDOM_LEN];
        uint64_t number;

        secret_random(call, random);
        memcpy(&number, random, sizeof(number));
        return call_printf(call, "%06" PRIu64, number % CODE_COUNT);
}

static void sweep(struct call *call)
{
        struct scan *scan = verification_all_by_expire_time(call->txn);
        struct scan *quotas = code_quota_all_by_forget_time(call->txn);
        const Verification *old;
        const CodeQuota *quota;

        for (int i = 0; i < SWEEP_ROWS && (old = verification_next(scan)) != NULL &&
                        time_us(old->expire_time) <= call->now_us;
                i++)
                verification_delete(
                        call->txn, bytes_of(old->subject_hash.data, old->subject_hash.len));
        for (int i = 0; i < SWEEP_ROWS && (quota = code_quota_next(quotas)) != NULL &&
                        time_us(quota->forget_time) <= call->now_us;
                i++)
                code_quota_delete(
                        call->txn, bytes_of(quota->subject_hash.data, quota->subject_hash.len));
}

static void keep(struct call *call, struct bytes subject, struct bytes hash)
{
        Verification row = VERIFICATION_INIT;

        row.subject_hash = data_of(subject);
        row.code_hash = data_of(hash);
        row.expire_time = call_time(call, call->now_us + CODE_TTL_US);
        if (verification_has(call->txn, subject))
                verification_update(call->txn, &row);
        else
                verification_insert(call->txn, &row);
}

static const char *notice_of(CodePurpose purpose)
{
        return purpose == CODE_PURPOSE_RESET_PASSWORD ? "account.password_reset"
                                                      : "account.verification_code";
}

void code_send(struct call *call, const struct code *code)
{
        struct bytes subject = subject_of(call, code);
        const char *digits = make_digits(call);

        sweep(call);
        count_one(call, quota_key(call, code->target));
        count_one(call, lockout_peer(call));
        keep(call, subject, hash_of(call, subject, digits));
        notification_send(
                call, &(struct notification){.member_id = code->member_id,
                              .template_key = notice_of(code->purpose),
                              .dedupe_key = call_printf(call, "code:%s", call_new_id(call)),
                              .channels = CHANNEL_BIT(code->target->channel),
                              .variables = {{"minutes", "10"}},
                              .code = digits,
                              .recipient = code->target->text,
                              .expire_us = call->now_us + CODE_TTL_US});
}

void code_tell_owner(struct call *call, const struct code *code, const char *owner_id)
{
        struct bytes subject = subject_of(call, code);

        sweep(call);
        count_one(call, quota_key(call, code->target));
        count_one(call, lockout_peer(call));
        keep(call, subject, hash_of(call, subject, "none"));
        notification_send(
                call, &(struct notification){.member_id = owner_id,
                              .template_key = "account.exists",
                              .dedupe_key = call_printf(call, "code:%s", call_new_id(call)),
                              .channels = CHANNEL_BIT(code->target->channel),
                              .recipient = code->target->text,
                              .expire_us = call->now_us + CODE_TTL_US});
}

/* ---- giving one back ---- */

static const char *lockout_name(struct call *call, const struct code *code)
{
        return call_printf(call, "code:%s:%s", code->member_id, code->target->text);
}

static enum status refuse(struct call *call, const struct code *code, Verification *row)
{
        int32_t failures = lockout_count(call, lockout_name(call, code));

        if (row != NULL) {
                row->tries++;
                verification_update(call->txn, row);
        }
        call_event(call, "member.code_refused", code->member_id, code->member_id, "failures",
                (int64_t)failures, NULL);
        call_fail_field(call, "code", "CODE_WRONG",
                "code: not the code that was sent there, or too old, or tried too often");
        return call_refuse(call, INVALID_ARGUMENT, "CODE_WRONG",
                "not the code that was sent there, or too old, or tried too often");
}

enum status code_check(struct call *call, const struct code *code, const char *digits)
{
        struct bytes subject = subject_of(call, code);
        Verification *row = verification_get(call->txn, subject);

        if (lockout_check(call, lockout_name(call, code)) != OK)
                return call->error.code;
        if (row == NULL || time_us(row->expire_time) <= call->now_us || row->tries >= TRIES_MAX ||
                strlen(digits) != 6 ||
                !secret_equal(bytes_of(row->code_hash.data, row->code_hash.len),
                        hash_of(call, subject, digits)))
                return refuse(call, code, row);
        verification_delete(call->txn, subject);
        lockout_forget(call, lockout_name(call, code));
        return OK;
}
