/*
 * Every key is one row: its name in the file, its flag, what it means, how it is read.
 */
#include "server/config_keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lib/base/calendar.h"
#include "lib/base/clock.h"

/* The value of a key for read_range, with the numbers that macros stand for. */
#define RANGE(least, most)  RANGE_(least, most)
#define RANGE_(least, most) #least ".." #most

static void *field(struct config *config, const struct config_key *key)
{
        return (char *)config + key->offset;
}

static bool read_text(
        struct config *config, const struct config_key *key, const char *value, struct arena *arena)
{
        const char *text = arena_text(arena, value);

        memcpy(field(config, key), &text, sizeof(text));
        return value[0] != '\0';
}

static bool read_zone(
        struct config *config, const struct config_key *key, const char *value, struct arena *arena)
{
        return read_text(config, key, value, arena) && calendar_zone_known(value);
}

static bool read_number(
        struct config *config, const struct config_key *key, const char *value, struct arena *arena)
{
        char *end;

        errno = 0;
        int64_t number = strtoll(value, &end, 10);

        memcpy(field(config, key), &number, sizeof(number));
        return errno == 0 && end != value && *end == '\0' && number >= 0;
}

/* From one to the other of the two numbers of value_help, "1..60". */
static bool read_range(
        struct config *config, const struct config_key *key, const char *value, struct arena *arena)
{
        char *between;
        int64_t least = strtoll(key->value_help, &between, 10), number;
        int64_t most = strtoll(between + strlen(".."), NULL, 10);

        if (!read_number(config, key, value, arena))
                return false;
        memcpy(&number, field(config, key), sizeof(number));
        return number >= least && number <= most;
}

static bool read_time(
        struct config *config, const struct config_key *key, const char *value, struct arena *arena)
{
        return clock_parse(value, field(config, key)) == 0;
}

/* One of the words of value_help, "a|b|c", as its place in it. */
static bool read_choice(const struct config_key *key, const char *value, int *out)
{
        const char *at = key->value_help;

        for (int i = 0;; i++) {
                size_t len = strcspn(at, "|");

                if (strlen(value) == len && memcmp(at, value, len) == 0) {
                        *out = i;
                        return true;
                }
                if (at[len] == '\0')
                        return false;
                at += len + 1;
        }
}

static bool read_enum(
        struct config *config, const struct config_key *key, const char *value, struct arena *arena)
{
        return read_choice(key, value, field(config, key));
}

static bool read_bool(
        struct config *config, const struct config_key *key, const char *value, struct arena *arena)
{
        int chosen;

        if (!read_choice(key, value, &chosen))
                return false;
        *(bool *)field(config, key) = chosen == 1;
        return true;
}

#define AT(field_) offsetof(struct config, field_)

