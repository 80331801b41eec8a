/*
 * S96: consents with their history, preferences, what was bought and the forms of addresses. The
 * shop's clock starts at 2010-12-01T08:00:00Z.
 */
#include <string.h>
#include "membership.rows.h"
#include "notification.rows.h"
#include "profile.rows.h"
#include "tests/domain/stall.h"

static struct stall open_shop(void)
{
        struct stall stall = {.shop = shop_open()};

        stall.alice = shop_member(stall.shop, "alice");
        return stall;
}

static struct persona agent(struct stall *stall)
{
        return shop_as(stall->shop, ROLE_SERVICE_AGENT);
}

/* ---- consents ---- */

#define CONSENT                                                                                    \
        "{'member_id':'alice','purpose':'NOTIFICATION_PURPOSE_MARKETING','channel':"               \
        "'NOTIFICATION_CHANNEL_EMAIL','state':'CONSENT_STATE_%s','text_version':'%s'}"

static void consents_have_a_history(void **state)
{
        struct stall stall = open_shop();

        /* proves: S96 good */
        stall_ok(&stall, stall.alice, "profile.SetConsent", CONSENT, "GIVEN", "2010-1");
        shop_advance(stall.shop, DAY_US);
        stall_ok(&stall, stall.alice, "profile.SetConsent", CONSENT, "GIVEN", "2010-1");
        stall_ok(&stall, stall.alice, "profile.SetConsent", CONSENT, "GIVEN", "2010-2");
        shop_advance(stall.shop, DAY_US);
        stall_ok(&stall, agent(&stall), "profile.SetConsent",
                "{'member_id':'alice','purpose':'NOTIFICATION_PURPOSE_MARKETING','channel':"
                "'NOTIFICATION_CHANNEL_EMAIL','state':'CONSENT_STATE_WITHDRAWN',"
                "'source':'CONSENT_SOURCE_PHONE'}");
        /* proves: S96 restart */
        shop_restart(stall.shop);
        const ListConsentsResponse *now =
                stall_ok(&stall, stall.alice, "profile.ListConsents", "{}");
        const ListConsentChangesResponse *past =
                stall_ok(&stall, stall.alice, "profile.ListConsentChanges", "{}");

        assert_int_equal(now->n_consents, 1);
        assert_int_equal(now->consents[0]->state, CONSENT_STATE_WITHDRAWN);
        assert_int_equal(past->n_consent_changes, 3);
        assert_string_equal(past->consent_changes[0]->text_version, "2010-1");
        assert_string_equal(past->consent_changes[1]->text_version, "2010-2");
        assert_int_equal(past->consent_changes[1]->source, CONSENT_SOURCE_MEMBER);
        assert_string_equal(past->consent_changes[1]->actor, "alice");
        assert_int_equal(past->consent_changes[2]->source, CONSENT_SOURCE_PHONE);
        assert_string_equal(past->consent_changes[2]->actor, agent(&stall).id);
        assert_int_equal(time_us(past->consent_changes[2]->create_time), shop_now_us(stall.shop));
        shop_close(stall.shop);
}

static void consents_are_judged_by_field(void **state)
{
        static const struct {
                bool by_agent;
                const char *rest, *reason, *field;
        } rows[] = {
                {false, "'purpose':'NOTIFICATION_PURPOSE_TRANSACTION','text_version':'1'",
                        "CONSENT_NOT_NEEDED", "purpose"},
                {false, "'purpose':'NOTIFICATION_PURPOSE_SECURITY','text_version':'1'",
                        "CONSENT_NOT_NEEDED", "purpose"},
                {false, "'purpose':'NOTIFICATION_PURPOSE_CARE'", "REQUIRED", "text_version"},
                {false,
                        "'purpose':'NOTIFICATION_PURPOSE_CARE','text_version':'1',"
                        "'source':'CONSENT_SOURCE_LETTER'",
                        "NOT_YOURS_TO_SAY", "source"},
                {true, "'purpose':'NOTIFICATION_PURPOSE_CARE','text_version':'1'", "REQUIRED",
                        "source"},
                {true,
                        "'purpose':'NOTIFICATION_PURPOSE_CARE','text_version':'1',"
                        "'source':'CONSENT_SOURCE_MEMBER'",
                        "REQUIRED", "source"},
        };
        struct stall stall = open_shop();

        /* proves: S96 refusal */
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct error *error = stall_refused(&stall,
                        rows[i].by_agent ? agent(&stall) : stall.alice,
                        (struct refusal){"profile.SetConsent", INVALID_ARGUMENT, rows[i].reason},
                        "{'member_id':'alice','channel':'NOTIFICATION_CHANNEL_SMS',"
                        "'state':'CONSENT_STATE_GIVEN',%s}",
                        rows[i].rest);

                assert_string_equal(error->violations->field, rows[i].field);
        }
        shop_close(stall.shop);
}

