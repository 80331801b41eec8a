/*
 * What orders earn and give back, in the transactions in which they are paid, delivered, cancelled
 * and refunded. Refused: a follower of events. Points that are taken back may lower a refund, which
 * must know in the same transaction what was earned and what is left of it.
 */
#include "server/loyalty/order_points.h"

#include <string.h>
#include "common.rows.h"
#include "lib/base/calendar.h"
#include "lib/base/money.h"
#include "loyalty.handlers.h"
#include "membership.rows.h"
#include "server/loyalty/loyalty.h"
#include "server/loyalty/points.h"
#include "server/loyalty/programme.h"
#include "server/loyalty/tier.h"

/* ---- earning ---- */

/* Goods that were ordered; what replaced them earns nothing more. */
static bool earns(const OrderLine *line)
{
        return line->kind == LINE_KIND_GOODS && line->return_case_id[0] == '\0' && !line->uncounted;
}

struct paid_lines {
        struct earning_line *at;
        size_t n;
};

static struct paid_lines paid_lines(struct call *call, const Order *order)
{
        struct scan *scan = order_line_of(call->txn, order->id);
        struct paid_lines lines = {0};

        for (const OrderLine *line; (line = order_line_next(scan)) != NULL;) {
                if (!earns(line))
                        continue;
                if ((lines.n & (lines.n - 1)) == 0) /* doubled at every power of two */
                        lines.at = arena_grow(call->arena, lines.at, lines.n * sizeof(*lines.at),
                                (2 * lines.n + 1) * sizeof(*lines.at));
                lines.at[lines.n++] = (struct earning_line){.line_number = line->number,
                        .paid_minor = line->gross_minor - line->points_minor};
        }
        return lines;
}

static OrderPoints *new_row(struct call *call, const Order *order, const struct paid_lines *lines,
        const struct earned *earned)
{
        OrderPoints *row = call_new(call, OrderPoints);

        *row = (OrderPoints)ORDER_POINTS_INIT;
        row->order_id = order->id;
        row->member_id = order->member_id;
        row->points = earned->points;
        row->growth = earned->growth;
        row->lines = call_array(call, OrderPointsLine *, lines->n);
        for (size_t i = 0; i < lines->n; i++) {
                OrderPointsLine *line = call_new(call, OrderPointsLine);

                *line = (OrderPointsLine)ORDER_POINTS_LINE_INIT;
                line->line_number = lines->at[i].line_number;
                line->points = earned->lines[i].points;
                line->growth = earned->lines[i].growth;
                row->paid_minor += lines->at[i].paid_minor;
                row->lines[row->n_lines++] = line;
        }
        row->create_time = call_now(call);
        row->update_time = row->create_time;
        return row;
}

static void store(struct call *call, OrderPoints *row)
{
        row->update_time = call_now(call);
        order_points_update(call->txn, row);
}

struct gone {
        struct loyalty_units *at;
        size_t n, room;
};

static void add_gone(struct call *call, struct gone *gone, struct loyalty_units units)
{
        if (gone->n == gone->room) {
                size_t room = 2 * gone->room + 8;

                gone->at = arena_grow(call->arena, gone->at, gone->n * sizeof(*gone->at),
                        room * sizeof(*gone->at));
                gone->room = room;
        }
        gone->at[gone->n++] = units;
}

static void add_gone_of(struct call *call, struct gone *gone, const OrderLine *line)
{
        int64_t first = 0;

        for (size_t i = 0; i < line->n_units; i++) {
                const UnitRun *run = line->units[i];

                if (run->state == UNIT_STATE_CANCELLED || run->state == UNIT_STATE_RETURNED)
                        add_gone(call, gone,
                                (struct loyalty_units){.line_number = line->number,
                                        .quantity = line->quantity,
                                        .first = first,
                                        .count = run->count,
                                        .back_minor = 1,
                                        .paid_minor = 1});
                first += run->count;
        }
}

