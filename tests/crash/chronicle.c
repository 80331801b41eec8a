/*
 * The event log is the second witness. Answers say what the server promised; events say what
 * happened, each change once. A write that was run twice, or run and forgotten, makes the two
 * disagree, whatever rows it touched.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>
#include "cart.client.h"
#include "checkout.client.h"
#include "governance.client.h"
#include "membership.client.h"
#include "payment.client.h"
#include "supply.client.h"
#include "tests/crash/checks.h"

/* What each kept write tells exactly once. */
struct effect {
        const struct shop_method *method;
        const char *event;
        const char *reason; /* of a refusal that is kept, or "" for success */
};

static const struct effect effects[] = {
        {&shop_membership_create_guest_method, "member.guest_created", ""},
        {&shop_membership_import_member_method, "member.imported", ""},
        {&shop_membership_sign_up_method, "member.signed_up", ""},
        {&shop_membership_sign_in_method, "member.signed_in", ""},
        {&shop_membership_sign_in_method, "member.sign_in_failed", "BAD_CREDENTIALS"},
        {&shop_cart_create_cart_method, "cart.created", ""},
        {&shop_cart_add_cart_lines_method, "cart.changed", ""},
        {&shop_checkout_place_order_method, "order.placed", ""},
        {&shop_payment_pay_order_method, "payment.attempt_opened", ""},
        {&shop_supply_receive_goods_method, "goods.received", ""},
        {&shop_supply_adjust_stock_method, "stock.adjusted", ""},
};
#define EFFECT_COUNT (sizeof(effects) / sizeof(effects[0]))

struct fate {
        char order_id[ID_SIZE];
        unsigned placed, paid, expired, cancelled;
        UT_hash_handle hh;
};

struct chronicle {
        uint64_t last_number;
        size_t told[EFFECT_COUNT];
        struct fate *fates;
};

size_t fault(const char *format, ...)
{
        va_list arguments;

        va_start(arguments, format);
        fputs("LOST: ", stderr);
        vfprintf(stderr, format, arguments);
        fputc('\n', stderr);
        va_end(arguments);
        return 1;
}

struct chronicle *chronicle_new(void)
{
        return calloc(1, sizeof(struct chronicle));
}

void chronicle_free(struct chronicle *chronicle)
{
        struct fate *fate, *next;

        HASH_ITER(hh, chronicle->fates, fate, next)
        {
                HASH_DEL(chronicle->fates, fate);
                free(fate);
        }
        free(chronicle);
}

static struct fate *fate_of(struct chronicle *chronicle, const char *order_id)
{
        struct fate *fate;

        HASH_FIND_STR(chronicle->fates, order_id, fate);
        if (fate == NULL) {
                fate = calloc(1, sizeof(*fate));
                id_copy(fate->order_id, order_id);
                HASH_ADD_STR(chronicle->fates, order_id, fate);
        }
        return fate;
}

static void take_event(struct chronicle *chronicle, const Shop__Event *event)
{
        for (size_t i = 0; i < EFFECT_COUNT; i++)
                chronicle->told[i] += strcmp(event->type, effects[i].event) == 0 &&
                                      strcmp(event->method, effects[i].method->name) == 0;
        if (strcmp(event->type, "order.placed") == 0)
                fate_of(chronicle, event->subject)->placed++;
        if (strcmp(event->type, "order.paid") == 0)
                fate_of(chronicle, event->subject)->paid++;
        if (strcmp(event->type, "order.expired") == 0)
                fate_of(chronicle, event->subject)->expired++;
        if (strcmp(event->type, "order.cancelled") == 0)
                fate_of(chronicle, event->subject)->cancelled++;
}

static size_t take_page(struct chronicle *chronicle, const Shop__ListEventsResponse *page)
{
        size_t faults = 0;

        for (size_t i = 0; i < page->n_events; i++) {
                if (page->events[i]->number != chronicle->last_number + 1)
                        faults += fault("event %llu follows event %llu",
                                (unsigned long long)page->events[i]->number,
                                (unsigned long long)chronicle->last_number);
                chronicle->last_number = page->events[i]->number;
                take_event(chronicle, page->events[i]);
        }
        return faults;
}

size_t chronicle_read(struct chronicle *chronicle, struct shop_channel *channel)
{
        Shop__ListEventsRequest request = SHOP__LIST_EVENTS_REQUEST__INIT;
        struct shop_error error = {0};
        struct shop_pages pages;
        Shop__ListEventsResponse *page;
        size_t faults = 0;

        request.number_from = chronicle->last_number + 1;
        request.page_size = 1000;
        shop_governance_list_events_pages(&pages, channel, &request);
        while (shop_governance_list_events_next(&pages, &page, &error) == SHOP_OK && page != NULL) {
                faults += take_page(chronicle, page);
                live_free(page);
        }
        shop_pages_release(&pages);
        if (error.code != SHOP_OK)
                faults += fault("events cannot be read: %s", error.message);
        shop_error_release(&error);
        return faults;
}

void chronicle_forget(struct chronicle *chronicle)
{
        memset(chronicle->told, 0, sizeof(chronicle->told));
}

static bool tells(const struct effect *effect, const struct entry *entry)
{
        return entry->method == effect->method && entry->outcome == OUTCOME_KEPT &&
               strcmp(entry->reason, effect->reason) == 0;
}

size_t chronicle_check_writes(const struct chronicle *chronicle, const struct journal *journal)
{
        size_t faults = 0;

        for (size_t i = 0; i < EFFECT_COUNT; i++) {
                size_t wanted = 0;

                for (size_t j = 0; j < journal->count; j++)
                        wanted += tells(&effects[i], journal->at[j]);
                if (chronicle->told[i] != wanted)
                        faults += fault("%zu calls of %s were kept, but %zu events %s are there",
                                wanted, effects[i].method->name, chronicle->told[i],
                                effects[i].event);
        }
        return faults;
}

/* Paid, or ended without: an order that is cancelled after it was paid is paid. */
static bool ended_well(const struct fate *fate, enum ended ended)
{
        unsigned ends = fate->paid + fate->expired + (fate->paid == 0 ? fate->cancelled : 0);

        return fate->placed == 1 && fate->cancelled <= 1 && ends <= 1 &&
               (ended == ENDED_AT_MOST_ONCE || ends == 1);
}

size_t chronicle_check_orders(const struct chronicle *chronicle, enum ended ended)
{
        size_t faults = 0;

        for (const struct fate *fate = chronicle->fates; fate != NULL; fate = fate->hh.next)
                if (!ended_well(fate, ended))
                        faults += fault("order %s was placed %u, paid %u, expired %u, cancelled %u "
                                        "times",
                                fate->order_id, fate->placed, fate->paid, fate->expired,
                                fate->cancelled);
        return faults;
}

size_t chronicle_event_count(const struct chronicle *chronicle)
{
        return chronicle->last_number;
}

size_t chronicle_order_count(const struct chronicle *chronicle)
{
        return HASH_COUNT(chronicle->fates);
}
