#pragma once
/*
 * The shop's client library: one channel to a server, shared by any number of threads, and calls
 * over it, blocking or asynchronous. A channel connects by itself, again and again, retries what
 * is safe (every write carries a request id, so writes are) and keeps one deadline over all
 * attempts of a call.
 *
 *      struct shop_channel_options options = {.url = "tcp://127.0.0.1:7700", .token = token};
 *      struct shop_error error = {0};
 *      struct shop_channel *channel = shop_channel_open(&options, &error);
 *
 * Messages are protobuf-c's and are called Shop__<Name>; the generated stubs above this file give
 * each method a function of its own. This interface is stable: structures only grow at the end,
 * are initialised by the caller with designated initialisers, and zero means the default.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <protobuf-c/protobuf-c.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SHOP_EXPORT __attribute__((visibility("default")))
#else
#define SHOP_EXPORT
#endif

/* Codes, names and numbers are gRPC's. */
enum shop_status {
        SHOP_OK = 0,
        SHOP_CANCELLED = 1,
        SHOP_UNKNOWN = 2,
        SHOP_INVALID_ARGUMENT = 3,
        SHOP_DEADLINE_EXCEEDED = 4,
        SHOP_NOT_FOUND = 5,
        SHOP_ALREADY_EXISTS = 6,
        SHOP_PERMISSION_DENIED = 7,
        SHOP_RESOURCE_EXHAUSTED = 8,
        SHOP_FAILED_PRECONDITION = 9,
        SHOP_ABORTED = 10,
        SHOP_OUT_OF_RANGE = 11,
        SHOP_UNIMPLEMENTED = 12,
        SHOP_INTERNAL = 13,
        SHOP_UNAVAILABLE = 14,
        SHOP_DATA_LOSS = 15,
        SHOP_UNAUTHENTICATED = 16
};

/* "NOT_FOUND" and so on; "UNKNOWN" for a number that is none. */
SHOP_EXPORT const char *shop_status_name(enum shop_status status);

/* One field that was refused: its path ("lines[2].quantity"), a stable reason, a sentence. */
struct shop_violation {
        const char *field;
        const char *reason;
        const char *description;
        const char *locale;    /* the language of the following, or NULL */
        const char *localized; /* the sentence in a language that the call accepts */
};

/* A figure or name that a program may want: {"available", "3"}. */
struct shop_fact {
        const char *name;
        const char *value;
};

/*
 * Why a call failed. Start with = {0}; a function that fails fills it in, and it holds memory
 * until shop_error_release. Texts are never NULL in an error that was filled in, except
 * detail_type, locale and localized. Every function accepts NULL where the caller does not want to
 * know.
 */
struct shop_error {
        enum shop_status code;
        const char *reason;  /* stable, for programs: "CART_EMPTY" */
        const char *message; /* for people */
        const struct shop_violation *violations;
        size_t violation_count;
        const struct shop_fact *facts;
        size_t fact_count;
        int64_t retry_delay_ms;  /* wait this long before trying again; 0: no advice */
        const char *detail_type; /* full name of the message in detail, or NULL */
        const uint8_t *detail;
        size_t detail_len;
        void *memory;          /* the library's own */
        const char *locale;    /* the language of the following, or NULL */
        const char *localized; /* the sentence in a language that the call accepts */
};

/* Frees what an error holds and zeroes it. Fine on a zeroed one and on NULL. */
SHOP_EXPORT void shop_error_release(struct shop_error *error);
/* The value of a fact, or NULL. */
SHOP_EXPORT const char *shop_error_fact(const struct shop_error *error, const char *name);

struct shop_channel;

/*
 * A fresh token, called when the server says that the channel's token has expired; the call that
 * met it is then repeated once. Writes the token to out and its length to *len; capacity is
 * 1,024. Returns false when there is none. Runs on a thread of its own and may itself make calls
 * on the channel; never runs twice at once for a channel.
 */
typedef bool shop_token_source(
        void *context, struct shop_channel *channel, uint8_t *out, size_t capacity, size_t *len);

