#pragma once
/*
 * How much one caller may ask for. Who pays for a call: the principal of its token once that was
 * seen to be good, else the address it came from, so that made-up tokens buy nothing. A payer has
 * a token bucket of units (what a call costs is the gate's to say) and a bound on calls that wait.
 *
 * Memory is fixed: tables of the latest payers and tokens. A bucket that is forgotten is full
 * again; the fullest is forgotten first.
 */
#include <stdbool.h>
#include <stdint.h>
#include "lib/rpc/frame.h"
#include "lib/seal/seal.h"
#include "server/queue.h"

struct caller;
struct payers;

struct payer_limits {
        int64_t caller_rate; /* units a second of a member or guest; 0, here and below: no limit */
        int64_t caller_burst;
        int64_t stranger_rate; /* of an address, for all its calls without a good token */
        int64_t stranger_burst;
        int64_t caller_waits; /* calls of LANE_WAIT of a principal at once */
        int64_t stranger_waits;
        int64_t address_waits; /* of an address, whoever its callers are */
        int64_t address_slow;  /* calls of LANE_SLOW of customers there, at once */
};

/* So much that people and tills do not meet it. */
extern const struct payer_limits payer_limits_default;

enum payer_kind { PAYER_EXEMPT, PAYER_CALLER, PAYER_STRANGER, PAYER_ADDRESS, PAYER_ADDRESS_SLOW };

struct payer {
        enum payer_kind kind;
        enum priority priority; /* administrators first, importers last */
        uint64_t key;
};

struct payers *payers_new(const struct payer_limits *options, const struct keyring *keyring);
void payers_free(struct payers *payers);

/* Who pays, as far as is known before the session is read. */
struct payer payers_find(struct payers *payers, const struct rpc_call *call);
/* All who call from there, for payers_park: their calls that wait, or of the slow lane. */
struct payer payers_address(const struct payers *payers, enum payer_kind kind, const char *peer);
/* What was found out about the caller; and that the token is not good. */
void payers_learn(struct payers *payers, struct bytes token, const struct caller *caller);
void payers_forget(struct payers *payers, struct bytes token);

/* Takes as many whole pieces of so many units as there are, up to count. Where there is none,
 * *retry_ms says when there will be. */
uint32_t payers_take(struct payers *payers, const struct payer *payer, uint32_t units,
        uint32_t count, int64_t *retry_ms);
/* Gives back what was taken and not used. */
void payers_give(struct payers *payers, const struct payer *payer, uint32_t units);
/* One more call waits, or is slow. False: too many of the payer's are. */
bool payers_park(struct payers *payers, const struct payer *payer);
void payers_unpark(struct payers *payers, const struct payer *payer);

/* Units that were spent and are not yet earned again, and calls that wait or are slow. */
int64_t payers_spent(struct payers *payers, const struct payer *payer);
int64_t payers_parked(struct payers *payers, const struct payer *payer);
