/*
 * Random operations on the ledger of points beside a plain model: arrays of lots in the order in
 * which they are to be spent. After each the balances are equal and none is below zero; after each
 * batch every lot is, and at the end verify proves the rows.
 *
 * 30,000 operations as a test; as many as are asked for by hand:
 *
 *      build/tests/domain/test_domain_points_property 1000000
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/random.h"
#include "server/loyalty/points.h"
#include "tests/domain/club.h"

#define LOTS_MAX   64
#define MEMBERS    3
#define BATCH      250
#define OPERATIONS 30000

static long operations = OPERATIONS;

struct model_lot {
        char id[32];
        int64_t expire_us; /* 0: it waits */
        int64_t pending, available;
};

/* What one hold or redemption took of lots, in the order of spending. */
struct model_use {
        long number;
        struct {
                char lot_id[32];
                int64_t points;
        } of[LOTS_MAX];
        size_t n;
        enum { USE_NONE, USE_HELD, USE_REDEEMED } state;
};

struct model {
        const char *member_id;
        struct model_lot lots[LOTS_MAX]; /* soonest expiry first, those that wait behind */
        size_t n;
        struct model_use use;
        int64_t pending, available, held;
};

struct run {
        struct random random;
        struct model models[MEMBERS];
        long number; /* of operations so far */
        size_t counts[8];
};

static uint64_t below(struct run *run, uint64_t bound)
{
        return random_next(&run->random) % bound;
}

/* ---- the model ---- */

static bool sooner(const struct model_lot *a, const struct model_lot *b)
{
        if (a->expire_us != b->expire_us)
                return a->expire_us < b->expire_us;
        return strcmp(a->id, b->id) < 0;
}

static void model_put(struct model *model, struct model_lot lot)
{
        size_t at = model->n++;

        assert_true(model->n <= LOTS_MAX);
        while (at > 0 && sooner(&lot, &model->lots[at - 1])) {
                model->lots[at] = model->lots[at - 1];
                at--;
        }
        model->lots[at] = lot;
}

static struct model_lot model_take_out(struct model *model, size_t at)
{
        struct model_lot lot = model->lots[at];

        memmove(&model->lots[at], &model->lots[at + 1], (--model->n - at) * sizeof(model->lots[0]));
        return lot;
}

static struct model_lot *model_find(struct model *model, const char *id)
{
        for (size_t i = 0; i < model->n; i++)
                if (strcmp(model->lots[i].id, id) == 0)
                        return &model->lots[i];
        return NULL;
}

/* Takes points in order into a use; lots that are empty stay for what may come back. */
static void model_spend(struct model *model, int64_t points, struct model_use *use)
{
        use->n = 0;
        model->available -= points;
        for (size_t i = 0; points > 0; i++) {
                struct model_lot *lot = &model->lots[i];
                int64_t taken = lot->available < points ? lot->available : points;

                if (taken == 0)
                        continue;
                lot->available -= taken;
                points -= taken;
                strcpy(use->of[use->n].lot_id, lot->id);
                use->of[use->n++].points = taken;
        }
}

static void model_forget_empty(struct model *model)
{
        for (size_t i = 0; i < model->n;) {
                const struct model_lot *lot = &model->lots[i];

                if (lot->pending + lot->available == 0 && model->use.state == USE_NONE)
                        model_take_out(model, i);
                else
                        i++;
        }
}

/* ---- operations, on both ---- */

struct step {
        struct run *run;
        struct call *call;
        struct model *model;
        LoyaltyAccount *account;
        struct points_cause cause;
};

static void issue(struct step *step, int64_t points, int64_t expire_us)
{
        struct model_lot lot = {.expire_us = expire_us};
        const PointLot *row = points_issue(step->call, step->account,
                &(struct points_issue){.points = points,
                        .expire_us = expire_us,
                        .source_key = call_printf(step->call, "P:%ld", step->run->number),
                        .activity = "",
                        .cause = step->cause});

        assert_non_null(row);
        strcpy(lot.id, row->id);
        *(expire_us == 0 ? &lot.pending : &lot.available) = points;
        *(expire_us == 0 ? &step->model->pending : &step->model->available) += points;
        model_put(step->model, lot);
        /* The same cause gives nothing again. */
        assert_null(points_issue(step->call, step->account,
                &(struct points_issue){.points = points,
                        .expire_us = expire_us,
                        .source_key = call_printf(step->call, "P:%ld", step->run->number),
                        .activity = "",
                        .cause = step->cause}));
}

