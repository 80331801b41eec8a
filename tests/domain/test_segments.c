/*
 * Segments (S103): rules are judged when they are saved; who is in one follows every event and
 * every day, and an evaluation from the beginning finds the same, which the test also finds by
 * itself from what it did.
 */
#include <stdio.h>
#include <string.h>
#include "insight.rows.h"
#include "lib/base/calendar.h"
#include "lib/base/random.h"
#include "server/insight/insight.h"
#include "tests/domain/club.h"

static const struct basket a_mug = {.quantity = {[WARE_MUG] = 1}};   /* 1.33 */
static const struct basket a_bowl = {.quantity = {[WARE_BOWL] = 1}}; /* 24.00 */

static struct persona analyst(const struct stall *stall)
{
        return stall_staff(stall, ROLE_ANALYST);
}

/* Of one clause. */
static const char *create(struct stall *stall, const char *slug, const char *conditions)
{
        const Segment *segment = stall_ok(stall, analyst(stall), "insight.CreateSegment",
                "{'segment':{'slug':'%s','clauses':[{'conditions':[%s]}]}}", slug, conditions);

        assert_int_equal(segment->state, SEGMENT_STATE_EVALUATING);
        shop_settle(stall->shop);
        return segment->id;
}

static const Segment *get(struct stall *stall, const char *id)
{
        return stall_ok(stall, analyst(stall), "insight.GetSegment", "{'id':'%s'}", id);
}

static bool is_in(struct stall *stall, const char *segment_id, const char *member_id)
{
        return segment_member_has(shop_read(stall->shop), segment_id, member_id);
}

#define CONDITION(field, operator, rest)                                                           \
        "{'field':'SEGMENT_FIELD_" field "','operator':'SEGMENT_OPERATOR_" operator"'," rest "}"

/* proves: S103 good */
static void buyers_enter_and_leave(void **state)
{
        struct stall stall = stall_open();
        const char *buyers =
                create(&stall, "buyers", CONDITION("ORDER_COUNT", "AT_LEAST", "'value':1"));
        const char *recent =
                create(&stall, "recent", CONDITION("DAYS_SINCE_ORDER", "AT_MOST", "'value':7"));

        assert_int_equal(get(&stall, buyers)->state, SEGMENT_STATE_READY);
        assert_int_equal(get(&stall, buyers)->member_count, 0);
        stall_sell(&stall, stall.alice, a_mug);
        shop_settle(stall.shop);
        assert_true(is_in(&stall, buyers, "alice"));
        assert_true(is_in(&stall, recent, "alice"));
        assert_int_equal(get(&stall, buyers)->member_count, 1);
        /* It is 08:00; the seventh day after this one ends in seven days and sixteen hours. */
        shop_advance(stall.shop, 7 * DAY_US + 16 * HOUR_US - SECOND_US);
        assert_true(is_in(&stall, recent, "alice"));
        shop_advance(stall.shop, SECOND_US);
        assert_false(is_in(&stall, recent, "alice"));
        assert_true(is_in(&stall, buyers, "alice"));
        assert_int_equal(shop_event_count(stall.shop, "segment.entered"), 2);
        assert_int_equal(shop_event_count(stall.shop, "segment.left"), 1);
        stall_ok(&stall, analyst(&stall), "insight.UpdateSegment",
                "{'segment':{'id':'%s','ended':true}}", buyers);
        shop_settle(stall.shop);
        assert_false(is_in(&stall, buyers, "alice"));
        stall_close(&stall);
}

static enum status ask_segment(struct call *call, void *context)
{
        const char *const *ids = context;

        assert_true(insight_segment_has(call, ids[0], "alice"));
        assert_false(insight_segment_has(call, ids[0], "bob"));
        assert_false(insight_segment_has(call, "nothing", "alice"));
        return OK;
}

static void others_may_ask(void **state)
{
        struct stall stall = stall_open();
        const char *id =
                create(&stall, "buyers", CONDITION("ORDER_COUNT", "AT_LEAST", "'value':1"));

        stall_sell(&stall, stall.alice, a_mug);
        shop_settle(stall.shop);
        assert_null(shop_inside(stall.shop, ask_segment, &id).error);
        const ListSegmentMembersResponse *list = stall_ok(
                &stall, analyst(&stall), "insight.ListSegmentMembers", "{'segment_id':'%s'}", id);

        assert_int_equal(list->n_segment_members, 1);
        assert_string_equal(list->segment_members[0]->member_id, "alice");
        assert_non_null(list->segment_members[0]->since_time);
        stall_close(&stall);
}

