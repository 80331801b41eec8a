#pragma once
/*
 * The command-line client. One file a command; what they share is here: the settings of this run,
 * the open channel, and how a call is made and shown. Everything lives until the program ends, in
 * one arena.
 */
#include <stdbool.h>
#include <stdio.h>
#include "client/shop.h"
#include "lib/base/arena.h"
#include "lib/base/bytes.h"
#include "lib/base/status.h"
#include "lib/schema/schema.h"
#include "shop.client.schema.h"
#include "tools/shopctl/shown.h"

#define SHOPCTL_VERSION "0.1.0"

struct settings {
        const char *server;
        const char *token;       /* "" is nobody */
        const char *token_file;  /* where a refresh token is too, or NULL */
        const char *language;    /* or NULL */
        enum output output;      /* AUTO was resolved before a command runs */
        int64_t timeout_ms;      /* 0: the channel's default */
        int64_t hedge_delay_ms;  /* 0: none */
        const char *traceparent; /* of every call, or NULL */
        const char *tls_ca_file; /* each NULL when not given */
        const char *tls_cert_file;
        const char *tls_key_file;
        int verbose;
        struct arena *arena;
        struct shop_channel *channel; /* opened by the first call */
};

/* Exit status of everything that failed with a gRPC code. */
#define EXIT_STATUS_BASE 64
#define EXIT_USAGE       2

struct command {
        const char *name;
        const char *arguments;
        const char *summary;
        /* argv[0] is the command's name. Returns the exit status. */
        int (*run)(struct settings *settings, int argc, char **argv);
};
extern const struct command commands[]; /* ended by a name of NULL */

/* ---- session.c: talking to the server ---- */

/* The program's own, opened by the first call; it is closed at the end. */
struct shop_channel *session_channel(struct settings *settings);
/* One more, the caller's to close. attempts_max: per call; 0: as many as the library makes. */
struct shop_channel *session_open(struct settings *settings, int attempts_max);

/* Calls; the decoded response is the arena's. NULL on failure with error filled in (release it). */
void *session_call(struct settings *settings, struct arena *arena,
        const struct schema_method *method, const void *request, struct shop_error *error);

/* ---- token_file.c: who is calling, in a file ---- */

/* Sets the token. False with a sentence on standard error. */
bool token_file_read(struct settings *settings, const char *path);
/* The context of a channel's token_file_renew. */
struct token_source {
        const char *path;
        char token[1024]; /* that the channel calls with */
};
/* A shop_token_source: new tokens for the refresh token of the file, which is replaced. */
bool token_file_renew(
        void *context, struct shop_channel *channel, uint8_t *out, size_t capacity, size_t *len);

/* ---- print.c: what people and programs read ---- */

void print_message(
        const struct settings *settings, const struct schema_message *schema, const void *message);
/* Prints why a call failed; returns the exit status. */
int print_error(const struct settings *settings, const struct shop_error *error);
int print_local_error(const struct settings *settings, const struct error *error);

/* ---- contract.c: what can be called ---- */

/* The method, or NULL after telling the nearest names. */
const struct schema_method *contract_method(const char *name);
int contract_list(struct settings *settings, int argc, char **argv);
int contract_describe(struct settings *settings, int argc, char **argv);
int contract_template(struct settings *settings, int argc, char **argv);

/* ---- reflect.c: the same, asked of the server ---- */

int reflect_list(struct settings *settings, const char *prefix);
int reflect_describe(struct settings *settings, const char *name);

/* ---- the other commands ---- */

/* The request of a command line, or NULL with the error set. argv: anything, then name=value and
 * -d JSON; the values are cut out of argv. */
void *invoke_request(struct arena *arena, const struct schema_message *schema, int argc,
        char **argv, struct error *error);
/* The text of -d: itself, @FILE, or @- for standard input. False with the error set. */
bool invoke_data(
        struct arena *arena, const char *argument, struct bytes *text, struct error *error);
/* argv: method, then name=value and -d JSON. */
int invoke_run(struct settings *settings, int argc, char **argv);
int export_run(struct settings *settings, int argc, char **argv);
int verify_run(struct settings *settings, int argc, char **argv);
int audit_run(struct settings *settings, int argc, char **argv);
int completion_run(struct settings *settings, int argc, char **argv);
int replay_run(struct settings *settings, int argc, char **argv);
int bench_run(struct settings *settings, int argc, char **argv);
