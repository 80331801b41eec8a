/*
 * Being forgotten, and keys that are wrapped anew: through the pipeline, in
 * memory; files are searched in tests/scenario/privacy.scenario.
 */
#include <string.h>
#include "internal.rows.h"
#include "membership.rows.h"
#include "membership_internal.rows.h"
#include "notification.rows.h"
#include "privacy.rows.h"
#include "privacy_internal.rows.h"
#include "profile.rows.h"
#include "reward.rows.h"
#include "server/session.h"
#include "tests/domain/stall.h"

#define SIGN_UP                                                                                    \
        "{'email':'carol@example.com','password':'correct horse','display_name':'Carol Danvers'}"
#define ADDRESS                                                                                    \
        "{'address':{'title':'home','address':{'country_code':'GB','recipient':'Carol Danvers',"   \
        "'city':'Leeds','postal_code':'LS1 4AP','lines':['1 Klickitat Street']}}}"
#define CONSENT                                                                                    \
        "{'member_id':'%s','purpose':'NOTIFICATION_PURPOSE_MARKETING',"                            \
        "'channel':'NOTIFICATION_CHANNEL_EMAIL','state':'CONSENT_STATE_GIVEN','text_version':'v1'" \
        "}"
#define ERASE "{'member_id':'%s','password':'%s'}"

static struct persona sign_up(struct stall *stall)
{
        const SessionGrant *grant = stall_ok(stall, shop_nobody(), "membership.SignUp", SIGN_UP);
        struct persona carol = {.id = grant->member->id, .token = grant->token};

        stall_ok(stall, carol, "membership.CreateAddress", ADDRESS);
        return carol;
}

static const Erasure *erasure_of(struct stall *stall, const char *member_id)
{
        return erasure_get_by_member_id(shop_read(stall->shop), member_id);
}

static const struct refusal wrong_password = {
        "privacy.EraseMember", PERMISSION_DENIED, "BAD_CREDENTIALS"};

/* proves: S132 good */
static void a_member_is_forgotten(void **state)
{
        struct stall stall = stall_open();
        struct persona carol = sign_up(&stall), lead = stall_staff(&stall, ROLE_SERVICE_LEAD);
        const char *order_id = stall_sell(&stall, carol, stall_mugs(1));

        stall_deliver(&stall, order_id);
        const Erasure *erasure =
                stall_ok(&stall, carol, "privacy.EraseMember", ERASE, carol.id, "correct horse");
        assert_int_equal(erasure->state, ERASURE_STATE_DELETING);
        assert_string_equal(erasure->author_id, carol.id);
        stall_refused(&stall, carol,
                (struct refusal){"membership.GetMember", UNAUTHENTICATED, "TOKEN_UNKNOWN"},
                "{'id':'%s'}", carol.id);
        shop_settle(stall.shop);
        erasure = erasure_of(&stall, carol.id);
        assert_int_equal(erasure->state, ERASURE_STATE_FINAL);
        assert_true(erasure->row_count >= 3); /* the address, the cart, a notice */
        const Member *member = member_get(shop_read(stall.shop), carol.id);
        assert_string_equal(member->email, "");
        assert_string_equal(member->display_name, "");
        assert_null(address_next(address_of(shop_read(stall.shop), carol.id)));
        assert_null(credential_next(credential_by_member_id(shop_read(stall.shop), carol.id)));
        /* The books are as they were. */
        assert_int_equal(stall_order(&stall, order_id)->state, ORDER_STATE_CONFIRMED);
        /* The address is free for somebody else, who is not found as Carol. */
        stall_ok(&stall, shop_nobody(), "membership.SignUp", SIGN_UP);
        stall_refused(&stall, lead,
                (struct refusal){"privacy.EraseMember", FAILED_PRECONDITION, "MEMBER_ERASED"},
                "{'member_id':'%s','reason':'asked again'}", carol.id);
        stall_close(&stall);
}

