#pragma once
/*
 * Pages of lists that are custom methods: their requests have page_size and page_token, their
 * answers next_page_token, and the tokens are those of the standard lists.
 */
#include "server/call.h"

/* What page_size asks for; 50 where it is 0. */
size_t page_size(const struct call *call, const void *request);
/* Goes on where the request's page_token says, if it has one. Before the first scan_next. */
enum status page_resume(struct call *call, const void *request, struct scan *scan);
/* Where the scan is. Filters of the request are part of it, its page fields are not. */
char *page_token_here(struct call *call, const void *request, const struct scan *scan);