/* Whom reads ask: the same as all other calls, or every server in turn. They see what the channel
 * has seen either way. */
enum shop_reads { SHOP_READS_FIRST, SHOP_READS_IN_TURN };

/* Whether large answers may come compressed (Zstandard): from servers on other machines, from all,
 * or from none. On one machine it costs more time than it saves. */
enum shop_compression { SHOP_COMPRESSION_REMOTE, SHOP_COMPRESSION_ALWAYS, SHOP_COMPRESSION_NEVER };

struct shop_channel_options {
        /* "tcp://127.0.0.1:7700" or "tls+tcp://shop.example:7701"; or several for one shop,
         * separated by commas: calls go to the first that is connected, and over to another when it
         * goes or stops; one that was gone and is back is asked for its health first. */
        const char *url;
        const char *token;    /* NULL or "": nobody */
        const char *agent;    /* name and version of the program, "till/2.1"; NULL: its name */
        const char *language; /* BCP 47, by preference, separated by commas: "zh,en" */
        int64_t timeout_ms;   /* of a call; 0: 10,000 */
        size_t in_flight_max; /* calls started and not answered; 0: 65,536 */
        int attempts_max;     /* per call, the first counted; 0: 5 */
        shop_token_source *token_source;
        void *token_context;
        const char *tls_ca_file;    /* who may sign the server's certificate, PEM; for tls+tcp */
        int64_t connect_timeout_ms; /* a call that finds no server for so long fails; 0: 5,000 */
        /* This program's own certificate and key, PEM, where the server wants one; NULL: none. */
        const char *tls_cert_file;
        const char *tls_key_file;
        enum shop_reads reads; /* of several servers */
        enum shop_compression compression;
        /* A read that is not answered by then is asked a second time, of another server where one
         * is connected, and the first answer is taken: for at most one call in ten. 0: never. With
         * one server, name it twice in the url for a second connection to it. */
        int64_t hedge_delay_ms;
};

/* NULL with the error filled in when the options make no sense. Does not wait for a connection:
 * calls do. */
SHOP_EXPORT struct shop_channel *shop_channel_open(
        const struct shop_channel_options *options, struct shop_error *error);
/* Calls still open end with SHOP_CANCELLED; waits for their callbacks. Never from a callback. */
SHOP_EXPORT void shop_channel_close(struct shop_channel *channel);
/* What every later call says who it is; copied. NULL or "": nobody. SHOP_INVALID_ARGUMENT, and the
 * old token stays, when it is not at most 1,024 printable ASCII characters. */
SHOP_EXPORT enum shop_status shop_channel_set_token(
        struct shop_channel *channel, const char *token);
/* The sequence of the last write this channel has seen; reads through it see at least that. */
SHOP_EXPORT uint64_t shop_channel_sequence(const struct shop_channel *channel);

/* How a method queues; the numbers are the contract's. */
enum shop_lane { SHOP_LANE_READ = 1, SHOP_LANE_WRITE = 2, SHOP_LANE_SLOW = 3, SHOP_LANE_WAIT = 4 };

/* One method of the contract; the stubs have one constant each. */
struct shop_method {
        const char *name; /* "catalog.GetProduct" */
        int lane;         /* enum shop_lane */
        const ProtobufCMessageDescriptor *request;
        const ProtobufCMessageDescriptor *response;
        /* Numbers of the fields by which a method that waits goes on; 0 in others. */
        uint32_t cursor;
        uint32_t next_cursor;
};

/* Something else about a call or its answer: a name in lower case and a line of ASCII. */
struct shop_metadatum {
        const char *name;
        const char *value;
};

/* What an answer carries. Start with = {0}; it holds memory until shop_metadata_release. */
struct shop_metadata {
        const struct shop_metadatum *at;
        size_t count;
        void *memory; /* the library's own */
};
/* Frees what it holds and zeroes it. Fine on a zeroed one. */
SHOP_EXPORT void shop_metadata_release(struct shop_metadata *metadata);
/* The value of a name, or NULL. */
SHOP_EXPORT const char *shop_metadata_get(const struct shop_metadata *metadata, const char *name);