/* proves: S132 refusal */
static void who_may_must_show_it(void **state)
{
        struct stall stall = stall_open();
        struct persona carol = sign_up(&stall), lead = stall_staff(&stall, ROLE_SERVICE_LEAD);
        struct error *error =
                stall_refused(&stall, carol, wrong_password, ERASE, carol.id, "wrong horse");

        assert_string_equal(error->violations->field, "password");
        error = stall_refused(&stall, carol,
                (struct refusal){"privacy.EraseMember", INVALID_ARGUMENT, "REQUIRED"}, ERASE,
                carol.id, "");
        assert_string_equal(error->violations->field, "password");
        error = stall_refused(&stall, lead,
                (struct refusal){"privacy.EraseMember", INVALID_ARGUMENT, "REQUIRED"},
                "{'member_id':'%s'}", carol.id);
        assert_string_equal(error->violations->field, "reason");
        /* proves: S132 foreign */
        struct persona dave = shop_member(stall.shop, "dave");
        stall_refused(&stall, dave,
                (struct refusal){"privacy.EraseMember", NOT_FOUND, "MEMBER_NOT_FOUND"}, ERASE,
                carol.id, "correct horse");
        stall_refused(&stall, dave,
                (struct refusal){"privacy.ExportMember", NOT_FOUND, "MEMBER_NOT_FOUND"},
                "{'member_id':'%s'}", carol.id);
        stall_ok(&stall, lead, "privacy.EraseMember", "{'member_id':'%s','reason':'asked by mail'}",
                carol.id);
        shop_settle(stall.shop);
        assert_string_equal(erasure_of(&stall, carol.id)->reason, "asked by mail");
        stall_close(&stall);
}

static void business_comes_first(void **state)
{
        struct stall stall = stall_open();
        struct persona carol = sign_up(&stall);
        const struct refusal open = {"privacy.EraseMember", FAILED_PRECONDITION, "ORDER_OPEN"};
        const struct refusal owed = {"privacy.EraseMember", FAILED_PRECONDITION, "MONEY_OWED"};
        const char *order_id = stall_place(&stall, carol, stall_mugs(1));
        struct error *error = stall_refused(&stall, carol, owed, ERASE, carol.id, "correct horse");

        assert_string_equal(stall_fact(error, "order_id"), order_id);
        stall_ok(&stall, carol, "checkout.CancelOrder", "{'id':'%s'}", order_id);
        order_id = stall_sell(&stall, carol, stall_mugs(1));
        error = stall_refused(&stall, carol, open, ERASE, carol.id, "correct horse");
        assert_string_equal(stall_fact(error, "order_id"), order_id);
        stall_deliver(&stall, order_id);
        stall_ok(&stall, carol, "privacy.EraseMember", ERASE, carol.id, "correct horse");
        stall_close(&stall);
}

static void guests_are_forgotten_by_their_token(void **state)
{
        struct stall stall = stall_open();
        const SessionGrant *grant = stall_ok(&stall, shop_nobody(), "membership.CreateGuest", "{}");
        struct persona guest = {.id = grant->member->id, .token = grant->token};

        stall_ok(&stall, guest, "privacy.EraseMember", "{'member_id':'%s'}", guest.id);
        shop_settle(stall.shop);
        assert_int_equal(erasure_of(&stall, guest.id)->state, ERASURE_STATE_FINAL);
        stall_close(&stall);
}

/* ---- what goes, what stays ---- */

/* With the rows that hang on it; the birthday is found by nobody any more. */
static struct persona guest_of(struct stall *stall)
{
        const SessionGrant *grant = stall_ok(
                stall, shop_nobody(), "membership.CreateGuest", "{'device_name':'Carol phone'}");

        return (struct persona){.id = grant->member->id, .token = grant->token};
}

static void pass_days(struct stall *stall, int days)
{
        shop_pass_real_time(stall->shop, days * DAY_US);
        shop_advance(stall->shop, days * DAY_US);
}

/* From when they last filled their cart, at the end of a day; their sessions are over by then. */
static void a_guest_who_stays_away_is_forgotten(void **state)
{
        struct stall stall = stall_open();
        struct persona guest = guest_of(&stall);

        pass_days(&stall, 90);
        assert_null(erasure_of(&stall, guest.id));
        pass_days(&stall, 1);
        const Erasure *erasure = erasure_of(&stall, guest.id);

        assert_int_equal(erasure->state, ERASURE_STATE_FINAL);
        assert_string_equal(erasure->author_id, "system");
        assert_string_equal(erasure->reason, "idle");
        assert_null(
                member_session_next(member_session_by_member_id(shop_read(stall.shop), guest.id)));
        stall_close(&stall);
}