static void others_have_no_say(void **state)
{
        static const char *const methods[] = {"profile.GetProfile", "profile.GetPurchaseSummary",
                "profile.ListConsents", "profile.ListConsentChanges", "profile.ListBirthdayCares"};
        struct stall stall = open_shop();
        struct persona bob = shop_member(stall.shop, "bob");
        struct refusal refusal = {"profile.SetConsent", NOT_FOUND, "MEMBER_NOT_FOUND"};

        /* proves: S96 foreign */
        stall_refused(&stall, bob, refusal, CONSENT, "GIVEN", "1");
        for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
                refusal.method = methods[i];
                stall_refused(&stall, bob, refusal, "{'member_id':'alice'}");
        }
        refusal.method = "profile.UpdateProfile";
        stall_refused(&stall, bob, refusal, "{'profile':{'member_id':'alice'}}");
        shop_close(stall.shop);
}

/* What delivery does with them. */
static void marketing_needs_consent_and_the_inbox_none(void **state)
{
        static const struct {
                const char *said; /* NULL: nothing */
                const char *channel;
                NotificationState state;
        } rows[] = {
                {NULL, "EMAIL", NOTIFICATION_STATE_SUPPRESSED},
                {NULL, "IN_APP", NOTIFICATION_STATE_DELIVERED},
                {"GIVEN", "EMAIL", NOTIFICATION_STATE_DELIVERED},
                {"GIVEN", "IN_APP", NOTIFICATION_STATE_DELIVERED},
                {"WITHDRAWN", "EMAIL", NOTIFICATION_STATE_SUPPRESSED},
                {"WITHDRAWN", "IN_APP", NOTIFICATION_STATE_SUPPRESSED},
        };

        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
                struct stall stall = open_shop();
                struct persona operations = shop_as(stall.shop, ROLE_OPERATIONS);
                Member *member = member_get(shop_read(stall.shop), "alice");

                member->email = "alice@example.com";
                member->email_verified = true;
                struct txn *txn = shop_write_begin(stall.shop);

                member_update(txn, member);
                shop_write_end(stall.shop, txn);
                stall_ok(&stall, operations, "notification.CreateNotificationTemplate",
                        "{'notification_template':{'template_key':'offer','language':'en',"
                        "'purpose':'NOTIFICATION_PURPOSE_MARKETING','subject':'x','body':'x'}}");
                if (rows[i].said != NULL)
                        stall_ok(&stall, stall.alice, "profile.SetConsent",
                                "{'member_id':'alice','purpose':'NOTIFICATION_PURPOSE_MARKETING',"
                                "'channel':'NOTIFICATION_CHANNEL_%s','state':'CONSENT_STATE_%s',"
                                "'text_version':'1'}",
                                rows[i].channel, rows[i].said);
                const SendNotificationResponse *sent =
                        stall_ok(&stall, operations, "notification.SendNotification",
                                "{'member_id':'alice','template_key':'offer','dedupe_key':'k',"
                                "'channels':['NOTIFICATION_CHANNEL_%s']}",
                                rows[i].channel);

                shop_settle(stall.shop);
                assert_int_equal(
                        notification_get(shop_read(stall.shop), sent->notifications[0]->id)->state,
                        rows[i].state);
                shop_close(stall.shop);
        }
}

/* ---- preferences ---- */

static void preferences_are_changed_by_mask(void **state)
{
        struct stall stall = open_shop();
        const Profile *profile =
                stall_ok(&stall, stall.alice, "profile.GetProfile", "{'member_id':'alice'}");

        assert_string_equal(profile->member_id, "alice");
        stall_ok(&stall, stall.alice, "profile.UpdateProfile",
                "{'profile':{'member_id':'alice','currency_code':'GBP','interests':['tea','cups'],"
                "'preferred_channel':'NOTIFICATION_CHANNEL_SMS'}}");
        profile = stall_ok(&stall, stall.alice, "profile.UpdateProfile",
                "{'profile':{'member_id':'alice'},'update_mask':'currency_code'}");
        assert_string_equal(profile->currency_code, "");
        assert_int_equal(profile->n_interests, 2);
        assert_int_equal(profile->preferred_channel, NOTIFICATION_CHANNEL_SMS);
        struct error *error = stall_refused(&stall, stall.alice,
                (struct refusal){"profile.UpdateProfile", INVALID_ARGUMENT, "BAD_FORMAT"},
                "{'profile':{'member_id':'alice','currency_code':'gbp'}}");

        assert_non_null(strstr(error->violations->field, "profile.currency_code"));
        error = stall_refused(&stall, stall.alice,
                (struct refusal){"profile.UpdateProfile", INVALID_ARGUMENT, "OUTPUT_ONLY"},
                "{'profile':{'member_id':'alice','birthday':{'month':1,'day':1}}}");
        assert_string_equal(error->violations->field, "profile.birthday");
        error = stall_refused(&stall, stall.alice,
                (struct refusal){"profile.UpdateProfile", INVALID_ARGUMENT, "REQUIRED"},
                "{'profile':{'currency_code':'GBP'}}");
        assert_string_equal(error->violations->field, "profile.member_id");
        shop_close(stall.shop);
}

