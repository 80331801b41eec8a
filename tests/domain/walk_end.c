/*
 * What must be true besides what verify proves: timers are those of what waits, and when everybody
 * has ended what they began nothing is held, due, open or scheduled, and whoever got nothing has
 * all of their money back.
 */
#include "tests/domain/walk.h"

#include <string.h>
#include "internal.rows.h"
#include "payment.rows.h"
#include "server/order/units.h"
#include "tests/domain/club.h"

/* ---- timers ---- */

static bool waits(struct txn *txn, const char *method, const char *id)
{
        const Order *order = order_get(txn, id);

        if (strcmp(method, "checkout.ExpireOrder") == 0)
                return order->state == ORDER_STATE_PLACED;
        if (strcmp(method, "payment.ExpireDue") == 0)
                return order->raised_minor > 0;
        if (strcmp(method, "payment.ExpireAuthorisation") == 0)
                return order->authorised_minor > 0;
        if (strcmp(method, "aftersales.ExpireExchange") == 0)
                return return_case_get(txn, id)->state == RETURN_STATE_APPROVED;
        return true;
}

static void want_timer(struct txn *txn, const char *method, const char *id)
{
        if (waits(txn, method, id) && !scheduled_call_has(txn, method, id))
                fail_msg("%s of %s will never come", method, id);
}

static void check_order(struct txn *txn, const Order *order)
{
        bool ended = order->state == ORDER_STATE_CANCELLED || order->state == ORDER_STATE_EXPIRED;

        want_timer(txn, "checkout.ExpireOrder", order->id);
        want_timer(txn, "payment.ExpireDue", order->id);
        want_timer(txn, "payment.ExpireAuthorisation", order->id);
        if (ended && (order->due_minor != 0 || order->raised_minor != 0))
                fail_msg("order %s has ended and owes", order->id);
        if (ended && order->captured_minor > 0 &&
                order->refunded_minor + (order->authorised_minor > 0) < order->captured_minor)
                fail_msg("order %s has ended and keeps money", order->id);
        if (order->state == ORDER_STATE_CANCELLED && order->captured_minor == 0 &&
                order->gross_minor > 0 && order->points_minor == 0 &&
                order->authorised_minor == 0 && order->pay_time != NULL &&
                order->payment_method > PAYMENT_METHOD_GATEWAY)
                fail_msg("order %s was never paid", order->id);
}

void walk_check(struct walk *walk)
{
        struct txn *txn = shop_read(walk->stall.shop);
        struct scan *orders = order_all_by_place_time(txn);
        struct scan *timers = scheduled_call_all(txn);
        const char *kind;

        for (const Order *order; (order = order_next(orders)) != NULL;)
                check_order(txn, order);
        for (const ScheduledCall *timer; (timer = scheduled_call_next(timers)) != NULL;)
                if (!waits(txn, timer->method, timer->subject_id))
                        fail_msg("%s of %s waits for nothing", timer->method, timer->subject_id);
        if (shop_verify(walk->stall.shop, &kind) > 0)
                fail_msg("%s", kind);
}

/* ---- the end ---- */

static struct names all_orders(struct walk *walk)
{
        struct scan *scan = order_all_by_place_time(shop_read(walk->stall.shop));
        struct names names = {0};

        for (const Order *order; (order = order_next(scan)) != NULL;)
                walk_keep(&names, arena_text(shop_arena(walk->stall.shop), order->id));
        return names;
}

static struct names cases_of(struct walk *walk, const char *order_id)
{
        struct scan *scan = return_case_by_order_id(shop_read(walk->stall.shop), order_id);
        struct names names = {0};

        for (const ReturnCase *row; (row = return_case_next(scan)) != NULL;)
                walk_keep(&names, arena_text(shop_arena(walk->stall.shop), row->id));
        return names;
}

static struct names parcels_of(struct walk *walk, const char *order_id)
{
        struct scan *scan = shipment_by_order_id(shop_read(walk->stall.shop), order_id);
        struct names names = {0};

        for (const Shipment *row; (row = shipment_next(scan)) != NULL;)
                walk_keep(&names, arena_text(shop_arena(walk->stall.shop), row->id));
        return names;
}

static void end_parcel(struct walk *walk, const char *id)
{
        struct persona who = walk_staff(walk, ROLE_WAREHOUSE);

        walk_try(walk, who, "fulfilment.ShipShipment", "{'id':'%s'}", id);
        walk_try(walk, who, "fulfilment.CancelShipment", "{'id':'%s'}", id);
        walk_try(walk, who, "fulfilment.RecordTracking",
                "{'shipment_id':'%s','carrier_event_id':'end','kind':'TRACKING_KIND_DELIVERED'}",
                id);
        walk_try(walk, who, "fulfilment.InspectShipment", "{'id':'%s'}", id);
}

static void end_case(struct walk *walk, const char *id)
{
        struct persona desk = walk_staff(walk, ROLE_SERVICE_AGENT);
        struct persona warehouse = walk_staff(walk, ROLE_WAREHOUSE);

        walk_try(walk, desk, "aftersales.ReviewReturn", "{'id':'%s','decision':%s}", id,
                walk_any(walk, 2) > 0 ? "1" : "2,'reject_reason':'n'");
        if (walk_any(walk, 3) > 0)
                walk_try(walk, warehouse, "aftersales.ReceiveReturn",
                        "{'id':'%s','location_id':'%s'}", id, walk->stall.main_id);
        walk_try(walk, desk, "aftersales.WithdrawReturn", "{'id':'%s'}", id);
        walk_try(walk, warehouse, "aftersales.InspectReturn", "{'id':'%s'}", id);
        walk_try(walk, desk, "aftersales.RefundReturn", "{'id':'%s'}", id);
        walk_try(walk, desk, "aftersales.CloseReturn", "{'id':'%s'}", id);
}

