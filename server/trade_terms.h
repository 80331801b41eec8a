#pragma once
/*
 * What a shop decides once for all its trade: how large an order may be, how long it waits for its
 * money, how long goods may come back (rules 3, 7 and 11). The configuration file may say
 * otherwise than the defaults; handlers read call->terms.
 */
#include <stdint.h>

/* Who carries messages out of the shop. */
enum message_gateway { MESSAGE_GATEWAY_SANDBOX, MESSAGE_GATEWAY_NONE };

struct trade_terms {
        int64_t order_minor_max;    /* an order comes to at most so much */
        int64_t line_units_max;     /* of a cart or an order */
        int64_t order_lines_max;    /* of a cart or an order */
        int64_t hold_minutes;       /* an unpaid order holds its stock so long */
        int64_t close_minutes;      /* a gateway has so long to close a payment */
        int64_t held_units_max;     /* in the unpaid orders of one member */
        int64_t return_window_days; /* after the day of delivery */
        int64_t authorisation_days; /* money held at a bank is captured by then */
        /* Orders of at most so much may be paid so; 0: none. */
        int64_t cash_on_delivery_minor_max;
        int64_t transfer_minor_max;
        int64_t return_fee_minor; /* kept of a refund for what was sent back and just not wanted */
        int64_t exchange_days;    /* after its approval, a parcel and its difference are awaited */
        int64_t quiet_from_hour;  /* of the shop's day; nobody is woken from then */
        int64_t quiet_until_hour; /* until then; the same: no quiet hours */
        enum message_gateway message_gateway;
        const char *time_zone;    /* whose days these are; lib/base/calendar.h */
        int64_t guest_days;       /* a guest who did not come back is forgotten after so many */
        int64_t token_seconds;    /* a session's token works so long, before it is renewed */
        int64_t address_mistakes; /* wrong passwords an address has free; 0: they are not counted */
        int64_t address_codes;    /* codes asked for from an address in a day; 0: any number */
};

extern const struct trade_terms trade_terms_default;

/* No terms go beyond these. The first three are what the contract's rules and lib/base/money.h
 * bear. Numbers only: --help shows them as they stand here. */
#define TERMS_ORDER_MINOR_MOST   9007199254740991
#define TERMS_LINE_UNITS_MOST    1000000
#define TERMS_ORDER_LINES_MOST   2000
#define TERMS_HOLD_MINUTES_MOST  10080 /* a week */
#define TERMS_CLOSE_MINUTES_MOST 1440
#define TERMS_HELD_UNITS_MOST    2000000000 /* the largest order */
#define TERMS_RETURN_DAYS_MOST   3650
#define TERMS_HELD_DAYS_MOST     30
#define TERMS_EXCHANGE_DAYS_MOST 365
#define TERMS_HOUR_MOST          23
#define TERMS_GUEST_DAYS_MOST    3650
#define TERMS_TOKEN_SECONDS_MOST 86400
#define TERMS_MISTAKES_MOST      1000000
#define TERMS_CODES_MOST         1000000

#define TERMS_MINUTE_US INT64_C(60000000)
#define TERMS_DAY_US    (1440 * TERMS_MINUTE_US)