const struct config_key config_keys[] = {
        {"server.data", "data", "directory of the shop, made on first start", read_text, AT(data),
                "DIR"},
        {"server.listen", "listen", "where to listen; port 0 picks a free one", read_text,
                AT(listen), "URL"},
        {"server.insecure", "insecure", "allow plain tcp beyond this machine", read_bool,
                AT(insecure), "no|yes"},
        {"server.compress", NULL, "large answers, to clients that read them so", read_bool,
                AT(compress), "no|yes"},
        {"admin.listen", "admin", "port for metrics and probes over HTTP; off by default",
                read_text, AT(admin_listen), "HOST:PORT"},
        {"tls.cert_file", NULL, "certificate chain for tls+tcp://", read_text, AT(tls_cert_file),
                "FILE"},
        {"tls.key_file", NULL, "its private key", read_text, AT(tls_key_file), "FILE"},
        {"tls.client_ca_file", NULL, "clients need a certificate signed by one of these", read_text,
                AT(tls_client_ca_file), "FILE"},
        {"clock.mode", "clock", "whose time the shop keeps", read_enum, AT(clock_mode),
                "system|simulated"},
        {"clock.start", NULL, "where a simulated clock begins", read_time, AT(clock_start_us),
                "TIME"},
        {"log.format", "log", "form of the log on standard error", read_enum, AT(log_format),
                "json|text"},
        {"log.level", NULL, "least level that is logged", read_enum, AT(log_level),
                "debug|info|warn|error"},
        {"log.reads_every", NULL, "log one in so many reads; 0 none", read_number,
                AT(log_reads_every), "N"},
        {"log.slow_ms", NULL, "log where the time went of calls that take more ms", read_range,
                AT(slow_ms), RANGE(0, 86400000)},
        {"limits.connections", NULL, "open connections", read_number, AT(connections), "N"},
        {"limits.address_connections", NULL, "of them, from one address; 0 half", read_number,
                AT(address_connections), "N"},
        {"limits.idle_seconds", NULL, "how long a connection may say nothing; 0 for ever",
                read_range, AT(idle_seconds), RANGE(0, 86400)},
        {"limits.unfinished_mib", NULL, "MiB of messages that have not come whole", read_range,
                AT(unfinished_mib), RANGE(8, 65536)},
        {"limits.queue", NULL, "writes that may wait", read_number, AT(queue), "N"},
        {"limits.slow_threads", NULL, "threads for passwords and long work", read_number,
                AT(slow_threads), "N"},
        {"limits.password_mib", NULL, "MiB of memory that hashing a password takes", read_range,
                AT(password_mib), RANGE(19, 64)},
        {"limits.map_gib", NULL, "largest size of the database in GiB", read_range, AT(map_gib),
                RANGE(0, 65536)},
        {"limits.caller_rate", NULL, "units a second of a member or guest; 0 no limit", read_range,
                AT(payers.caller_rate), RANGE(0, 1000000)},
        {"limits.caller_burst", NULL, "units at once of a principal", read_range,
                AT(payers.caller_burst), RANGE(200, 10000000)},
        {"limits.stranger_rate", NULL, "units a second of an address, without a token", read_range,
                AT(payers.stranger_rate), RANGE(0, 1000000)},
        {"limits.stranger_burst", NULL, "units at once of an address", read_range,
                AT(payers.stranger_burst), RANGE(200, 10000000)},
        {"limits.caller_waits", NULL, "calls that wait for news, of a principal", read_range,
                AT(payers.caller_waits), RANGE(0, 4096)},
        {"limits.stranger_waits", NULL, "the same of an address, without a token", read_range,
                AT(payers.stranger_waits), RANGE(0, 4096)},
        {"limits.address_waits", NULL, "the same of an address, whoever calls", read_range,
                AT(payers.address_waits), RANGE(0, 4096)},
        {"limits.address_slow", NULL, "calls that take long, of an address at once", read_range,
                AT(payers.address_slow), RANGE(0, 4096)},
        {"limits.write_wait_ms", NULL, "how long writes may queue before some are refused",
                read_range, AT(write_wait_ms), RANGE(0, 60000)},
        {"limits.slow_wait_ms", NULL, "the same of passwords and long work", read_range,
                AT(slow_wait_ms), RANGE(0, 60000)},
        {"terms.order_minor_max", NULL, "minor units of an order", read_range,
                AT(terms.order_minor_max), RANGE(1, TERMS_ORDER_MINOR_MOST)},
        {"terms.line_units_max", NULL, "units of a line", read_range, AT(terms.line_units_max),
                RANGE(1, TERMS_LINE_UNITS_MOST)},
        {"terms.order_lines_max", NULL, "lines of a cart or an order", read_range,
                AT(terms.order_lines_max), RANGE(1, TERMS_ORDER_LINES_MOST)},
        {"terms.hold_minutes", NULL, "how long an unpaid order holds its stock", read_range,
                AT(terms.hold_minutes), RANGE(1, TERMS_HOLD_MINUTES_MOST)},
        {"terms.close_minutes", NULL, "how long a gateway may take to close a payment", read_range,
                AT(terms.close_minutes), RANGE(1, TERMS_CLOSE_MINUTES_MOST)},
        {"terms.held_units_max", NULL, "units in unpaid orders of one member", read_range,
                AT(terms.held_units_max), RANGE(1, TERMS_HELD_UNITS_MOST)},
        {"terms.return_window_days", NULL, "how long goods may come back, after their delivery",
                read_range, AT(terms.return_window_days), RANGE(0, TERMS_RETURN_DAYS_MOST)},
        {"terms.authorisation_days", NULL, "how long money may be held before it is captured",
                read_range, AT(terms.authorisation_days), RANGE(1, TERMS_HELD_DAYS_MOST)},
        {"terms.cash_on_delivery_minor_max", NULL, "orders up to this may be paid in cash, 0: none",
                read_range, AT(terms.cash_on_delivery_minor_max), RANGE(0, TERMS_ORDER_MINOR_MOST)},
        {"terms.transfer_minor_max", NULL, "orders up to this may be paid by transfer, 0: none",
                read_range, AT(terms.transfer_minor_max), RANGE(0, TERMS_ORDER_MINOR_MOST)},
        {"terms.return_fee_minor", NULL, "kept of a refund of what was not wanted, 0: nothing",
                read_range, AT(terms.return_fee_minor), RANGE(0, TERMS_ORDER_MINOR_MOST)},
        {"terms.exchange_days", NULL, "how long an exchange waits for its parcel and its payment",
                read_range, AT(terms.exchange_days), RANGE(0, TERMS_EXCHANGE_DAYS_MOST)},
        {"terms.quiet_from_hour", NULL, "hour of the shop's day from which nobody is woken",
                read_range, AT(terms.quiet_from_hour), RANGE(0, TERMS_HOUR_MOST)},
        {"terms.quiet_until_hour", NULL, "and until which; the same: no quiet hours", read_range,
                AT(terms.quiet_until_hour), RANGE(0, TERMS_HOUR_MOST)},
        {"terms.message_gateway", NULL, "who carries messages out of the shop", read_enum,
                AT(terms.message_gateway), "sandbox|none"},
        {"terms.time_zone", NULL, "whose days the shop's days are, by the names of IANA", read_zone,
                AT(terms.time_zone), "ZONE"},
        {"terms.guest_days", NULL, "after how long a guest who did not come back is forgotten",
                read_range, AT(terms.guest_days), RANGE(1, TERMS_GUEST_DAYS_MOST)},
        {"terms.token_seconds", NULL, "how long a token works before its session is renewed",
                read_range, AT(terms.token_seconds), RANGE(1, TERMS_TOKEN_SECONDS_MOST)},
        {"terms.address_mistakes", NULL, "wrong passwords that an address has free; 0: any number",
                read_range, AT(terms.address_mistakes), RANGE(0, TERMS_MISTAKES_MOST)},
        {"terms.address_codes", NULL, "codes asked for from an address in a day; 0: any number",
                read_range, AT(terms.address_codes), RANGE(0, TERMS_CODES_MOST)},
        {"debug.handlers", NULL, "run every handler twice and compare", read_enum, AT(handlers),
                "once|checked"},
};
const size_t config_key_count = sizeof(config_keys) / sizeof(config_keys[0]);

bool config_key_is_switch(const struct config_key *key)
{
        return key->read == read_bool;
}

enum status config_key_set(struct config *config, const struct config_key *key, const char *value,
        struct arena *arena, struct error *error)
{
        if (key->read(config, key, value, arena))
                return OK;
        return error_set(error, INVALID_ARGUMENT, "BAD_VALUE", "%s: \"%s\" is not %s", key->name,
                value, key->value_help);
}
