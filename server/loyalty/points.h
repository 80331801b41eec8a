#pragma once
/*
 * The ledger of points, for this folder: every movement is one entry with two sides, of one lot,
 * and changes the figures of that lot and of its member's account with it. Nothing else changes
 * them. Lots are spent soonest expiry first, then oldest.
 */
#include "server/call.h"
#include "loyalty.rows.h"

/* Why points move. */
struct points_cause {
        PointSource source;
        const char *source_id;
        const char *reason;    /* of an adjustment; NULL: none */
        const char *author_id; /* of an adjustment; NULL: nobody */
};

/* The member's account, made where there was none. */
LoyaltyAccount *points_account(struct call *call, const char *member_id);
/* Stores it with what else changed of it. */
void points_account_store(struct call *call, LoyaltyAccount *account);

/* New points: waiting, or available until expire_us. NULL where source_key names a lot there is. */
struct points_issue {
        int64_t points;
        int64_t expire_us; /* 0: they wait */
        const char *source_key;
        const char *activity; /* "" */
        struct points_cause cause;
};
PointLot *points_issue(
        struct call *call, LoyaltyAccount *account, const struct points_issue *issue);

/* The same for the lot of source_key where there is one: points that expire together need not be
 * apart. Whether they were given before is the caller's to know. */
void points_add(struct call *call, LoyaltyAccount *account, const struct points_issue *issue);

/* What waits of a lot becomes available until expire_us. */
void points_release(struct call *call, LoyaltyAccount *account, PointLot *lot, int64_t expire_us,
        const struct points_cause *cause);
/* Takes up to so many waiting points of a lot back; how many. */
int64_t points_cancel(struct call *call, LoyaltyAccount *account, PointLot *lot, int64_t points,
        const struct points_cause *cause);

/* Available points that have not expired at call->now_us. */
int64_t points_spendable(struct call *call, const LoyaltyAccount *account);
/* Moves exactly so many of them to another account, in the order of lots; false, nothing changed,
 * where there are fewer. */
bool points_spend(struct call *call, LoyaltyAccount *account, int64_t points, PointAccount to,
        const struct points_cause *cause);
/* Moves all that the source holds on to REDEEMED, or so much of it back to where it came from, what
 * was held last first; own mistake (assert) where it holds less. */
void points_take_held(struct call *call, LoyaltyAccount *account, const struct points_cause *cause);
void points_release_held(struct call *call, LoyaltyAccount *account, int64_t points,
        const struct points_cause *cause);
/* Gives back points that the source redeemed, those spent last first, with their old expiry but at
 * least RETURNED_DAYS; false, nothing changed, where it redeemed fewer. */
#define RETURNED_DAYS 30
bool points_give_back(struct call *call, LoyaltyAccount *account, int64_t points,
        const struct points_cause *cause);

/* Lets a lot's available points expire; how many. */
int64_t points_expire(struct call *call, LoyaltyAccount *account, PointLot *lot);
/* Sets the member's timer to the next notice or expiry. */
#define POINTS_EXPIRY_METHOD "loyalty.ExpirePoints"
void points_wake(struct call *call, const char *member_id);

/* Lots with something left, those that wait first, then soonest expiry first; the call's. */
struct point_lots {
        PointLot **at;
        size_t n;
};
struct point_lots points_lots(struct call *call, const char *member_id);

/* ---- pure rules ---- */

/* Whether points may move so at all: other pairs are never booked. */
bool points_pair_allowed(PointAccount from, PointAccount to);
/* floor(rate x amount), the rate being points for one unit of a currency of that exponent. False
 * where the rate is not a number or the result too large; an empty rate is 0. */
bool points_for_amount(const char *rate, int64_t amount_minor, int exponent, int64_t *points);
/* The day on which members are told of points that expire at an instant, so many days before. */
int64_t points_notice_us(int64_t expire_us, int32_t notice_days);
/* What points are worth, unit_points of them one unit of a currency of that exponent, rounded down;
 * the fewest that are worth an amount, and the most that are worth no more. */
int64_t points_worth_minor(int64_t points, int64_t unit_points, int exponent);
int64_t points_to_pay(int64_t amount_minor, int64_t unit_points, int exponent);
int64_t points_within(int64_t amount_minor, int64_t unit_points, int exponent);