static void a_guest_who_comes_back_is_kept(void **state)
{
        struct stall stall = stall_open();
        struct persona guest = guest_of(&stall), member = guest_of(&stall);
        const char *cart_id = stall_open_cart(&stall, guest);

        shop_terms(stall.shop)->guest_days = 10;
        stall_ok(&stall, shop_nobody(), "membership.SignUp",
                "{'email':'m@example.com','password':'correct horse','guest_token':'%s'}",
                member.token);
        shop_advance(stall.shop, 80 * DAY_US);
        stall_add(&stall, guest, cart_id, WARE_MUG, 1);
        /* The cart is 10 days old, but the session goes on: only shop time passed. */
        shop_advance(stall.shop, 30 * DAY_US);
        assert_null(erasure_of(&stall, guest.id));
        assert_true(cart_has(shop_read(stall.shop), cart_id));
        shop_pass_real_time(stall.shop, 8 * DAY_US);
        shop_advance(stall.shop, 8 * DAY_US);
        assert_non_null(erasure_of(&stall, guest.id));
        assert_false(cart_has(shop_read(stall.shop), cart_id));
        shop_advance(stall.shop, 400 * DAY_US);
        assert_null(erasure_of(&stall, member.id));
        stall_close(&stall);
}

/* Orders keep the books, and who waits for one is not forgotten. */
static void a_guest_with_an_order_waits(void **state)
{
        struct stall stall = stall_open();
        struct persona guest = guest_of(&stall);
        const char *order_id = stall_sell(&stall, guest, stall_mugs(1));

        pass_days(&stall, 120);
        assert_null(erasure_of(&stall, guest.id));
        stall_deliver(&stall, order_id);
        pass_days(&stall, 90);
        assert_null(erasure_of(&stall, guest.id));
        pass_days(&stall, 8);
        assert_int_equal(erasure_of(&stall, guest.id)->state, ERASURE_STATE_FINAL);
        assert_true(order_has(shop_read(stall.shop), order_id));
        stall_close(&stall);
}

static void what_is_no_book_goes(void **state)
{
        struct stall stall = stall_open();
        struct persona carol = sign_up(&stall);
        const char *order_id = stall_sell(&stall, carol, stall_mugs(1));
        const char *cart_id = stall_open_cart(&stall, carol);

        stall_deliver(&stall, order_id);
        stall_add(&stall, carol, cart_id, WARE_BOWL, 1);
        stall_ok(&stall, carol, "profile.SetBirthday",
                "{'member_id':'%s','birthday':{'month':5,'day':4}}", carol.id);
        stall_ok(&stall, carol, "profile.SetConsent", CONSENT, carol.id);
        shop_settle(stall.shop);
        struct txn *txn = shop_read(stall.shop);
        assert_non_null(notification_next(notification_of(txn, carol.id)));
        assert_true(profile_get(txn, carol.id)->birthday_hash.len > 0);
        stall_ok(&stall, carol, "privacy.EraseMember", ERASE, carol.id, "correct horse");
        shop_settle(stall.shop);
        txn = shop_read(stall.shop);
        assert_false(cart_has(txn, cart_id));
        assert_null(cart_line_next(cart_line_of(txn, cart_id)));
        assert_false(profile_has(txn, carol.id));
        assert_null(notification_next(notification_of(txn, carol.id)));
        assert_null(sandbox_message_next(sandbox_message_of(txn, carol.id)));
        /* Books and proofs. */
        assert_true(order_has(txn, order_id));
        assert_non_null(consent_change_next(consent_change_of(txn, carol.id)));
        stall_close(&stall);
}

static void nothing_new_is_kept_of_who_was_erased(void **state)
{
        struct stall stall = stall_open();
        struct persona carol = sign_up(&stall), lead = stall_staff(&stall, ROLE_SERVICE_LEAD);

        stall_deliver(&stall, stall_sell(&stall, carol, stall_mugs(1)));
        stall_ok(&stall, carol, "privacy.EraseMember", ERASE, carol.id, "correct horse");
        shop_settle(stall.shop);
        stall_refused(&stall, lead,
                (struct refusal){"care.TagMember", FAILED_PRECONDITION, "MEMBER_TAG_OWNER_ERASED"},
                "{'member_id':'%s','tag':'kind'}", carol.id);
        /* Months of timers and followers make nothing either: stall_close would find it. */
        for (int month = 0; month < 4; month++)
                shop_advance(stall.shop, INT64_C(31) * 86400 * 1000000);
        stall_close(&stall);
}

/* The session's refresh token is worth nothing from the same moment on. */
static void nobody_comes_back(void **state)
{
        struct stall stall = stall_open();
        const SessionGrant *grant = stall_ok(&stall, shop_nobody(), "membership.CreateGuest", "{}");
        struct persona guest = {.id = grant->member->id, .token = grant->token};

        stall_ok(&stall, guest, "privacy.EraseMember", "{'member_id':'%s'}", guest.id);
        stall_refused(&stall, shop_nobody(),
                (struct refusal){
                        "membership.RenewSession", UNAUTHENTICATED, "REFRESH_TOKEN_UNKNOWN"},
                "{'refresh_token':'%s'}", grant->refresh_token);
        stall_close(&stall);
}

