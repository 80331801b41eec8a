#pragma once
/*
 * A market stall for tests of what comes after an order: two locations, three wares and a price
 * list in pounds without tax, so that the units of a line differ by a penny (3 at 1.11 and 20 % are
 * 1.34, 1.33 and 1.33).
 */
#include "aftersales.rows.h"
#include "cart.rows.h"
#include "checkout.rows.h"
#include "fulfilment.rows.h"
#include "supply.rows.h"
#include "tests/support/shop_fixture.h"

enum ware { WARE_MUG, WARE_BOWL, WARE_GIFT, WARE_COUNT };

struct stall {
        struct shop *shop;
        const char *main_id;
        const char *far_id;
        const char *price_list_id;
        const char *product_id;
        const char *variant_ids[WARE_COUNT]; /* at 1.11, 20.00 and 0.00 without tax */
        struct persona alice;
};

/* main has 10 of every ware, far has 10 bowls. */
struct stall stall_open(void);
void stall_close(struct stall *stall);

struct basket {
        int64_t quantity[WARE_COUNT];
};

/* An empty cart; units put into one; one as it would be ordered now. */
const char *stall_open_cart(struct stall *stall, struct persona who);
const Cart *stall_add(
        struct stall *stall, struct persona who, const char *cart_id, enum ware ware, int quantity);
const Cart *stall_read_cart(struct stall *stall, struct persona who, const char *cart_id);

struct basket stall_mugs(int64_t count);
/* What alice's cart would cost there, also shipped by a method. */
const Quote *stall_quote(struct stall *stall, const char *cart_id, const char *country);
const Quote *stall_quote_shipped(
        struct stall *stall, const char *cart_id, const char *country, const char *method_id);
/* A shipping method at 4.50 within Britain; free from so much, 0: never. */
const char *stall_shipping(struct stall *stall, int free_from_minor);

/* A cart, and an order of somebody: placed, or placed and paid. Lines are in order of wares. */
const char *stall_cart(struct stall *stall, struct persona who, struct basket basket);
const char *stall_place(struct stall *stall, struct persona who, struct basket basket);
const char *stall_sell(struct stall *stall, struct persona who, struct basket basket);
/* Packs, ships and delivers everything that is open; the shipment's id. */
const char *stall_ship(struct stall *stall, const char *order_id);
const char *stall_deliver(struct stall *stall, const char *order_id);
/* A carrier's report; seconds_ago before now. */
Shipment *stall_track(struct stall *stall, const char *shipment_id, const char *event_id,
        const char *kind, int64_t seconds_ago);

/* Calls with a request in JSON whose quotes are single ones: "{'id':'%s'}". */
void *stall_ok(struct stall *stall, struct persona who, const char *method, const char *format, ...)
        __attribute__((format(printf, 4, 5)));
/* The method must fail with reason; the request as for stall_ok. */
struct refusal {
        const char *method;
        enum status code;
        const char *reason;
};
struct refusal stall_placing(enum status code, const char *reason); /* of checkout.PlaceOrder */
struct error *stall_refused(struct stall *stall, struct persona who, struct refusal refusal,
        const char *format, ...) __attribute__((format(printf, 4, 5)));
const char *stall_fact(const struct error *error, const char *name);

/* Staff of a post. */
struct persona stall_staff(const struct stall *stall, enum role role);
/* The parcel of an approved case comes to main and is good; then also what the case refunds. */
void stall_bring_back(struct stall *stall, const char *case_id);
const ReturnCase *stall_refund(struct stall *stall, const char *case_id);

Order *stall_order(struct stall *stall, const char *order_id);
/* Units of a line in a state. */
int64_t stall_units(struct stall *stall, const char *order_id, int32_t line, UnitState state);
Stock *stall_stock(struct stall *stall, enum ware ware, const char *location_id);

/* The last code that was sent for a member, six digits. */
const char *stall_code(struct stall *stall, const char *member_id);
/* Makes the e-mail address of a member who has just signed up their own. */
void stall_prove_email(struct stall *stall, struct persona who, const char *email);