/* A job that died answers nothing: after an hour it is asked again. */
static void a_ranking_that_was_lost_is_asked_for_again(void **state)
{
        struct stall stall = stall_open();

        stall_sell(&stall, stall.alice, a_mug);
        stall_ok(&stall, analyst(&stall), "insight.RankMembers", "{}");
        shop_settle(stall.shop);
        struct txn *txn = shop_write_begin(stall.shop);
        RfmScale *scale = rfm_scale_get(txn, "rfm");

        scale->ranking = true;
        rfm_scale_update(txn, scale);
        shop_write_end(stall.shop, txn);
        stall_ok(&stall, analyst(&stall), "insight.RankMembers", "{}");
        shop_settle(stall.shop);
        assert_true(rfm_scale_get(shop_read(stall.shop), "rfm")->ranking);
        shop_advance(stall.shop, 2 * HOUR_US);
        stall_ok(&stall, analyst(&stall), "insight.RankMembers", "{}");
        shop_settle(stall.shop);
        assert_false(rfm_scale_get(shop_read(stall.shop), "rfm")->ranking);
        stall_close(&stall);
}

static void a_tier_is_followed(void **state)
{
        struct stall stall = stall_open();

        club_open(&stall, "");
        const Segment *segment = stall_ok(&stall, analyst(&stall), "insight.CreateSegment",
                "{'segment':{'slug':'silver','clauses':[{'conditions':[%s]}]}}",
                CONDITION("TIER", "AT_LEAST", "'value':1"));
        const char *id = segment->id;

        stall_sell(&stall, stall.alice, a_bowl);
        shop_settle(stall.shop);
        assert_false(is_in(&stall, id, "alice"));
        for (int i = 0; i < 20; i++)
                stall_ok(&stall, shop_as(stall.shop, ROLE_OPERATIONS), "loyalty.RecordActivity",
                        "{'member_id':'alice','activity':'grow','external_id':'g%d'}", i);
        shop_settle(stall.shop);
        assert_true(is_in(&stall, id, "alice"));
        shop_advance(stall.shop, 380 * DAY_US);
        assert_false(is_in(&stall, id, "alice"));
        stall_close(&stall);
}

/* proves: S103 refusal */
static void rules_are_judged_by_field(void **state)
{
        static const struct {
                const char *condition;
                const char *field;
                const char *reason;
        } wrong[] = {
                {CONDITION("COUNTRY", "ONE_OF", "'texts':['GB','England']"), "texts[1]",
                        "TEXT_UNKNOWN"},
                {CONDITION("COUNTRY", "AT_LEAST", "'value':1"), "operator", "OPERATOR_UNFIT"},
                {CONDITION("COUNTRY", "ONE_OF", "'value':0"), "texts", "REQUIRED"},
                {CONDITION("LANGUAGE", "ONE_OF", "'texts':['english']"), "texts[0]",
                        "TEXT_UNKNOWN"},
                {CONDITION("STAGE", "ONE_OF", "'texts':['GONE']"), "texts[0]", "TEXT_UNKNOWN"},
                {CONDITION("STAGE", "ONE_OF", "'value':1,'texts':['NEW']"), "value", "VALUE_UNFIT"},
                {CONDITION("CATEGORY", "NONE_OF", "'texts':['nowhere']"), "texts[0]",
                        "TEXT_UNKNOWN"},
                {CONDITION("ORDER_COUNT", "ONE_OF", "'texts':['1']"), "operator", "OPERATOR_UNFIT"},
                {CONDITION("ORDER_COUNT", "AT_LEAST", "'texts':['1']"), "texts", "TEXTS_UNFIT"},
                {CONDITION("RECENCY_SCORE", "AT_LEAST", "'value':6"), "value", "VALUE_TOO_LARGE"},
                {CONDITION("DAYS_KNOWN", "AT_LEAST", "'value':40000"), "value", "VALUE_TOO_LARGE"},
                {CONDITION("TIER", "AT_LEAST", "'value':10"), "value", "VALUE_TOO_LARGE"},
        };
        struct stall stall = stall_open();

        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
                const struct error *error = stall_refused(&stall, analyst(&stall),
                        (struct refusal){
                                "insight.CreateSegment", INVALID_ARGUMENT, wrong[i].reason},
                        "{'segment':{'slug':'x','clauses':[{'conditions':[%s]}]}}",
                        wrong[i].condition);
                char field[80];

                snprintf(field, sizeof(field), "segment.clauses[0].conditions[0].%s",
                        wrong[i].field);
                assert_string_equal(error->violations->field, field);
        }
        stall_close(&stall);
}