static void gifts_come_first(void **state)
{
        struct stall stall = stall_open();
        struct persona carol = sign_up(&stall);
        struct txn *txn = shop_write_begin(stall.shop);
        RewardRedemption gift = REWARD_REDEMPTION_INIT;

        gift.id = "gift";
        gift.member_id = carol.id;
        gift.state = REDEMPTION_STATE_WAITING;
        reward_redemption_insert(txn, &gift);
        shop_write_end(stall.shop, txn);
        stall_refused(&stall, carol,
                (struct refusal){"privacy.EraseMember", FAILED_PRECONDITION, "GIFT_OPEN"}, ERASE,
                carol.id, "correct horse");
        shop_abandon(stall.shop);
}

/* ---- rotation ---- */

static uint64_t wrap_of(struct stall *stall, const char *owner)
{
        return owner_key_get(shop_read(stall->shop), owner)->wrap;
}

static void the_master_key_is_rotated(void **state)
{
        struct stall stall = stall_open();
        struct persona carol = sign_up(&stall), admin = shop_as(stall.shop, ROLE_ADMINISTRATOR);
        uint64_t before = wrap_of(&stall, carol.id);
        const KeyRotation *rotation = stall_ok(&stall, admin, "privacy.RotateMasterKey", "{}");
        const char *id = rotation->id;

        assert_int_equal(rotation->state, ROTATION_STATE_MAKING);
        struct error *error = stall_refused(&stall, admin,
                (struct refusal){
                        "privacy.RotateMasterKey", FAILED_PRECONDITION, "ROTATION_RUNNING"},
                "{}");
        assert_string_equal(stall_fact(error, "rotation_id"), id);
        /* Who is erased meanwhile waits for the next. */
        struct persona dave = shop_member(stall.shop, "dave");
        stall_ok(&stall, stall_staff(&stall, ROLE_SERVICE_LEAD), "privacy.EraseMember",
                "{'member_id':'%s','reason':'asked'}", dave.id);
        shop_restart(stall.shop);
        shop_settle(stall.shop);
        rotation = stall_ok(&stall, admin, "privacy.GetKeyRotation", "{'id':'%s'}", id);
        assert_int_equal(rotation->state, ROTATION_STATE_DONE);
        assert_int_equal(rotation->master, 2);
        assert_true(rotation->wrap > before && rotation->key_count >= 1);
        assert_true(wrap_of(&stall, carol.id) > rotation->wrap); /* and wrapped for the erasure */
        assert_int_equal(erasure_of(&stall, dave.id)->state, ERASURE_STATE_FINAL);
        assert_int_equal(wrap_of(&stall, dave.id), 0);
        const Member *member =
                stall_ok(&stall, carol, "membership.GetMember", "{'id':'%s'}", carol.id);
        assert_string_equal(member->display_name, "Carol Danvers");
        stall_ok(&stall, admin, "privacy.RotateMasterKey", "{}");
        shop_settle(stall.shop);
        stall_close(&stall);
}

/* ---- answers that are kept ---- */

static void kept_answers_are_sealed(void **state)
{
        struct stall stall = stall_open();
        struct persona carol = sign_up(&stall);
        char *id = shop_request_id(stall.shop);
        UpdateMemberRequest request = UPDATE_MEMBER_REQUEST_INIT;
        Member change = MEMBER_INIT;

        change.id = carol.id;
        change.display_name = "Carol Danvers II";
        request.member = &change;
        struct outcome first =
                shop_call_id(stall.shop, carol, "membership.UpdateMember", &request, id);
        struct outcome again =
                shop_call_id(stall.shop, carol, "membership.UpdateMember", &request, id);

        assert_null(first.error);
        assert_null(again.error);
        assert_string_equal(((const Member *)again.response)->display_name, "Carol Danvers II");
        struct scan *replays = replay_all(shop_read(stall.shop));
        const Replay *replay;
        while ((replay = replay_next(replays)) != NULL) {
                assert_null(memmem(replay->answer.data, replay->answer.len, "vers II", 7));
                assert_null(memmem(replay->answer.data, replay->answer.len, "carol@", 6));
                assert_null(memmem(replay->answer.data, replay->answer.len, "Danvers", 7));
        }
        stall_close(&stall);
}

/* ---- faults ---- */

static void expect_fault(struct stall *stall, const char *kind)
{
        const char *found;

        assert_int_equal(shop_verify(stall->shop, &found), 1);
        assert_string_equal(found, kind);
        shop_abandon(stall->shop);
}

