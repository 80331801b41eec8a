#pragma once
/*
 * What a cart costs, rule 0 without promotions. GetQuote shows it, PlaceOrder makes the order of
 * it: one function, so that they cannot differ.
 */
#include "server/call.h"
#include "cart.rows.h"
#include "catalog.rows.h"
#include "checkout.rows.h"
#include "membership.rows.h"
#include "server/cart/cart.h"
#include "server/loyalty/loyalty.h"

struct quote_wish {
        const Cart *cart;
        const char *country_code;         /* "": not delivered there, the price list's home */
        const char *billing_country_code; /* "": as delivered */
        const char *shipping_method_id;   /* "": not shipped by a method */
        const char *coupon_id;            /* "": none */
        int64_t points;                   /* to pay with */
        bool points_most;                 /* instead: as many as may be */
};

/* What keeps the cart from being ordered. */
struct quote_blocker {
        const char *reason; /* NOT_ON_SALE */
        int32_t line;       /* 0: the whole cart */
};

struct quote {
        Quote *answer; /* the call's; blockers are filled in by quote_tell_blockers */
        struct cart_lines lines;
        const Variant **variants; /* of lines */
        const Product **products; /* the same */
        const Member *buyer;
        struct quote_blocker *blockers;
        size_t blocker_count;
        struct tender_offer points;      /* what points may pay, where some were asked for */
        int64_t cheapest_shipping_minor; /* of the methods offered, with tax; 0 without a method */
};

/*
 * Prices, taxes and totals of a cart at call->now_us, with everything in the way but stock, which
 * PlaceOrder reserves and GetQuote looks up. FAILED_PRECONDITION where a limit of rule 3 is
 * exceeded or the tax rates are wrong.
 */
enum status quote_make(struct call *call, const struct quote_wish *wish, struct quote *out);

/* Adds what is out of stock; demand for one variant on several lines adds up. */
void quote_check_stock(struct call *call, struct quote *quote);

/* Writes the blockers into the answer: "NOT_ON_SALE line 3". */
void quote_tell_blockers(struct call *call, struct quote *quote);

void quote_block(struct call *call, struct quote *quote, const char *reason, int32_t line);

/* Names exactly this quote: cart, place, method, and every line's price, amounts and taxes. */
const char *quote_fingerprint(
        struct call *call, const Quote *quote, const char *country_code, const char *method_id);