/* proves: S103 foreign */
static void customers_do_not_see_segments(void **state)
{
        struct stall stall = stall_open();
        const char *id =
                create(&stall, "buyers", CONDITION("ORDER_COUNT", "AT_LEAST", "'value':1"));

        stall_refused(&stall, stall.alice,
                (struct refusal){"insight.GetSegment", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"},
                "{'id':'%s'}", id);
        stall_refused(&stall, stall.alice,
                (struct refusal){
                        "insight.ListSegmentMembers", PERMISSION_DENIED, "METHOD_NOT_ALLOWED"},
                "{'member_id':'alice'}");
        stall_close(&stall);
}

/* ---- incremental is complete ---- */

#define PEOPLE 6
#define STEPS  220

enum { SEG_LOYAL, SEG_LAPSED, SEG_SPENDER, SEG_PLACE, SEG_OLD, SEG_CHAMPION, SEG_STAGE, SEGMENTS };

static const char *const rules[SEGMENTS] = {
        [SEG_LOYAL] = "{'conditions':[" CONDITION("ORDER_COUNT", "AT_LEAST", "'value':3") "]}",
        [SEG_LAPSED] = "{'conditions':[" CONDITION("DAYS_SINCE_ORDER", "AT_LEAST",
                "'value':10") "," CONDITION("ORDER_COUNT", "AT_MOST", "'value':4") "]}",
        [SEG_SPENDER] = "{'conditions':[" CONDITION("SPEND_MINOR", "AT_LEAST", "'value':3000") "]}",
        [SEG_PLACE] = "{'conditions':[" CONDITION("COUNTRY", "ONE_OF",
                "'texts':['DE','FR']") "]},{'conditions':[" CONDITION("LANGUAGE", "NONE_OF",
                "'texts':['en','zh']") "]}",
        [SEG_OLD] = "{'conditions':[" CONDITION("DAYS_KNOWN", "AT_LEAST",
                "'value':30") "," CONDITION("DAYS_SINCE_ORDER", "AT_MOST", "'value':5") "]}",
        [SEG_CHAMPION] = "{'conditions':[" CONDITION("RECENCY_SCORE", "AT_LEAST",
                "'value':3") "," CONDITION("MONETARY_SCORE", "AT_LEAST", "'value':4") "]}",
        [SEG_STAGE] = "{'conditions':[" CONDITION(
                "STAGE", "ONE_OF", "'texts':['AT_RISK','CHURNED']") "]}",
};

/* What the test knows of somebody. */
struct somebody {
        struct persona who;
        int64_t begin_us, last_us, orders, spend_minor;
        const char *country, *language;
        const char *paid_id; /* an order that can be cancelled */
        int64_t paid_minor;
};

struct world {
        struct stall stall;
        struct random random;
        struct somebody people[PEOPLE];
        const char *segments[SEGMENTS];
        bool known[PEOPLE];
};

static int64_t days_since(struct world *world, int64_t us)
{
        return (shop_now_us(world->stall.shop) / DAY_US) - us / DAY_US; /* days of UTC */
}

static int score(const int64_t *boundaries, int64_t value)
{
        int score = 1;

        for (int i = 0; i < 4; i++)
                score += value > boundaries[i];
        return score;
}

static bool is_champion(struct world *world, const struct somebody *one)
{
        const RfmScale *scale = rfm_scale_get(shop_read(world->stall.shop), "rfm");

        if (scale == NULL || scale->n_spends_minor == 0 || one->orders == 0)
                return false;
        return 6 - score(scale->recency_days, days_since(world, one->last_us)) >= 3 &&
               score(scale->spends_minor, one->spend_minor) >= 4;
}

static bool should_be_in(struct world *world, const struct somebody *one, int segment)
{
        int64_t since_order = one->orders > 0 ? days_since(world, one->last_us) : -1;
        int64_t away = since_order >= 0 ? since_order : days_since(world, one->begin_us);

        switch (segment) {
        case SEG_LOYAL:
                return one->orders >= 3;
        case SEG_LAPSED:
                return since_order >= 10 && one->orders <= 4;
        case SEG_SPENDER:
                return one->spend_minor >= 3000;
        case SEG_PLACE:
                return strcmp(one->country, "DE") == 0 || strcmp(one->country, "FR") == 0 ||
                       (strcmp(one->language, "en") != 0 && strcmp(one->language, "zh") != 0);
        case SEG_OLD:
                return days_since(world, one->begin_us) >= 30 && since_order >= 0 &&
                       since_order <= 5;
        case SEG_CHAMPION:
                return is_champion(world, one);
        default:
                return away > 90;
        }
}

static void compare(struct world *world)
{
        for (int s = 0; s < SEGMENTS; s++)
                for (int i = 0; i < PEOPLE; i++) {
                        const struct somebody *one = &world->people[i];
                        bool should = world->known[i] && should_be_in(world, one, s);

                        if (is_in(&world->stall, world->segments[s], one->who.id) != should)
                                fail_msg("segment %d, %s: should be %s", s, one->who.id,
                                        should ? "in" : "out");
                }
}

static void evaluate_all(struct world *world)
{
        size_t moves = shop_event_count(world->stall.shop, "segment.entered") +
                       shop_event_count(world->stall.shop, "segment.left");

        for (int s = 0; s < SEGMENTS; s++)
                stall_ok(&world->stall, analyst(&world->stall), "insight.EvaluateSegment",
                        "{'id':'%s'}", world->segments[s]);
        shop_settle(world->stall.shop);
        for (int s = 0; s < SEGMENTS; s++)
                assert_int_equal(
                        get(&world->stall, world->segments[s])->state, SEGMENT_STATE_READY);
        assert_int_equal(moves, shop_event_count(world->stall.shop, "segment.entered") +
                                        shop_event_count(world->stall.shop, "segment.left"));
}

static void buy(struct world *world, struct somebody *one)
{
        struct basket basket = random_below(&world->random, 3) == 0 ? a_bowl : a_mug;

        one->paid_id = stall_sell(&world->stall, one->who, basket);
        one->paid_minor = basket.quantity[WARE_BOWL] > 0 ? 2400 : 133;
        one->spend_minor += one->paid_minor;
        one->orders++;
        one->last_us = shop_now_us(world->stall.shop);
}

static void give_back(struct world *world, struct somebody *one)
{
        if (one->paid_id == NULL)
                return;
        stall_ok(&world->stall, one->who, "checkout.CancelOrder", "{'id':'%s'}", one->paid_id);
        one->spend_minor -= one->paid_minor;
        one->paid_id = NULL;
}

static void move_house(struct world *world, struct somebody *one)
{
        static const char *const countries[] = {"GB", "DE", "FR", "CN"};
        static const char *const languages[] = {"en", "zh", "de"};

        one->country = countries[random_below(&world->random, 4)];
        one->language = languages[random_below(&world->random, 3)];
        stall_ok(&world->stall, one->who, "membership.UpdateMember",
                "{'member':{'id':'%s','country_code':'%s','language':'%s'}}", one->who.id,
                one->country, one->language);
}

static void step(struct world *world)
{
        size_t i = random_below(&world->random, PEOPLE);
        struct somebody *one = &world->people[i];

        switch (random_below(&world->random, 10)) {
        case 0:
        case 1:
        case 2:
        case 3:
                buy(world, one);
                world->known[i] = true;
                break;
        case 4:
                give_back(world, one);
                break;
        case 5:
                move_house(world, one);
                world->known[i] = true;
                break;
        case 6:
                stall_ok(&world->stall, analyst(&world->stall), "insight.RankMembers", "{}");
                break;
        default:
                shop_advance(world->stall.shop,
                        (int64_t)random_below(&world->random, 20) * DAY_US / 2 + HOUR_US);
        }
        shop_settle(world->stall.shop);
}

static void open_world(struct world *world, uint64_t seed)
{
        *world = (struct world){.stall = stall_open()};
        random_seed(&world->random, seed);
        for (int ware = WARE_MUG; ware <= WARE_BOWL; ware++)
                stall_ok(&world->stall, stall_staff(&world->stall, ROLE_WAREHOUSE),
                        "supply.ReceiveGoods",
                        "{'location_id':'%s','lines':[{'variant_id':'%s','quantity':1000}]}",
                        world->stall.main_id, world->stall.variant_ids[ware]);
        for (int i = 0; i < PEOPLE; i++) {
                struct somebody *one = &world->people[i];
                char id[16];

                snprintf(id, sizeof(id), "person%d", i);
                one->who = shop_member(world->stall.shop, id);
                one->begin_us = shop_now_us(world->stall.shop);
                one->country = "";
                one->language = "en";
        }
        for (int s = 0; s < SEGMENTS; s++) {
                const Segment *segment =
                        stall_ok(&world->stall, analyst(&world->stall), "insight.CreateSegment",
                                "{'segment':{'slug':'s%d','clauses':[%s]}}", s, rules[s]);

                world->segments[s] = segment->id;
        }
}

static void what_follows_is_what_is_evaluated(void **state)
{
        for (uint64_t seed = 1; seed <= 3; seed++) {
                struct world world;

                open_world(&world, seed);
                for (int i = 1; i <= STEPS; i++) {
                        step(&world);
                        compare(&world);
                        if (i % 20 == 0)
                                evaluate_all(&world);
                }
                stall_close(&world.stall);
        }
}

/* More customers than a step takes, and a restart between the steps. */
static void an_evaluation_goes_on_after_a_restart(void **state)
{
        struct stall stall = stall_open();
        char id[16];

        for (int i = 0; i < 120; i++) {
                snprintf(id, sizeof(id), "m%03d", i);
                stall_ok(&stall, shop_member(stall.shop, id), "membership.UpdateMember",
                        "{'member':{'id':'%s','country_code':'%s'}}", id, i % 3 ? "DE" : "GB");
        }
        shop_settle(stall.shop);
        const Segment *made = stall_ok(&stall, analyst(&stall), "insight.CreateSegment",
                "{'segment':{'slug':'de','clauses':[{'conditions':[%s]}]}}",
                CONDITION("COUNTRY", "ONE_OF", "'texts':['DE']"));
        struct outcome step = shop_call_system(stall.shop, "insight.ContinueEvaluation",
                arena_printf(shop_arena(stall.shop), "{\"subject_id\":\"%s\"}", made->id));

        assert_null(step.error);
        assert_in_range(get(&stall, made->id)->member_count, 1, 60);
        shop_restart(stall.shop);
        shop_settle(stall.shop);
        assert_int_equal(get(&stall, made->id)->member_count, 80);
        assert_int_equal(get(&stall, made->id)->state, SEGMENT_STATE_READY);
        stall_close(&stall);
}

/* Each customer is judged by every segment, so there are so many, and where there are many a step
 * of an evaluation has fewer customers. */
static void segments_are_no_more_than_a_step_bears(void **state)
{
        struct stall stall = stall_open();
        const char *german = CONDITION("COUNTRY", "ONE_OF", "'texts':['DE']");
        const Segment *made = NULL;

        for (int i = 0; i < 60; i++) {
                const char *id = arena_printf(shop_arena(stall.shop), "m%03d", i);

                stall_ok(&stall, shop_member(stall.shop, id), "membership.UpdateMember",
                        "{'member':{'id':'%s','country_code':'DE'}}", id);
        }
        shop_settle(stall.shop);
        for (int i = 0; i < 100; i++)
                made = stall_ok(&stall, analyst(&stall), "insight.CreateSegment",
                        "{'segment':{'slug':'de%d','clauses':[{'conditions':[%s]}]}}", i, german);
        const char *step =
                arena_printf(shop_arena(stall.shop), "{\"subject_id\":\"%s\"}", made->id);

        assert_null(shop_call_system(stall.shop, "insight.ContinueEvaluation", step).error);
        assert_in_range(get(&stall, made->id)->member_count, 1, 10);
        const struct refusal full = {
                "insight.CreateSegment", FAILED_PRECONDITION, "TOO_MANY_SEGMENTS"};
        const struct error *error = stall_refused(&stall, analyst(&stall), full,
                "{'segment':{'slug':'more','clauses':[{'conditions':[%s]}]}}", german);

        assert_string_equal(error->violations->field, "segment");
        stall_ok(&stall, analyst(&stall), "insight.UpdateSegment",
                "{'segment':{'id':'%s','ended':true}}", made->id);
        stall_ok(&stall, analyst(&stall), "insight.CreateSegment",
                "{'segment':{'slug':'more','clauses':[{'conditions':[%s]}]}}", german);
        stall_refused(&stall, analyst(&stall),
                (struct refusal){"insight.UpdateSegment", full.code, full.reason},
                "{'segment':{'id':'%s'},'update_mask':'ended'}", made->id);
        stall_close(&stall);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(buyers_enter_and_leave),
                cmocka_unit_test(others_may_ask),
                cmocka_unit_test(a_ranking_that_was_lost_is_asked_for_again),
                cmocka_unit_test(a_tier_is_followed),
                cmocka_unit_test(rules_are_judged_by_field),
                cmocka_unit_test(customers_do_not_see_segments),
                cmocka_unit_test(what_follows_is_what_is_evaluated),
                cmocka_unit_test(an_evaluation_goes_on_after_a_restart),
                cmocka_unit_test(segments_are_no_more_than_a_step_bears),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
