#pragma once
/*
 * The limit: what the transport, protobuf-c and LMDB cost with nothing of ours between them. A
 * server process that decodes batches, reads each call's row and answers; and a client that keeps
 * so many calls in flight, in messages of the size that the channel would send.
 */
#include <stddef.h>
#include <sys/types.h>
#include "lib/base/bytes.h"

/* One stored row: what a call asks for and what it is answered. */
struct bare_row {
        char id[33];
        struct bytes answer;
};

struct bare_server {
        pid_t pid;
        char url[64];
};

/* Writes the rows to a database in dir, which is made. */
void bare_write_rows(const char *dir, const struct bare_row *rows, size_t count);
/* The same, and starts a server on it. */
void bare_start(
        struct bare_server *server, const char *dir, const struct bare_row *rows, size_t count);
void bare_stop(struct bare_server *server);
/* In the process that bare_start starts; returns when standard input ends. */
int bare_serve(const char *dir);

struct bare_client;

/* Calls carry this token, which nobody looks at, to be as long as ours. */
struct bare_client *bare_client_open(
        const char *url, const char *token, const struct bare_row *rows, size_t row_count);
void bare_client_close(struct bare_client *client);
/* Calls a second. */
double bare_measure(struct bare_client *client, int in_flight, double seconds);