/* Of one call; NULL instead of a pointer to one means all defaults. */
struct shop_call_options {
        int64_t timeout_ms;      /* over all attempts; 0: the channel's */
        const char *request_id;  /* UUIDv7 of a write; NULL: the channel makes one */
        const char *language;    /* NULL: the channel's */
        const char *traceparent; /* W3C trace context */
        const char *token;       /* NULL: the channel's; "": nobody */
        /* Where the answer's sequence is put before the call ends: a write's own number in the
         * one order of all writes, a read's newest write that it has seen; 0 where the server said
         * none. NULL: nowhere. */
        uint64_t *sequence;
        /* At most 16. The server answers "server-timing" with where its time went. */
        const struct shop_metadatum *metadata;
        size_t metadata_count;
        /* Where the answer's are put before the call ends; NULL: nowhere. */
        struct shop_metadata *answer_metadata;
        /* Of a call that is made while another is being served: no later than that one's deadline,
         * in microseconds of CLOCK_MONOTONIC, whatever timeout_ms says; the server is told what is
         * left. SHOP_DEADLINE_EXCEEDED at once when it has passed. 0: no such limit. */
        int64_t deadline_us;
        int64_t hedge_delay_ms; /* 0: the channel's; below 0: never */
};

/*
 * Calls and waits. On SHOP_OK *response (which may be NULL where the answer does not matter) is
 * the answer, freed with protobuf_c_message_free_unpacked(response, NULL); otherwise it is
 * untouched and error says why. Returns the status, which is also error->code. Never from a
 * callback.
 */
SHOP_EXPORT enum shop_status shop_invoke(struct shop_channel *channel,
        const struct shop_method *method, const ProtobufCMessage *request,
        const struct shop_call_options *options, ProtobufCMessage **response,
        struct shop_error *error);

/* The end of an asynchronous call. response is NULL unless status is SHOP_OK, error is NULL if it
 * is; both are valid only until the function returns. */
typedef void shop_done(void *context, enum shop_status status, const ProtobufCMessage *response,
        const struct shop_error *error);

/*
 * Starts a call; done runs exactly once, on a thread of the channel (or on this one before the
 * function returns, when the call cannot even be started), and must not block. It may start
 * further calls. Returns a number for shop_cancel, never 0. The request is encoded before the
 * function returns.
 */
SHOP_EXPORT uint64_t shop_start(struct shop_channel *channel, const struct shop_method *method,
        const ProtobufCMessage *request, const struct shop_call_options *options, shop_done *done,
        void *context);
/* The call ends with SHOP_CANCELLED unless it has ended, also while it waits for a fresh token,
 * but not once it was repeated with one. With the server it leaves its queue, or what it waits for;
 * what the server began, it finishes. */
SHOP_EXPORT void shop_cancel(struct shop_channel *channel, uint64_t number);

/*
 * The pages of a List method, one call per page:
 *
 *      struct shop_pages pages;
 *      ProtobufCMessage *page;
 *      shop_pages_init(&pages, channel, &shop_catalog_list_products_method, &request.base);
 *      while (shop_pages_next(&pages, &page, &error) == SHOP_OK && page != NULL) {
 *              ...
 *              protobuf_c_message_free_unpacked(page, NULL);
 *      }
 *      shop_pages_release(&pages);
 *
 * It holds no state on the server: a server may restart between two pages. page_token, NULL on the
 * first page, says where it is: a program that keeps it goes on there with shop_pages_resume, also
 * after its own restart.
 */
struct shop_pages {
        struct shop_channel *channel;
        const struct shop_method *method;
        struct shop_call_options
                options;  /* set it after shop_pages_init where defaults do not do */
        uint8_t *request; /* encoded; the token is appended to it */
        size_t request_len;
        char *page_token;
        bool ended;
};

/* The request is encoded at once and need not live on. */
SHOP_EXPORT void shop_pages_init(struct shop_pages *pages, struct shop_channel *channel,
        const struct shop_method *method, const ProtobufCMessage *request);