/* What was cancelled or came back before it was paid earns nothing. */
static void drop_gone(struct call *call, const Order *order)
{
        struct scan *scan = order_line_of(call->txn, order->id);
        struct gone gone = {0};

        for (const OrderLine *line; (line = order_line_next(scan)) != NULL;)
                if (earns(line))
                        add_gone_of(call, &gone, line);
        if (gone.n > 0)
                loyalty_take_back(call, order->id, gone.at, gone.n, 0);
}

static void earn(struct call *call, const Order *order, const ProgrammeVersion *programme,
        const struct paid_lines *lines, const struct earned *earned)
{
        LoyaltyAccount *account = points_account(call, order->member_id);
        OrderPoints *row = new_row(call, order, lines, earned);

        row->programme_version_id = programme->id;
        if (earned->points > 0)
                row->lot_id = points_issue(call, account,
                        &(struct points_issue){.points = earned->points,
                                .source_key = call_printf(call, "ORDER:%s", order->id),
                                .activity = "",
                                .cause = {.source = POINT_SOURCE_ORDER, .source_id = order->id}})
                                      ->id;
        order_points_insert(call->txn, row);
        tier_grow(call, account, earned->growth, POINT_SOURCE_ORDER, order->id);
        call_event(call, "points.earned", order->id, order->member_id, "points", earned->points,
                "growth", earned->growth, NULL);
        drop_gone(call, order);
}

void loyalty_order_paid(struct call *call, const Order *order)
{
        const ProgrammeVersion *programme = programme_at(call, time_us(order->place_time));
        const EarnRate *rate =
                programme == NULL ? NULL : programme_rate(programme, order->currency_code);
        struct earned earned;

        if (rate == NULL || order_points_has(call->txn, order->id) ||
                member_get(call->txn, order->member_id)->kind != MEMBER_KIND_MEMBER)
                return;
        struct paid_lines lines = paid_lines(call, order);

        if (earning_of(call, rate, programme->order_points_max, lines.at, lines.n, &earned) &&
                earned.points + earned.growth > 0)
                earn(call, order, programme, &lines, &earned);
}

/* ---- when they become available ---- */

/* The first instant at which nothing of it comes back any more; INT64_MAX: nobody knows. */
static int64_t release_us(struct call *call, const OrderPoints *row, const Order *order)
{
        const ProgrammeVersion *programme =
                programme_version_get(call->txn, row->programme_version_id);

        if (order->deliver_time == NULL || order->fulfilment_state != FULFILMENT_STATE_DELIVERED ||
                order->aftersales_state == AFTERSALES_STATE_OPEN)
                return INT64_MAX;
        return calendar_days_end_us(time_us(order->deliver_time),
                call->terms->return_window_days + programme->pending_days);
}

void loyalty_order_settled(struct call *call, const Order *order)
{
        const OrderPoints *row = order_points_get(call->txn, order->id);

        if (row == NULL || row->lot_id[0] == '\0' || row->release_time != NULL)
                return;
        int64_t at_us = release_us(call, row, order);

        if (at_us == INT64_MAX)
                call_unschedule(call, RELEASE_METHOD, order->id);
        else
                call_schedule(call, at_us > call->now_us ? at_us : call->now_us, RELEASE_METHOD,
                        order->id);
}

enum status loyalty_release_order_points(
        struct call *call, const TimerRequest *request, Empty *response)
{
        OrderPoints *row = order_points_get(call->txn, request->subject_id);
        const struct points_cause cause = {
                .source = POINT_SOURCE_ORDER, .source_id = request->subject_id};

        if (row == NULL || row->lot_id[0] == '\0' || row->release_time != NULL)
                return OK;
        const Order *order = order_get(call->txn, row->order_id);

        if (release_us(call, row, order) > call->now_us) {
                loyalty_order_settled(call, order);
                return OK;
        }
        PointLot *lot = point_lot_get(call->txn, row->lot_id);
        const ProgrammeVersion *programme =
                programme_version_get(call->txn, row->programme_version_id);
        int64_t points = lot->pending;

