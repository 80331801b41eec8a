#pragma once
/*
 * What a handler gets: one call, its caller, its transaction, its memory, its time. A handler is
 * a pure function over these. It ends in one of three ways: OK; call_fail (its changes are
 * dropped, nothing is kept, a retry runs again); call_refuse (the changes *and* the error are
 * kept and replayed for the same request id: a declined payment must be remembered).
 *
 * Time, identifiers and chance come from the call, never from the system: a handler may be run
 * twice and must then write the same.
 *
 * Before a handler runs, the pipeline has checked the request by its rules, the caller's role and
 * scope, that every row named by a (rule).ref field exists, and, for scope OWN, that the caller
 * owns it. So product_get on such a field is never NULL. Nor is that of another row that is there:
 * once its transaction stuck, a handler does not come back from a read (txn_on_stuck), so it holds
 * nothing but memory of the call.
 */
#include <stdbool.h>
#include <stdint.h>
#include "lib/base/arena.h"
#include "lib/base/status.h"
#include "lib/schema/schema.h"
#include "lib/store/store.h"
#include "server/trade_terms.h"
#include "google/protobuf/timestamp.pb-c.h"

typedef Google__Protobuf__Timestamp Timestamp;

struct caller {
        const char *id;         /* Member id, service key id, "system", or "" for nobody */
        uint32_t roles;         /* bit 1 << enum role */
        uint32_t narrowed;      /* those of them that reach no further than TEAM */
        enum scope scope;       /* widest scope that this method grants these roles */
        const char *session_id; /* or "" */
};

struct call {
        struct arena *arena;
        struct txn *txn;
        int64_t now_us; /* shop time */
        const struct caller *caller;
        const struct schema_method *method;
        const struct trade_terms *terms; /* what the shop decided for all its trade */
        const char *language; /* first of accept_language that the shop speaks: "zh", "en" */
        void *prepared;       /* what the prepare step left, or NULL */
        struct error error;
        struct call_private *private; /* the pipeline's */
};

/* ---- ways to end ---- */

enum status call_fail(struct call *call, enum status status, const char *reason, const char *format,
        ...) __attribute__((format(printf, 4, 5)));
enum status call_refuse(struct call *call, enum status status, const char *reason,
        const char *format, ...) __attribute__((format(printf, 4, 5)));
/* INVALID_ARGUMENT that names the field; reason is the violation's and the error's. */
enum status call_fail_field(struct call *call, const char *field, const char *reason,
        const char *format, ...) __attribute__((format(printf, 4, 5)));
/* NOT_FOUND, the same for a row that is absent and one that the caller may not know of. field: the
 * request's with the row's key; table in capitals, "ORDER_LINE", and in words. */
enum status call_fail_absent(struct call *call, const char *field, const char *table,
        const char *words, const char *key);
/* Before call_fail or call_refuse returns to the pipeline: a figure beside the sentence. */
void call_fact(struct call *call, const char *name, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
/* A message that belongs to the error, such as the new quote. */
void call_detail(struct call *call, const void *message);

/* The events that a call waits for: of one of these owners, or, where none is named, of types that
 * begin so. */
struct call_news {
        const char *const *owners;
        size_t owner_count;
        const char *type_prefix;
};
/* In a method of lane WAIT: OK, but nothing to say yet. The call is parked without thread or
 * snapshot and its handler run again after such an event, or when the server's own state has
 * changed (news NULL: only then); when wait_ms are over, the response as it is then is the answer.
 */
enum status call_wait(struct call *call, int64_t wait_ms, const struct call_news *news);
/* A number that such a call keeps while it is parked, 0 at first: of the last event that its
 * handler has seen. It moves over those that it does not wait for. */
uint64_t *call_wait_mark(struct call *call);
/* Gives the call's snapshot back before something long: call->txn is NULL afterwards, rows that
 * were read stay valid. Only in prepare steps and SLOW methods without one. */
void call_leave_snapshot(struct call *call);

/* How long the caller still waits for the answer, on the monotonic clock; 0: no longer; -1: nobody
 * said. For work that can be cut short and for calls to others, never for what is written: a
 * handler may be run twice. Jobs and timers do not inherit it: they outlive the call. */
int64_t call_remaining_ms(const struct call *call);
/* The address that the call came from, of IPv6 its /64; "" where there is none. For limits: it is
 * kept nowhere but as a keyed hash. */
const char *call_peer(const struct call *call);

/* ---- answers as they are stored ---- */

/* Answers a read with a row that is there instead of with the response, which nobody then decodes
 * or encodes; where the contract hides a field of it, the pipeline does both and clears it. A row
 * that is absent or damaged is none. */
void call_answer(struct call *call, struct stored row);
/* And the rows of a scan, as they are stored, as elements of its repeated field with this number
 * (PRODUCT__VARIANTS__NUMBER). */
void call_answer_each(struct call *call, uint32_t number, struct scan *scan);

/* Answers a write with the row of this id as it is by now, with its children; of the response only
 * the key is filled. */
void call_answer_document(struct call *call, void *response, const char *id);

/* Fills the response of a write with a row. */
void call_respond(void *response, const void *row);

/* ---- memory, time, chance ---- */

#define call_new(call, type)          arena_new((call)->arena, type)
#define call_array(call, type, count) arena_array((call)->arena, type, count)
char *call_text(struct call *call, const char *text);
char *call_printf(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

char *call_new_id(struct call *call);
uint64_t call_random(struct call *call);
Timestamp *call_now(struct call *call);
Timestamp *call_time(struct call *call, int64_t us);
int64_t time_us(const Timestamp *time); /* 0 for NULL */

static inline bool call_has_role(const struct call *call, enum role role)
{
        return (call->caller->roles >> role) & 1;
}
/* True for scopes beyond OWN: staff and the shop itself. */
static inline bool call_is_staff(const struct call *call)
{
        return call->caller->scope > SCOPE_OWN;
}

/* Whether the caller's scope reaches what belongs to this member ("": to nobody): OWN what is
 * theirs, TEAM what is of members of their teams, of members without a team, and nobody's. The
 * pipeline asks it for every row that a request names; handlers for what they find themselves. */
bool call_reaches(struct call *call, const char *member_id);

/* A member and the guests who they were before they signed in, in the order of their ids: whose
 * rows are the member's own. */
#define CALL_OWNERS_MAX 65
struct call_owners {
        const char *ids[CALL_OWNERS_MAX];
        size_t count;
};
void call_owners(struct call *call, const char *member_id, struct call_owners *out);

/* ---- effects ---- */

/*
 * Appends an event. type: "order.placed". subject: id of the row it is about. owner: Member id or
 * "". Figures: name and number pairs without personal data, ended by NULL:
 *      call_event(call, "order.placed", order->id, order->member_id, "gross_minor",
 * order->gross_minor, NULL); Numbers are int64_t: cast what is not.
 */
void call_event(struct call *call, const char *type, const char *subject, const char *owner, ...)
        __attribute__((sentinel));

/*
 * Runs a method as SYSTEM at shop time due_us, exactly once, with TimerRequest { subject_id }.
 * One timer per method and subject: setting it again moves it.
 */
void call_schedule(struct call *call, int64_t due_us, const char *method, const char *subject_id);
void call_unschedule(struct call *call, const char *method, const char *subject_id);

/* Has an outside effect performed after the commit, at least once, with retries: kind names a
 * performer in server/jobs.c ("payment.submit"), which reads the subject and feeds the answer
 * back through an ordinary method. Not before shop time due_us (0: now). */
void call_job(struct call *call, const char *kind, const char *subject_id, int64_t due_us);