/* ---- purchases ---- */

static const PurchaseSummary *summary(struct stall *stall)
{
        return stall_ok(stall, stall->alice, "profile.GetPurchaseSummary", "{'member_id':'alice'}");
}

static void purchases_are_added_up(void **state)
{
        struct stall stall = stall_open();
        const PurchaseSummary *was = summary(&stall);

        assert_int_equal(was->order_count, 0);
        assert_null(was->last_order_time);
        stall_place(&stall, stall.alice, (struct basket){{1, 0, 0}}); /* never paid */
        const char *order_id = stall_sell(&stall, stall.alice, (struct basket){{3, 0, 0}});

        stall_deliver(&stall, order_id);
        const ReturnCase *row = stall_ok(&stall, stall.alice, "aftersales.ApplyReturn",
                "{'order_id':'%s','reason':'x','lines':[{'order_line_number':1,'quantity':1}]}",
                order_id);
        const char *case_id = row->id;

        assert_int_equal(summary(&stall)->returned_unit_count, 0);
        stall_ok(&stall, shop_as(stall.shop, ROLE_SERVICE_AGENT), "aftersales.ReviewReturn",
                "{'id':'%s','decision':'REVIEW_DECISION_APPROVE'}", case_id);
        stall_bring_back(&stall, case_id);
        stall_refund(&stall, case_id);
        shop_settle(stall.shop);
        const PurchaseSummary *is = summary(&stall);

        assert_int_equal(is->order_count, 1);
        assert_int_equal(is->unit_count, 3);
        assert_int_equal(is->returned_unit_count, 1);
        assert_int_equal(is->n_totals, 1);
        assert_string_equal(is->totals[0]->currency_code, "GBP");
        assert_int_equal(is->totals[0]->captured_minor, 400);
        assert_int_equal(is->totals[0]->refunded_minor, 134);
        assert_false(is->partial);
        assert_int_equal(
                time_us(is->last_order_time), time_us(stall_order(&stall, order_id)->place_time));
        stall_close(&stall);
}

/* ---- addresses ---- */

