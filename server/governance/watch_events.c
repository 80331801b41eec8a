/*
 * Events after a number. One look reads a bounded number of them, so a filter that fits few events
 * answers early with where to go on instead of holding a snapshot for long; and a parked call
 * begins its next look where the last one ended, or right before the event that woke it.
 *
 * Owners are told of kinds that are listed here. Refused: everything that names them as owner; then
 * what the shop suspects of somebody would be told to them with the first event of a new domain.
 */
#include <string.h>
#include "governance.handlers.h"

#define LOOK_MAX     10000
#define LOOK_OWN_MAX 1000
#define PAGE_DEFAULT 100

/* What events that their owner may see begin with. */
static const char *const own_types[] = {
        "cart.",
        "goodwill.",
        "member.",
        "notification.",
        "order.",
        "payment.attempt_",
        "payment.due_",
        "payment.pending",
        "payment.refund_",
        "return.",
        "shipment.",
};

static bool begins_with(const char *text, const char *start)
{
        return strncmp(text, start, strlen(start)) == 0;
}

static bool own_type(const char *type)
{
        for (size_t i = 0; i < sizeof(own_types) / sizeof(own_types[0]); i++)
                if (begins_with(type, own_types[i]))
                        return true;
        return false;
}

static bool is_owner(const struct call_owners *owners, const char *id)
{
        for (size_t i = 0; i < owners->count; i++)
                if (strcmp(owners->ids[i], id) == 0)
                        return true;
        return false;
}

/* owners: NULL for staff. */
static bool wanted(
        const struct call_owners *owners, const Event *event, const WatchEventsRequest *request)
{
        if (owners != NULL && (!is_owner(owners, event->owner) || !own_type(event->type)))
                return false;
        if (request->owner[0] != '\0' && strcmp(event->owner, request->owner) != 0)
                return false;
        return begins_with(event->type, request->type_prefix);
}

static enum status wait_for_more(
        struct call *call, const struct call_owners *owners, const WatchEventsRequest *request)
{
        struct call_news news = {.type_prefix = request->type_prefix};

        if (request->owner[0] != '\0') {
                news.owners = &request->owner;
                news.owner_count = 1;
        } else if (!call_is_staff(call)) {
                news.owners = owners->ids;
                news.owner_count = owners->count;
        }
        return call_wait(call, request->wait_ms, &news);
}

/* An owner learns that the shop did something, not who in the shop. */
static Event *shown(const struct call *call, Event *event)
{
        if (!call_is_staff(call) && strcmp(event->actor, call->caller->id) != 0)
                event->actor = "";
        return event;
}

enum status governance_watch_events(
        struct call *call, const WatchEventsRequest *request, WatchEventsResponse *response)
{
        size_t page = request->page_size > 0 ? (size_t)request->page_size : PAGE_DEFAULT;
        size_t look_max = call_is_staff(call) ? LOOK_MAX : LOOK_OWN_MAX;
        uint64_t *seen = call_wait_mark(call);
        struct call_owners owners;
        Event *event = NULL;

        call_owners(call, call->caller->id, &owners);
        if (!call_is_staff(call) && request->owner[0] != '\0' && !is_owner(&owners, request->owner))
                return call_fail(call, PERMISSION_DENIED, "NOT_YOUR_EVENTS",
                        "these events belong to somebody else");
        if (*seen < request->after_number)
                *seen = request->after_number;
        struct key_value from = key_uint(*seen + 1);
        struct scan *scan = event_all(call->txn);

        scan_between(scan, &from, NULL);
        response->events = call_array(call, Event *, page);
        for (size_t looked = 0; response->n_events < page && looked < look_max &&
                                (event = event_next(scan)) != NULL;
                looked++) {
                *seen = event->number;
                if (wanted(call_is_staff(call) ? NULL : &owners, event, request))
                        response->events[response->n_events++] = shown(call, event);
        }
        response->last_number = *seen;
        if (response->n_events > 0 || event != NULL)
                return OK;
        return wait_for_more(call, &owners, request);
}
