#pragma once
/*
 * What must hold after a restart. Every function prints what it finds and returns how many faults.
 */
#include "tests/crash/clients.h"

/* What the events of a shop say so far. */
struct chronicle;

struct chronicle *chronicle_new(void);
void chronicle_free(struct chronicle *chronicle);
/* Reads the events since the last time. Their numbers have no gap. */
size_t chronicle_read(struct chronicle *chronicle, struct shop_channel *channel);
/* Everything read up to now was told by nobody's write: the setting up of the shop. */
void chronicle_forget(struct chronicle *chronicle);
/* As many events of each kind as writes that were kept. */
size_t chronicle_check_writes(const struct chronicle *chronicle, const struct journal *journal);
/* No order ended twice; if all must have ended, each has. */
enum ended { ENDED_AT_MOST_ONCE, ENDED_ONCE };
size_t chronicle_check_orders(const struct chronicle *chronicle, enum ended ended);
size_t chronicle_event_count(const struct chronicle *chronicle);
size_t chronicle_order_count(const struct chronicle *chronicle);

/* The entries from first on through Get and List. */
size_t check_reads(const struct books *books, struct shop_channel *channel, size_t first);
/* Carts are what their owners believe. */
size_t check_baskets(struct books *books, struct shop_channel *channel);
/* What lies there is what was received and adjusted, since nothing is shipped. */
size_t check_stock(const struct books *books, struct shop_channel *channel, int64_t initial_units);
/* Every follower of the event log has come to its end. */
size_t check_followers(struct shop_channel *channel);
/* The shop's own proof. */
size_t check_verify(struct shop_channel *channel);

/* Prints and counts one. */
size_t fault(const char *format, ...) __attribute__((format(printf, 1, 2)));
