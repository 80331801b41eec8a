#pragma once
/*
 * A replay in progress: the plan, the channel, and what the server has of it already. Everything
 * is kept by names that the server stores too (external_id), so that any part may be repeated.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include "client/shop.h"
#include "tools/shopctl/replay/names.h"
#include "tools/shopctl/replay/plan.h"
#include "tools/shopctl/shopctl.h"
#include "google/protobuf/timestamp.pb-c.h"

/* What the server has of one kind of row, by external_id. */
struct known_row {
        const char *id;
        int state;
        int payment;
};

struct known {
        struct names names;
        struct known_row *rows; /* by the number of the name */
        size_t capacity;
};

struct replay {
        struct settings *settings;
        struct shop_channel *channel;
        struct arena *arena;
        const struct plan *plan;
        const char *price_list_id;
        const char *location_id;
        const char **variant_ids; /* by code */
        const char **member_ids;  /* by customer */
        struct known orders;
        struct known receipts;
        struct known adjustments;
        struct known cases;
        struct known goodwill;
        int64_t shop_time_us;
        struct shop_error error; /* of the call that failed */
        const char *failed_at;   /* what was being done */
};

/* Set by Ctrl-C: stop after the document at hand. */
extern atomic_bool replay_stop;

/* Remembers what was being done when a call failed; gives false. */
bool replay_failed(struct replay *replay, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* pages.c: gives every page of a List to take, with context. */
typedef void replay_take(void *context, const ProtobufCMessage *page);
bool replay_pages(struct replay *replay, const struct shop_method *method,
        const ProtobufCMessage *request, replay_take *take, void *context);

/* known.c */
void known_put(struct replay *replay, struct known *known, const char *external_id, const char *id,
        int state, int payment);
const struct known_row *known_get(const struct known *known, const char *external_id);
/* Asks the server for everything that earlier runs left there. */
bool known_load(struct replay *replay);
void known_release(struct replay *replay);

/* setup.c: tax, prices, location, products and customers; what is there already is kept. */
bool setup_run(struct replay *replay);

/* programme.c: has a loyalty programme count, where there is none yet; writes what came of it
 * into the report. */
struct buffer;
bool programme_run(struct replay *replay);
bool programme_write(struct replay *replay, struct buffer *out);

/* order.c, credit.c: one document each, whatever of it is still to be done. */
bool clock_move(struct replay *replay, int64_t time_us);
bool order_run(struct replay *replay, const struct plan_document *document);
bool credit_run(struct replay *replay, const struct plan_document *document);

/* insight.c: has the customers ranked and segments made; writes what is known of them into the
 * report. */
bool insight_run(struct replay *replay);
bool insight_write(struct replay *replay, struct buffer *out);

/* report.c: reads everything back from the server. */
bool report_write(struct replay *replay, const char *path);

/* progress.c */
struct progress;
struct progress *progress_begin(const char *what, size_t total);
void progress_step(struct progress *progress, size_t done);
void progress_end(struct progress *progress);

int64_t timestamp_us(const Google__Protobuf__Timestamp *time);