static const struct {
        const char *address;
        const char *reason, *field; /* NULL: good */
} addresses[] = {
        {"'country_code':'CN','recipient':'王芳','phone':'+8613800138000','region':'浙江省'"
         ","
         "'city':'杭州市','district':'西湖区','street':'北山街道','lines':['曙光路1号'],"
         "'postal_code':'310007'",
                NULL, NULL},
        {"'country_code':'CN','recipient':'王芳','phone':'+8613800138000','region':'浙江省'"
         ","
         "'city':'杭州市','district':'西湖区','street':'北山街道','lines':['曙光路1号']",
                NULL, NULL},
        {"'country_code':'CN','recipient':'王芳','phone':'+8613800138000','region':'浙江省'"
         ","
         "'city':'杭州市','district':'西湖区','lines':['曙光路1号']",
                "REQUIRED", "street"},
        {"'country_code':'CN','recipient':'王芳','phone':'+8613800138000','region':'浙江省'"
         ","
         "'city':'杭州市','street':'北山街道','lines':['曙光路1号']",
                "REQUIRED", "district"},
        {"'country_code':'CN','recipient':'王芳','phone':'+8613800138000',"
         "'city':'杭州市','street':'北山街道','lines':['曙光路1号']",
                "REQUIRED", "region"},
        {"'country_code':'CN','recipient':'王芳','region':'浙江省'", "REQUIRED", "phone"},
        {"'country_code':'CN','recipient':'王芳','phone':'+8613800138000','region':'浙江省'"
         ","
         "'city':'杭州市','district':'西湖区','street':'北山街道','lines':['曙光路1号'],"
         "'postal_code':'31007'",
                "BAD_POSTAL_CODE", "postal_code"},
        {"'country_code':'GB','city':'Leeds','lines':['1 High Street'],"
         "'postal_code':'LS1 1AA'",
                NULL, NULL},
        {"'country_code':'GB','city':'London','lines':['1 Strand'],"
         "'postal_code':'WC2N 5HX'",
                NULL, NULL},
        {"'country_code':'GB','city':'Leeds','lines':['1 High Street'],"
         "'postal_code':'ls1 1aa'",
                "BAD_POSTAL_CODE", "postal_code"},
        {"'country_code':'GB','city':'Leeds','lines':['1 High Street']", "REQUIRED", "postal_code"},
        {"'country_code':'GB','lines':['1 High Street'],'postal_code':'LS1 1AA'", "REQUIRED",
                "city"},
        {"'country_code':'US','city':'Austin','region':'TX','lines':['1 Elm St'],"
         "'postal_code':'78701-1234'",
                NULL, NULL},
        {"'country_code':'US','city':'Austin','region':'TX','lines':['1 Elm St'],"
         "'postal_code':'7870'",
                "BAD_POSTAL_CODE", "postal_code"},
        {"'country_code':'US','city':'Austin','lines':['1 Elm St'],'postal_code':'78701'",
                "REQUIRED", "region"},
        {"'country_code':'CA','city':'Ottawa','region':'ON','lines':['1 Elm St'],"
         "'postal_code':'K1A 0B1'",
                NULL, NULL},
        {"'country_code':'NL','city':'Delft','lines':['Markt 1'],'postal_code':'2611 GP'", NULL,
                NULL},
        {"'country_code':'HK','district':'Wan Chai','lines':['1 Queen Road']", NULL, NULL},
        {"'country_code':'HK','district':'Wan Chai','lines':['1 Queen Road'],"
         "'postal_code':'999077'",
                "NOT_WRITTEN_THERE", "postal_code"},
        {"'country_code':'SG','lines':['1 Raffles Place'],'postal_code':'048616'", NULL, NULL},
        {"'country_code':'IS','city':'Reykjavik','lines':['Laugavegur 1']", NULL, NULL},
        {"'country_code':'IS','city':'Reykjavik'", "REQUIRED", "lines"},
};

static void addresses_have_the_form_of_their_country(void **state)
{
        struct stall stall = open_shop();

        for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
                if (addresses[i].reason == NULL) {
                        stall_ok(&stall, stall.alice, "membership.CreateAddress",
                                "{'address':{'address':{%s}}}", addresses[i].address);
                        continue;
                }
                struct error *error = stall_refused(&stall, stall.alice,
                        (struct refusal){
                                "membership.CreateAddress", INVALID_ARGUMENT, addresses[i].reason},
                        "{'address':{'address':{%s}}}", addresses[i].address);

                assert_string_equal(error->violations->field,
                        arena_printf(
                                shop_arena(stall.shop), "address.address.%s", addresses[i].field));
        }
        shop_close(stall.shop);
}

static void a_changed_address_is_judged_again(void **state)
{
        struct stall stall = open_shop();
        const Address *address = stall_ok(&stall, stall.alice, "membership.CreateAddress",
                "{'address':{'title':'home','address':{'country_code':'IS','city':'Akureyri',"
                "'lines':['1']}}}");
        const char *id = address->id;

        assert_string_equal(address->member_id, "alice");
        stall_refused(&stall, stall.alice,
                (struct refusal){"membership.UpdateAddress", INVALID_ARGUMENT, "REQUIRED"},
                "{'address':{'id':'%s','address':{'country_code':'GB','city':'Leeds',"
                "'lines':['1']}}}",
                id);
        stall_refused(&stall, shop_member(stall.shop, "bob"),
                (struct refusal){"membership.UpdateAddress", NOT_FOUND, "ADDRESS_NOT_FOUND"},
                "{'address':{'id':'%s','title':'mine'}}", id);
        address = stall_ok(&stall, stall.alice, "membership.UpdateAddress",
                "{'address':{'id':'%s','title':'office'}}", id);
        assert_string_equal(address->title, "office");
        assert_string_equal(address->address->city, "Akureyri");
        shop_close(stall.shop);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(consents_have_a_history),
                cmocka_unit_test(consents_are_judged_by_field),
                cmocka_unit_test(others_have_no_say),
                cmocka_unit_test(marketing_needs_consent_and_the_inbox_none),
                cmocka_unit_test(preferences_are_changed_by_mask),
                cmocka_unit_test(purchases_are_added_up),
                cmocka_unit_test(addresses_have_the_form_of_their_country),
                cmocka_unit_test(a_changed_address_is_judged_again),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
