/*
 * A shop in which everybody does whatever comes to mind: orders are paid, cancelled, packed, lost,
 * returned, refunded and contradicted in any order, stock is counted anew and time jumps. Whatever
 * is refused, nothing may be an error of the shop's own, and every now and then verify must prove
 * money, units and stock. What the other tests look at one by one meets here.
 *
 * Refused: a model beside the shop that says what each step must answer; it would be a second shop.
 */
#include <string.h>
#include "cart.rows.h"
#include "lib/base/id.h"
#include "payment.rows.h"
#include "tests/domain/stall.h"

#define SEEDS       3
#define STEPS       4000
#define ROUND       100 /* steps between two proofs */
#define KEPT        512
#define LATE_ORDERS 12 /* most steps are about one of the latest */

struct names {
        const char *at[KEPT];
        size_t n;
};

struct walk {
        struct stall stall;
        struct random random;
        struct names orders, parcels, cases;
        struct persona people[3];
        const char *method_id; /* a way of shipping */
        size_t done;
};

static unsigned any(struct walk *walk, unsigned below)
{
        return (unsigned)(random_next(&walk->random) % below);
}

static void keep(struct names *names, const char *id)
{
        if (names->n < KEPT)
                names->at[names->n++] = id;
}

static const char *pick(struct walk *walk, const struct names *names)
{
        size_t from = names->n > LATE_ORDERS && any(walk, 4) > 0 ? names->n - LATE_ORDERS : 0;

        return names->n == 0 ? "none" : names->at[from + any(walk, (unsigned)(names->n - from))];
}

