/*
 * Events after a number. One look reads at most LOOK_MAX of them, so a filter that fits few events
 * answers early with where to go on instead of holding a snapshot for long.
 */
#include <string.h>
#include "governance.handlers.h"

#define LOOK_MAX     10000
#define PAGE_DEFAULT 100

static bool wanted(const Event *event, const WatchEventsRequest *request)
{
        if (request->owner[0] != '\0' && strcmp(event->owner, request->owner) != 0)
                return false;
        return strncmp(event->type, request->type_prefix, strlen(request->type_prefix)) == 0;
}

enum status governance_watch_events(
        struct call *call, const WatchEventsRequest *request, WatchEventsResponse *response)
{
        size_t page = request->page_size > 0 ? (size_t)request->page_size : PAGE_DEFAULT;
        struct key_value from = key_uint(request->after_number + 1);
        struct scan *scan = event_all(call->txn);
        Event *event = NULL;
        size_t seen = 0;

        scan_between(scan, &from, NULL);
        response->events = call_array(call, Event *, page);
        response->last_number = request->after_number;
        while (response->n_events < page && seen < LOOK_MAX && (event = event_next(scan)) != NULL) {
                seen++;
                response->last_number = event->number;
                if (wanted(event, request))
                        response->events[response->n_events++] = event;
        }
        if (response->n_events > 0 || event != NULL)
                return OK;
        return call_wait(call, request->wait_ms);
}
