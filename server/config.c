/*
 * Every key is one row: its name in the file, its flag, what it means, how it is read. Refused:
 * environment variables, a third place to look when a server does not do what its file says.
 */
#include "server/config.h"

#include <errno.h>
#include <getopt.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "lib/base/calendar.h"
#include "lib/base/clock.h"
#include "server/address.h"

/* The value of a key for read_range, with the numbers that macros stand for. */
#define RANGE(least, most)  RANGE_(least, most)
#define RANGE_(least, most) #least ".." #most

struct config_key {
        const char *name; /* "section.name" in the file */
        const char *flag; /* on the command line, or NULL */
        const char *help;
        bool (*read)(struct config *config, const struct config_key *key, const char *value,
                struct arena *arena);
        size_t offset; /* of the field */
        const char *value_help;
};

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

static const struct config_key keys[] = {
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
        {"limits.queue", NULL, "writes that may wait", read_number, AT(queue), "N"},
        {"limits.slow_threads", NULL, "threads for passwords and long work", read_number,
                AT(slow_threads), "N"},
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
        {"terms.token_seconds", NULL, "how long a token works before its session is renewed",
                read_range, AT(terms.token_seconds), RANGE(1, TERMS_TOKEN_SECONDS_MOST)},
        {"terms.address_mistakes", NULL, "wrong passwords that an address has free; 0: any number",
                read_range, AT(terms.address_mistakes), RANGE(0, TERMS_MISTAKES_MOST)},
        {"debug.handlers", NULL, "run every handler twice and compare", read_enum, AT(handlers),
                "once|checked"},
};
#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

void config_help(void)
{
        printf("Usage: shopd --data DIR [--listen URL] [--config FILE] [options]\n"
               "       shopd --data DIR --verify\n"
               "       shopd --data DIR --create-administrator NAME\n\n"
               "Serves one shop from one directory. The first start makes the directory and "
               "writes\n"
               "the administrator's token to DIR/admin.token; every start writes the URL that is\n"
               "listened on to DIR/shopd.url. SIGTERM and SIGINT finish what runs, then stop;\n"
               "SIGHUP reads the certificate again.\n\n"
               "Options:\n");
        for (size_t i = 0; i < KEY_COUNT; i++)
                if (keys[i].flag != NULL)
                        printf("  --%-10s %-18s %s\n", keys[i].flag,
                                keys[i].read == read_bool ? "" : keys[i].value_help, keys[i].help);
        printf("  --%-10s %-18s %s\n", "config", "FILE", "read this file first; see below");
        printf("  --%-10s %-18s %s\n", "verify", "",
                "prove the database, name every fault, exit 1 if there is one");
        printf("  --%s %s\n%*s%s\n", "create-administrator", "NAME", 32, "",
                "make one, beside the stopped server; a password good once goes to "
                "DIR/NAME.password");
        printf("  --%-10s %-18s %s\n", "version", "", "print the version");
        printf("  --%-10s %-18s %s\n\n", "help", "", "print this");
        printf("Configuration file (INI: [section] and key = value); flags win over it:\n");
        for (size_t i = 0; i < KEY_COUNT; i++)
                printf("  %-24s %-24s %s\n", keys[i].name, keys[i].value_help, keys[i].help);
}

static enum status set_key(struct config *config, const struct config_key *key, const char *value,
        struct arena *arena, struct error *error)
{
        if (key->read(config, key, value, arena))
                return OK;
        return error_set(error, INVALID_ARGUMENT, "BAD_VALUE", "%s: \"%s\" is not %s", key->name,
                value, key->value_help);
}

/* ---- the file ---- */

struct reading {
        struct config *config;
        struct arena *arena;
        struct error *error;
};

static int read_line(void *context, const char *section, const char *name, const char *value)
{
        struct reading *reading = context;
        const char *full = arena_printf(reading->arena, "%s.%s", section, name);

        /* The parser goes on after a mistake and gives the line of the first. */
        if (reading->error->code != OK)
                return 0;
        for (size_t i = 0; i < KEY_COUNT; i++)
                if (strcmp(keys[i].name, full) == 0)
                        return set_key(reading->config, &keys[i], value, reading->arena,
                                       reading->error) == OK;
        error_set(reading->error, INVALID_ARGUMENT, "UNKNOWN_KEY",
                "there is no key %s; shopd --help lists them", full);
        return 0;
}

static enum status read_file(
        struct config *config, const char *path, struct arena *arena, struct error *error)
{
        struct reading reading = {.config = config, .arena = arena, .error = error};
        struct stat st;
        bool is_directory = stat(path, &st) == 0 && S_ISDIR(st.st_mode); /* reads as empty */
        int line = is_directory ? -1 : ini_parse(path, read_line, &reading);

        if (line == 0)
                return OK;
        if (line < 0)
                return error_set(error, NOT_FOUND, "CONFIG_NOT_FOUND", "%s cannot be read", path);
        return error_set(error, INVALID_ARGUMENT, "BAD_CONFIG", "%s, line %d: %s", path, line,
                error->code == OK ? "not a section or key = value" : error->message);
}

/* ---- the command line ---- */

enum {
        FLAG_KEY = 1000,
        FLAG_CONFIG = 2000,
        FLAG_VERIFY,
        FLAG_ADMINISTRATOR,
        FLAG_VERSION,
        FLAG_HELP
};