/* Goes on behind the page that had this next_page_token. */
SHOP_EXPORT void shop_pages_resume(struct shop_pages *pages, const char *page_token);
/* The next page, or SHOP_OK and *response NULL after the last one. After a failure the same page
 * is asked for again. */
SHOP_EXPORT enum shop_status shop_pages_next(
        struct shop_pages *pages, ProtobufCMessage **response, struct shop_error *error);
SHOP_EXPORT void shop_pages_release(struct shop_pages *pages);

/*
 * What a Watch method tells, as it happens: each answer begins where the one before ended.
 *
 *      struct shop_watch watch;
 *      ProtobufCMessage *news;
 *      shop_watch_init(&watch, channel, &shop_governance_watch_events_method, &request.base);
 *      while (shop_watch_next(&watch, &news, &error) == SHOP_OK && news != NULL) {
 *              ...
 *              protobuf_c_message_free_unpacked(news, NULL);
 *      }
 *      shop_watch_release(&watch);
 *
 * It is pull: nothing is sent that was not asked for, so whoever reads slowly falls behind without
 * harm to others. A program that keeps cursor goes on there after its own restart by setting it
 * after shop_watch_init; connections and servers may come and go.
 */
struct shop_watch {
        struct shop_channel *channel;
        const struct shop_method *method;
        struct shop_call_options options; /* as in shop_pages; the time is one question's */
        int64_t patience_ms;              /* how long shop_watch_next waits for news; 0: for ever */
        uint64_t cursor; /* where the next answer begins: what the last one ended with */
        uint8_t *request;
        size_t request_len;
};

/* The request's own cursor is where it begins, its wait_ms how long one question waits (0: as long
 * as the server lets it). It is encoded at once and need not live on. */
SHOP_EXPORT void shop_watch_init(struct shop_watch *watch, struct shop_channel *channel,
        const struct shop_method *method, const ProtobufCMessage *request);
/* The next answer whose cursor is another, which may hold nothing but that where a filter is given;
 * SHOP_OK and *response NULL when the patience is over. After a failure the same is asked again.
 * Never from a callback. */
SHOP_EXPORT enum shop_status shop_watch_next(
        struct shop_watch *watch, ProtobufCMessage **response, struct shop_error *error);
SHOP_EXPORT void shop_watch_release(struct shop_watch *watch);

/*
 * For tools that know methods by name only: an encoded request in, an encoded response out, which
 * is freed with free(). Otherwise as shop_invoke.
 */
SHOP_EXPORT enum shop_status shop_invoke_bytes(struct shop_channel *channel, const char *method,
        int lane, const uint8_t *request, size_t request_len,
        const struct shop_call_options *options, uint8_t **response, size_t *response_len,
        struct shop_error *error);

/* The end of an asynchronous call over bytes, as shop_done. */
typedef void shop_done_bytes(void *context, enum shop_status status, const uint8_t *response,
        size_t response_len, const struct shop_error *error);
SHOP_EXPORT uint64_t shop_start_bytes(struct shop_channel *channel, const char *method, int lane,
        const uint8_t *request, size_t request_len, const struct shop_call_options *options,
        shop_done_bytes *done, void *context);

/* A new request id, for programs that keep it to repeat a write after their own restart: a
 * UUIDv7 of 36 characters and a NUL. */
#define SHOP_REQUEST_ID_SIZE 37
SHOP_EXPORT void shop_request_id(char out[SHOP_REQUEST_ID_SIZE]);

/* A new trace to make calls in, which every server that it reaches is asked to record: a W3C
 * traceparent of 55 characters and a NUL. */
#define SHOP_TRACEPARENT_SIZE 56
SHOP_EXPORT void shop_traceparent(char out[SHOP_TRACEPARENT_SIZE]);
/* Whether a text is a traceparent; a server ignores what is none. */
SHOP_EXPORT bool shop_traceparent_ok(const char *text);

#ifdef __cplusplus
}
#endif