        points_release(call, points_account(call, row->member_id), lot,
                programme_expire_us(programme, call->now_us), &cause);
        row->release_time = call_now(call);
        store(call, row);
        call_event(call, "points.released", row->order_id, row->member_id, "points", points, NULL);
        return OK;
}

/* ---- taking back ---- */

/* They are in order of their numbers. */
static const OrderPointsLine *line_of(const OrderPoints *row, int32_t number)
{
        size_t from = 0, until = row->n_lines;

        while (from < until) {
                size_t middle = (from + until) / 2;

                if (row->lines[middle]->line_number == number)
                        return row->lines[middle];
                if (row->lines[middle]->line_number < number)
                        from = middle + 1;
                else
                        until = middle;
        }
        return NULL;
}

/* Of what units earned, the part whose money goes back. */
static int64_t part(int64_t earned, const struct loyalty_units *units)
{
        if (units->back_minor >= units->paid_minor)
                return earned;
        return (int64_t)((__int128)earned * units->back_minor / units->paid_minor);
}

struct going_back {
        int64_t points, growth;
};

static struct going_back add_up(
        const OrderPoints *row, const struct loyalty_units *units, size_t count)
{
        struct going_back back = {0};

        for (size_t i = 0; i < count; i++) {
                const OrderPointsLine *line = line_of(row, units[i].line_number);

                if (line == NULL)
                        continue;
                back.points += part(earning_share(line->points, units[i].quantity, units[i].first,
                                            units[i].count),
                        &units[i]);
                back.growth += part(earning_share(line->growth, units[i].quantity, units[i].first,
                                            units[i].count),
                        &units[i]);
        }
        /* What replaced them may have paid more than they did. */
        if (back.points > row->points - row->points_back)
                back.points = row->points - row->points_back;
        if (back.growth > row->growth - row->growth_back)
                back.growth = row->growth - row->growth_back;
        return back;
}

/* Waiting points of the order, then available ones; how many were neither. */
static int64_t take(
        struct call *call, LoyaltyAccount *account, const OrderPoints *row, int64_t points)
{
        const struct points_cause cause = {
                .source = POINT_SOURCE_ORDER, .source_id = row->order_id};

        points -=
                points_cancel(call, account, point_lot_get(call->txn, row->lot_id), points, &cause);
        int64_t spendable = points == 0 ? 0 : points_spendable(call, account);
        int64_t taken = points < spendable ? points : spendable;

        if (taken > 0)
                points_spend(call, account, taken, POINT_ACCOUNT_CLAWED_BACK, &cause);
        return points - taken;
}

/* By the programme that said what the order earns. */
static int64_t worth_of(struct call *call, const OrderPoints *row, int64_t points)
{
        const char *currency_code = order_get(call->txn, row->order_id)->currency_code;
        const EarnRate *rate = programme_rate(
                programme_version_get(call->txn, row->programme_version_id), currency_code);

        return points_worth_minor(
                points, programme_unit_points(rate), currency_exponent(currency_code));
}

int64_t loyalty_take_back(struct call *call, const char *order_id,
        const struct loyalty_units *units, size_t count, int64_t refund_minor)
{
        OrderPoints *row = order_points_get(call->txn, order_id);

        if (row == NULL)
                return 0;
        LoyaltyAccount *account = points_account(call, row->member_id);
        const struct going_back back = add_up(row, units, count);
        int64_t missing = back.points == 0 ? 0 : take(call, account, row, back.points);
        int64_t worth = missing == 0 ? 0 : worth_of(call, row, missing);
        int64_t deducted = worth < refund_minor ? worth : refund_minor;

        if (back.points == 0 && back.growth == 0)
                return 0;
        tier_grow(call, account, -back.growth, POINT_SOURCE_ORDER, order_id);
        row->points_back += back.points;
        row->growth_back += back.growth;
        row->missing_points += missing;
        row->deducted_minor += deducted;
        store(call, row);
        call_event(call, "points.taken_back", order_id, row->member_id, "points", back.points,
                "missing", missing, "deducted_minor", deducted, NULL);
        return deducted;
}