/* The answer, or NULL where it was refused, which is as good. Nobody is the shop itself. */
static void *try(struct walk *walk, struct persona who, const char *method, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

static void *try(struct walk *walk, struct persona who, const char *method, const char *format, ...)
{
        va_list args;

        va_start(args, format);
        char *json = arena_vprintf(shop_arena(walk->stall.shop), format, args);

        va_end(args);
        for (char *at = json; *at != '\0'; at++)
                if (*at == '\'')
                        *at = '"';
        struct outcome outcome = who.token[0] == '\0'
                                         ? shop_call_system(walk->stall.shop, method, json)
                                         : shop_call_json(walk->stall.shop, who, method, json);

        if (outcome.error == NULL) {
                walk->done++;
                return outcome.response;
        }
        if (outcome.error->code != FAILED_PRECONDITION && outcome.error->code != NOT_FOUND &&
                outcome.error->code != INVALID_ARGUMENT && outcome.error->code != ALREADY_EXISTS)
                fail_msg("%s %s: %s", method, json, outcome.error->message);
        return NULL;
}

static struct persona staff(struct walk *walk, enum role role)
{
        return shop_as(walk->stall.shop, role);
}

static struct persona owner(struct walk *walk, const char *order_id)
{
        const Order *order = order_get(shop_read(walk->stall.shop), order_id);

        for (size_t i = 0; order != NULL && i < 3; i++)
                if (strcmp(order->member_id, walk->people[i].id) == 0)
                        return walk->people[i];
        return walk->people[0];
}

/* ---- what may come to mind ---- */

static void pay(struct walk *walk, const char *order_id, unsigned answer)
{
        try(walk, owner(walk, order_id), "payment.PayOrder",
                "{'order_id':'%s','sandbox_answer':%u}", order_id, answer);
        if (any(walk, 3) > 0)
                shop_settle(walk->stall.shop);
}

static void buy(struct walk *walk)
{
        struct persona who = walk->people[any(walk, 3)];
        const Cart *cart = try(
                walk, who, "cart.CreateCart", "{'price_list_id':'%s'}", walk->stall.price_list_id);
        const char *method_id = any(walk, 2) > 0 ? walk->method_id : "";

        for (unsigned i = 1 + any(walk, 4); i > 0; i--)
                try(walk, who, "cart.AddCartLines",
                        "{'cart_id':'%s','lines':[{'variant_id':'%s','quantity':%u,"
                        "'line_key':'%u'}]}",
                        cart->id, walk->stall.variant_ids[any(walk, WARE_COUNT)], 1 + any(walk, 6),
                        any(walk, 2));
        const Quote *quote = try(walk, who, "checkout.GetQuote",
                "{'cart_id':'%s','country_code':'GB','shipping_method_id':'%s'}", cart->id,
                method_id);
        const Order *order = try(walk, who, "checkout.PlaceOrder",
                "{'cart_id':'%s','fingerprint':'%s','shipping_method_id':'%s',"
                "'delivery_address':{'country_code':'GB'}}",
                cart->id, quote->fingerprint, method_id);

        if (order == NULL)
                return;
        keep(&walk->orders, order->id);
        if (any(walk, 3) > 0)
                pay(walk, order->id, SANDBOX_ANSWER_ACCEPT);
}

static void pay_anyhow(struct walk *walk)
{
        pay(walk, pick(walk, &walk->orders), any(walk, SANDBOX_ANSWER_TOO_LATE + 1));
}

static void hear_from_the_gateway(struct walk *walk)
{
        struct scan *scan =
                payment_attempt_all_by_order_id_create_time(shop_read(walk->stall.shop));
        const PaymentAttempt *attempt = payment_attempt_next(scan);

        for (unsigned i = any(walk, 60); i > 0 && attempt != NULL; i--)
                attempt = payment_attempt_next(scan);
        if (attempt == NULL)
                return;
        const char *id = arena_text(shop_arena(walk->stall.shop), attempt->id);

        try(walk, shop_nobody(), "payment.RecordOutcome",
                "{'attempt_id':'%s','outcome':%u,'amount_minor':'%lld','currency_code':'%s'}", id,
                1 + any(walk, OUTCOME_PENDING),
                (long long)attempt->amount_minor + (any(walk, 4) == 0),
                any(walk, 8) > 0 ? "GBP" : "EUR");
}

static void cancel(struct walk *walk)
{
        const char *id = pick(walk, &walk->orders);
        struct persona who = any(walk, 2) > 0 ? owner(walk, id) : staff(walk, ROLE_SERVICE_AGENT);

        if (any(walk, 4) == 0)
                try(walk, who, "checkout.CancelOrder", "{'id':'%s'}", id);
        else
                try(walk, who, "checkout.CancelOrder",
                        "{'id':'%s','lines':[{'number':%u,'quantity':%u},"
                        "{'number':%u,'quantity':1}]}",
                        id, 1 + any(walk, 2), 1 + any(walk, 3), 1 + any(walk, 3));
}

static void pack(struct walk *walk)
{
        const char *id = pick(walk, &walk->orders);
        const char *lines = any(walk, 2) == 0
                                    ? ""
                                    : arena_printf(shop_arena(walk->stall.shop),
                                              ",'lines':[{'order_line_number':%u,'quantity':%u}]",
                                              1 + any(walk, 5), 1 + any(walk, 3));
        const Shipment *parcel = try(walk, staff(walk, ROLE_WAREHOUSE), "fulfilment.CreateShipment",
                "{'order_id':'%s'%s}", id, lines);

        if (parcel != NULL)
                keep(&walk->parcels, parcel->id);
}

static void send(struct walk *walk)
{
        static const char *const methods[] = {"fulfilment.ShipShipment", "fulfilment.ShipShipment",
                "fulfilment.ShipShipment", "fulfilment.CancelShipment",
                "fulfilment.InspectShipment"};

        try(walk, staff(walk, ROLE_WAREHOUSE), methods[any(walk, 5)], "{'id':'%s'}",
                pick(walk, &walk->parcels));
}

static void track(struct walk *walk)
{
        static const TrackingKind kinds[] = {TRACKING_KIND_MOVED, TRACKING_KIND_DELIVERED,
                TRACKING_KIND_DELIVERED, TRACKING_KIND_DELIVERED, TRACKING_KIND_LOST,
                TRACKING_KIND_RETURNED_TO_SENDER};

        try(walk, staff(walk, ROLE_WAREHOUSE), "fulfilment.RecordTracking",
                "{'shipment_id':'%s','carrier_event_id':'e%u','kind':%d}",
                pick(walk, &walk->parcels), any(walk, 40), (int)kinds[any(walk, 6)]);
}

static void ask_for_a_return(struct walk *walk)
{
        const Shipment *parcel =
                shipment_get(shop_read(walk->stall.shop), pick(walk, &walk->parcels));

        if (parcel == NULL)
                return;
        const char *id = arena_text(shop_arena(walk->stall.shop), parcel->order_id);
        unsigned type = any(walk, RETURN_TYPE_EXCHANGE + 3);
        const char *wanted = "";

        if (type >= RETURN_TYPE_EXCHANGE) {
                type = RETURN_TYPE_EXCHANGE;
                wanted = walk->stall.variant_ids[any(walk, WARE_COUNT)];
        }
        const ReturnCase *row =
                try(walk, any(walk, 2) > 0 ? owner(walk, id) : staff(walk, ROLE_SERVICE_AGENT),
                        "aftersales.ApplyReturn",
                        "{'order_id':'%s','type':%u,'reason':'x','cause':%u,"
                        "'lines':[{'order_line_number':%u,'quantity':%u,"
                        "'replacement_variant_id':'%s'}]}",
                        id, type, any(walk, RETURN_CAUSE_NOT_ARRIVED + 1), 1 + any(walk, 5),
                        1 + any(walk, 3), wanted);

        if (row != NULL)
                keep(&walk->cases, row->id);
}

static void go_on_with_a_case(struct walk *walk)
{
        static const struct {
                enum role role;
                const char *method;
                const char *rest;
        } steps[] = {
                {ROLE_SERVICE_AGENT, "aftersales.ReviewReturn", ",'decision':1"},
                {ROLE_SERVICE_AGENT, "aftersales.ReviewReturn", ",'decision':1"},
                {ROLE_SERVICE_AGENT, "aftersales.ReviewReturn",
                        ",'decision':2,'reject_reason':'n'"},
                {ROLE_SERVICE_AGENT, "aftersales.WithdrawReturn", ""},
                {ROLE_WAREHOUSE, "aftersales.InspectReturn", ",'lines':[{'number':1}]"},
                {ROLE_WAREHOUSE, "aftersales.InspectReturn", ""},
                {ROLE_FINANCE, "aftersales.RefundReturn", ""},
                {ROLE_FINANCE, "aftersales.RefundReturn", ""},
                {ROLE_SERVICE_AGENT, "aftersales.CloseReturn", ""},
        };
        unsigned step = any(walk, sizeof(steps) / sizeof(steps[0]) + 2);
        const char *id = pick(walk, &walk->cases);

        if (step < sizeof(steps) / sizeof(steps[0]))
                try(walk, staff(walk, steps[step].role), steps[step].method, "{'id':'%s'%s}", id,
                        steps[step].rest);
        else
                try(walk, staff(walk, ROLE_WAREHOUSE), "aftersales.ReceiveReturn",
                        "{'id':'%s','location_id':'%s'}", id,
                        any(walk, 2) > 0 ? walk->stall.main_id : walk->stall.far_id);
}

/* Everybody does what they should, now and then without the money; what replaced something is on
 * its way, and may be exchanged again. */
static void see_a_case_through(struct walk *walk)
{
        const char *id = pick(walk, &walk->cases);
        const ReturnCase *row = return_case_get(shop_read(walk->stall.shop), id);

        if (row == NULL)
                return;
        const char *order_id = arena_text(shop_arena(walk->stall.shop), row->order_id);

        try(walk, staff(walk, ROLE_SERVICE_AGENT), "aftersales.ReviewReturn",
                "{'id':'%s','decision':1}", id);
        if (any(walk, 3) > 0)
                pay(walk, order_id, SANDBOX_ANSWER_ACCEPT);
        try(walk, staff(walk, ROLE_WAREHOUSE), "aftersales.ReceiveReturn",
                "{'id':'%s','location_id':'%s'}", id, walk->stall.main_id);
        if (any(walk, 4) == 0)
                shop_advance(walk->stall.shop, 2 * DAY_US);
        try(walk, staff(walk, ROLE_WAREHOUSE), "aftersales.InspectReturn", "{'id':'%s'}", id);
        try(walk, staff(walk, ROLE_FINANCE), "aftersales.RefundReturn", "{'id':'%s'}", id);
        const Shipment *parcel = try(walk, staff(walk, ROLE_WAREHOUSE), "fulfilment.CreateShipment",
                "{'order_id':'%s'}", order_id);

        if (parcel == NULL)
                return;
        keep(&walk->parcels, parcel->id);
        try(walk, staff(walk, ROLE_WAREHOUSE), "fulfilment.ShipShipment", "{'id':'%s'}",
                parcel->id);
        try(walk, staff(walk, ROLE_WAREHOUSE), "fulfilment.RecordTracking",
                "{'shipment_id':'%s','carrier_event_id':'through','kind':'TRACKING_KIND_DELIVERED'"
                "}",
                parcel->id);
}

static void count_stock(struct walk *walk)
{
        struct persona who = staff(walk, ROLE_WAREHOUSE);
        const char *location_id = any(walk, 2) > 0 ? walk->stall.main_id : walk->stall.far_id;
        const char *variant_id = walk->stall.variant_ids[any(walk, WARE_COUNT)];
        int number = (int)any(walk, 20);

        if (any(walk, 4) == 0)
                try(walk, who, "supply.SetStockThreshold",
                        "{'location_id':'%s','variant_id':'%s','threshold':%d}", location_id,
                        variant_id, number / 2 - 5);
        else if (any(walk, 3) == 0)
                try(walk, who, "supply.AdjustStock",
                        "{'location_id':'%s','variant_id':'%s','quantity':%d,'reason':'count'}",
                        location_id, variant_id, number / 2 - 7);
        else
                try(walk, who, "supply.ReceiveGoods",
                        "{'location_id':'%s','lines':[{'variant_id':'%s','quantity':%d}]}",
                        location_id, variant_id, 1 + number);
}

static void wait_a_while(struct walk *walk)
{
        static const int64_t waits_us[] = {SECOND_US, 30 * SECOND_US, MINUTE_US, 5 * MINUTE_US,
                15 * MINUTE_US, 30 * MINUTE_US, DAY_US};

        shop_advance(walk->stall.shop, waits_us[any(walk, 7)]);
}

/* ---- the walk ---- */

static struct walk begin(uint64_t seed)
{
        struct walk walk = {.stall = stall_open()};

        random_seed(&walk.random, seed);
        walk.people[0] = walk.stall.alice;
        walk.people[1] = shop_member(walk.stall.shop, "bob");
        walk.people[2] = shop_guest(walk.stall.shop, "somebody");
        const ShippingMethod *method = stall_ok(&walk.stall, staff(&walk, ROLE_OPERATIONS),
                "checkout.CreateShippingMethod",
                "{'shipping_method':{'slug':'post','price_list_id':'%s','fee_minor':451,"
                "'titles':[{'language':'en','text':'Post'}]}}",
                walk.stall.price_list_id);

        walk.method_id = method->id;
        shop_terms(walk.stall.shop)->exchange_days = 1;
        /* A second rate, so that units differ by pennies of both. */
        stall_ok(&walk.stall, staff(&walk, ROLE_FINANCE), "checkout.CreateTaxRate",
                "{'tax_rate':{'country_code':'GB','tax_class':'standard','title':'Levy',"
                "'rate':'0.057'}}");
        return walk;
}

static void whatever_happens_it_adds_up(void **state)
{
        static void (*const steps[])(struct walk *) = {buy, buy, pay_anyhow, hear_from_the_gateway,
                cancel, pack, pack, send, send, track, track, track, track, ask_for_a_return,
                ask_for_a_return, ask_for_a_return, ask_for_a_return, go_on_with_a_case,
                go_on_with_a_case, go_on_with_a_case, go_on_with_a_case, see_a_case_through,
                see_a_case_through, count_stock, count_stock};

        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
                struct walk walk = begin(seed);

                for (size_t i = 1; i <= STEPS; i++) {
                        const char *kind;

                        steps[any(&walk, sizeof(steps) / sizeof(steps[0]))](&walk);
                        if (i % 40 == 0)
                                wait_a_while(&walk);
                        if (i % ROUND == 0 && shop_verify(walk.stall.shop, &kind) > 0)
                                fail_msg("seed %d, step %zu: %s", (int)seed, i, kind);
                }
                print_message(
                        "seed %d: %zu orders, %zu parcels, %zu cases, %zu calls not refused\n",
                        (int)seed, walk.orders.n, walk.parcels.n, walk.cases.n, walk.done);
                stall_close(&walk.stall);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(whatever_happens_it_adds_up),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