static int64_t some_expiry(struct step *step)
{
        return step->call->now_us + (int64_t)(40 + below(step->run, 20)) * DAY_US;
}

static void release(struct step *step)
{
        for (size_t i = 0; i < step->model->n; i++) {
                if (step->model->lots[i].pending == 0)
                        continue;
                struct model_lot lot = model_take_out(step->model, i);

                lot.expire_us = some_expiry(step);
                lot.available += lot.pending;
                step->model->available += lot.pending;
                step->model->pending -= lot.pending;
                lot.pending = 0;
                points_release(step->call, step->account, point_lot_get(step->call->txn, lot.id),
                        lot.expire_us, &step->cause);
                model_put(step->model, lot);
                return;
        }
}

static void cancel(struct step *step, int64_t points)
{
        for (size_t i = 0; i < step->model->n; i++) {
                struct model_lot *lot = &step->model->lots[i];

                if (lot->pending == 0)
                        continue;
                int64_t taken = points_cancel(step->call, step->account,
                        point_lot_get(step->call->txn, lot->id), points, &step->cause);

                assert_int_equal(taken, points < lot->pending ? points : lot->pending);
                lot->pending -= taken;
                step->model->pending -= taken;
                return;
        }
}

static void spend(struct step *step, int64_t points, PointAccount to)
{
        struct model_use unused, *use = &step->model->use;
        bool enough = points <= step->model->available;

        /* One use is remembered at a time; what goes for good needs none. */
        if (to != POINT_ACCOUNT_CLAWED_BACK && use->state != USE_NONE)
                return;
        assert_int_equal(points_spend(step->call, step->account, points, to, &step->cause), enough);
        if (!enough)
                return;
        if (to == POINT_ACCOUNT_CLAWED_BACK) {
                model_spend(step->model, points, &unused);
                return;
        }
        model_spend(step->model, points, use);
        use->number = step->run->number;
        use->state = to == POINT_ACCOUNT_HELD ? USE_HELD : USE_REDEEMED;
        step->model->held += to == POINT_ACCOUNT_HELD ? points : 0;
}

static struct points_cause cause_of_use(struct step *step)
{
        return (struct points_cause){.source = POINT_SOURCE_REWARD,
                .source_id = call_printf(step->call, "use-%ld", step->model->use.number)};
}

/* A part of what is held, or all of it. */
static void release_held(struct step *step, int64_t points, const struct points_cause *cause)
{
        struct model_use *use = &step->model->use;

        points_release_held(step->call, step->account, points, cause);
        step->model->held -= points;
        step->model->available += points;
        for (size_t i = use->n; points > 0; i--) {
                int64_t of_lot = use->of[i - 1].points;
                int64_t back = of_lot < points ? of_lot : points;

                model_find(step->model, use->of[i - 1].lot_id)->available += back;
                use->of[i - 1].points -= back;
                points -= back;
        }
        if (step->model->held == 0)
                use->state = USE_NONE;
}

static void end_hold(struct step *step)
{
        struct model_use *use = &step->model->use;
        const struct points_cause cause = cause_of_use(step);

        if (use->state != USE_HELD)
                return;
        if (below(step->run, 2) == 0) {
                step->model->held = 0;
                points_take_held(step->call, step->account, &cause);
                use->state = USE_REDEEMED;
                return;
        }
        release_held(step, 1 + (int64_t)below(step->run, (uint64_t)step->model->held), &cause);
}

/* All lots live longer than points that come back must, so they come back into their lots. */
static void give_back(struct step *step)
{
        struct model_use *use = &step->model->use;
        const struct points_cause cause = cause_of_use(step);
        int64_t spent = 0;

        if (use->state != USE_REDEEMED)
                return;
        for (size_t i = 0; i < use->n; i++)
                spent += use->of[i].points;
        assert_false(points_give_back(step->call, step->account, spent + 1, &cause));
        int64_t points = 1 + (int64_t)below(step->run, (uint64_t)spent);

        assert_true(points_give_back(step->call, step->account, points, &cause));
        step->model->available += points;
        for (size_t i = use->n; points > 0; i--) {
                int64_t of_lot = use->of[i - 1].points;
                int64_t back = of_lot < points ? of_lot : points;

                model_find(step->model, use->of[i - 1].lot_id)->available += back;
                points -= back;
        }
        use->state = USE_NONE;
}

