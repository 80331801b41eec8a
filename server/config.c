/*
 * The configuration file first, then the command line over it. Refused: environment variables, a
 * third place to look when a server does not do what its file says.
 */
#include "server/config.h"

#include <getopt.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "lib/base/clock.h"
#include "server/address.h"
#include "server/config_keys.h"

void config_help(void)
{
        printf("Usage: shopd --data DIR [--listen URL] [--config FILE] [options]\n"
               "       shopd --data DIR --verify\n"
               "       shopd --data DIR [--config FILE] --create-administrator NAME\n\n"
               "Serves one shop from one directory. The first start makes the directory and "
               "writes\n"
               "the administrator's token to DIR/admin.token; every start writes the URL that is\n"
               "listened on to DIR/shopd.url. SIGTERM and SIGINT finish what runs, then stop;\n"
               "SIGHUP reads the certificate again.\n\n"
               "Options:\n");
        for (size_t i = 0; i < config_key_count; i++)
                if (config_keys[i].flag != NULL)
                        printf("  --%-10s %-18s %s\n", config_keys[i].flag,
                                config_key_is_switch(&config_keys[i]) ? ""
                                                                      : config_keys[i].value_help,
                                config_keys[i].help);
        printf("  --%-10s %-18s %s\n", "config", "FILE", "read this file first; see below");
        printf("  --%-10s %-18s %s\n", "verify", "",
                "prove the database, name every fault, exit 1 if there is one");
        printf("  --%s %s\n%*s%s\n", "create-administrator", "NAME", 32, "",
                "make one, beside the stopped server; a password good once goes to "
                "DIR/NAME.password");
        printf("  --%-10s %-18s %s\n", "version", "", "print the version");
        printf("  --%-10s %-18s %s\n\n", "help", "", "print this");
        printf("Configuration file (INI: [section] and key = value); flags win over it:\n");
        for (size_t i = 0; i < config_key_count; i++)
                printf("  %-24s %-24s %s\n", config_keys[i].name, config_keys[i].value_help,
                        config_keys[i].help);
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
        for (size_t i = 0; i < config_key_count; i++)
                if (strcmp(config_keys[i].name, full) == 0)
                        return config_key_set(reading->config, &config_keys[i], value,
                                       reading->arena, reading->error) == OK;
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
#define FLAGS_MAX 6 /* beside those of keys, with the end */

static void list_flags(struct option *options)
{
        size_t count = 0;

        for (size_t i = 0; i < config_key_count; i++)
                if (config_keys[i].flag != NULL)
                        options[count++] = (struct option){
                                config_keys[i].flag,
                                config_key_is_switch(&config_keys[i]) ? no_argument
                                                                      : required_argument,
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
        const struct config_key *key = &config_keys[flag - FLAG_KEY];

        return config_key_set(config, key, optarg == NULL ? "yes" : optarg, arena, error);
}

static enum status walk_flags(
        struct config *config, int argc, char **argv, enum walk walk, struct reading *reading)
{
        struct option *options =
                arena_array(reading->arena, struct option, config_key_count + FLAGS_MAX);
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
                .unfinished_mib = 64,
                .slow_ms = 50,
                .password_mib = 64,
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
