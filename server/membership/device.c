/*
 * A refresh token is "<session>.<random>.<mac>". The MAC shows that the shop made it, and the row
 * has a hash of the one that is good now; so a token that was good before is known for what it is
 * although nothing is kept of it. Refused: a row for every token that was ever given, which a
 * device that renews every quarter of an hour would make 3,000 of in a month; and a counter in
 * place of the random part, from which a stolen key file could make the next token.
 *
 * Rows of sessions that have ended are swept away a few at a time by whoever opens the next, so
 * that there is no more of them than was opened.
 */
#include "server/membership/device.h"

#include <string.h>
#include "server/secret.h"
#include "server/session.h"

#define DAY_MS        INT64_C(86400000)
#define MEMBER_TTL_MS (30 * DAY_MS) /* unless it is renewed */
#define GUEST_TTL_MS  (7 * DAY_MS)
#define WHOLE_TTL_MS  (365 * DAY_MS) /* however often it is renewed */
#define GRACE_MS      INT64_C(60000)

#define SESSIONS_MAX 50 /* of a member; the longest open makes room */
#define SWEEP_ROWS   2

#define REFRESH_MAC   "refresh"
#define REFRESH_HASH  "refresh.current"
#define MAC_TEXT_SIZE 65

static int64_t at_most(int64_t value, int64_t most)
{
        return value < most ? value : most;
}

void device_end(struct call *call, const MemberSession *session)
{
        session_close_as(call, session->id);
        member_session_delete(call->txn, session->id);
}

int32_t device_end_others(struct call *call, const char *member_id, const char *session_id)
{
        struct scan *scan = member_session_by_member_id(call->txn, member_id);
        const MemberSession *session;
        int32_t count = 0;

        while ((session = member_session_next(scan)) != NULL) {
                if (strcmp(session->id, session_id) == 0)
                        continue;
                device_end(call, session);
                count++;
        }
        session_close_others(call, member_id, session_id);
        return count;
}

static void sweep(struct call *call)
{
        struct scan *scan = member_session_all_by_expire_time(call->txn);
        const MemberSession *session;

        for (int i = 0; i < SWEEP_ROWS && (session = member_session_next(scan)) != NULL &&
                        time_us(session->expire_time) <= session_now_us(call);
                i++)
                device_end(call, session);
}

static void make_room(struct call *call, const char *member_id)
{
        struct scan *scan = member_session_by_member_id(call->txn, member_id);
        const MemberSession *oldest = member_session_next(scan);
        size_t count = oldest != NULL;

        while (member_session_next(scan) != NULL)
                count++;
        if (count >= SESSIONS_MAX)
                device_end(call, oldest);
}

/* ---- tokens ---- */

static const char *mac_of(struct call *call, const char *named)
{
        char *text = call_array(call, char, MAC_TEXT_SIZE);

        bytes_to_hex(bytes_of(secret_mac(call, REFRESH_MAC, named).data, MAC_TEXT_SIZE / 4), text);
        return text;
}

static void give_refresh(struct call *call, MemberSession *session, SessionGrant *response)
{
        const char *named = call_printf(call, "%s.%s", session->id, secret_text(call));
        char *token = call_printf(call, "%s.%s", named, mac_of(call, named));
        struct bytes hash = secret_mac(call, REFRESH_HASH, token);

        session->refresh_hash =
                (ProtobufCBinaryData){.len = hash.len, .data = (uint8_t *)hash.data};
        response->refresh_token = token;
}

enum device_found device_find(struct call *call, const char *refresh_token, MemberSession **out)
{
        const char *mac = strrchr(refresh_token, '.');

        if (mac == NULL || strchr(refresh_token, '.') == mac)
                return DEVICE_UNKNOWN;
        const char *named = call_printf(call, "%.*s", (int)(mac - refresh_token), refresh_token);
        const char *id = call_printf(call, "%.*s", (int)strcspn(refresh_token, "."), refresh_token);

        if (!secret_equal(bytes_of_text(mac + 1), bytes_of_text(mac_of(call, named))))
                return DEVICE_UNKNOWN;
        MemberSession *session = member_session_get(call->txn, id);

        if (session == NULL || time_us(session->expire_time) <= session_now_us(call))
                return DEVICE_UNKNOWN;
        *out = session;
        return secret_equal(bytes_of(session->refresh_hash.data, session->refresh_hash.len),
                       secret_mac(call, REFRESH_HASH, refresh_token))
                       ? DEVICE_CURRENT
                       : DEVICE_REUSED;
}

/* Both tokens of a session and its times. */
static void give_tokens(
        struct call *call, MemberSession *session, Member *member, SessionGrant *response)
{
        bool guest = member->kind == MEMBER_KIND_GUEST;
        int64_t now_us = session_now_us(call);
        int64_t idle_ms = guest ? GUEST_TTL_MS : MEMBER_TTL_MS;
        int64_t end_us = at_most(
                now_us + idle_ms * 1000, time_us(session->create_time) + WHOLE_TTL_MS * 1000);
        int64_t token_ms = at_most(call->terms->token_seconds * 1000, (end_us - now_us) / 1000);

        session->renew_time = call_time(call, now_us);
        session->expire_time = call_time(call, end_us);
        give_refresh(call, session, response);
        response->token = session_open_as(
                call, session->id, member->id, 1u << (guest ? ROLE_GUEST : ROLE_MEMBER), token_ms);
        response->expire_time = call_time(call, now_us + token_ms * 1000);
        response->refresh_expire_time = session->expire_time;
        response->session_id = call_text(call, session->id);
        response->member = member;
}

void device_open(struct call *call, Member *member, const char *device_name, SessionGrant *response)
{
        MemberSession *session = call_new(call, MemberSession);

        sweep(call);
        make_room(call, member->id);
        *session = (MemberSession)MEMBER_SESSION_INIT;
        session->id = call_new_id(call);
        session->member_id = member->id;
        session->device_name = device_name;
        session->create_time = call_time(call, session_now_us(call));
        give_tokens(call, session, member, response);
        member_session_insert(call->txn, session);
}

void device_renew(struct call *call, MemberSession *session, Member *member, SessionGrant *response)
{
        session_supersede(call, session->id, GRACE_MS);
        give_tokens(call, session, member, response);
        member_session_update(call->txn, session);
}