static void expire(struct step *step)
{
        for (size_t i = 0; i < step->model->n; i++) {
                struct model_lot *lot = &step->model->lots[i];

                if (lot->available == 0 || below(step->run, 3) > 0)
                        continue;
                assert_int_equal(points_expire(step->call, step->account,
                                         point_lot_get(step->call->txn, lot->id)),
                        lot->available);
                step->model->available -= lot->available;
                lot->available = 0;
                return;
        }
}

/* ---- running ---- */

static void operate(struct step *step)
{
        struct run *run = step->run;
        int64_t points = 1 + (int64_t)below(run, 100);
        bool full = step->model->n > LOTS_MAX - 2;
        unsigned kind = (unsigned)below(run, 8);

        run->counts[kind]++;
        switch (kind) {
        case 0:
                if (!full)
                        issue(step, points, some_expiry(step));
                break;
        case 1:
                if (!full)
                        issue(step, points, 0);
                break;
        case 2:
                release(step);
                break;
        case 3:
                cancel(step, points);
                break;
        case 4:
                spend(step, points, POINT_ACCOUNT_CLAWED_BACK);
                break;
        case 5:
                spend(step, 2 * points,
                        below(run, 2) == 0 ? POINT_ACCOUNT_HELD : POINT_ACCOUNT_REDEEMED);
                break;
        case 6:
                end_hold(step);
                break;
        default:
                if (below(run, 2) == 0)
                        give_back(step);
                else
                        expire(step);
        }
}

static void compare(const struct step *step)
{
        assert_int_equal(step->account->available, step->model->available);
        assert_int_equal(step->account->pending, step->model->pending);
        assert_int_equal(step->account->held, step->model->held);
        assert_true(step->model->available >= 0 && step->model->pending >= 0);
}

/* Every lot that is open is the model's, in the model's order. */
static void compare_lots(struct call *call, const struct model *model)
{
        struct scan *scan = point_lot_by_open_member_id(call->txn, model->member_id);
        size_t at = 0;

        for (const PointLot *lot; (lot = point_lot_next(scan)) != NULL;) {
                if (lot->available == 0 && lot->pending == 0)
                        continue; /* all of it is held */
                while (model->lots[at].available + model->lots[at].pending == 0)
                        at++;
                assert_true(at < model->n);
                assert_string_equal(lot->id, model->lots[at].id);
                assert_int_equal(lot->available, model->lots[at].available);
                assert_int_equal(lot->pending, model->lots[at].pending);
                at++;
        }
}

static enum status batch(struct call *call, void *context)
{
        struct run *run = context;

        for (int i = 0; i < BATCH; i++) {
                struct step step = {.run = run,
                        .call = call,
                        .model = &run->models[below(run, MEMBERS)],
                        .cause = {.source = POINT_SOURCE_REWARD}};

                run->number++;
                step.cause.source_id = call_printf(call, "use-%ld", run->number);
                step.account = points_account(call, step.model->member_id);
                operate(&step);
                compare(&step);
                model_forget_empty(step.model);
        }
        for (int i = 0; i < MEMBERS; i++)
                compare_lots(call, &run->models[i]);
        return OK;
}

/* proves: S100 good */
static void balances_are_those_of_a_plain_model(void **state)
{
        struct stall stall = stall_open();
        static const char *const names[MEMBERS] = {"alice", "bob", "carol"};
        struct run run = {0};

        random_seed(&run.random, 4);
        club_open(&stall, "");
        for (int i = 0; i < MEMBERS; i++) {
                run.models[i].member_id = names[i];
                if (i > 0)
                        shop_member(stall.shop, names[i]);
        }
        while (run.number < operations)
                shop_inside_briefly(stall.shop, batch, &run);
        for (int i = 0; i < 8; i++)
                assert_true(run.counts[i] > 0);
        printf("%ld operations\n", run.number);
        stall_close(&stall);
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(balances_are_those_of_a_plain_model),
        };

        if (argc > 1)
                operations = strtol(argv[1], NULL, 10);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