static void list_flags(struct option *options)
{
        size_t count = 0;

        for (size_t i = 0; i < KEY_COUNT; i++)
                if (keys[i].flag != NULL)
                        options[count++] = (struct option){
                                keys[i].flag,
                                keys[i].read == read_bool ? no_argument : required_argument,
                                NULL,
                                FLAG_KEY + (int)i,
                        };
        options[count++] = (struct option){"config", required_argument, NULL, FLAG_CONFIG};
        options[count++] = (struct option){"verify", no_argument, NULL, FLAG_VERIFY};
        options[count++] = (struct option){
                "create-administrator", required_argument, NULL, FLAG_ADMINISTRATOR};
        options[count++] = (struct option){"version", no_argument, NULL, FLAG_VERSION};
        options[count++] = (struct option){"help", no_argument, NULL, FLAG_HELP};
        options[count] = (struct option){0};
}

/* Flags are walked twice: once for the file they name, once to win over it. */
enum walk { WALK_FILE, WALK_FLAGS };

static enum status take_flag(
        struct config *config, int flag, enum walk walk, struct arena *arena, struct error *error)
{
        switch (flag) {
        case FLAG_CONFIG:
                return walk == WALK_FILE ? read_file(config, optarg, arena, error) : OK;
        case FLAG_VERIFY:
                config->task = CONFIG_VERIFY;
                return OK;
        case FLAG_ADMINISTRATOR:
                config->task = CONFIG_ADMINISTRATOR;
                config->administrator = arena_text(arena, optarg);
                return OK;
        case FLAG_VERSION:
                config->task = CONFIG_VERSION;
                return OK;
        case FLAG_HELP:
                config->task = CONFIG_HELP;
                return OK;
        default:
                break;
        }
        if (flag < FLAG_KEY)
                return error_set(error, INVALID_ARGUMENT, "BAD_FLAG", "see shopd --help");
        if (walk == WALK_FILE)
                return OK;
        const struct config_key *key = &keys[flag - FLAG_KEY];

        return set_key(config, key, optarg == NULL ? "yes" : optarg, arena, error);
}

static enum status walk_flags(
        struct config *config, int argc, char **argv, enum walk walk, struct reading *reading)
{
        struct option options[KEY_COUNT + 6];
        enum status status = OK;
        int flag;

        list_flags(options);
        optind = 1;
        opterr = walk == WALK_FILE;
        while (status == OK && (flag = getopt_long(argc, argv, "", options, NULL)) != -1)
                status = take_flag(config, flag, walk, reading->arena, reading->error);
        if (status == OK && optind < argc)
                status = error_set(reading->error, INVALID_ARGUMENT, "BAD_FLAG",
                        "what is \"%s\"? see shopd --help", argv[optind]);
        return status;
}

static bool is_local(const char *url)
{
        static const char *const local[] = {"tcp://127.", "tcp://localhost:", "tcp://[::1]:"};

        if (strncmp(url, "tcp://", 6) != 0)
                return true; /* ipc or tls */
        for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
                if (strncmp(url, local[i], strlen(local[i])) == 0)
                        return true;
        return false;
}

static enum status check_admin(const struct config *config, struct error *error)
{
        struct address address;

        if (strcmp(config->admin_listen, "off") == 0)
                return OK;
        if (!address_parse(config->admin_listen, &address))
                return error_set(error, INVALID_ARGUMENT, "BAD_VALUE",
                        "admin.listen: \"%s\" is not off and not HOST:PORT with a numeric host",
                        config->admin_listen);
        if (address_is_loopback(&address) || config->insecure)
                return OK;
        return error_set(error, FAILED_PRECONDITION, "INSECURE",
                "%s would show the shop's figures to everybody; listen on 127.0.0.1 or give "
                "--insecure",
                config->admin_listen);
}

static enum status check(const struct config *config, struct error *error)
{
        if (config->task == CONFIG_HELP || config->task == CONFIG_VERSION)
                return OK;
        if (config->data == NULL)
                return error_set(error, INVALID_ARGUMENT, "DATA_MISSING",
                        "--data DIR is needed; see shopd --help");
        if (config->task == CONFIG_SERVE && !config->insecure && !is_local(config->listen))
                return error_set(error, FAILED_PRECONDITION, "INSECURE",
                        "%s would carry tokens in the clear; use tls+tcp:// or --insecure",
                        config->listen);
        return config->task == CONFIG_SERVE ? check_admin(config, error) : OK;
}

enum status config_read(
        struct config *config, int argc, char **argv, struct arena *arena, struct error *error)
{
        struct reading reading = {.config = config, .arena = arena, .error = error};

        *config = (struct config){
                .listen = "tcp://127.0.0.1:7373",
                .compress = true,
                .admin_listen = "off",
                .clock_mode = CLOCK_SYSTEM,
                .log_format = LOG_JSON,
                .log_level = LOG_INFO,
                .log_reads_every = 10000,
                .idle_seconds = 900,
                .slow_ms = 50,
                .write_wait_ms = 500,
                .slow_wait_ms = 4000,
                .payers = payer_limits_default,
                .terms = trade_terms_default,
        };
        clock_parse("2010-01-01T00:00:00Z", &config->clock_start_us);
        enum status status = walk_flags(config, argc, argv, WALK_FILE, &reading);

        if (status == OK)
                status = walk_flags(config, argc, argv, WALK_FLAGS, &reading);
        return status == OK ? check(config, error) : status;
}