/* Everything about one order goes a step further, or ends. */
static void end_order(struct walk *walk, const char *id)
{
        struct names parcels = parcels_of(walk, id);
        struct names cases = cases_of(walk, id);

        for (size_t i = 0; i < parcels.n; i++)
                end_parcel(walk, parcels.at[i]);
        for (size_t i = 0; i < cases.n; i++)
                end_case(walk, cases.at[i]);
        walk_try(walk, walk_staff(walk, ROLE_SERVICE_AGENT), "checkout.CancelOrder", "{'id':'%s'}",
                id);
        walk_pay(walk, id, SANDBOX_ANSWER_ACCEPT);
        const Order *order = order_get(shop_read(walk->stall.shop), id);

        if (order->due_minor > 0)
                walk_try(walk, walk_staff(walk, ROLE_FINANCE), "payment.RecordReceipt",
                        "{'order_id':'%s','amount_minor':'%lld','currency_code':'GBP',"
                        "'external_id':'end-%s-%lld'}",
                        id, (long long)order->due_minor, id, (long long)order->due_minor);
        walk_try(walk, walk_staff(walk, ROLE_FINANCE), "payment.CapturePayment",
                "{'order_id':'%s'}", id);
}

static void refunds_leave(struct walk *walk)
{
        struct scan *scan =
                payment_attempt_all_by_order_id_create_time(shop_read(walk->stall.shop));
        struct arena *arena = shop_arena(walk->stall.shop);
        const char **ids = arena_alloc(arena, 100000 * sizeof(*ids));
        size_t n = 0;

        for (const PaymentAttempt *attempt; (attempt = payment_attempt_next(scan)) != NULL;)
                if (attempt->by_hand && attempt->state == ATTEMPT_STATE_OPEN && n < 100000)
                        ids[n++] = arena_text(arena, attempt->id);
        for (size_t i = 0; i < n; i++)
                walk_try(walk, walk_staff(walk, ROLE_FINANCE), "payment.ConfirmRefund",
                        "{'attempt_id':'%s','reference':'end'}", ids[i]);
}

static void nothing_is_held(struct walk *walk)
{
        struct scan *scan = stock_all(shop_read(walk->stall.shop));

        for (const Stock *stock; (stock = stock_next(scan)) != NULL;)
                if (stock->reserved != 0 || stock->allocated != 0 || stock->quarantine != 0)
                        fail_msg("%lld are reserved, %lld allocated and %lld in quarantine",
                                (long long)stock->reserved, (long long)stock->allocated,
                                (long long)stock->quarantine);
}

static void nothing_is_open(struct walk *walk)
{
        struct txn *txn = shop_read(walk->stall.shop);
        struct scan *attempts = payment_attempt_all_by_order_id_create_time(txn);
        struct scan *orders = order_all_by_place_time(txn);
        struct scan *timers = scheduled_call_all(txn);
        struct scan *jobs = job_all(txn);

        for (const PaymentAttempt *attempt; (attempt = payment_attempt_next(attempts)) != NULL;)
                if (attempt->state == ATTEMPT_STATE_OPEN)
                        fail_msg("attempt %s of kind %d, answer %d is open", attempt->id,
                                (int)attempt->kind, (int)attempt->sandbox_answer);
        for (const Order *order; (order = order_next(orders)) != NULL;)
                if (order->due_minor != 0 || order->open_attempt_id[0] != '\0' ||
                        order->state == ORDER_STATE_PLACED || order->authorised_minor != 0 ||
                        order->aftersales_state == AFTERSALES_STATE_OPEN)
                        fail_msg("order %s: %lld are due, attempt %s, state %d, %lld authorised",
                                order->id, (long long)order->due_minor, order->open_attempt_id,
                                (int)order->state, (long long)order->authorised_minor);
        /* When customers are looked at again, and when their points expire and tiers end, is no
         * business that is left undone. */
        for (const ScheduledCall *timer; (timer = scheduled_call_next(timers)) != NULL;)
                if (strcmp(timer->method, "insight.ReviewMember") != 0 &&
                        strncmp(timer->method, "loyalty.", 8) != 0)
                        fail_msg("%s of %s is scheduled", timer->method, timer->subject_id);
        for (const Job *job; (job = job_next(jobs)) != NULL;)
                fail_msg("%s of %s is not done", job->kind, job->subject_id);
}

void walk_end(struct walk *walk)
{
        for (int round = 0; round < 6; round++) {
                struct names orders = all_orders(walk);

                for (size_t i = 0; i < orders.n; i++)
                        end_order(walk, orders.at[i]);
                shop_advance(walk->stall.shop, 4 * DAY_US);
                walk_check(walk);
        }
        refunds_leave(walk);
        shop_settle(walk->stall.shop);
        walk_check(walk);
        nothing_is_held(walk);
        nothing_is_open(walk);
}

void walk_forget_everybody(struct walk *walk)
{
        size_t before = walk->done;

        for (size_t i = 0; i < WALK_PEOPLE; i++)
                walk_try(walk, walk_staff(walk, ROLE_SERVICE_LEAD), "privacy.EraseMember",
                        "{'member_id':'%s','reason':'the walk is over'}", walk->people[i].id);
        print_message("%zu of %d forgotten\n", walk->done - before, WALK_PEOPLE);
        for (int month = 0; month < 15; month++)
                shop_advance(walk->stall.shop, 31 * DAY_US);
        walk_check(walk);
        assert_int_equal(shop_event_count(walk->stall.shop, "event.parked"), 0);
        for (size_t i = 0; i < WALK_PEOPLE; i++)
                assert_int_equal(club_account(&walk->stall, walk->people[i].id).available, 0);
}