static struct stall stall_erased(struct persona *carol)
{
        struct stall stall = stall_open();

        *carol = sign_up(&stall);
        stall_ok(&stall, *carol, "privacy.EraseMember", ERASE, carol->id, "correct horse");
        shop_settle(stall.shop);
        return stall;
}

static void a_key_after_erasure_is_found(void **state)
{
        struct persona carol;
        struct stall stall = stall_erased(&carol);
        struct txn *txn = shop_write_begin(stall.shop);

        owner_key_delete(txn, carol.id);
        shop_write_end(stall.shop, txn);
        expect_fault(&stall, "ERASED_KEY");
}

static void a_credential_after_erasure_is_found(void **state)
{
        struct persona carol;
        struct stall stall = stall_erased(&carol);
        struct txn *txn = shop_write_begin(stall.shop);
        Credential credential = CREDENTIAL_INIT;

        credential.email_hash = (ProtobufCBinaryData){.len = 4, .data = (uint8_t *)"hash"};
        credential.member_id = carol.id;
        credential_insert(txn, &credential);
        shop_write_end(stall.shop, txn);
        expect_fault(&stall, "ERASED_CREDENTIAL");
}

static void a_session_after_erasure_is_found(void **state)
{
        struct persona carol;
        struct stall stall = stall_erased(&carol);

        shop_mint(stall.shop, carol.id, 1u << ROLE_MEMBER);
        expect_fault(&stall, "ERASED_SESSION");
}

/* One that the erasure passed over: the session's. */
static void a_row_after_erasure_is_found(void **state)
{
        struct stall stall = stall_open();
        const SessionGrant *grant = stall_ok(&stall, shop_nobody(), "membership.CreateGuest", "{}");
        struct txn *txn = shop_write_begin(stall.shop);
        Erasure erasure = ERASURE_INIT;

        session_close_for(txn, grant->member->id);
        txn_owner_erase(txn, grant->member->id);
        erasure.id = "e1";
        erasure.member_id = grant->member->id;
        erasure.state = ERASURE_STATE_FINAL;
        erasure_insert(txn, &erasure);
        shop_write_end(stall.shop, txn);
        expect_fault(&stall, "ERASED_ROW");
}

static void two_rotations_at_once_are_found(void **state)
{
        struct stall stall = stall_open();
        struct txn *txn = shop_write_begin(stall.shop);
        KeyRotation rotation = KEY_ROTATION_INIT;

        rotation.state = ROTATION_STATE_MAKING;
        rotation.id = "r1";
        key_rotation_insert(txn, &rotation);
        rotation.id = "r2";
        key_rotation_insert(txn, &rotation);
        shop_write_end(stall.shop, txn);
        expect_fault(&stall, "ROTATIONS_AT_ONCE");
}

static void a_key_that_was_passed_over_is_found(void **state)
{
        struct stall stall = stall_open();

        sign_up(&stall);
        struct txn *txn = shop_write_begin(stall.shop);
        KeyRotation rotation = KEY_ROTATION_INIT;

        rotation.state = ROTATION_STATE_DONE;
        rotation.wrap = 9;
        rotation.id = "r1";
        key_rotation_insert(txn, &rotation);
        shop_write_end(stall.shop, txn);
        const char *found;

        assert_true(shop_verify(stall.shop, &found) >= 1);
        assert_string_equal(found, "KEY_NOT_WRAPPED_ANEW");
        shop_abandon(stall.shop);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_member_is_forgotten),
                cmocka_unit_test(who_may_must_show_it),
                cmocka_unit_test(business_comes_first),
                cmocka_unit_test(guests_are_forgotten_by_their_token),
                cmocka_unit_test(what_is_no_book_goes),
                cmocka_unit_test(a_guest_who_stays_away_is_forgotten),
                cmocka_unit_test(a_guest_who_comes_back_is_kept),
                cmocka_unit_test(a_guest_with_an_order_waits),
                cmocka_unit_test(nothing_new_is_kept_of_who_was_erased),
                cmocka_unit_test(nobody_comes_back),
                cmocka_unit_test(gifts_come_first),
                cmocka_unit_test(the_master_key_is_rotated),
                cmocka_unit_test(kept_answers_are_sealed),
                cmocka_unit_test(a_key_after_erasure_is_found),
                cmocka_unit_test(a_credential_after_erasure_is_found),
                cmocka_unit_test(a_session_after_erasure_is_found),
                cmocka_unit_test(a_row_after_erasure_is_found),
                cmocka_unit_test(two_rotations_at_once_are_found),
                cmocka_unit_test(a_key_that_was_passed_over_is_found),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
