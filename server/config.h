#pragma once
/*
 * What the program was told: defaults, then the configuration file, then the command line. One
 * table of keys serves all three and --help.
 */
#include <stdbool.h>
#include <stdint.h>
#include "lib/base/arena.h"
#include "lib/base/log.h"
#include "lib/base/status.h"
#include "server/clock.h"
#include "server/pipeline.h"
#include "server/trade_terms.h"

enum config_task { CONFIG_SERVE, CONFIG_VERIFY, CONFIG_ADMINISTRATOR, CONFIG_HELP, CONFIG_VERSION };

struct config {
        enum config_task task;
        const char *data;          /* directory */
        const char *administrator; /* login name, of CONFIG_ADMINISTRATOR */
        const char *listen;        /* URL */
        bool compress;             /* large answers */
        bool insecure;             /* plain tcp on any address */
        const char *admin_listen;  /* HOST:PORT, or "off" */
        const char *tls_cert_file;
        const char *tls_key_file;
        const char *tls_client_ca_file; /* NULL: clients need no certificate */
        enum clock_mode clock_mode;
        int64_t clock_start_us;
        enum log_format log_format;
        enum log_level log_level;
        int64_t log_reads_every;
        int64_t slow_ms;
        int64_t connections;
        int64_t address_connections; /* 0: half of them */
        int64_t idle_seconds;        /* 0: for ever */
        int64_t unfinished_mib;
        int64_t queue;
        int64_t slow_threads;
        int64_t password_mib; /* of memory that hashing one takes */
        int64_t map_gib;
        int64_t write_wait_ms; /* here and below, 0: no limit */
        int64_t slow_wait_ms;
        struct payer_limits payers;
        enum pipeline_handlers handlers;
        struct trade_terms terms;
};

/* Texts live as long as the arena. INVALID_ARGUMENT with a sentence for a person. */
enum status config_read(
        struct config *config, int argc, char **argv, struct arena *arena, struct error *error);
/* What --help prints. */
void config_help(void);
