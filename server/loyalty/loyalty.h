#pragma once
/*
 * What other domains tell and ask the loyalty programme. Guests have no points; while no version
 * of the programme counts, nothing here does anything.
 */
#include "server/call.h"
#include "server/catalog/catalog.h"
#include "server/verify.h"
#include "checkout.rows.h"
#include "loyalty.rows.h"

/* ---- orders ---- */

/* The order is paid: its points are earned and wait, its growth counts. Once an order. */
void loyalty_order_paid(struct call *call, const Order *order);
/* It was delivered, or its last case ended: its points become available when no return is
 * possible any more. Told again, the time is set anew. */
void loyalty_order_settled(struct call *call, const Order *order);

/* Units of a line that were cancelled or came back, and how much of what they paid goes back:
 * back_minor of paid_minor. */
struct loyalty_units {
        int32_t line_number;
        int64_t quantity; /* of the line */
        int64_t first, count;
        int64_t back_minor, paid_minor;
};
/*
 * Takes back what those units earned (rule 12): waiting points of the order first, then available
 * ones. Points that were spent already are deducted at their redemption value, at most refund_minor
 * (of the order's currency), and otherwise forgiven. What to deduct, 0 as a rule. To be called in
 * the transaction of the refund, after points that paid for the order came back.
 */
int64_t loyalty_take_back(struct call *call, const char *order_id,
        const struct loyalty_units *units, size_t count, int64_t refund_minor);

/* ---- points that pay for orders ---- */

/* What an order would pay with points. */
struct tender_wish {
        const char *member_id;
        const char *currency_code;
        int64_t goods_minor;   /* after discounts, with tax; points may pay a share of them */
        int64_t payable_minor; /* and never more than this */
        int64_t points;
        bool most; /* instead: as many as there are and as may be */
};
/* What they come to: none are spent that pay nothing. */
struct tender_offer {
        int64_t points, amount_minor;
        int64_t available; /* points that there are */
        int64_t limit;     /* that may be spent on this */
        /* NULL, or why not, with no points: POINTS_GUEST, POINTS_NOT_OFFERED, POINTS_NOT_AVAILABLE,
         * POINTS_LIMIT. */
        const char *refused;
};
struct tender_offer loyalty_tender_offer(struct call *call, const struct tender_wish *wish);

/* Holds the points that an order is placed with; they must be there. Then it is paid and they are
 * spent, or it ends unpaid and they are the member's again. Nothing where it has none. */
void loyalty_tender_hold(struct call *call, const Order *order);
void loyalty_tender_take(struct call *call, const Order *order);
void loyalty_tender_release(struct call *call, const Order *order);
/* Gives so many of an order's points back, held or spent: with their old expiry, spent ones for at
 * least 30 days more. */
void loyalty_tender_back(struct call *call, const Order *order, int64_t points);

/* ---- other earning ---- */

/* What the programme gives for an activity ("review"), once per external_id. False where the
 * programme does not know it. */
struct loyalty_earned {
        int64_t points;
        bool repeated;
};
bool loyalty_earn_activity(struct call *call, const char *member_id, const char *activity,
        const char *external_id, struct loyalty_earned *earned);

/* Whether the programme that counts gives anything for it. */
bool loyalty_has_activity(struct call *call, const char *activity);

/* ---- spending ---- */

/* Spends available points for a document, a redemption; POINTS_NOT_AVAILABLE with facts. */
enum status loyalty_spend(
        struct call *call, const char *member_id, int64_t points, const char *document_id);
/* Gives back points that were spent for it. */
void loyalty_unspend(
        struct call *call, const char *member_id, int64_t points, const char *document_id);
/* The first instant of the period that it is now, in the shop's time zone. */
int64_t loyalty_period_start_us(CapPeriod period, int64_t now_us);
int32_t loyalty_tier_level(struct call *call, const char *member_id);

/* ---- privileges ---- */

enum privilege {
        PRIVILEGE_FREE_RETURNS,       /* 1: nothing is deducted for sending goods back */
        PRIVILEGE_DELIVERY_PRIORITY,  /* 0 to 9 */
        PRIVILEGE_MEMBER_PRICE_LEVEL, /* price lists for members up to this level, 0 to 9 */
        PRIVILEGE_EXCLUSIVE_EVENTS,   /* 1: asked first to what is exclusive */
        PRIVILEGE_QUEUE_PRIORITY,     /* of their tickets, 0 to 9 */
};
/* What the member's tier gives now, by the version of the programme that counts; 0: nothing.
 * member_id may be "". */
int64_t privilege_of(struct call *call, const char *member_id, enum privilege privilege);
/* The same of an order: its tier is that of its placement (rule 18). */
int64_t privilege_of_order(struct call *call, const Order *order, enum privilege privilege);
/* The price lists in which a member's prices are looked for. */
struct price_lists privilege_price_lists(
        struct call *call, const char *member_id, const char *price_list_id);
/* From how much delivery is free for the member in a currency; -1: their tier says nothing. */
int64_t privilege_free_shipping(
        struct call *call, const char *member_id, const char *currency_code);

/* ---- figures ---- */

/* What all have in an account of the ledger: members in theirs, the shop in its own. */
int64_t loyalty_points_in(struct call *call, PointAccount account);
/* How many members have a tier now. */
#define LOYALTY_LEVEL_MAX 9
int64_t loyalty_members_at(struct call *call, int32_t level);

/* Balances are the sums of their entries, entries and histories have no gaps, orders earned what
 * their lots hold, and one version of the programme counts at a time. */
void loyalty_verify(struct verify_context *context, struct txn *txn);
