/*
 * The walk's tools: who may do what, and what of it may go wrong.
 */
#include "tests/domain/walk.h"

#include <string.h>
#include "lib/base/id.h"
#include "server/trade_terms.h"
#include "tests/domain/club.h"

#define LATE_ORDERS 12 /* most steps are about one of the latest */

unsigned walk_any(struct walk *walk, unsigned below)
{
        return (unsigned)(random_next(&walk->random) % below);
}

void walk_keep(struct names *names, const char *id)
{
        if (names->n < WALK_KEPT)
                names->at[names->n++] = id;
}

const char *walk_pick(struct walk *walk, const struct names *names)
{
        size_t from = names->n > LATE_ORDERS && walk_any(walk, 4) > 0 ? names->n - LATE_ORDERS : 0;

        return names->n == 0 ? "none"
                             : names->at[from + walk_any(walk, (unsigned)(names->n - from))];
}

void *walk_try(struct walk *walk, struct persona who, const char *method, const char *format, ...)
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
                outcome.error->code != INVALID_ARGUMENT && outcome.error->code != ALREADY_EXISTS &&
                outcome.error->code != ABORTED && outcome.error->code != RESOURCE_EXHAUSTED)
                fail_msg("%s %s: %s", method, json, outcome.error->message);
        return NULL;
}

struct persona walk_staff(struct walk *walk, enum role role)
{
        return shop_as(walk->stall.shop, role);
}

struct persona walk_owner(struct walk *walk, const char *order_id)
{
        const Order *order = order_get(shop_read(walk->stall.shop), order_id);

        for (size_t i = 0; order != NULL && i < WALK_PEOPLE; i++)
                if (strcmp(order->member_id, walk->people[i].id) == 0)
                        return walk->people[i];
        return walk->people[0];
}

static void set_terms(struct walk *walk)
{
        struct trade_terms *terms = shop_terms(walk->stall.shop);

        terms->exchange_days = 1;
        terms->authorisation_days = 2;
        terms->held_units_max = 60;
        terms->cash_on_delivery_minor_max = 9000;
        terms->transfer_minor_max = 12000;
        for (size_t i = 0; i < 2; i++)
                stall_ok(&walk->stall, walk_staff(walk, ROLE_FINANCE), "payment.SetCreditLine",
                        "{'member_id':'%s','limit_minor':20000,'currency_code':'GBP'}",
                        walk->people[i].id);
}

struct walk walk_begin(uint64_t seed)
{
        struct walk walk = {.stall = stall_open()};

        random_seed(&walk.random, seed);
        walk.people[0] = walk.stall.alice;
        walk.people[1] = shop_member(walk.stall.shop, "bob");
        walk.people[2] = shop_guest(walk.stall.shop, "somebody");
        walk.people[3] = shop_member(walk.stall.shop, "embassy");
        const ShippingMethod *method = stall_ok(&walk.stall, walk_staff(&walk, ROLE_OPERATIONS),
                "checkout.CreateShippingMethod",
                "{'shipping_method':{'slug':'post','price_list_id':'%s','fee_minor':451,"
                "'titles':[{'language':'en','text':'Post'}]}}",
                walk.stall.price_list_id);

        walk.method_id = method->id;
        set_terms(&walk);
        club_open(&walk.stall, ",'tender_share':'0.8'");
        for (size_t i = 0; i < 2; i++)
                club_give(&walk.stall, walk.people[i].id, 20000);
        /* A second rate, so that units differ by pennies of both. */
        stall_ok(&walk.stall, walk_staff(&walk, ROLE_FINANCE), "checkout.CreateTaxRate",
                "{'tax_rate':{'country_code':'GB','tax_class':'standard','title':'Levy',"
                "'rate':'0.057'}}");
        return walk;
}
