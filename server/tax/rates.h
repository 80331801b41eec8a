#pragma once
/* Which rates apply to a class of goods, read once per class and call. */
#include "server/call.h"
#include "checkout.rows.h"
#include "server/tax/tax.h"

#define RATE_CLASSES_MAX 16

struct class_rates {
        const char *tax_class;
        const char *zone;
        struct tax_rates home;              /* of the zone whose tax is in the prices */
        struct tax_rates there;             /* of the zone that it is delivered to or billed in */
        const TaxRate *rows[TAX_RATES_MAX]; /* those of there */
        bool known;                         /* no zone with tax is without a rate for the class */
        bool delivers;           /* the caller's: goods of it are delivered to the zone */
        int64_t delivered_minor; /* the caller's: what they come to */
};

struct rate_cache {
        const char *home_country; /* "" where prices hold no tax */
        struct class_rates *at;   /* by first use; the call's */
        size_t n;
};

/* The rates of a class in a zone ("": nowhere known, no tax) at call->now_us. FAILED_PRECONDITION
 * where a country has more than four rates for it or one that is no rate. */
enum status rates_of_class(struct call *call, struct rate_cache *cache, const char *zone,
        const char *tax_class, struct class_rates **out);

/* A fraction of at least 0 and below 100; false for any other text. */
bool rates_parse(const char *text, struct decimal *rate);
