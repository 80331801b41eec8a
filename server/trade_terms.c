/*
 * The terms of a shop that says nothing else. Refused: rows of terms, changed by a call. Whether a
 * shop may sell for more than it did yesterday is decided by who runs it, seldom and with a
 * restart, and every check would read a row more.
 */
#include "server/trade_terms.h"

#include <assert.h>
#include "lib/base/money.h"

static_assert(TERMS_ORDER_MINOR_MOST == MONEY_MINOR_MAX, "what amounts can be");

const struct trade_terms trade_terms_default = {
        .order_minor_max = MONEY_MINOR_MAX,
        .line_units_max = 1000000,
        .order_lines_max = 2000,
        .hold_minutes = 30,
        .close_minutes = 2,
        .held_units_max = 1000000,
        .return_window_days = 30,
        .authorisation_days = 7,
        .exchange_days = 14,
        .quiet_from_hour = 22,
        .quiet_until_hour = 8,
        .message_gateway = MESSAGE_GATEWAY_SANDBOX,
        .time_zone = "UTC",
        .guest_days = 90,
        .token_seconds = 900,
        .address_mistakes = 300,
        .address_codes = 300,
};
