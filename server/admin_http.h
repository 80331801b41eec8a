#pragma once
/*
 * The administration port: a few pages over HTTP for who watches the server. Only GET, no request
 * bodies, at most 32 connections, and none that says nothing for ten seconds.
 */
#include "lib/base/bytes.h"
#include "lib/base/status.h"

struct admin_http;

struct admin_page {
        const char *path; /* NULL ends the list */
        const char *content_type;
        /* Writes the body; returns the HTTP status. Called from the port's one thread. */
        unsigned (*write)(void *context, struct buffer *out);
};

/* listen: an address as server/address.h has it. INVALID_ARGUMENT, BAD_ADDRESS; UNAVAILABLE,
 * CANNOT_LISTEN. The pages must live as long. */
enum status admin_http_open(struct admin_http **out, const char *listen,
        const struct admin_page *pages, void *context, struct error *error);
/* "http://127.0.0.1:41233" */
const char *admin_http_url(const struct admin_http *admin);
/* NULL is nothing. */
void admin_http_close(struct admin_http *admin);
